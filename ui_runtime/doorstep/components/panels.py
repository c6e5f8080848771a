"""Blocks whose contents can be put away or moved: accordions, sidebars and draggable parts."""

from __future__ import annotations

from typing import ClassVar, Literal, Unpack

from doorstep.components.arguments import check_option
from doorstep.components.layout import Length
from doorstep.events.listener import EventListener
from doorstep.graph import BlockProps, Container


class Accordion(Container):
    """A part of the page that opens and closes at a click on its `label`."""

    type: ClassVar[str] = "accordion"
    PROPS: ClassVar = ("label", "open", "height", "max_height")

    expand = EventListener()
    collapse = EventListener()

    def __init__(
        self,
        label: str | None = None,
        *,
        open: bool = True,  # noqa: A002  # the public name
        height: Length = None,
        max_height: Length = None,
        **common: Unpack[BlockProps],
    ) -> None:
        self.label = label
        self.open = open
        self.height = height
        self.max_height = max_height
        super().__init__(**common)


class Sidebar(Container):
    """A panel at the page's side that opens and closes; `width` is in pixels, or any CSS length."""

    type: ClassVar[str] = "sidebar"
    PROPS: ClassVar = ("label", "open", "width", "position")

    expand = EventListener()
    collapse = EventListener()

    def __init__(
        self,
        label: str | None = None,
        *,
        open: bool = True,  # noqa: A002  # the public name
        width: int | str = 320,
        position: Literal["left", "right"] = "left",
        **common: Unpack[BlockProps],
    ) -> None:
        check_option("Sidebar", "position", position, ("left", "right"))
        self.label = label
        self.open = open
        self.width = width
        self.position = position
        super().__init__(**common)


class Draggable(Container):
    """Its children can be dragged into another order; a row or group among them moves as a whole."""

    type: ClassVar[str] = "draggable"
    PROPS: ClassVar = ("orientation",)

    def __init__(
        self,
        *,
        orientation: Literal["row", "column"] = "column",
        **common: Unpack[BlockProps],
    ) -> None:
        check_option("Draggable", "orientation", orientation, ("row", "column"))
        self.orientation = orientation
        super().__init__(**common)
