"""Films in and out of files: what browsers play, and what ffmpeg makes of the rest."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from doorstep.components import ffmpeg, images
from doorstep.components.media_values import converted
from doorstep.components.watermark import MARGIN, WatermarkOptions
from doorstep.errors import RefusedError, UsageError
from doorstep.later import note

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from doorstep.components.base import Files

SUFFIXES: Final = frozenset(
    {
        *(".mp4", ".m4v", ".webm", ".ogg", ".ogv", ".mov", ".mkv", ".avi", ".flv", ".wmv", ".mpg", ".mpeg"),
        *(".ts", ".3gp", ".gif"),
    }
)
"""What names of films end with."""

_PLAYED: Final = {
    ".mp4": {"h264", "av1", "vp9"},
    ".m4v": {"h264"},
    ".webm": {"vp8", "vp9", "av1"},
    ".ogg": {"theora"},
    ".ogv": {"theora"},
    ".mov": {"h264"},
}
"""What browsers play: by the name's ending, the ways in which pictures are coded."""

_EVEN: Final = "scale=trunc(iw/2)*2:trunc(ih/2)*2"
"""H.264 takes even sizes only."""
_MP4: Final = ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-preset", "veryfast", "-movflags", "+faststart")


def checked_format(owner: str, kind: str | None) -> str | None:
    """The name of a file format without its dot. Raises `UsageError` for what is none."""
    if kind is None:
        return None
    if not re.fullmatch(r"\.?[A-Za-z0-9]{1,8}", kind):
        raise UsageError(f"{owner}: format={kind!r} is no name of a file format, such as 'mp4'")
    return kind.lstrip(".").lower()


def passed(path: Path, kind: str | None, *, has_sound: bool) -> Path:
    """A visitor's film as the function wants it. Raises `RefusedError` for what is none."""
    if path.suffix.lower() not in SUFFIXES:
        raise RefusedError(f"{path.name!r} is not the name of a film")
    path = converted(path, kind, _options(kind))
    return path if has_sound else _silent(path)


def shown(path: Path, files: Files, kind: str | None, mark: WatermarkOptions | None) -> dict[str, Any]:
    """A function's film as the page can play it, with a mark laid over it."""
    if path.suffix.lower() not in SUFFIXES:  # it may come from a visitor: other files are not shown
        raise ValueError(f"{str(path)!r} is not the name of a film")
    first = files.add(path)
    copy = files.path_of(first)
    film = copy if mark is None else _marked(copy, mark)
    film = converted(film, kind, _options(kind))
    if kind is None or f".{kind}" in _PLAYED:
        film = _playable(film)
    return first if film == copy else files.add(film)


def seconds(path: Path) -> float:
    """How long a film is. Raises `RefusedError` for what is none."""
    return ffmpeg.duration(path)


def _options(kind: str | None) -> Sequence[str]:
    return ("-vf", _EVEN, *_MP4) if kind == "mp4" else ()


def _playable(path: Path) -> Path:
    """The film itself, or as MP4 when browsers would show nothing of it."""
    codecs = _PLAYED.get(path.suffix.lower())
    codec = ffmpeg.codec(path) if codecs else None
    if codecs is not None and (codec is None or codec in codecs):
        return path
    if not ffmpeg.is_installed():
        note(f"Video: browsers may not play {path.name!r}; with the program ffmpeg installed it is converted")
        return path
    target = path.with_name(f"{path.stem}-playable.mp4")
    return target if target.exists() else ffmpeg.convert(path, target, _options("mp4"))


def _silent(path: Path) -> Path:
    target = path.with_name(f"{path.stem}-silent{path.suffix}")
    if target.exists():
        return target
    if not ffmpeg.is_installed():
        note("Video: include_audio=False takes the sound from uploaded films with the program ffmpeg only")
        return path
    return ffmpeg.convert(path, target, ("-an", "-c:v", "copy"))


def _marked(path: Path, mark: WatermarkOptions) -> Path:
    ffmpeg.check_installed("A watermark on a Video")
    picture = path.with_name("watermark.png")
    picture.write_bytes(images.encoded(mark.picture(), "png"))
    place = f"overlay={_place(mark.position)}[marked];[marked]{_EVEN}"
    return ffmpeg.convert(
        path,
        path.with_name(f"{path.stem}-marked.mp4"),
        ("-filter_complex", f"[0:v][1:v]{place}", "-map", "0:a?", *_MP4),
        more=[picture],
    )


def _place(position: Any) -> str:
    if not isinstance(position, str):
        x, y = position
        return f"{int(x)}:{int(y)}"
    x_place = str(MARGIN) if position.endswith("left") else f"W-w-{MARGIN}"
    y_place = str(MARGIN) if position.startswith("top") else f"H-h-{MARGIN}"
    return f"{x_place}:{y_place}"
