"""Sounds in and out of files: WAV by ourselves, all else by ffmpeg. numpy is imported when a value needs it.

A sound is `(rate, array)`: samples a second, and an array (samples,) or (samples, channels).
"""

from __future__ import annotations

import struct
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from doorstep.components import ffmpeg
from doorstep.errors import MissingExtraError, MissingProgramError, RefusedError

if TYPE_CHECKING:
    from pathlib import Path

SUFFIXES: Final = frozenset(
    {
        *(".wav", ".wave", ".mp3", ".ogg", ".oga", ".opus", ".flac", ".m4a", ".aac", ".aif", ".aiff", ".au"),
        *(".weba", ".webm", ".mp4", ".mov", ".mkv", ".3gp", ".amr", ".caf", ".wma", ".ts"),
    }
)
"""What names of files with sound end with."""

HEADER: Final = 44
"""Bytes before the samples in a file that `wav_header` begins."""

_MOST_CHUNKS: Final = 10_000
"""A file of nothing but empty chunks would take for ever."""
_MOST_RATE: Final = 10_000_000

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_MAGIC: Final = (
    (b"RIFF", "wav"),
    (b"OggS", "ogg"),
    (b"fLaC", "flac"),
    (b"ID3", "mp3"),
    (b"\x1aE\xdf\xa3", "webm"),
    (b"\xff\xf1", "aac"),
    (b"\xff\xf9", "aac"),
)


def numpy() -> Any:
    """The numpy module. Raises `MissingExtraError` with the command that installs it."""
    try:
        import numpy as np
    except ModuleNotFoundError:
        raise _no_numpy() from None
    return np


def check_installed() -> None:
    """Raises `MissingExtraError` when numpy is missing; does not import it."""
    try:
        is_there = find_spec("numpy") is not None
    except ValueError:  # it stands in `sys.modules` as None, or without a spec
        is_there = sys.modules.get("numpy") is not None
    if not is_there:
        raise _no_numpy()


def _no_numpy() -> MissingExtraError:
    return MissingExtraError("numpy", "audio", "an Audio of type='numpy'")


# -- reading -----------------------------------------------------------------------------------


def read(path: Path) -> tuple[int, Any]:
    """The rate and the samples, 16-bit integers. Raises `RefusedError` for what is no sound,
    `MissingProgramError` for a kind that only ffmpeg reads.
    """
    data = path.read_bytes()
    sound = read_wav(data)
    if sound is not None:
        return sound
    try:
        sound = read_wav(ffmpeg.decoded(path, "wav", ("-vn", "-acodec", "pcm_s16le")))
    except MissingProgramError:
        kind = kind_of(data[:16]) or path.suffix.lstrip(".") or "unknown"
        raise MissingProgramError("ffmpeg", f"Reading a sound of kind {kind!r} (WAV needs nothing)") from None
    if sound is None:
        raise RefusedError("the file has no sound in it")
    return sound


def seconds(path: Path) -> float:
    """How long a sound is."""
    rate, samples = read(path)
    return len(samples) / rate


