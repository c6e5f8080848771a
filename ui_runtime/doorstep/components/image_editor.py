"""A picture to be edited: drawn on, in layers, cropped and resized.

The value is a picture of three parts: what was uploaded (`background`), what was drawn on it (`layers`, all
of the background's size), and the whole as it looks (`composite`).
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, TypedDict, Unpack

from doorstep.components import images
from doorstep.components.arguments import check_option
from doorstep.components.base import Component, ComponentProps, Files
from doorstep.components.editor_options import Brush, Eraser, LayerOptions
from doorstep.components.file_values import file_example
from doorstep.components.image import SOURCES, Source, checked_buttons, checked_sources
from doorstep.components.picture_values import IMAGE, PASSES, Passes, Showing, is_shown, named
from doorstep.components.watermark import WatermarkOptions
from doorstep.components.webcam import WebcamOptions, webcam_options
from doorstep.errors import RefusedError, UsageError
from doorstep.events.listener import EventListener

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

__all__ = [
    "Brush",
    "Eraser",
    "ImageEditor",
    "ImageMask",
    "LayerOptions",
    "Paint",
    "Sketchpad",
    "WatermarkOptions",
]

Transform = Literal["crop", "resize"]
MAX_LAYERS: Final = 100

_SEE_THROUGH: Final = frozenset({"RGBA", "LA", "PA", "RGBa", "La"})
"""Pillow's modes that have an alpha channel."""


class EditorValue(TypedDict):
    """What a function gets and may return. Each picture is what the editor's `type` says."""

    background: Any
    layers: list[Any]
    composite: Any


