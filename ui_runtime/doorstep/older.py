"""The names of the first tutorials, such as `gr.inputs.Image(shape=(224, 224))`: today's components by other
parameters, and in another order. `doorstep.inputs` and `doorstep.outputs` offer them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import doorstep
from doorstep.later import note

if TYPE_CHECKING:
    from doorstep.components.base import Component


class Older(NamedTuple):
    """What a component was made with."""

    parameters: str
    """Their names in their order."""
    name: str = ""
    """The component's name now, if it is another."""


_CHOICES: Final = "choices type default label"

INPUTS: Final = {
    "Audio": Older("source type label optional"),
    "Checkbox": Older("default label"),
    "CheckboxGroup": Older("choices default type label"),
    "Dataframe": Older("headers row_count col_count datatype col_width default type label"),
    "Dropdown": Older(_CHOICES),
    "File": Older("file_count type label keep_filename optional"),
    "Image": Older("shape image_mode invert_colors source tool type label optional"),
    "Number": Older("default label optional"),
    "Radio": Older(_CHOICES),
    "Slider": Older("minimum maximum step default label"),
    "State": Older("default label"),
    "Textbox": Older("lines placeholder default numeric type label"),
    "Variable": Older("default label", "State"),
    "Video": Older("type source label optional"),
}

OUTPUTS: Final = {
    "Audio": Older("type label"),
    "Chatbot": Older("label"),
    "Dataframe": Older("headers max_rows max_cols overflow_row_behaviour type label"),
    "File": Older("label"),
    "HTML": Older("label"),
    "HighlightedText": Older("color_map label show_legend"),
    "Image": Older("type plot label"),
    "JSON": Older("label"),
    "Label": Older("num_top_classes type label"),
    "State": Older("label"),
    "Textbox": Older("type label"),
    "Variable": Older("label", "State"),
    "Video": Older("type label"),
}

_RENAMED: Final = {"default": "value"}
_FORGOTTEN: Final = frozenset(
    {"optional", "keep_filename", "col_width", "max_rows", "max_cols", "overflow_row_behaviour"}
)
"""Parameters without a meaning now: nothing on the page depends on them."""
_TYPES: Final = {
    "File": {"file": "filepath", "bytes": "binary"},
    "Audio": {"file": "filepath"},
    "Image": {"file": "filepath"},
}
_OLD_TYPES: Final = frozenset({"auto", "str", "number", "mp4", "avi", "plot", "confidences", "key_values"})


def named(module: str, table: dict[str, Older], name: str) -> Callable[..., Component]:
    """The maker of `module.name`. Raises `AttributeError` for a name that there never was."""
    older = table.get(name)
    if older is None:
        known = ", ".join(sorted(table))
        raise AttributeError(f"module 'doorstep.{module}' has no attribute {name!r}; it has {known}")

    def make(*args: Any, **given: Any) -> Component:
        return _made(f"{module}.{name}", older, name, args, given)

    make.__name__ = make.__qualname__ = name
    make.__doc__ = f"`doorstep.{older.name or name}` by its former parameters: {older.parameters}."
    return make


def _made(full: str, older: Older, name: str, args: tuple[Any, ...], given: dict[str, Any]) -> Component:
    order = older.parameters.split()
    if len(args) > len(order):
        raise TypeError(f"{full}() takes at most {len(order)} arguments by position, got {len(args)}")
    arguments = dict(zip(order, args, strict=False))
    if twice := sorted(arguments.keys() & given.keys()):
        raise TypeError(f"{full}() got {twice[0]!r} twice, by position and by name")
    target = older.name or name
    arguments |= given
    if arguments.pop("numeric", False):
        target = "Number"
        arguments = {key: value for key, value in arguments.items() if key not in {"lines", "placeholder"}}
    note(f"{full} is the former name of `doorstep.{target}`, with {_told(order)}")
    component: Component = getattr(doorstep, target)(**_modern(target, arguments), render=False)
    return component


def _modern(target: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """The same by today's names."""
    modern = {}
    for key, value in arguments.items():
        if key in _FORGOTTEN or value is None:
            continue
        if key == "type":
            kind = _TYPES.get(target, {}).get(value, value)
            if kind not in _OLD_TYPES:
                modern["type"] = kind
        elif key == "plot":
            continue
        else:
            modern[_RENAMED.get(key, key)] = value
    if target == "State":
        modern.pop("label", None)
    return modern


def _told(order: list[str]) -> str:
    renamed = [f"`{_RENAMED[each]}` for `{each}`" for each in order if each in _RENAMED]
    return f"the same parameters{' (' + ', '.join(renamed) + ')' if renamed else ''} by name"
