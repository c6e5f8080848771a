"""A picture: uploaded by the visitor, or shown by the app."""

from __future__ import annotations

import mimetypes
from pathlib import Path
from typing import Any, ClassVar, Literal, Unpack

from doorstep.components import images
from doorstep.components.arguments import check_option
from doorstep.components.base import Component, ComponentProps, Files
from doorstep.errors import FileRefusedError, RefusedError
from doorstep.events.listener import EventListener

Source = Literal["upload", "webcam", "clipboard"]


class Image(Component):
    """Passes a numpy array (height, width, 3) of bytes, a Pillow image or a path, by `type`.

    Shows an array (bytes, or floats 0-1), a Pillow image, a picture's path or its address.
    `format` is the file format that arrays and Pillow images are sent in; `image_mode` is
    Pillow's (None: as uploaded). A `filepath` is the visitor's own file, not converted.
    """

    type: ClassVar[str] = "image"
    PROPS: ClassVar = ("height", "width", "image_mode", "sources", "buttons", "placeholder", "alt_text")
    heavy: ClassVar[bool] = True

    clear = EventListener()
    change = EventListener()
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
        type: Literal["numpy", "pil", "filepath"] = "numpy",  # noqa: A002  # the public name
        buttons: list[str] | None = None,
        placeholder: str | None = None,
        alt_text: str | None = None,
        **common: Unpack[ComponentProps],
    ) -> None:
        check_option("Image", "type", type, ("numpy", "pil", "filepath"))
        self.format = format
        self.height = height
        self.width = width
        self.image_mode = image_mode
        self.sources = _listed(sources)
        self.passes = type
        self.buttons = ["download", "fullscreen"] if buttons is None else buttons
        self.placeholder = placeholder
        self.alt_text = alt_text
        for source in self.sources:
            check_option("Image", "sources", source, ("upload", "webcam", "clipboard"))
        super().__init__(value, **common)

    def check_needs(self, *, is_read: bool) -> None:
        images.check_installed(arrays=is_read and self.passes == "numpy")

    def preprocess(self, wire: Any, files: Files) -> Any:
        if wire is None:
            return None
        try:
            return self._passed(files.path_of(wire))
        except FileRefusedError as error:
            raise FileRefusedError(f"{self.title}: {error}", self.id) from None
        except RefusedError as error:
            raise self.refuse(str(error)) from None

    def _passed(self, path: Path) -> Any:
        if self.passes == "filepath":
            images.check_picture(path)
            return str(path)
        picture = images.read_picture(path, self.image_mode)
        return picture if self.passes == "pil" else images.numpy().array(picture)

    def postprocess(self, value: Any, files: Files) -> dict[str, Any] | None:
        if value is None:
            return None
        if isinstance(value, str) and value.startswith(("http://", "https://")):
            return {"path": None, "url": value, "orig_name": value.rsplit("/", 1)[-1]}
        if isinstance(value, (str, Path)):
            return files.add(_picture_path(value))
        picture = value if hasattr(value, "save") else images.from_array(value)
        kind = self.format.lower()
        return files.add_bytes(images.encoded(picture, kind), f"image.{kind}")

    def api_info(self) -> dict[str, Any]:
        return {
            "type": "object",
            "properties": {"path": {"type": "string"}, "meta": {"const": {"_type": "gradio.FileData"}}},
            "required": ["path"],
        }


def _picture_path(value: str | Path) -> Path:
    """What a function returns may come from a visitor: other files than pictures are not shown."""
    if not (mimetypes.guess_type(str(value))[0] or "").startswith("image/"):
        raise ValueError(f"{str(value)!r} is not the name of a picture")
    return Path(value)


def _listed(sources: list[Source] | Source | None) -> list[Source]:
    if sources is None:
        return ["upload", "webcam", "clipboard"]
    return [sources] if isinstance(sources, str) else list(sources)
