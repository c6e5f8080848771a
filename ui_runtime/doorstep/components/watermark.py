"""A mark laid over the pictures that an app shows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from doorstep.components import images
from doorstep.errors import UsageError

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

MARGIN: Final = 10
"""Pixels between the mark and the edges of a corner."""

Corner = Literal["top-left", "top-right", "bottom-left", "bottom-right"]
_CORNERS: Final = ("top-left", "top-right", "bottom-left", "bottom-right")


@dataclass
class WatermarkOptions:
    """`watermark` is a picture (a path, an array or a Pillow image), laid over in its own size.

    `position` is a corner, or the pixel (x, y) of the mark's upper left.
    """

    watermark: Any = None
    position: tuple[int, int] | Corner = "bottom-right"

    def __post_init__(self) -> None:
        place = self.position
        is_pixel = isinstance(place, (tuple, list)) and len(place) == 2
        if not is_pixel and place not in _CORNERS:
            raise UsageError(
                f"WatermarkOptions: position={place!r} is neither (x, y) nor one of {', '.join(_CORNERS)}"
            )

    def over(self, picture: Picture) -> Picture:
        """A copy of the picture that carries the mark."""
        mark = self.picture()
        marked = picture.convert("RGBA")
        layer = images.pillow().new("RGBA", marked.size)
        layer.paste(mark, self._corner(marked.size, mark.size))
        marked.alpha_composite(layer)
        return marked if "A" in picture.getbands() else marked.convert("RGB")

    def picture(self) -> Picture:
        """The mark itself."""
        return _opened(self.watermark).convert("RGBA")

    def _corner(self, size: tuple[int, int], mark: tuple[int, int]) -> tuple[int, int]:
        if not isinstance(self.position, str):
            x, y = self.position
            return int(x), int(y)
        x = MARGIN if self.position.endswith("left") else size[0] - mark[0] - MARGIN
        y = MARGIN if self.position.startswith("top") else size[1] - mark[1] - MARGIN
        return x, y


def watermark_options(given: Any) -> WatermarkOptions | None:
    """What a component's `watermark` says; None for no mark."""
    options = given if isinstance(given, WatermarkOptions) else WatermarkOptions(given)
    return None if options.watermark is None else options


def _opened(mark: Any) -> Picture:
    if isinstance(mark, (str, Path)):
        with images.pillow().open(mark) as picture:
            copy: Picture = picture.copy()
            return copy
    opened: Picture = mark if hasattr(mark, "save") else images.from_array(mark)
    return opened
