"""One of a few choices, all in sight."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, Unpack

from doorstep.components.arguments import check_option, note_unknown_choice
from doorstep.components.base import Component, ComponentProps, Files
from doorstep.components.choices import Choice, Choices, api_of, checked_index, normalised
from doorstep.events.listener import EventListener

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from doorstep.components.button import Button


class Radio(Component):
    """Passes the chosen value, or its index with `type="index"` (None while nothing is chosen)."""

    type: ClassVar[str] = "radio"
    PROPS: ClassVar = ("choices", "rtl")

    select = EventListener()
    change = EventListener()
    input = EventListener()

    def __init__(
        self,
        choices: Choices | None = None,
        *,
        value: Choice | Callable[[], Any] | None = None,
        type: Literal["value", "index"] = "value",  # noqa: A002  # the public name
        rtl: bool = False,
        buttons: Sequence[Button] | None = None,
        **common: Unpack[ComponentProps],
    ) -> None:
        self.choices = normalised(choices, "Radio")
        check_option("Radio", "type", type, ("value", "index"))
        if not callable(value):
            note_unknown_choice("Radio", self.choices, [value])
        self.passes = type
        self.rtl = rtl
        self.buttons = buttons
        super().__init__(value, **common)

    def preprocess(self, wire: Any, files: Files) -> Choice | None:
        if wire is None:
            return None
        index = checked_index(self, self.choices, wire)
        return index if self.passes == "index" else self.choices[index][1]

    def api_info(self) -> dict[str, Any]:
        return api_of(self.choices)
