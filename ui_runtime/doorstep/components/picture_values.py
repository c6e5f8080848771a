"""A picture between the page and a function: shared by the components whose values hold pictures.

On the wire it is a file value; what moves (frames of a camera, steps of a stream) is `{"path": null, "url":
"data:…"}` instead, which no file is kept for.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import io
import mimetypes
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from doorstep.components import images
from doorstep.errors import FileRefusedError, OutputError, RefusedError
from doorstep.remote_files import is_address, name_of

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

    from doorstep.components.base import Component, Files
    from doorstep.components.watermark import WatermarkOptions

Passes = Literal["numpy", "pil", "filepath"]
PASSES: Final = ("numpy", "pil", "filepath")

MAX_INLINE: Final = 500_000
"""A bigger picture is a file of its own also while it moves: a message of the page holds a megabyte."""

IMAGE: Final[dict[str, Any]] = {
    "title": "ImageData",
    "type": "object",
    "additional_description": "A local filepath or publicly available URL.",
    "properties": {
        "path": {"anyOf": [{"type": "string"}, {"type": "null"}], "description": "Path to a local file"},
        "url": {
            "anyOf": [{"type": "string"}, {"type": "null"}],
            "description": "URL or base64 encoded image",
        },
        "size": {"anyOf": [{"type": "integer"}, {"type": "null"}], "description": "Size of image in bytes"},
        "orig_name": {"anyOf": [{"type": "string"}, {"type": "null"}], "description": "Original filename"},
        "mime_type": {"anyOf": [{"type": "string"}, {"type": "null"}], "description": "mime type of image"},
        "is_stream": {"type": "boolean", "description": "Can always be set to False"},
        "meta": {"type": "object", "const": {"_type": "gradio.FileData"}},
    },
}
"""The JSON schema of one picture."""


@contextlib.contextmanager
def named(component: Component) -> Iterator[None]:
    """What is refused inside names the component."""
    try:
        yield
    except FileRefusedError as error:
        raise FileRefusedError(f"{component.title}: {error}", component.id) from None
    except RefusedError as error:
        raise component.refuse(str(error)) from None


@dataclass(frozen=True)
class Passing:
    """What a function gets of a visitor's picture."""

    type: Passes
    mode: str | None = "RGB"
    """Pillow's mode; None: as it is. A GIF keeps its own, but in an array."""
    size: tuple[int, int] | None = None
    """Cut and scaled to this width and height."""
    inverted: bool = False

    def of(self, wire: Any, files: Files) -> Any:
        """The picture of a wire value. Raises `RefusedError`."""
        data = data_of(wire)
        if self.type == "filepath":
            file = wire if data is None else files.add_bytes(data, f"frame.{_kind_of(data)}")
            return self._path(files.path_of(file), files)
        source = files.path_of(wire) if data is None else io.BytesIO(data)
        picture = self._picture(source)
        return picture if self.type == "pil" else images.numpy().array(picture)

    def _path(self, path: Path, files: Files) -> str:
        """The visitor's own file, if it is as the function wants it."""
        if images.is_svg(path):
            return str(path)
        with images.opened(path) as picture:
            is_fit = picture.format == "GIF" or self.mode in {None, picture.mode}
        if is_fit and self.size is None and not self.inverted:
            return str(path)
        kind = path.suffix[1:].lower()
        kind = kind if kind in {"png", "jpg", "jpeg", "webp"} else "png"
        data = images.encoded(self._picture(path), kind)
        return str(files.path_of(files.add_bytes(data, f"{path.stem}.{kind}")))

    def _picture(self, source: Path | io.BytesIO) -> Picture:
        picture = images.read_picture(source, self.mode, keep_gif=self.type == "pil")
        if self.size is not None:
            picture = images.fitted(picture, self.size)
        return images.inverted(picture) if self.inverted else picture


def data_of(wire: Any) -> bytes | None:
    """The bytes that a wire value itself holds; None when they are in a file. Raises `RefusedError`."""
    if not isinstance(wire, dict) or wire.get("path") is not None:
        return None
    url = wire.get("url")
    if not isinstance(url, str) or not url.startswith("data:"):
        return None
    head, _, body = url.partition(",")
    if not head.startswith("data:image/") or not head.endswith(";base64"):
        raise RefusedError("what came is no picture")
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error:
        raise RefusedError("the picture is damaged") from None


def _kind_of(data: bytes) -> str:
    """The file format, of the few that browsers write."""
    if data.startswith(b"\x89PNG"):
        return "png"
    return "webp" if data[8:12] == b"WEBP" else "jpg"


@dataclass(frozen=True)
class Showing:
    """How an app's pictures go to the page: a path, an address, an array or a Pillow image."""

    format: str = "webp"
    """The file format of arrays and Pillow images."""
    watermark: WatermarkOptions | None = None
    is_moving: bool = False

    def of(self, value: Any, files: Files) -> dict[str, Any]:
        """The wire value. Raises `ValueError` or `TypeError` for what is no picture."""
        if is_address(value):
            return files.add_address(value, _name_at(value))
        if is_shown(value):
            return _shown_again(value, files)
        if isinstance(value, (str, Path)):
            path = picture_path(value)
            if self.watermark is None or path.suffix.lower() in {".svg", ".gif"}:
                return files.add(path)
            return self._marked_file(path, files)
        picture = value if hasattr(value, "save") else images.from_array(value)
        return self._file(picture, "image", files)

    def _marked_file(self, path: Path, files: Files) -> dict[str, Any]:
        # The copy is the check that this path may be shown.
        copy = files.path_of(files.add(path))
        with images.opened(copy) as picture:
            picture.load()
            return self._file(picture, path.stem, files)

    def _file(self, picture: Picture, name: str, files: Files) -> dict[str, Any]:
        if self.watermark is not None:
            picture = self.watermark.over(picture)
        kind = self.format.lower()
        data = images.encoded(picture, kind)
        if self.is_moving and len(data) <= MAX_INLINE:
            return inline(data, kind)
        return files.add_bytes(data, f"{name}.{kind}")


def inline(data: bytes, kind: str) -> dict[str, Any]:
    """A picture that is its own address."""
    kind = "jpeg" if kind == "jpg" else kind
    return {"path": None, "url": f"data:image/{kind};base64,{base64.b64encode(data).decode()}"}


def _name_at(address: str) -> str:
    """What the picture at an address is called: many addresses do not say that it is one."""
    name = name_of(address)
    return name if is_media(name) else f"{name}.png"


def is_media(name: str) -> bool:
    """Whether a name is that of a picture or a film."""
    return (mimetypes.guess_type(name)[0] or "").startswith(("image/", "video/"))


def _shown_again(value: dict[str, Any], files: Files) -> dict[str, Any]:
    """A wire value that a function got with an event, where `path` is that of the file (see `injection`)."""
    path = value.get("path")
    if isinstance(path, str) and Path(path).is_absolute():
        return files.add(picture_path(path, ("image/", "video/")))
    return dict(value)


def is_shown(value: Any) -> bool:
    """Whether it is a wire value already, such as the value of an event."""
    return isinstance(value, dict) and isinstance(value.get("url"), str)


def picture_path(value: str | Path, kinds: tuple[str, ...] = ("image/",)) -> Path:
    """What a function returns may come from a visitor: other files than pictures are not shown."""
    if not (mimetypes.guess_type(str(value))[0] or "").startswith(kinds):
        raise OutputError(f"{str(value)!r} is not the name of a {'picture' if len(kinds) == 1 else 'film'}")
    return Path(value)
