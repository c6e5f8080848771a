"""A colour, chosen or typed in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar, Final, Unpack

from doorstep.components.base import Component, ComponentProps, Files
from doorstep.events.listener import EventListener

if TYPE_CHECKING:
    from collections.abc import Callable

_COLOUR: Final = re.compile(
    r"#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})|[a-z]{3,30}"
    r"|(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch|color)\([-\w\s.,%/+]{1,80}\)",
    re.IGNORECASE,
)
"""What may be a CSS colour. Apps write it into pages of their own: nothing else comes through."""


class ColorPicker(Component):
    """Passes a CSS colour as a `str` such as `"#1a6e3a"` (None while there is none); shows one."""

    type: ClassVar[str] = "color_picker"

    change = EventListener()
    input = EventListener()
    release = EventListener()
    submit = EventListener()
    focus = EventListener()
    blur = EventListener()

    def __init__(
        self, value: str | Callable[[], Any] | None = None, **common: Unpack[ComponentProps]
    ) -> None:
        super().__init__(value, **common)

    def preprocess(self, wire: Any, files: Files) -> str | None:
        if wire is None or wire == "":
            return None
        if not isinstance(wire, str):
            raise self.refuse_kind("a colour", wire)
        if not _COLOUR.fullmatch(wire.strip()):
            raise self.refuse(f"{wire[:60]!r} is not a colour, such as '#1a6e3a'")
        return wire.strip()

    def postprocess(self, value: Any, files: Files) -> str | None:
        return None if value is None else str(value)

    def api_info(self) -> dict[str, Any]:
        return {"type": "string"}

    def api_example(self) -> str:
        return "#1a6e3a"