def read_wav(data: bytes) -> tuple[int, Any] | None:
    """The sound of a WAV file's bytes; None for other files and for compressed kinds."""
    found = wav_parts(data)
    if found is None:
        return None
    rate, channels, sample, body = found
    samples = _samples(body, sample)
    if samples is None:
        return None
    samples = samples[: len(samples) // channels * channels]
    return rate, samples if channels == 1 else samples.reshape(-1, channels)


def wav_parts(data: bytes) -> tuple[int, int, str, memoryview] | None:
    """The rate, the channels, what a sample is (`i2`, `f4`, …) and the samples' bytes; None for other files.

    Sizes are those of the file, whatever its header says: recorders that stream do not know theirs.
    """
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        return None
    place, form = 12, None
    for _ in range(_MOST_CHUNKS):
        if place + 8 > len(data):
            return None
        name, size = struct.unpack_from("<4sI", data, place)
        place += 8
        if name == b"fmt " and size >= 16 and place + size <= len(data):
            form = _form(data[place : place + size])
        if name == b"data":
            return None if form is None else (*form, memoryview(data)[place : place + size])
        place += size + size % 2
    return None


def _form(chunk: bytes) -> tuple[int, int, str] | None:
    tag, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", chunk)
    if tag == _EXTENSIBLE and len(chunk) >= 26:
        tag = struct.unpack_from("<H", chunk, 24)[0]
    letter = {_PCM: "i", _FLOAT: "f"}.get(tag)
    if letter is None or not channels or not 0 < rate <= _MOST_RATE or not bits or bits % 8:
        return None
    return rate, channels, f"{letter}{bits // 8}"


def _samples(body: memoryview, sample: str) -> Any:
    np = numpy()
    width = int(sample[1:])
    whole = body[: len(body) // width * width]
    if sample == "i1":  # the one width without a sign
        return ((np.frombuffer(whole, np.uint8).astype(np.int16) - 128) << 8).astype(np.int16)
    if sample == "i3":
        return np.frombuffer(whole, np.uint8).reshape(-1, 3)[:, 1:].copy().view("<i2").ravel()
    if sample in {"f4", "f8"}:
        floats = np.nan_to_num(np.frombuffer(whole, f"<{sample}"))
        return (floats.clip(-1, 1) * 32767).round().astype(np.int16)
    if sample in {"i2", "i4"}:
        return int16(np.frombuffer(whole, f"<{sample}")).copy()
    return None


# -- writing -----------------------------------------------------------------------------------


def int16(array: Any) -> Any:
    """Samples as 16-bit integers: floats by their peak, integers by what their type can hold."""
    np = numpy()
    array = np.asarray(array)
    if array.dtype == np.int16:
        return array
    if array.dtype.kind == "f":
        array = np.nan_to_num(array.astype(np.float64))
        peak = abs(array).max(initial=0.0)
        return (array / (peak or 1.0) * 32767).astype(np.int16)
    if array.dtype.kind == "b":
        return array.astype(np.int16) * 32767
    if array.dtype.kind not in {"i", "u"}:
        raise ValueError(f"an array of {array.dtype} is no sound: its samples are numbers")
    return _int16_of_integers(np, array)


def _int16_of_integers(np: Any, array: Any) -> Any:
    bits = 8 * array.dtype.itemsize
    if bits == 64:  # what plain Python numbers become: they say nothing of how loud they are meant
        peak = int(abs(array.astype(np.float64)).max(initial=0))
        return array.astype(np.int16) if peak < 1 << 15 else int16(array.astype(np.float64))
    if array.dtype.kind == "u":
        array = (array.astype(np.int64) - (1 << (bits - 1))).astype(f"i{bits // 8}")
    return (array >> (bits - 16)).astype(np.int16) if bits > 16 else _widened(np, array, bits)


def _widened(np: Any, array: Any, bits: int) -> Any:
    return array.astype(np.int16) * (1 << (16 - bits))


def samples_of(sound: Any) -> tuple[int, Any]:
    """The rate and the 16-bit samples of what a function returned: (samples,) or (samples, channels)."""
    if not (isinstance(sound, (tuple, list)) and len(sound) == 2):
        raise ValueError("a sound is (sample rate, array), the bytes or the path of a file, or its address")
    rate, array = sound
    if not isinstance(rate, int) and not hasattr(rate, "__index__"):
        raise ValueError(f"a sound is (sample rate, array); the rate is a whole number, not {rate!r}")
    samples = int16(array)
    if samples.ndim == 2 and samples.shape[0] in {1, 2} and samples.shape[1] > 8:
        samples = samples.T  # as torch has it: channels first
    if samples.ndim not in {1, 2} or (samples.ndim == 2 and not 1 <= samples.shape[1] <= 8):
        raise ValueError(
            f"an array of shape {samples.shape} is no sound: (samples,) or (samples, channels) is"
        )
    if int(rate) <= 0:
        raise ValueError(f"a sample rate of {int(rate)} is not possible")
    return int(rate), samples


def wav(rate: int, samples: Any) -> bytes:
    """A WAV file of 16-bit samples."""
    body: bytes = samples.astype("<i2").tobytes()
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    return wav_header(rate, channels, len(body)) + body


def wav_header(rate: int, channels: int, size: int) -> bytes:
    """What comes before `size` bytes of 16-bit samples."""
    frame = 2 * channels
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, _PCM, channels, rate, rate * frame, frame, 16)
    return b"RIFF" + struct.pack("<I", 36 + size) + b"WAVE" + form + struct.pack("<4sI", b"data", size)


def kind_of(data: bytes) -> str | None:
    """The kind of a file with sound, by how it begins: `wav`, `mp3`, …"""
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            return kind
    if data[4:8] == b"ftyp":
        return "m4a"
    return "mp3" if len(data) > 1 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0 else None
