"""What a job changes on the page: computed against the last step, and joined when steps come too fast.

`Changes` maps a component's id to its new properties. Instead of `{"value": …}` there is `{"append": "…"}`
for a text that only grew, and `{"patch": [...]}` when a part of a list or object changed (see `patches`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from doorstep.patches import Operation, Snapshot

Properties = dict[str, Any]
Changes = dict[int, Properties]

MAX_JOINED: Final = 256
"""Operations of a patch that waits to be sent; with more the whole value is sent."""

_NOTHING: Final = object()


class Patch(list[Operation]):
    """Operations, and the value that they lead to."""

    __slots__ = ("whole",)

    def __init__(self, operations: Iterable[Operation], whole: Any) -> None:
        super().__init__(operations)
        self.whole = whole


class Differ:
    """Finds what changed since the last step of the same job."""

    def __init__(self) -> None:
        self._values: dict[int, Any] = {}
        self._others: dict[int, Properties] = {}

    @property
    def values(self) -> dict[int, Any]:
        """The last value of each component, whole."""
        return {
            component: last.value if isinstance(last, Snapshot) else last
            for component, last in self._values.items()
        }

    def step(self, updates: Iterable[tuple[int, Properties]]) -> Changes:
        """The changes from the last step to these properties, given with their components' ids."""
        changes: Changes = {}
        for component, properties in updates:
            change = self._changed_others(component, properties) if len(properties) > 1 else {}
            if "value" in properties:
                change |= self._change(component, properties["value"])
            elif len(properties) == 1:
                change = self._changed_others(component, properties)
            if change:
                changes[component] = change
        return changes

    def _changed_others(self, component: int, properties: Properties) -> Properties:
        known = self._others.setdefault(component, {})
        change = {
            name: new
            for name, new in properties.items()
            if name != "value" and (name not in known or known[name] != new)
        }
        known |= change
        return change

    def _change(self, component: int, new: Any) -> Properties:
        last = self._values.get(component, _NOTHING)
        if isinstance(new, (list, tuple, dict)):
            return self._change_inside(component, last, new)
        self._values[component] = new
        if type(last) is type(new) and last == new:
            return {}
        if type(last) is str and type(new) is str and last and new.startswith(last):
            return {"append": new[len(last) :]}
        return {"value": new}

    def _change_inside(self, component: int, last: Any, new: Any) -> Properties:
        kind = dict if isinstance(new, dict) else list
        if not isinstance(last, Snapshot) or not isinstance(last.value, kind):
            last = self._values[component] = Snapshot(new)
            return {"value": last.value}
        operations = last.patch_to(new)
        if operations is None:
            return {"value": last.value}
        return {"patch": Patch(operations, last.value)} if operations else {}


def join(earlier: Changes, later: Changes) -> Changes:
    """One step that does what the two do. `earlier` is used up."""
    for component, change in later.items():
        before = earlier.get(component)
        earlier[component] = dict(change) if before is None else _joined(before, change)
    return earlier


def _joined(before: Properties, change: Properties) -> Properties:
    if "append" in change:
        start = "value" if "value" in before else "append"
        others = {name: new for name, new in change.items() if name != "append"}
        return {**before, **others, start: before.get(start, "") + change["append"]}
    if "patch" in change:
        return _joined_patch(before, change)
    if "value" in change:
        before.pop("append", None)
        before.pop("patch", None)
    return before | change


def _joined_patch(before: Properties, change: Properties) -> Properties:
    patch: Patch = change["patch"]
    others = {name: new for name, new in (before | change).items() if name not in {"value", "patch"}}
    if "value" in before:
        return others | {"value": patch.whole}
    operations: Patch = before.get("patch", Patch([], None))
    for operation in patch:
        _extend(operations, operation)
    if len(operations) > MAX_JOINED:
        return others | {"value": patch.whole}
    operations.whole = patch.whole
    return others | {"patch": operations}


def _extend(operations: list[Operation], operation: Operation) -> None:
    """Add an operation; a text that grows on is one operation."""
    if operations and operation[0] == "append":
        name, path, value = operations[-1]
        if path == operation[1] and name in {"append", "replace", "add"} and isinstance(value, str):
            operations[-1] = (name, path, value + operation[2])
            return
    operations.append(operation)
