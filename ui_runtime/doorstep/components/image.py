"""A picture: uploaded, pasted or taken by the visitor, or shown by the app."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, Unpack

from doorstep.components import images
from doorstep.components.arguments import check_option
from doorstep.components.base import Component, ComponentProps, Files
from doorstep.components.picture_values import IMAGE, PASSES, Passes, Passing, Showing, named
from doorstep.components.watermark import WatermarkOptions, watermark_options
from doorstep.components.webcam import WebcamOptions, webcam_options
from doorstep.errors import UsageError
from doorstep.events.listener import EventListener
from doorstep.later import note

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from doorstep.components.button import Button

Source = Literal["upload", "webcam", "clipboard"]
BUTTONS = ("download", "download_all", "fullscreen", "share")
SOURCES: tuple[Source, ...] = ("upload", "webcam", "clipboard")


class Image(Component):
    """Passes a numpy array (height, width, 3) of bytes, a Pillow image or a path, by `type`.

    Shows an array (bytes, or floats 0-1), a Pillow image, a picture's path or its address.
    `format` is the file format that arrays and Pillow images are sent in; `image_mode` is Pillow's (None: as
    uploaded). With `streaming` the camera's pictures come one after the other, by the event `stream`; and
    what the app shows goes along with its message, without a file in between.
    """

    type: ClassVar[str] = "image"
    PROPS: ClassVar = (
        *("height", "width", "sources", "buttons", "placeholder", "alt_text", "streaming", "format"),
        "webcam_options",
    )
    heavy: ClassVar[bool] = True
    is_display: ClassVar[bool] = True

    clear = EventListener()
    change = EventListener()
    stream = EventListener()
    select = EventListener()
    upload = EventListener()
    input = EventListener()

    def __init__(
        self,
        value: Any = None,
        *,
        format: str = "webp",  # noqa: A002  # the public name
        height: int | str | None = None,
        width: int | str | None = None,
        image_mode: str | None = "RGB",
        sources: list[Source] | Source | None = None,
        type: Passes = "numpy",  # noqa: A002  # the public name
        buttons: list[Literal["download", "share", "fullscreen"] | Button] | None = None,
        streaming: bool = False,
        webcam_options: WebcamOptions | None = None,
        placeholder: str | None = None,
        watermark: WatermarkOptions | Any | None = None,
        alt_text: str | None = None,
        shape: tuple[int, int] | None = None,
        source: str | None = None,
        tool: str | None = None,
        invert_colors: bool = False,
        mirror_webcam: bool | None = None,
        webcam_constraints: dict[str, Any] | None = None,
        show_download_button: bool | None = None,
        show_fullscreen_button: bool | None = None,
        show_share_button: bool | None = None,
        **common: Unpack[ComponentProps],
    ) -> None:
        check_option("Image", "type", type, PASSES)
        self.format = format
        self.height = height
        self.width = width
        self.image_mode = image_mode
        self.streaming = streaming
        self.sources = _sources(sources, _older_source(source), streaming=streaming)
        shown = {
            "download": show_download_button,
            "fullscreen": show_fullscreen_button,
            "share": show_share_button,
        }
        self.buttons = checked_buttons("Image", buttons, ["download", "fullscreen"], shown)
        self.camera = _webcam_options("Image", webcam_options, mirror_webcam, webcam_constraints)
        self.placeholder = placeholder
        self.watermark = watermark_options(watermark)
        self.alt_text = alt_text
        _note_older(shape, tool)
        self.passes = Passing(type, image_mode, _older_shape(shape), invert_colors)
        super().__init__(value, **common)

    @property
    def webcam_options(self) -> dict[str, Any]:
        """How the page uses the camera."""
        return self.camera.props()

    def check_needs(self, *, is_read: bool) -> None:
        images.check_installed(arrays=is_read and self.passes.type == "numpy")

    def preprocess(self, wire: Any, files: Files) -> Any:
        if wire is None:
            return None
        with named(self):
            return self.passes.of(wire, files)

    def postprocess(self, value: Any, files: Files) -> dict[str, Any] | None:
        if value is None:
            return None
        return Showing(self.format, self.watermark, self.streaming).of(value, files)

    def api_info(self) -> dict[str, Any]:
        return IMAGE


_webcam_options: Callable[..., WebcamOptions] = webcam_options
"""The function: a parameter of `Image` has its name."""


def checked_sources(owner: str, sources: Sequence[str] | str) -> list[str]:
    """`sources` as a list. Raises `UsageError` for one that there is not."""
    listed = [sources] if isinstance(sources, str) else list(sources)
    for source in listed:
        check_option(owner, "sources", source, SOURCES)
    return listed


def checked_buttons(
    owner: str, buttons: Sequence[Any] | None, usual: list[str], older: dict[str, bool | None]
) -> list[Any]:
    """`buttons`, or the `usual` ones, but for what older parameters say of one (None: nothing).

    Raises `UsageError` for a word that means none.
    """
    shown = list(usual if buttons is None else buttons)
    for name, wanted in older.items():
        if wanted is not None:
            note(f'{owner}: `show_{name}_button` is now a matter of buttons=["{name}", …]')
            shown = [each for each in shown if each != name] + ([name] if wanted else [])
    for button in shown:
        if isinstance(button, str):
            check_option(owner, "buttons", button, BUTTONS)
    return shown


def _sources(sources: Any, source: str | None, *, streaming: bool) -> list[str]:
    given = sources if sources is not None else source
    if given is None:
        return ["webcam"] if streaming else list(SOURCES)
    checked = checked_sources("Image", given)
    if streaming and checked != ["webcam"]:
        raise UsageError(f'Image: streaming=True takes sources=["webcam"], not {checked!r}')
    return checked


def _older_source(source: str | None) -> str | None:
    if source is None:
        return None
    if source == "canvas":
        note('Image: source="canvas" is now the component Sketchpad; this one takes uploads')
        return "upload"
    note(f"Image: `source` is now sources=[{source!r}]")
    return source


def _older_shape(shape: tuple[int | None, int | None] | None) -> tuple[int, int] | None:
    if shape is None or None in shape:
        return None
    width, height = shape
    return int(width or 0), int(height or 0)


def _note_older(shape: Any, tool: str | None) -> None:
    if shape is not None:
        note(f"Image: `shape` cuts and scales what the function gets to {shape}; the page shows all of it")
    if tool not in {None, "editor"}:
        note(f"Image: tool={tool!r} is now the component ImageEditor (or ImageMask, Sketchpad)")
