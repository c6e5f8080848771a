"""Formatted text."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, ClassVar, Unpack

from doorstep.components.base import Component, ComponentProps, Files
from doorstep.events.listener import EventListener

if TYPE_CHECKING:
    from collections.abc import Callable


class Markdown(Component):
    """Shows a `str` of Markdown. The page renders it and keeps only safe HTML."""

    type: ClassVar[str] = "markdown"
    PROPS: ClassVar = (
        *("height", "max_height", "min_height", "rtl", "line_breaks", "header_links", "padding", "buttons"),
    )
    is_static: ClassVar[bool] = True

    change = EventListener()
    copy = EventListener()

    def __init__(
        self,
        value: str | Callable[[], Any] | None = None,
        *,
        rtl: bool = False,
        line_breaks: bool = False,
        header_links: bool = False,
        height: int | str | None = None,
        max_height: int | str | None = None,
        min_height: int | str | None = None,
        padding: bool = False,
        buttons: list[str] | None = None,
        **common: Unpack[ComponentProps],
    ) -> None:
        self.rtl = rtl
        self.line_breaks = line_breaks
        self.header_links = header_links
        self.height = height
        self.max_height = max_height
        self.min_height = min_height
        self.padding = padding
        self.buttons = buttons or []
        common.setdefault("container", False)
        common.setdefault("min_width", None)
        super().__init__(value, **common)

    def preprocess(self, wire: Any, files: Files) -> str | None:
        if wire is not None and not isinstance(wire, str):
            raise self.refuse_kind("text", wire)
        return wire

    def postprocess(self, value: Any, files: Files) -> str | None:
        return None if value is None else inspect.cleandoc(str(value))

    def api_info(self) -> dict[str, Any]:
        return {"type": "string"}