class ImageEditor(Component):
    """Passes a dict of `background`, `layers` and `composite`, each picture as `type` says.

    With `type="numpy"` a picture is an array of bytes, (height, width, 4) in the default `image_mode`; with
    `"filepath"` it is the path of a file of `format`. A background that nobody gave is None, and so is all
    of an editor that nobody touched. A mode without an alpha channel shows the background and the composite
    on white; layers lose their alpha channel.

    Shows such a dict, or one picture (an array, a Pillow image, a path or an address) as the background.
    """

    type: ClassVar[str] = "image_editor"
    PROPS: ClassVar = (
        *("height", "width", "sources", "buttons", "placeholder", "transforms", "brush", "eraser"),
        *("layers", "canvas_size", "fixed_canvas", "webcam_options"),
    )
    heavy: ClassVar[bool] = True

    clear = EventListener()
    change = EventListener()
    input = EventListener()
    select = EventListener()
    upload = EventListener()
    apply = EventListener()

    def __init__(
        self,
        value: Any = None,
        *,
        height: int | str | None = None,
        width: int | str | None = None,
        image_mode: str | None = "RGBA",
        sources: Iterable[Source] | Source | None = SOURCES,
        type: Passes = "numpy",  # noqa: A002  # the public name
        buttons: list[str] | None = None,
        placeholder: str | None = None,
        transforms: Iterable[Transform] | None = ("crop", "resize"),
        eraser: Eraser | Literal[False] | None = None,
        brush: Brush | Literal[False] | None = None,
        format: str = "webp",  # noqa: A002  # the public name
        layers: bool | LayerOptions = True,
        canvas_size: tuple[int, int] = (800, 800),
        fixed_canvas: bool = False,
        webcam_options: WebcamOptions | None = None,
        crop_size: tuple[int, int] | str | None = None,
        mirror_webcam: bool | None = None,
        show_download_button: bool | None = None,
        show_fullscreen_button: bool | None = None,
        _selectable: bool = False,
        **common: Unpack[ComponentProps],
    ) -> None:
        owner = self.__class__.__name__
        check_option(owner, "type", type, PASSES)
        if isinstance(crop_size, tuple):  # what `canvas_size` was called at first
            canvas_size = crop_size
        self.height = height
        self.width = width
        self.image_mode = image_mode
        self.sources = checked_sources(owner, sources if isinstance(sources, str) else tuple(sources or ()))
        self.passes = type
        shown = {"download": show_download_button, "fullscreen": show_fullscreen_button}
        self.buttons = checked_buttons(owner, buttons, ["download", "fullscreen"], shown)
        self.placeholder = placeholder
        self.transforms = list(transforms or ())
        for each in self.transforms:
            check_option(owner, "transforms", each, ("crop", "resize"))
        self.brush = _tool(Brush, brush)
        self.eraser = None if self.brush is None else _tool(Eraser, eraser)
        self.format = format
        self.layers = asdict(
            layers if isinstance(layers, LayerOptions) else LayerOptions(disabled=not layers)
        )
        self.canvas_size = _checked_size(owner, canvas_size)
        self.fixed_canvas = fixed_canvas
        self.camera = _webcam_options(owner, webcam_options, mirror_webcam, None)
        common.setdefault("min_width", 300)  # its tools stand in two or three rows
        super().__init__(value, **common)

    @property
    def webcam_options(self) -> dict[str, Any]:
        """How the page uses the camera."""
        return self.camera.props()

    def check_needs(self, *, is_read: bool) -> None:
        images.check_installed(arrays=is_read and self.passes == "numpy")

    def blank(self) -> dict[str, Any]:
        return {"background": None, "layers": [], "composite": None, "id": None}

    # -- from the page -------------------------------------------------------------------------

    def preprocess(self, wire: Any, files: Files) -> EditorValue | None:
        if wire is None:
            return None
        layers = wire.get("layers") or [] if isinstance(wire, dict) else None
        if not isinstance(layers, list):
            raise self.refuse_kind("a picture with its layers", wire)
        if len(layers) > MAX_LAYERS:
            raise self.refuse(f"{len(layers)} layers; at most {MAX_LAYERS} are allowed")
        with named(self):
            given = (wire.get("background"), *layers, wire.get("composite"))
            images.check_together(files.path_of(each) for each in given if each is not None)
        return {
            "background": self._passed(wire.get("background"), files),
            "layers": [self._passed(each, files, is_layer=True) for each in layers if each is not None],
            "composite": self._passed(wire.get("composite"), files),
        }

    def _passed(self, wire: Any, files: Files, *, is_layer: bool = False) -> Any:
        if wire is None:
            return None
        with named(self):
            picture = images.read_picture(files.path_of(wire), None)
            picture = _converted(picture, self.image_mode, on_white=not is_layer)
        if self.passes == "filepath":
            return str(files.path_of(self._stored(picture, files, is_exact=is_layer)))
        return picture if self.passes == "pil" else images.numpy().array(picture)

    # -- to the page ---------------------------------------------------------------------------

    def postprocess(self, value: Any, files: Files) -> dict[str, Any] | None:
        if value is None:
            return None
        if not isinstance(value, dict):
            shown = self._shown(value, files)
            return {"background": shown, "layers": [], "composite": shown, "id": None}
        layers = value.get("layers")
        return {
            "background": self._shown(value.get("background"), files),
            "layers": [
                self._shown(each, files, is_exact=True) for each in (() if layers is None else layers)
            ],
            "composite": self._shown(value.get("composite"), files),
            "id": None,
        }

    def _shown(self, value: Any, files: Files, *, is_exact: bool = False) -> dict[str, Any] | None:
        if value is None:
            return None
        if isinstance(value, (str, Path)) or is_shown(value):
            return Showing().of(value, files)
        picture = value if hasattr(value, "save") else images.from_array(value)
        return self._stored(picture, files, is_exact=is_exact)

    def _stored(self, picture: Picture, files: Files, *, is_exact: bool) -> dict[str, Any]:
        """A file of `format`. What was drawn keeps its exact colours: it may be a mask."""
        kind = self.format.lower()
        data = _lossless(picture) if is_exact and kind == "webp" else images.encoded(picture, kind)
        return files.add_bytes(data, f"image.{kind}")

    def api_info(self) -> dict[str, Any]:
        maybe = {"anyOf": [IMAGE, {"type": "null"}], "default": None}
        return {
            "type": "object",
            "properties": {
                "background": maybe,
                "layers": {"type": "array", "items": IMAGE, "default": []},
                "composite": maybe,
                "id": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
            },
        }

    def api_example(self) -> dict[str, Any]:
        return {"background": file_example("picture.png"), "layers": [], "composite": None}


