"""Formatted text."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, ClassVar, Final, Unpack

from doorstep.components.arguments import check_option
from doorstep.components.base import Component, ComponentProps, Files
from doorstep.errors import UsageError
from doorstep.events.listener import EventListener

if TYPE_CHECKING:
    from collections.abc import Callable

DELIMITERS: Final[list[dict[str, str | bool]]] = [{"left": "$$", "right": "$$", "display": True}]
"""What LaTeX stands between where the app does not say."""


class Markdown(Component):
    """Shows a `str` of Markdown. The page renders it and keeps only safe HTML.

    LaTeX between `latex_delimiters` (`{"left", "right", "display"}`) is drawn as formulas.
    """

    type: ClassVar[str] = "markdown"
    PROPS: ClassVar = (
        *("height", "max_height", "min_height", "rtl", "line_breaks", "header_links", "padding", "buttons"),
        *("latex_delimiters", "sanitize_html"),
    )
    is_static: ClassVar[bool] = True

    change = EventListener()
    copy = EventListener()

    def __init__(
        self,
        value: str | Callable[[], Any] | None = None,
        *,
        rtl: bool = False,
        latex_delimiters: list[dict[str, str | bool]] | None = None,
        sanitize_html: bool = True,
        line_breaks: bool = False,
        header_links: bool = False,
        height: int | str | None = None,
        max_height: int | str | None = None,
        min_height: int | str | None = None,
        padding: bool = False,
        buttons: list[str] | None = None,
        show_copy_button: bool = False,
        **common: Unpack[ComponentProps],
    ) -> None:
        for button in buttons or ():
            check_option("Markdown", "buttons", button, ("copy",))
        self.rtl = rtl
        self.latex_delimiters = checked_delimiters("Markdown", latex_delimiters)
        self.sanitize_html = sanitize_html
        self.line_breaks = line_breaks
        self.header_links = header_links
        self.height = height
        self.max_height = max_height
        self.min_height = min_height
        self.padding = padding
        self.buttons = buttons or (["copy"] if show_copy_button else [])
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


def checked_delimiters(owner: str, given: Any) -> list[dict[str, str | bool]]:
    """Pairs of delimiters, and whether what is between stands apart. Raises `UsageError`."""
    for each in DELIMITERS if given is None else given:
        if not isinstance(each, dict) or not (each.get("left") and each.get("right")):
            raise UsageError(
                f'{owner}: latex_delimiters are {{"left": "$", "right": "$", "display": False}}, not {each!r}'
            )
    return DELIMITERS if given is None else list(given)
