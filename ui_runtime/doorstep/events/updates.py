"""Changes of properties: `update(…)`, a component returned as an update, `skip()` and `validate(…)`.

A component that a function returns stands for the arguments it was made with, and for nothing else:
`return ds.Textbox(visible=False)` hides the output and leaves the rest of it as it is.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final, Literal

from doorstep.errors import InvalidError, OutputError
from doorstep.graph import Block
from doorstep.later import is_silent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from doorstep.components.base import Component
    from doorstep.events.visit import Visit

_KIND: Final = "__type__"
_OF_THE_PLACE: Final = frozenset({_KIND, "render", "key", "preserved_by_key", "every", "inputs"})
"""What an update does not change: where a block stands and what it is to the app."""
_IDENTITY: Final = frozenset({"id", "parent", "children", "made_with"})


def update(
    elem_id: str | None = None,
    elem_classes: list[str] | str | None = None,
    visible: bool | Literal["hidden"] | None = None,
    **properties: Any,
) -> dict[str, Any]:
    """Return it from a function to change these properties of an output; `value` is one of them."""
    common = {"elem_id": elem_id, "elem_classes": elem_classes, "visible": visible}
    given = {name: value for name, value in common.items() if value is not None}
    return {_KIND: "update", **given, **properties}


def skip() -> dict[str, Any]:
    """Return it for an output that is to stay as it is, or alone for all of them."""
    return {_KIND: "update"}


def validate(is_valid: bool, message: str) -> dict[str, Any]:
    """What a validator says of one input; `message` is shown at it when it is not valid."""
    return {_KIND: "validate", "is_valid": is_valid, "message": message}


# -- reading them ------------------------------------------------------------------------------


def is_skip(returned: Any) -> bool:
    return isinstance(returned, dict) and returned.get(_KIND) == "update" and len(returned) == 1


def change_of(value: Any) -> dict[str, Any] | None:
    """The properties that a returned value changes; None when it is a value and no update."""
    if isinstance(value, Block):
        return {name: each for name, each in value.made_with.items() if name not in _OF_THE_PLACE}
    if isinstance(value, dict) and value.get(_KIND) == "update":
        return {name: each for name, each in value.items() if name not in _OF_THE_PLACE}
    return None


def apply(change: dict[str, Any], output: Block, visit: Visit) -> dict[str, Any]:
    """Change the session's own copy of `output`: the properties that the page has to know."""
    current = visit.block(output.id) or output
    properties = {name: each for name, each in change.items() if name != "value"}
    props: dict[str, Any] = {}
    if properties:
        changed = _changed(current, properties)
        props = _difference(current, changed, properties) | _files_of(changed, properties, visit)
        visit.overlay.blocks[output.id] = current = changed
    if "value" in change:
        value = change["value"]
        props["value"] = as_component(current).show(value() if callable(value) else value, visit)
    return props


def as_component(output: Block) -> Component:
    """`output`, if it can have a value. Raises `OutputError` for a layout block."""
    from doorstep.components.base import Component

    if isinstance(output, Component):
        return output
    kind = type(output).__name__
    raise OutputError(f"a {kind} has no value; return {kind}(…) or update(…) to change its properties")


def _changed(block: Block, properties: dict[str, Any]) -> Block:
    """A copy in which `properties` are what they would be had the block been made with them.

    The constructor is asked twice, so that what it derives from an argument follows, and what was set on
    the block later stays.
    """
    before = {name: each for name, each in block.made_with.items() if name not in _OF_THE_PLACE | {"value"}}
    base, fresh = _made(block, before), _made(block, before | properties)
    changed = copy.copy(block)
    changed.made_with = block.made_with | properties
    for name, each in vars(fresh).items():
        if name in _IDENTITY or name == "value":
            continue
        if name in properties or not _is_same(each, vars(base).get(name)):
            setattr(changed, name, each)
    return changed


def _made(block: Block, given: dict[str, Any]) -> Block:
    """A block of the same kind with these arguments, standing nowhere. It warns of nothing again."""
    token = is_silent.set(True)
    try:
        return type(block)(**given, render=False)
    finally:
        is_silent.reset(token)


def _difference(before: Block, after: Block, named: dict[str, Any]) -> dict[str, Any]:
    old, new = before.props(), after.props()
    props = {name: each for name, each in new.items() if name in named or not _is_same(each, old.get(name))}
    interactive = named.get("interactive")
    if interactive is not None:
        props["interactive"] = interactive
    return props


def _files_of(block: Block, named: dict[str, Any], visit: Visit) -> dict[str, Any]:
    """The changed properties that are files: an icon, the samples of a dataset."""
    from doorstep.components.base import Component

    found = block.file_props(visit.files) if isinstance(block, Component) else {}
    return {name: each for name, each in found.items() if name in named}


def _is_same(one: Any, other: Any) -> bool:
    """Equal, and of one kind; what cannot be compared (an array) is not the same."""
    if one is other:
        return True
    return type(one) is type(other) and isinstance(one, _PLAIN) and bool(one == other)


_PLAIN: Final = (str, int, float, list, dict, tuple, set, frozenset, bytes)


# -- validators --------------------------------------------------------------------------------


def check_verdict(verdict: Any, inputs: Sequence[Block]) -> None:
    """Raises `InvalidError` for each input that a validator found wrong."""
    said = list(verdict) if isinstance(verdict, (list, tuple)) else [verdict]
    invalid = [
        (component.id, str(each.get("message", "")))
        for component, each in zip(inputs, said, strict=False)
        if isinstance(each, dict) and each.get(_KIND) == "validate" and not each.get("is_valid")
    ]
    if invalid:
        raise InvalidError(invalid)
