"""Pictures in and out of files. Pillow and numpy are imported when a value needs them, not before."""

from __future__ import annotations

import io
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from doorstep.errors import MissingExtraError, RefusedError

if TYPE_CHECKING:
    from pathlib import Path

    from PIL.Image import Image as Picture

MAX_PIXELS: Final = 50_000_000
"""A visitor's picture may have this many; a small file can unpack to far more."""

_FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "AVIF")
"""What is tried on a visitor's file: Pillow's other readers are a needless risk."""


def pillow() -> Any:
    """Pillow's `Image` module. Raises `MissingExtraError` with the command that installs it."""
    try:
        from PIL import Image
    except ModuleNotFoundError:
        raise _no_pillow() from None
    return Image


def numpy() -> Any:
    """The numpy module. Raises `MissingExtraError` with the command that installs it."""
    try:
        import numpy as np
    except ModuleNotFoundError:
        raise _no_numpy() from None
    return np


def check_installed(*, arrays: bool) -> None:
    """Raises `MissingExtraError` when Pillow, or numpy for `arrays`, is missing; imports neither."""
    if not _is_installed("PIL"):
        raise _no_pillow()
    if arrays and not _is_installed("numpy"):
        raise _no_numpy()


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ValueError:  # it stands in `sys.modules` as None, or without a spec
        return sys.modules.get(module) is not None


def _no_pillow() -> MissingExtraError:
    return MissingExtraError("Pillow", "image", "an Image")


def _no_numpy() -> MissingExtraError:
    return MissingExtraError("numpy", "image", 'an Image of type="numpy"')


def check_picture(path: Path) -> None:
    """Look at the head of a visitor's file. Raises `RefusedError` unless it is a picture of bearable size."""
    with _opened(path):
        pass


def read_picture(path: Path, mode: str | None) -> Picture:
    """Decode a visitor's file, upright, in Pillow's `mode` (None: as it is). Raises `RefusedError`."""
    with _opened(path) as picture:
        from PIL import ImageOps

        try:
            picture.load()
            upright: Picture = ImageOps.exif_transpose(picture)
        except (OSError, SyntaxError, ValueError, EOFError) as error:
            raise RefusedError(f"the picture is damaged ({error})") from None
    return upright if mode is None or upright.mode == mode else upright.convert(mode)


def _opened(path: Path) -> Picture:
    image = pillow()
    try:
        picture: Picture = image.open(path, formats=_FORMATS)
    except image.DecompressionBombError:
        raise RefusedError(f"the picture has more than {MAX_PIXELS:,} pixels") from None
    except (OSError, SyntaxError, ValueError, EOFError):
        raise RefusedError("the file is not a picture of a kind that can be read") from None
    if picture.width * picture.height > MAX_PIXELS:
        picture.close()
        size = f"{picture.width} × {picture.height}"
        raise RefusedError(f"the picture has {size} pixels; at most {MAX_PIXELS:,} are allowed")
    return picture


def from_array(array: Any) -> Picture:
    """A picture of an array: (height, width[, 1, 3 or 4]) of integers 0-255, floats 0-1, or bools."""
    np = numpy()
    array = np.asarray(array)
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim not in {2, 3} or (array.ndim == 3 and array.shape[2] not in {3, 4}):
        raise ValueError(f"an array of shape {array.shape} is no picture: (height, width[, 1, 3 or 4]) is")
    if array.dtype.kind in {"f", "b"}:
        array = (np.nan_to_num(array) * 255).round()
    picture: Picture = pillow().fromarray(array.clip(0, 255).astype(np.uint8))
    return picture


def encoded(picture: Picture, kind: str) -> bytes:
    """The picture as a file of format `kind` (`webp`, `png`, `jpeg`, …)."""
    kind = "jpeg" if kind.lower() == "jpg" else kind.lower()
    if (kind == "jpeg" and picture.mode not in {"L", "RGB", "CMYK"}) or picture.mode not in {
        "1",
        "L",
        "LA",
        "P",
        "RGB",
        "RGBA",
        "I;16",
    }:
        picture = picture.convert("RGB")
    out = io.BytesIO()
    picture.save(out, format=kind)
    return out.getvalue()
