"""Any of a few choices, all in sight."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Unpack

from doorstep.components.arguments import check_option, note_unknown_choice
from doorstep.components.base import Component, ComponentProps, Files
from doorstep.components.choices import Choice, Choices, api_of, checked_index, normalised
from doorstep.events.listener import EventListener

if TYPE_CHECKING:
    from collections.abc import Callable

    from doorstep.components.button import Button


class CheckboxGroup(Component):
    """Passes the list of the chosen values, or of their indices with `type="index"`; shows one or several.

    `show_select_all` adds a box beside the label that checks all or none.
    """

    type: ClassVar[str] = "checkbox_group"
    PROPS: ClassVar = ("choices", "show_select_all")

    change = EventListener()
    input = EventListener()
    select = EventListener()

    def __init__(
        self,
        choices: Choices | None = None,
        *,
        value: Sequence[Choice] | Choice | Callable[[], Any] | None = None,
        type: Literal["value", "index"] = "value",  # noqa: A002  # the public name
        show_select_all: bool = False,
        buttons: Sequence[Button] | None = None,
        **common: Unpack[ComponentProps],
    ) -> None:
        self.choices = normalised(choices, "CheckboxGroup")
        check_option("CheckboxGroup", "type", type, ("value", "index"))
        if not callable(value):
            note_unknown_choice("CheckboxGroup", self.choices, _listed(value))
        self.passes = type
        self.show_select_all = show_select_all
        self.buttons = buttons
        super().__init__(value, **common)

    def preprocess(self, wire: Any, files: Files) -> list[Any]:
        if wire is None:
            return []
        if not isinstance(wire, list):
            raise self.refuse_kind("a list of choices", wire)
        if len(wire) > len(self.choices):
            raise self.refuse(f"{len(wire)} chosen of {len(self.choices)}")
        indices = [checked_index(self, self.choices, each) for each in wire]
        return indices if self.passes == "index" else [self.choices[index][1] for index in indices]

    def postprocess(self, value: Any, files: Files) -> list[Any]:
        return _listed(value)

    def blank(self) -> list[Any]:
        return []

    def api_info(self) -> dict[str, Any]:
        return {"type": "array", "items": api_of(self.choices)}


Checkboxgroup = CheckboxGroup


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    if hasattr(value, "tolist"):  # a numpy array
        value = value.tolist()
    return list(value) if isinstance(value, (list, tuple, set, frozenset)) else [value]
