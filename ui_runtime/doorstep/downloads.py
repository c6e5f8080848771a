"""Downloads: a file's bytes, whole or a range of them, harmless whatever they hold.

The next piece is read from disk, in a thread, while the one before it is sent.
"""

from __future__ import annotations

import asyncio
import os
import re
from email.utils import formatdate
from typing import IO, TYPE_CHECKING, Final, NamedTuple
from urllib.parse import quote

from starlette.datastructures import Headers

from doorstep.files import INLINE
from doorstep.security import FILE_POLICY

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from doorstep.files import StoredFile

PIECE: Final = 1 << 20
"""Bytes that are read and sent at once."""

_RANGE: Final = re.compile(r"bytes=\s*(\d*)\s*-\s*(\d*)\s*")
_DIGITS: Final = 18


class Span(NamedTuple):
    """A range of a file's bytes: from `start` to before `end`."""

    start: int
    end: int


class Download:
    """The ASGI response that sends a stored file."""

    def __init__(self, stored: StoredFile) -> None:
        self._stored = stored
        self.headers = {
            "accept-ranges": "bytes",
            "cache-control": "private, max-age=3600, immutable",
            "content-disposition": _disposition(stored),
            "content-security-policy": FILE_POLICY,
            "content-type": _content_type(stored),
            "cross-origin-resource-policy": "same-origin",
            "x-content-type-options": "nosniff",
        }

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        try:
            file = self._stored.path.open("rb", buffering=0)
        except OSError:  # it was deleted since it was found
            await send({"type": "http.response.start", "status": 404, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        with file:
            await self._send_file(file, Headers(scope=scope), scope["method"] == "HEAD", send)

    async def _send_file(self, file: IO[bytes], asked: Headers, only_head: bool, send: Send) -> None:
        facts = os.fstat(file.fileno())
        etag = f'"{self._stored.id[:22]}-{facts.st_size:x}-{facts.st_mtime_ns:x}"'
        self.headers |= {"etag": etag, "last-modified": formatdate(facts.st_mtime, usegmt=True)}
        if asked.get("if-none-match") == etag:
            await self._start(send, 304)
            await send({"type": "http.response.body", "body": b""})
            return
        span = self._span(asked, etag, facts.st_size)
        if span is None:
            self.headers |= {"content-range": f"bytes */{facts.st_size}", "content-length": "0"}
            await self._start(send, 416)
            await send({"type": "http.response.body", "body": b""})
            return
        is_whole = span == (0, facts.st_size)
        if not is_whole:
            self.headers["content-range"] = f"bytes {span.start}-{span.end - 1}/{facts.st_size}"
        self.headers["content-length"] = str(span.end - span.start)
        await self._start(send, 200 if is_whole else 206)
        if only_head:
            await send({"type": "http.response.body", "body": b""})
        else:
            await _send_span(file, span, send)

    def _span(self, asked: Headers, etag: str, size: int) -> Span | None:
        """What is asked for: all of it where a range is not understood or too old; None past the end."""
        if_range = asked.get("if-range")
        wanted = asked.get("range", "")
        if if_range is not None and if_range not in {etag, self.headers["last-modified"]}:
            wanted = ""
        return parsed_range(wanted, size)

    async def _start(self, send: Send, status: int) -> None:
        headers = [(name.encode(), value.encode("latin-1")) for name, value in self.headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": headers})


def parsed_range(header: str, size: int) -> Span | None:
    """The bytes that a `Range` asks for. All of them without a header or for one that is not a single range:
    a list of many small ones would cost more than the file. None for one that is not in the file.
    """
    match = _RANGE.fullmatch(header)
    if match is None or not (match[1] or match[2]) or max(len(match[1]), len(match[2])) > _DIGITS:
        return Span(0, size)
    if not match[1]:
        length = min(int(match[2]), size)
        return Span(size - length, size) if length else None
    start = int(match[1])
    end = min(int(match[2]) + 1, size) if match[2] else size
    return Span(start, end) if start < end else None


async def _send_span(file: IO[bytes], span: Span, send: Send) -> None:
    file.seek(span.start)
    left = span.end - span.start
    if left <= PIECE:
        await send({"type": "http.response.body", "body": file.read(left)})
        return
    following = _read(file, left)
    while left:
        piece = await following
        if not piece:
            raise OSError("the file became shorter while it was sent")
        left -= len(piece)
        following = _read(file, left)
        try:
            await send({"type": "http.response.body", "body": piece, "more_body": left > 0})
        except BaseException:
            await following  # the file must not be closed while it is read
            raise


def _read(file: IO[bytes], left: int) -> asyncio.Future[bytes]:
    return asyncio.get_running_loop().run_in_executor(None, file.read, min(PIECE, left))


def _disposition(stored: StoredFile) -> str:
    kind = "inline" if stored.media_type in INLINE else "attachment"
    if stored.name.isascii() and '"' not in stored.name and "\\" not in stored.name:
        return f'{kind}; filename="{stored.name}"'
    return f"{kind}; filename*=UTF-8''{quote(stored.name, safe='')}"


def _content_type(stored: StoredFile) -> str:
    kind = stored.media_type
    if stored.owner is not None and "script" in kind:
        kind = "text/plain"  # what a visitor gave is of the page's origin: it must not run there
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
