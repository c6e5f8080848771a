"""The ffmpeg program: it reads and writes the sounds and films that Python alone cannot.

It is never given a visitor's playlist or script: those could name other files of this machine.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

from doorstep.errors import MissingProgramError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

DEADLINE: Final = 600.0
"""Seconds that one conversion may take."""

MAX_DECODED: Final = 1 << 30
"""Bytes that one file may unpack to in memory: 90 minutes of a CD."""

MAX_CONVERTED: Final = 1 << 30
"""Bytes of a file that is written."""

_DEMUXERS: Final = ",".join(  # noqa: FLY002  # one kind of file a word
    [
        *("wav", "w64", "mp3", "ogg", "flac", "aac", "aiff", "amr", "au", "caf", "ac3", "asf"),
        *(
            "mov",
            "mp4",
            "m4a",
            "matroska",
            "webm",
            "avi",
            "flv",
            "mpeg",
            "mpegts",
            "mpegvideo",
            "gif",
            "h264",
        ),
    ]
)
"""What is read. Neither playlists (`hls`, `concat`, `dash`) nor pictures: a drawing may name other files."""

_PICTURE: Final = "png_pipe"
"""What is read of our own."""

MAX_PIXELS: Final = 50_000_000
"""Of one picture of a film."""


def is_installed() -> bool:
    return shutil.which("ffmpeg") is not None


def decoded(path: Path, kind: str, options: Sequence[str] = ()) -> bytes:
    """The file as `kind` (a muxer of ffmpeg's). Raises `RefusedError` when it cannot be read.

    Hours of silence are a small file: what would be bigger than `MAX_DECODED` is refused.
    """
    limit = ["-fs", str(MAX_DECODED)]
    data = _run([*_input(path), *options, *limit, "-f", kind, "pipe:1"], path.name)
    if len(data) >= MAX_DECODED:
        raise RefusedError(f"the file unpacks to more than {MAX_DECODED >> 20} MB")
    return data


def convert(path: Path, target: Path, options: Sequence[str] = (), more: Sequence[Path] = ()) -> Path:
    """Write the file once more as `target`, whose suffix says the format. `more` are PNGs of our own.

    Raises `RefusedError` for what cannot be read, and for what would be bigger than `MAX_CONVERTED`.
    """
    inputs = [*_input(path), *(part for each in more for part in _input(each, _PICTURE))]
    limit = ["-fs", str(MAX_CONVERTED)]
    try:
        _run([*inputs, *options, *limit, "-y", f"file:{target}"], path.name)
        if target.stat().st_size >= MAX_CONVERTED:
            raise RefusedError(f"the file is more than {MAX_CONVERTED >> 20} MB once it is converted")
    except RefusedError:
        target.unlink(missing_ok=True)  # what is there would be taken for the whole
        raise
    return target


def codec(path: Path) -> str | None:
    """How the pictures of a film are coded (`h264`); None when that cannot be said."""
    return _probed(path, "stream=codec_name", "-select_streams", "v:0") or None


def duration(path: Path) -> float:
    """Seconds. Raises `RefusedError` for what is neither sound nor film, `MissingProgramError`."""
    check_installed("Measuring how long a film is")
    try:
        return float(_probed(path, "format=duration"))
    except ValueError:
        raise RefusedError("the file does not say how long it is") from None


def check_installed(what: str) -> None:
    """Raises `MissingProgramError`: `what` cannot be done without ffmpeg."""
    if not is_installed():
        raise MissingProgramError("ffmpeg", what)


def _input(path: Path, kinds: str = _DEMUXERS) -> list[str]:
    limits = ["-max_pixels", str(MAX_PIXELS)]
    return [*limits, "-protocol_whitelist", "file,pipe", "-format_whitelist", kinds, "-i", f"file:{path}"]


def _probed(path: Path, entries: str, *options: str) -> str:
    """What ffprobe says of a file; nothing where it is not installed or cannot read it."""
    program = shutil.which("ffprobe")
    if program is None:
        return ""
    command = [program, "-v", "error", *options, "-show_entries", entries, "-of", "csv=p=0", *_input(path)]
    done = subprocess.run(command, capture_output=True, check=False, timeout=DEADLINE)  # noqa: S603  # no shell
    return done.stdout.decode(errors="replace").strip().partition("\n")[0].strip(",")


def _run(arguments: list[str], name: str) -> bytes:
    program = shutil.which("ffmpeg")
    if program is None:
        raise MissingProgramError("ffmpeg", f"reading {name!r}")
    command = [program, "-nostdin", "-hide_banner", "-loglevel", "error", *arguments]
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=DEADLINE)  # noqa: S603  # no shell
    except subprocess.TimeoutExpired:
        raise RefusedError("the file takes too long to convert") from None
    if done.returncode != 0:
        said = _without_folders(done.stderr.decode(errors="replace"), arguments)
        why = said.strip().rpartition("\n")[2][-200:] or "ffmpeg does not say why"
        raise RefusedError(f"the file cannot be read as sound or film ({why})")
    return done.stdout


def _without_folders(text: str, arguments: list[str]) -> str:
    """Where files are on this machine is not for visitors to know."""
    for argument in arguments:
        if argument.startswith("file:"):
            path = argument.removeprefix("file:")
            text = text.replace(argument, Path(path).name).replace(path, Path(path).name)
    return text
