"""One continuous sound of what a generator yields piece by piece: a file that grows.

The page is told the file's size with each piece and asks for the bytes that it has not heard yet, so steps
that are left out between the two lose nothing; a program that waits for the end gets one whole sound.
"""

from __future__ import annotations

import struct
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from doorstep.components import sounds
from doorstep.errors import MissingProgramError

if TYPE_CHECKING:
    from doorstep.components.base import Files


PAUSE: Final = 10.0
"""Seconds without a piece after which the next one begins another sound."""


_MOST_SAMPLES: Final = 50_000_000
"""Of one piece, once it has the stream's rate: both rates may be a visitor's."""


class SoundStream:
    """The sounds of one call at one component, in the order in which they came."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._file: dict[str, Any] | None = None
        self._kind = "wav"
        self._rate = 0
        self._channels = 1
        self._touched = time.monotonic()

    @property
    def is_over(self) -> bool:
        """Of what is answered to a microphone nobody says when it ends: a long pause does."""
        return time.monotonic() - self._touched > PAUSE

    def grown(self, value: Any) -> dict[str, Any]:
        """The wire value with this piece at its end: `(rate, array)`, the bytes of a file, or its path."""
        self._touched = time.monotonic()
        sound, data = self._piece(value)
        if self._file is None:
            self._begin(sound, data)
        if self._kind == "wav":
            if sound is None:
                raise ValueError(
                    "a stream that began with samples goes on with a file that ffmpeg is needed for"
                )
            data = self._fitted(*sound)
        return self._append(data)

    def _piece(self, value: Any) -> tuple[tuple[int, Any] | None, bytes]:
        """A piece as samples, where they can be read; and as the bytes of a file, where it is one."""
        if isinstance(value, (bytes, bytearray)):
            return sounds.read_wav(bytes(value)), bytes(value)
        if not isinstance(value, (str, Path)):
            return sounds.samples_of(value), b""
        if Path(value).suffix.lower() not in sounds.SUFFIXES:
            raise ValueError(f"{str(value)!r} is not the name of a sound")
        path = self._files.path_of(self._files.add(Path(value)))  # which says what may be shown
        return _decoded(path), path.read_bytes()

    def _begin(self, sound: tuple[int, Any] | None, data: bytes) -> None:
        """The first piece says what the whole is: samples, or files of another kind one after another."""
        if sound is not None:
            self._rate, samples = sound
            self._channels = 1 if samples.ndim == 1 else samples.shape[1]
        else:
            self._kind = sounds.kind_of(data[:16]) or "mp3"
        self._file = self._files.add_empty(f"audio.{self._kind}")
        if sound is not None:
            self._path.write_bytes(sounds.wav_header(self._rate, self._channels, 0))

    @property
    def _path(self) -> Path:
        return self._files.path_of(self._file)

    def _fitted(self, rate: int, samples: Any) -> bytes:
        """Samples at the rate and with the channels that the stream began with."""
        np = sounds.numpy()
        columns = samples.reshape(len(samples), -1)
        if columns.shape[1] != self._channels:
            columns = np.repeat(columns.mean(axis=1, keepdims=True), self._channels, axis=1)
        if len(columns) * self._rate > rate * _MOST_SAMPLES:
            raise ValueError(f"{len(columns)} samples at {rate} Hz are too long for {self._rate} Hz")
        if rate != self._rate and len(columns):
            wanted = np.arange(0, len(columns), rate / self._rate)
            columns = np.stack([np.interp(wanted, range(len(columns)), each) for each in columns.T], axis=1)
        fitted: bytes = columns.astype("<i2").tobytes()
        return fitted

    def _append(self, data: bytes) -> dict[str, Any]:
        with self._path.open("r+b") as file:
            file.seek(0, 2)
            file.write(data)
            size = file.tell()
            if self._kind == "wav":
                file.seek(4)
                file.write(struct.pack("<I", size - 8))
                file.seek(sounds.HEADER - 4)
                file.write(struct.pack("<I", size - sounds.HEADER))
        return {**(self._file or {}), "size": size, "is_stream": True}


def _decoded(path: Path) -> tuple[int, Any] | None:
    """None for what the browser has to read."""
    try:
        return sounds.read(path)
    except MissingProgramError:
        return None
