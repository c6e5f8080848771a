"""What the tools of an `ImageEditor` start with, and what its visitors may change."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Literal

from doorstep.components.arguments import check_option
from doorstep.errors import UsageError

PALETTE: Final = (
    "rgb(204, 50, 50)",
    "rgb(173, 204, 50)",
    "rgb(50, 204, 112)",
    "rgb(50, 112, 204)",
    "rgb(173, 50, 204)",
)
"""The colours of a brush that names none."""

Colour = str | tuple[str, float]
"""A CSS colour, or one with its opacity from 0 to 1."""

Size = int | Literal["auto"]
"""A radius in pixels of the picture; `"auto"`: a fiftieth of its smaller side."""


@dataclass
class Eraser:
    """`default_size` is a radius in pixels of the picture."""

    default_size: Size = "auto"

    def __post_init__(self) -> None:
        _check_size(type(self).__name__, self.default_size)


@dataclass
class Brush(Eraser):
    """`colors` are offered in this order; with `color_mode="fixed"` there are no others to choose."""

    colors: list[Colour] | Colour | None = None
    default_color: Colour | None = None
    color_mode: Literal["fixed", "defaults"] = "defaults"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_option("Brush", "color_mode", self.color_mode, ("fixed", "defaults"))
        given = _listed(self.colors)
        if not given:
            raise UsageError("Brush: colors=[] leaves nothing to paint with")
        for colour in (*given, *([self.default_color] if self.default_color else [])):
            _check_colour(colour)
        self.colors = given
        self.default_color = self.default_color or given[0]


@dataclass
class LayerOptions:
    """`layers` are the names of those that are there at first; `disabled` hides the list of layers."""

    allow_additional_layers: bool = True
    layers: list[str] | None = field(default_factory=lambda: ["Layer 1"])
    disabled: bool = False

    def __post_init__(self) -> None:
        self.layers = [str(name) for name in self.layers or ["Layer 1"]]


def _check_size(owner: str, size: Any) -> None:
    if size != "auto" and (not isinstance(size, int) or size < 1):
        raise UsageError(f'{owner}: default_size={size!r} is neither "auto" nor a whole number over 0')


def _listed(colors: list[Colour] | Colour | None) -> list[Colour]:
    if colors is None:
        return [*PALETTE]
    return colors if isinstance(colors, list) else [colors]


def _check_colour(colour: Any) -> None:
    if isinstance(colour, str):
        return
    is_pair = isinstance(colour, (tuple, list)) and len(colour) == 2 and isinstance(colour[0], str)
    if not is_pair or not isinstance(colour[1], (int, float)) or not 0 <= colour[1] <= 1:
        raise UsageError(f"Brush: {colour!r} is neither a colour nor a pair of one and its opacity (0 to 1)")
