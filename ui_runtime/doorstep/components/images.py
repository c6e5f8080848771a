"""Pictures in and out of files. Pillow and numpy are imported when a value needs them, not before."""

from __future__ import annotations

import contextlib
import io
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from doorstep.errors import MissingExtraError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from PIL.Image import Image as Picture

MAX_PIXELS: Final = 50_000_000
"""A visitor's picture may have this many; a small file can unpack to far more."""

MAX_TOGETHER: Final = 250_000_000
"""As many may all pictures of one value have: they are in memory at once."""

MAX_ON_DISK: Final = 5_000_000_000
"""As many when a function gets their paths, and unpacks them one after another."""

_FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "AVIF")
"""What is tried on a visitor's file: Pillow's other readers are a needless risk."""


_SVG_HEAD: Final = 4096
"""In how many bytes a drawing has to say that it is one."""


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


def is_svg(path: Path) -> bool:
    """Whether a file is a drawing in SVG, which Pillow does not read."""
    if path.suffix.lower() != ".svg":
        return False
    with path.open("rb") as file:
        return b"<svg" in file.read(_SVG_HEAD)


def read_picture(source: Path | io.BytesIO, mode: str | None, *, keep_gif: bool = False) -> Picture:
    """Decode a visitor's file, upright, in Pillow's `mode` (None: as it is). Raises `RefusedError`.

    `keep_gif`: one of those stays as it is, with all its frames.
    """
    if not isinstance(source, io.BytesIO) and is_svg(source):
        raise RefusedError("an SVG drawing cannot be taken here; a PNG or JPEG can")
    picture = opened(source)
    if keep_gif and picture.format == "GIF":
        return _loaded(picture)
    with picture:
        return _upright(picture, mode)


def _loaded(picture: Picture) -> Picture:
    """A copy in memory that can be asked for its frames: the visitor's file may go before it does."""
    file = getattr(picture, "fp", None)
    if file is None:
        raise RefusedError("the picture is damaged")
    with file:
        file.seek(0)
        copy: Picture = pillow().open(io.BytesIO(file.read()), formats=["GIF"])
    with _no_damage():
        copy.load()
    return copy


def _upright(picture: Picture, mode: str | None) -> Picture:
    from PIL import ImageOps

    with _no_damage():
        picture.load()
        upright: Picture = ImageOps.exif_transpose(picture)
    return upright if mode is None or upright.mode == mode else converted(upright, mode)


@contextlib.contextmanager
def _no_damage() -> Iterator[None]:
    try:
        yield
    except Exception as error:  # noqa: BLE001  # Pillow's readers raise whatever a hostile file brings about
        raise RefusedError(f"the picture is damaged ({str(error)[:200]})") from None


def converted(picture: Picture, mode: str) -> Picture:
    """In another mode of Pillow's, by way of RGB where there is no straight one."""
    try:
        return picture.convert(mode)
    except ValueError:
        return picture.convert("RGB").convert(mode)


def fitted(picture: Picture, size: tuple[int, int]) -> Picture:
    """Cut around the middle and scaled, so that it has this width and height."""
    from PIL import ImageOps

    return ImageOps.fit(picture, size)


def inverted(picture: Picture) -> Picture:
    """Its negative."""
    from PIL import ImageOps

    return ImageOps.invert(picture)


def opened(source: Path | io.BytesIO) -> Picture:
    """A visitor's file, its head read. Raises `RefusedError` unless it is a picture of bearable size."""
    image = pillow()
    try:
        picture: Picture = image.open(source, formats=_FORMATS)
    except (image.DecompressionBombError, image.DecompressionBombWarning):
        raise RefusedError(f"the picture has more than {MAX_PIXELS:,} pixels") from None
    except Exception:  # noqa: BLE001  # see `_no_damage`
        raise RefusedError("the file is not a picture of a kind that can be read") from None
    if picture.width * picture.height > MAX_PIXELS:
        picture.close()
        size = f"{picture.width} × {picture.height}"
        raise RefusedError(f"the picture has {size} pixels; at most {MAX_PIXELS:,} are allowed")
    return picture


def check_together(paths: Iterable[Path], most: int = MAX_TOGETHER) -> None:
    """Raises `RefusedError` for pictures that are bearable one by one, and too many for one value.

    One small file can be named a thousand times.
    """
    left = most
    known: dict[Path, int] = {}
    for path in paths:
        if path not in known:
            known[path] = _pixels(path)
        left -= known[path]
        if left < 0:
            raise RefusedError(f"the pictures have more than {most:,} pixels together")


def _pixels(path: Path) -> int:
    if is_svg(path):
        return 0
    with opened(path) as picture:
        return picture.width * picture.height


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
