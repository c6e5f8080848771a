"""The links between the pages of an app."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Unpack

from doorstep.components.base import Component, ComponentProps
from doorstep.events.listener import EventListener

if TYPE_CHECKING:
    from doorstep.components.base import Files


class Navbar(Component):
    """How this page shows the app's pages; `value` is a list of more links: `[(title, address), …]`.

    `main_page_name` is what the first page is called there (False: it is left out). A page needs none of
    these for its pages to be listed.
    """

    type: ClassVar[str] = "navbar"
    PROPS: ClassVar = ("main_page_name",)
    is_static: ClassVar[bool] = True

    change = EventListener()

    def __init__(
        self,
        value: Sequence[tuple[str, str]] | None = None,
        *,
        main_page_name: str | Literal[False] = "Home",
        **common: Unpack[ComponentProps],
    ) -> None:
        self.main_page_name = main_page_name
        super().__init__(value, **common)

    def postprocess(self, value: Any, files: Files) -> list[list[str]] | None:
        """Raises `ValueError` for what is no list of pairs."""
        return None if value is None else [[str(title), str(address)] for title, address in value]

    def preprocess(self, wire: Any, files: Files) -> list[tuple[str, str]] | None:
        if wire is None:
            return None
        if not isinstance(wire, list) or not all(isinstance(each, list) and len(each) == 2 for each in wire):
            raise self.refuse_kind("a list of links", wire)
        return [(str(title), str(address)) for title, address in wire]

    def api_info(self) -> dict[str, Any]:
        pair = {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2}
        return {"type": "array", "items": pair}
