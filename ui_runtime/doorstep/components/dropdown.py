"""One choice of many, or several of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, Unpack

from doorstep.components.arguments import check_option, note_unknown_choice
from doorstep.components.base import Component, ComponentProps, Files
from doorstep.components.choices import Choice, Choices, api_of, checked_index, index_of, normalised
from doorstep.events.listener import EventListener

if TYPE_CHECKING:
    from collections.abc import Callable

    from doorstep.components.button import Button

_FIRST: Final = "\0first"
"""Stands for "not given": None means that nothing is chosen."""


class Dropdown(Component):
    """Passes the chosen value, or its index with `type="index"`; a list of them with `multiselect`.

    Without a `value` the first choice is chosen (nothing with `multiselect`).
    `allow_custom_value` lets the visitor type a value that is not among the choices.
    """

    type: ClassVar[str] = "dropdown"
    PROPS: ClassVar = (
        *("choices", "multiselect", "allow_custom_value", "max_choices", "num_choices_shown", "filterable"),
    )

    change = EventListener()
    input = EventListener()
    select = EventListener()
    focus = EventListener()
    blur = EventListener()
    key_up = EventListener()

    def __init__(
        self,
        choices: Choices | None = None,
        *,
        value: Choice | Sequence[Choice] | Callable[[], Any] | None = _FIRST,
        type: Literal["value", "index"] = "value",  # noqa: A002  # the public name
        multiselect: bool | None = None,
        allow_custom_value: bool = False,
        max_choices: int | None = None,
        num_choices_shown: int | None = 100,
        filterable: bool = True,
        buttons: Sequence[Button] | None = None,
        **common: Unpack[ComponentProps],
    ) -> None:
        self.choices = normalised(choices, "Dropdown")
        check_option("Dropdown", "type", type, ("value", "index"))
        if not (callable(value) or value is _FIRST or allow_custom_value):
            chosen = value if isinstance(value, (list, tuple, set)) else [value]
            note_unknown_choice("Dropdown", self.choices, list(chosen))
        self.passes = type
        self.multiselect = bool(multiselect)
        self.allow_custom_value = allow_custom_value
        self.max_choices = max_choices
        self.num_choices_shown = num_choices_shown
        self.filterable = filterable
        self.buttons = buttons
        super().__init__(self._first() if value is _FIRST else value, **common)

    def _first(self) -> Any:
        if self.multiselect:
            return []
        return self.choices[0][1] if self.choices else None

    def preprocess(self, wire: Any, files: Files) -> Any:
        if not self.multiselect:
            return None if wire is None else self._passed(wire)
        if wire is None:
            return []
        if not isinstance(wire, list):
            raise self.refuse_kind("a list of choices", wire)
        if self.max_choices is not None and len(wire) > self.max_choices:
            raise self.refuse(f"{len(wire)} chosen; at most {self.max_choices} are allowed")
        return [self._passed(each) for each in wire]

    def _passed(self, value: Any) -> Choice | None:
        index = index_of(self.choices, value)
        if index is None and self.allow_custom_value:
            if not isinstance(value, (str, int, float)):
                raise self.refuse_kind("a choice or text", value)
            return None if self.passes == "index" else value
        index = checked_index(self, self.choices, value)
        return index if self.passes == "index" else self.choices[index][1]

    def postprocess(self, value: Any, files: Files) -> Any:
        if self.multiselect:
            if value is None:
                return []
            return list(value) if isinstance(value, (list, tuple, set)) else [value]
        if isinstance(value, (list, tuple)):
            raise TypeError("a list needs multiselect=True")
        return value

    def blank(self) -> Any:
        return [] if self.multiselect else None

    def api_info(self) -> dict[str, Any]:
        one = api_of(self.choices)
        if self.allow_custom_value:
            one = {"anyOf": [one, {"type": "string"}]}
        return {"type": "array", "items": one} if self.multiselect else one
