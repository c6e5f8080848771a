"""Where a message body ends: RFC 9112 section 6, as counters that never copy.

A framing is fed what arrived and says how many of those bytes belong to the body; the bytes
themselves are passed on as they came. `done` tells that the body is complete.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum, auto
from typing import Final, Protocol

MAX_CHUNK_LINE: Final = 256
"""Bytes in a chunk-size line with its extensions."""
MANY_CHUNKS: Final = 1024
"""In one piece of input; more take a millisecond and longer."""
BREATH: Final = 0.05
"""Seconds that others have for themselves after each piece of input with so many."""
MAX_TRAILERS: Final = 16 * 1024
"""Bytes in a trailer section."""

_TOKEN: Final = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_QUOTED: Final = rb'"(?:[\t !#-\[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*"'
_CHUNK: Final = re.compile(rb"([0-9a-fA-F]{1,15})(?:;%b(?:=(?:%b|%b))?)*" % (_TOKEN, _TOKEN, _QUOTED))
"""A size below 2^60, so that it fits every program's integers; extensions without whitespace."""
_PLAIN_SIZE: Final = re.compile(rb"([1-9a-fA-F][0-9a-fA-F]{0,6})\r\n")
"""The size of a chunk that is not the last one, without extensions."""
_LINE: Final = re.compile(rb"[\t -~\x80-\xff]*(?:\r\n?)?")
"""A line, or as much of it as has arrived."""
_TRAILER: Final = re.compile(rb"(%b):[\t -~\x80-\xff]*" % _TOKEN)

Barred = Callable[[bytes], bool]
"""Tells which field names may not be trailers."""


class BadBodyError(Exception):
    """The bytes do not follow the framing that the head announced."""

    code = "bad-request"
    """What the relay answers."""


class TooLargeError(BadBodyError):
    """The body is larger than its share takes."""

    code = "too-large"

    def __init__(self, most: float) -> None:
        super().__init__(f"This link takes requests of up to {most:,.0f} bytes.")


class Body(Protocol):
    """Where a message's body ends; `done` once that was seen."""

    done: bool

    def feed(self, data: bytes) -> int:
        """How many bytes at the start of `data` belong to this body. Raises `BadBodyError`."""


class NoBody:
    """A message that has none: GET, HEAD answers, 204, 304."""

    __slots__ = ()
    done = True

    def feed(self, data: bytes) -> int:  # noqa: ARG002  # whatever it is, it belongs to the next message
        return 0


NO_BODY: Final = NoBody()


class Length:
    """`Content-Length`."""

    __slots__ = ("done", "left")

    def __init__(self, length: int) -> None:
        self.left = length
        self.done = length == 0

    def feed(self, data: bytes) -> int:
        size = len(data)
        if size < self.left:
            self.left -= size
            return size
        taken, self.left = self.left, 0
        self.done = True
        return taken


class UntilClose:
    """An answer whose end is the end of its connection."""

    __slots__ = ()
    done = False

    def feed(self, data: bytes) -> int:
        return len(data)


def is_laborious(body: Body) -> bool:
    """Whether what was fed last took long for its size: then others have their turn before more is read."""
    return isinstance(body, Chunked) and body.chunks > MANY_CHUNKS


class _State(Enum):
    SIZE = auto()
    DATA = auto()
    DATA_END = auto()
    TRAILERS = auto()


class Chunked:
    """`Transfer-Encoding: chunked`, strictly: CRLF only, bounded lines, no empty sizes.

    A line that is cut between two reads is kept in `_line`, the one thing that is ever held.
    """

    __slots__ = ("_barred", "_left", "_line", "_state", "_trailers", "chunks", "done", "payload")

    def __init__(self, barred: Barred = lambda _name: False) -> None:
        self.done = False
        self.chunks = 0
        """In what was fed last."""
        self._barred = barred
        self.payload: list[bytes] | None = None
        """Set to a list to have the chunks' data collected there, for a reader that knows no chunks."""
        self._state = _State.SIZE
        self._left = 0
        self._line = b""
        self._trailers = 0

    def feed(self, data: bytes) -> int:
        at, end = 0, len(data)
        self.chunks = 0
        if self._state is _State.SIZE and not self._line and self.payload is None:
            at, self.chunks = _whole_chunks(data)
        while at < end and not self.done:
            if self._state is _State.DATA:
                at = self._data(data, at, end)
            elif self._state is _State.DATA_END:
                at = self._data_end(data, at, end)
            else:
                at = self._next_line(data, at, end)
        return at

    def _data(self, data: bytes, at: int, end: int) -> int:
        taken = min(self._left, end - at)
        if self.payload is not None:
            self.payload.append(data[at : at + taken])
        self._left -= taken
        if not self._left:
            self._state = _State.DATA_END
        return at + taken

    def _data_end(self, data: bytes, at: int, end: int) -> int:
        """The CRLF after a chunk's data: judged byte by byte, so that nothing else is ever passed on."""
        stop = min(end, at + 2 - len(self._line))
        line = self._line + data[at:stop]
        if line == b"\r\n":
            self._line = b""
            self._state = _State.SIZE
        elif line == b"\r":
            self._line = line
        else:
            raise BadBodyError("a chunk is longer than its size says, or no CRLF ends it")
        return stop

    def _next_line(self, data: bytes, at: int, end: int) -> int:
        newline = data.find(b"\n", at)
        stop = end if newline < 0 else newline + 1
        if len(self._line) + stop - at > self._limit():
            raise BadBodyError("a line of the chunked body is too long")
        line = self._line + data[at:stop]
        if not _LINE.fullmatch(line):
            raise BadBodyError("a line of the chunked body has a control character, or no CRLF at its end")
        if newline < 0:
            self._line = line
            return end
        self._line = b""
        self._take(line[:-2])
        return stop

    def _limit(self) -> int:
        return MAX_TRAILERS - self._trailers if self._state is _State.TRAILERS else MAX_CHUNK_LINE

    def _take(self, line: bytes) -> None:
        if self._state is _State.SIZE:
            self.chunks += 1
            self._left = _chunk_size(line)
            self._state = _State.DATA if self._left else _State.TRAILERS
        else:
            self._trailer(line)

    def _trailer(self, line: bytes) -> None:
        if not line:
            self.done = True
            return
        field = _TRAILER.fullmatch(line)
        if field is None:
            raise BadBodyError("a trailer is not a header field")
        if self._barred(field[1]):
            raise BadBodyError("a trailer has the name of a field that belongs in the head")
        self._trailers += len(line) + 2


def _whole_chunks(data: bytes) -> tuple[int, int]:
    """How many bytes at the start are plain chunks, each whole, and how many those are.

    The rest is judged piece by piece. That takes 150 ms for 256 KiB in chunks of one byte; this takes 20.
    """
    at, chunks, match = 0, 0, _PLAIN_SIZE.match
    while (size := match(data, at)) is not None:
        stop = size.end() + int(size[1], 16)
        if data[stop : stop + 2] != b"\r\n":
            break
        at = stop + 2
        chunks += 1
    return at, chunks


def _chunk_size(line: bytes) -> int:
    chunk = _CHUNK.fullmatch(line)
    if chunk is None:
        raise BadBodyError("a chunk size is not a hexadecimal number, or its extensions are malformed")
    return int(chunk[1], 16)
