"""Blocks that hold others: rows, columns and groups."""

from __future__ import annotations

from typing import ClassVar, Literal, Unpack

from doorstep.graph import BlockProps, Container
from doorstep.later import note

Variant = Literal["default", "panel", "compact"]
Length = int | str | None
"""Pixels, or any CSS length."""


class Row(Container):
    """Side by side; `equal_height` stretches the children to the tallest."""

    type: ClassVar[str] = "row"
    PROPS: ClassVar = ("variant", "equal_height", "height", "max_height", "min_height")

    def __init__(
        self,
        *,
        variant: Variant = "default",
        equal_height: bool = False,
        height: Length = None,
        max_height: Length = None,
        min_height: Length = None,
        **common: Unpack[BlockProps],
    ) -> None:
        self.variant = variant
        self.equal_height = equal_height
        self.height = height
        self.max_height = max_height
        self.min_height = min_height
        super().__init__(**common)


class Column(Container):
    """One above the other; `scale` is its share of the row, `min_width` (pixels) when the row breaks."""

    type: ClassVar[str] = "column"
    PROPS: ClassVar = ("variant",)

    def __init__(
        self,
        *,
        variant: Variant = "default",
        **common: Unpack[BlockProps],
    ) -> None:
        self.variant = variant
        common.setdefault("scale", 1)
        common.setdefault("min_width", 320)
        super().__init__(**common)


class Group(Container):
    """Its children stand together, without gaps between."""

    type: ClassVar[str] = "group"

    def __init__(self, **common: Unpack[BlockProps]) -> None:
        super().__init__(**common)


class Box(Group):
    """What a `Group` was called once."""

    def __init__(self, **common: Unpack[BlockProps]) -> None:
        note("Box is called Group now")
        super().__init__(**common)