class Sketchpad(ImageEditor):
    """An `ImageEditor` of a blank canvas and a black brush."""

    def __init__(
        self,
        value: Any = None,
        *,
        sources: Iterable[Source] | Source | None = (),
        transforms: Iterable[Transform] | None = ("crop",),
        brush: Brush | Literal[False] | None = None,
        **rest: Any,
    ) -> None:
        brush = _black() if brush is None else brush
        super().__init__(value, sources=sources, transforms=transforms, brush=brush, **rest)


class Paint(ImageEditor):
    """An `ImageEditor` of a blank canvas."""

    def __init__(
        self,
        value: Any = None,
        *,
        sources: Iterable[Source] | Source | None = (),
        transforms: Iterable[Transform] | None = ("crop",),
        **rest: Any,
    ) -> None:
        super().__init__(value, sources=sources, transforms=transforms, **rest)


class ImageMask(ImageEditor):
    """An `ImageEditor` whose visitors mark a part of a picture: one layer, and a black brush."""

    def __init__(
        self,
        value: Any = None,
        *,
        transforms: Iterable[Transform] | None = ("crop",),
        brush: Brush | Literal[False] | None = None,
        layers: bool | LayerOptions = False,
        **rest: Any,
    ) -> None:
        brush = _black() if brush is None else brush
        super().__init__(value, transforms=transforms, brush=brush, layers=layers, **rest)


def _black() -> Brush:
    return Brush(colors=["#000000"], color_mode="fixed")


# -- arguments -------------------------------------------------------------------------------------


def _tool(kind: type[Eraser], given: Eraser | bool | None) -> dict[str, Any] | None:
    """The tool's options for the page; None for a tool that is not to be there."""
    if given is False:
        return None
    return asdict(given if isinstance(given, Eraser) else kind())


def _checked_size(owner: str, size: Any) -> tuple[int, int]:
    is_pair = isinstance(size, (tuple, list)) and len(size) == 2
    if not is_pair or not all(isinstance(each, int) and each > 0 for each in size):
        raise UsageError(f"{owner}: canvas_size={size!r} is not (width, height) in pixels")
    if size[0] * size[1] > images.MAX_PIXELS:
        raise UsageError(f"{owner}: canvas_size={size!r} has more than {images.MAX_PIXELS:,} pixels")
    return size[0], size[1]


_webcam_options: Callable[..., WebcamOptions] = webcam_options
"""The function: a parameter of `ImageEditor` has its name."""


# -- pictures --------------------------------------------------------------------------------------


def _converted(picture: Picture, mode: str | None, *, on_white: bool) -> Picture:
    """The picture in Pillow's `mode`. Raises `RefusedError` for a mode that Pillow cannot make of it."""
    if mode is None or picture.mode == mode:
        return picture
    has_alpha = picture.mode in _SEE_THROUGH or "transparency" in picture.info
    if mode not in _SEE_THROUGH and has_alpha:
        picture = _flattened(picture.convert("RGBA")) if on_white else picture.convert("RGBA").convert("RGB")
    try:
        return images.converted(picture, mode)
    except ValueError as error:
        raise RefusedError(f"the picture cannot be converted ({error})") from None


def _flattened(picture: Picture) -> Picture:
    """The picture on white paper."""
    paper: Picture = images.pillow().new("RGBA", picture.size, "white")
    paper.alpha_composite(picture)
    return paper.convert("RGB")


def _lossless(picture: Picture) -> bytes:
    out = io.BytesIO()
    if picture.mode not in {"RGB", "RGBA"}:
        picture = picture.convert("RGBA" if picture.mode in _SEE_THROUGH else "RGB")
    # Drawings compress well at once; the alpha channel alone would be kept without `exact`.
    picture.save(out, format="webp", lossless=True, exact=True, method=1)
    return out.getvalue()
