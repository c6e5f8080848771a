"""Text of one line or several."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, Unpack

from doorstep.components.arguments import check_option
from doorstep.components.base import Component, ComponentProps, Files
from doorstep.events.listener import EventListener
from doorstep.later import note

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from doorstep.components.button import Button


class Textbox(Component):
    """Passes the text as a `str` (`""` while there is none); shows a `str`."""

    type: ClassVar[str] = "textbox"
    PROPS: ClassVar = (
        *("lines", "max_lines", "placeholder", "autofocus", "autoscroll", "text_align", "rtl"),
        *("max_length", "submit_btn", "stop_btn", "buttons", "html_attributes"),
    )

    change = EventListener()
    input = EventListener()
    select = EventListener()
    submit = EventListener()
    focus = EventListener()
    blur = EventListener()
    stop = EventListener()
    copy = EventListener()

    def __init__(
        self,
        value: str | Callable[[], Any] | None = None,
        *,
        type: Literal["text", "password", "email"] = "text",  # noqa: A002  # the public name
        lines: int = 1,
        max_lines: int | None = None,
        placeholder: str | None = None,
        autofocus: bool = False,
        autoscroll: bool = True,
        text_align: Literal["left", "right"] | None = None,
        rtl: bool = False,
        buttons: Sequence[str | Button] | None = None,
        max_length: int | None = None,
        submit_btn: str | bool | None = False,
        stop_btn: str | bool | None = False,
        html_attributes: dict[str, Any] | None = None,
        **common: Unpack[ComponentProps],
    ) -> None:
        check_option("Textbox", "type", type, ("text", "password", "email"))
        if type != "text" and lines != 1:
            note(f"Textbox: a {type} has one line; lines={lines} does nothing")
            lines = 1
        self.kind = type
        self.lines = lines
        self.max_lines = max_lines
        self.placeholder = placeholder
        self.autofocus = autofocus
        self.autoscroll = autoscroll
        self.text_align = text_align
        self.rtl = rtl
        self.buttons = list(buttons or ())
        self.max_length = max_length
        self.submit_btn = submit_btn
        self.stop_btn = stop_btn
        self.html_attributes = html_attributes
        super().__init__(value, **common)

    def preprocess(self, wire: Any, files: Files) -> str:
        if wire is None:
            return ""
        if not isinstance(wire, str):
            raise self.refuse_kind("text", wire)
        if self.max_length is not None and len(wire) > self.max_length:
            raise self.refuse(f"{len(wire)} characters; at most {self.max_length} are allowed")
        return wire

    def postprocess(self, value: Any, files: Files) -> str | None:
        return None if value is None else str(value)

    def api_info(self) -> dict[str, Any]:
        return {"type": "string"}

    def props(self) -> dict[str, Any]:
        return super().props() | {"type": self.kind}


Text = Textbox


class TextArea(Textbox):
    """A `Textbox` of seven lines."""

    def __init__(
        self,
        value: str | Callable[[], Any] | None = None,
        *,
        lines: int = 7,
        max_lines: int | None = 20,
        **rest: Any,
    ) -> None:
        super().__init__(value, lines=lines, max_lines=max_lines, **rest)
