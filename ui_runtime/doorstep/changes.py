"""What a job changes on the page: computed against the last step, and joined when steps come too fast.

`Changes` maps a component's id to its new properties: `{"value": …}`, or `{"append": "…"}` for a text that
only grew.
"""

from __future__ import annotations

from typing import Any

Changes = dict[int, dict[str, Any]]

_NOTHING = object()


class Differ:
    """Finds what changed since the last step of the same job."""

    def __init__(self) -> None:
        self._last: dict[int, Any] = {}

    def step(self, values: list[tuple[int, Any]]) -> Changes:
        """The changes from the last step to these wire values, given with their components' ids."""
        changes: Changes = {}
        for component, value in values:
            last = self._last.get(component, _NOTHING)
            if last is not _NOTHING and type(last) is type(value) and last == value:
                continue
            if isinstance(last, str) and isinstance(value, str) and last and value.startswith(last):
                changes[component] = {"append": value[len(last) :]}
            else:
                changes[component] = {"value": value}
            self._last[component] = value
        return changes


def join(earlier: Changes, later: Changes) -> Changes:
    """One step that does what the two do. `earlier` is used up."""
    for component, change in later.items():
        before = earlier.get(component)
        text = change.get("append")
        if before is None or text is None:
            earlier[component] = {**(before or {}), **change}
            if "value" in change:
                earlier[component].pop("append", None)
        elif "append" in before:
            before["append"] += text
        else:
            before["value"] += text
    return earlier
