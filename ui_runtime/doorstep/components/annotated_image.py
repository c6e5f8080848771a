"""A picture with parts of it marked: what was found where."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, Unpack

from doorstep.components import images
from doorstep.components.base import Component, ComponentProps, Files
from doorstep.components.image import checked_buttons
from doorstep.components.picture_values import IMAGE, Showing, named
from doorstep.errors import UsageError
from doorstep.events.listener import EventListener
from doorstep.remote_files import is_address

if TYPE_CHECKING:
    from collections.abc import Callable

    from doorstep.components.button import Button

_COLOR: Final = re.compile(r"#([0-9a-fA-F]{3}){1,2}")
_BOX: Final = 3
"""The width of a box's edge, in pixels of the picture; at least one in every 120 of it."""

COLORS: Final = ("#e6550d", "#3182bd", "#31a354", "#756bb1", "#d62790", "#b8860b", "#17a2b8", "#8c564b")
"""What labels without a colour of their own get, in turn."""


class AnnotatedImage(Component):
    """Shows (picture, [(area, label), …]).

    An area is a box (left, top, right, bottom) in pixels, or a mask: an array (height, width), of the size of
    the picture, of numbers 0-1 or of booleans.

    Passes (path, [(path of the mask, label), …]). `color_map` gives labels their colours, as "#rrggbb".
    """

    type: ClassVar[str] = "annotated_image"
    PROPS: ClassVar = ("show_legend", "height", "width", "buttons")
    heavy: ClassVar[bool] = True
    is_static: ClassVar[bool] = True

    change = EventListener()
    select = EventListener()

    def __init__(
        self,
        value: tuple[Any, list[tuple[Any, str]]] | Callable[[], Any] | None = None,
        *,
        format: str = "webp",  # noqa: A002  # the public name
        show_legend: bool = True,
        height: int | str | None = None,
        width: int | str | None = None,
        color_map: dict[str, str] | None = None,
        buttons: list[Literal["fullscreen"] | Button] | None = None,
        **common: Unpack[ComponentProps],
    ) -> None:
        for label, color in (color_map or {}).items():
            if not _COLOR.fullmatch(color):
                raise UsageError(f"AnnotatedImage: the colour of {label!r} is {color!r}; write #rrggbb")
        self.format = format
        self.show_legend = show_legend
        self.height = height
        self.width = width
        self.color_map = color_map
        self.buttons = checked_buttons("AnnotatedImage", buttons, ["fullscreen"], {})
        super().__init__(value, **common)

    def check_needs(self, *, is_read: bool) -> None:  # noqa: ARG002  # as all have it
        images.check_installed(arrays=True)

    def preprocess(self, wire: Any, files: Files) -> tuple[str, list[tuple[str, str]]] | None:
        if wire is None:
            return None
        if not isinstance(wire, dict) or not isinstance(wire.get("annotations"), list):
            raise self.refuse_kind("a picture and its annotations", wire)
        with named(self):
            areas = [self._passed(each, files) for each in wire["annotations"]]
            return str(files.path_of(wire.get("image"))), areas

    def _passed(self, area: Any, files: Files) -> tuple[str, str]:
        if not isinstance(area, dict) or not isinstance(area.get("label"), str):
            raise self.refuse_kind("an area and its label", area)
        return str(files.path_of(area.get("image"))), area["label"]

    def postprocess(self, value: Any, files: Files) -> dict[str, Any] | None:
        if value is None:
            return None
        if not isinstance(value, (tuple, list)) or len(value) != 2:
            raise TypeError("an AnnotatedImage shows (picture, [(area, label), …])")
        picture, areas = value
        shown = Showing(self.format).of(picture, files)
        size = _size(picture, shown, files)
        colors = self._colors([label for _, label in areas])
        annotations = [_annotation(area, label, size, colors[label], files) for area, label in areas]
        return {"image": shown, "annotations": annotations}

    def _colors(self, labels: list[str]) -> dict[str, str]:
        """Each label's colour."""
        given = self.color_map or {}
        return {
            label: given.get(label) or COLORS[number % len(COLORS)]
            for number, label in enumerate(dict.fromkeys(labels))
        }

    def api_info(self) -> dict[str, Any]:
        area = {
            "type": "object",
            "properties": {"image": IMAGE, "label": {"type": "string"}},
            "required": ["image", "label"],
        }
        properties = {"image": IMAGE, "annotations": {"type": "array", "items": area}}
        return {"type": "object", "properties": properties, "required": ["image", "annotations"]}


def _size(picture: Any, shown: dict[str, Any], files: Files) -> tuple[int, int]:
    """(width, height) of the picture. Raises `ValueError` for one whose file is not here."""
    if hasattr(picture, "shape"):
        return int(picture.shape[1]), int(picture.shape[0])
    if isinstance(getattr(picture, "size", None), tuple):
        width, height = picture.size
        return int(width), int(height)
    if is_address(picture):
        raise ValueError("areas cannot be laid over a picture that stays at its address in the web")
    with images.opened(files.path_of(shown)) as opened:
        return opened.size


def _annotation(area: Any, label: str, size: tuple[int, int], color: str, files: Files) -> dict[str, Any]:
    """The wire value of one area; its colour is for the legend."""
    layer = images.encoded(_layer(area, label, size, color), "png")
    return {"image": files.add_bytes(layer, "area.png"), "label": label, "color": color}


def _layer(area: Any, label: str, size: tuple[int, int], color: str) -> Any:
    """The area as a picture of its colour, clear everywhere else."""
    np = images.numpy()
    if isinstance(area, (tuple, list)) and len(area) == 4 and all(np.isscalar(each) for each in area):
        mask = _box_mask(area, size)
    else:
        mask = np.clip(np.nan_to_num(np.asarray(area, dtype=np.float32)), 0, 1)
    if mask.shape != (size[1], size[0]):
        raise ValueError(f"the mask of {label!r} has the shape {mask.shape}; the picture's is {size[::-1]}")
    red, green, blue = _rgb(color)
    layer = np.zeros((*mask.shape, 4), np.uint8)
    layer[..., :3] = (red, green, blue)
    layer[..., 3] = (mask * 255).round()
    return images.from_array(layer)


def _box_mask(area: Any, size: tuple[int, int]) -> Any:
    """A box: its edge whole, what is inside of it faint."""
    np = images.numpy()
    width, height = size
    left, top, right, bottom = (round(float(each)) for each in area)
    left, right = sorted((min(max(left, 0), width), min(max(right, 0), width)))
    top, bottom = sorted((min(max(top, 0), height), min(max(bottom, 0), height)))
    edge = max(_BOX, max(size) // 120)
    mask = np.zeros((height, width), np.float32)
    mask[top:bottom, left:right] = 1
    mask[top + edge : bottom - edge, left + edge : right - edge] = 0.25
    return mask


def _rgb(color: str) -> tuple[int, int, int]:
    digits = color[1:]
    if len(digits) == 3:
        digits = "".join(2 * each for each in digits)
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)


Annotatedimage = AnnotatedImage
