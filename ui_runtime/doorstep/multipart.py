"""Multipart bodies (RFC 7578), piece by piece: what is a part's head, what is its content, and where it ends.

No I/O. The delimiter is looked for with `bytes.find`, so content is scanned about as fast as memory is read.
Anything that is not well formed is an error: no preamble, no folded lines, no part without an end.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import unquote, unquote_to_bytes

MAX_BOUNDARY: Final = 256
MAX_HEAD: Final = 8 * 1024
"""Bytes of one part's headers."""


class MultipartError(ValueError):
    """The body is not multipart; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part begins. `filename` is None for a plain field."""

    name: str
    filename: str | None


Content = memoryview
End = Literal["part", "body"]
Event = Part | Content | End


class MultipartParser:
    """Feed it a body; it tells what it finds.

    A `Part`, its content in pieces, "part" at its end; "body" at last.
    """

    def __init__(self, content_type: str) -> None:
        """Raises `MultipartError` for a content type that is not multipart/form-data with a boundary."""
        self._delimiter = b"\r\n--" + boundary_of(content_type)
        self._held = b"\r\n"  # the first delimiter has no line before it
        self._state: Literal["start", "head", "content", "end"] = "start"

    @property
    def is_complete(self) -> bool:
        return self._state == "end"

    def feed(self, data: bytes) -> Iterator[Event]:
        """What these bytes of the body hold. Raises `MultipartError`."""
        buffer = self._held + data if self._held else data
        self._held = b""
        position = 0
        while position < len(buffer) and self._state != "end":
            before, state = position, self._state
            if state == "content":
                position = yield from self._content(buffer, position)
            elif state == "head":
                position = yield from self._head(buffer, position)
            else:
                position = yield from self._start(buffer, position)
            if position == before and state == self._state:
                break
        if self._state != "end":
            self._held = buffer[position:]

    # -- states: each says how far it came -----------------------------------------------------

    def _start(self, buffer: bytes, position: int) -> Generator[Event, None, int]:
        size = len(self._delimiter)
        if not buffer.startswith(self._delimiter[: len(buffer)]):
            raise MultipartError("it does not begin with its boundary")
        if len(buffer) < size + 2:
            return position
        return (yield from self._after_delimiter(buffer, size, at_start=True))

    def _head(self, buffer: bytes, position: int) -> Generator[Event, None, int]:
        end = buffer.find(b"\r\n\r\n", position)
        if (end if end >= 0 else len(buffer)) - position > MAX_HEAD:
            raise MultipartError("the headers of a part are too long")
        if end < 0:
            return position
        yield _part(buffer[position + 2 : end])
        self._state = "content"
        return end + 4

    def _content(self, buffer: bytes, position: int) -> Generator[Event, None, int]:
        found = buffer.find(self._delimiter, position)
        if found < 0:
            end = self._undecided(buffer, position)
            if end > position:
                yield memoryview(buffer)[position:end]
            return end
        if found > position:
            yield memoryview(buffer)[position:found]
        after = found + len(self._delimiter)
        if len(buffer) < after + 2:
            return found
        return (yield from self._after_delimiter(buffer, after, at_start=False))

    def _after_delimiter(self, buffer: bytes, after: int, *, at_start: bool) -> Generator[Event, None, int]:
        """Another part follows, or this was the last."""
        following = buffer[after : after + 2]
        if following not in {b"\r\n", b"--"}:
            raise MultipartError("its boundary is followed by something else")
        if not at_start:
            yield "part"
        if following == b"--":
            self._state = "end"
            yield "body"
            return after + 2
        self._state = "head"
        return after

    def _undecided(self, buffer: bytes, position: int) -> int:
        """Where the end of the buffer could be the beginning of a delimiter."""
        last = buffer.rfind(b"\r", max(position, len(buffer) - len(self._delimiter) + 1))
        return last if last >= 0 and self._delimiter.startswith(buffer[last:]) else len(buffer)


def boundary_of(content_type: str) -> bytes:
    """Raises `MultipartError` for another type, and for a boundary that is none."""
    kind, _, rest = content_type.partition(";")
    found = _PARAMETER.search(f";{rest}")
    boundary = "" if found is None else (found[1] or found[2] or "")
    if kind.strip().lower() != "multipart/form-data" or not boundary:
        raise MultipartError("an upload is multipart/form-data")
    if len(boundary) > MAX_BOUNDARY or not boundary.isascii() or not boundary.isprintable():
        raise MultipartError("its boundary is too long, or no plain text")
    return boundary.encode("ascii")


_PARAMETER: Final = re.compile(r';\s*boundary\s*=\s*(?:"([^"\\]*)"|([^\s;"]+))', re.IGNORECASE)
_FIELD: Final = re.compile(r';\s*(name|filename\*?)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*))', re.IGNORECASE)


def _part(head: bytes) -> Part:
    for line in head.split(b"\r\n"):
        name, colon, value = line.partition(b":")
        if not colon or not name.strip() or line[:1] in b" \t":
            raise MultipartError("a part has a header line that is none")
        if name.strip().lower() == b"content-disposition":
            return _disposition(value.decode("utf-8", "replace"))
    raise MultipartError("a part says nothing about itself")


def _disposition(text: str) -> Part:
    kind, _, rest = text.partition(";")
    if kind.strip().lower() != "form-data":
        raise MultipartError("a part is no form-data")
    given = {match[1].lower(): _unescaped(match) for match in _FIELD.finditer(f";{rest}")}
    return Part(given.get("name", ""), _extended(given) or given.get("filename"))


def _unescaped(match: re.Match[str]) -> str:
    """Browsers write a quote as %22; older programs as \\", and leave the backslashes of paths alone."""
    text = match[3] if match[2] is None else match[2].replace('\\"', '"')
    return re.sub("%22|%0A|%0D", lambda found: unquote(found[0]), text, flags=re.IGNORECASE)


def _extended(given: dict[str, str]) -> str | None:
    """A file name in the form of RFC 5987: `UTF-8''na%C3%AFve.txt`."""
    charset, _, rest = given.get("filename*", "").partition("'")
    if charset.lower() not in {"utf-8", "iso-8859-1"}:
        return None
    return unquote_to_bytes(rest.partition("'")[2]).decode(charset, "replace")
