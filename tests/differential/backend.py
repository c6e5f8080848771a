"""The backend behind every proxy: answers whatever looks like a request, and notes what it saw."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import NamedTuple

_LENGTH = re.compile(rb"^content-length:[ \t]*([0-9]+)[ \t]*$", re.IGNORECASE | re.MULTILINE)
_CHUNKED = re.compile(rb"^transfer-encoding:[ \t]*chunked[ \t]*$", re.IGNORECASE | re.MULTILINE)
_HOST = re.compile(rb"^host:[ \t]*(.*?)[ \t]*$", re.IGNORECASE | re.MULTILINE)
_ABSOLUTE = re.compile(rb"^https?://[^/?]*", re.IGNORECASE)


class Request(NamedTuple):
    """A complete request, as the backend saw it."""

    method: bytes
    target: bytes
    host: bytes
    body: bytes


@dataclass
class Backend:
    """Reads simply: a head ends with an empty line, its framing is what its lines say."""

    seen: list[Request] = field(default_factory=list)
    writers: set[asyncio.StreamWriter] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer requests on one connection until it ends."""
        self.writers.add(writer)
        try:
            while request := await self._read(reader):
                self.seen.append(request)
                body = b"" if request.method == b"HEAD" else b"ok"
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" + body)
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError, ConnectionError):
            pass  # what is not complete is no request
        finally:
            self.writers.discard(writer)
            writer.close()

    def begin(self) -> None:
        """Forget what was seen, and end what is still open."""
        self.seen = []
        for writer in self.writers:
            writer.transport.abort()

    async def _read(self, reader: asyncio.StreamReader) -> Request:
        head = await reader.readuntil(b"\r\n\r\n")
        line, _, fields = head.replace(b"\r\n", b"\n").partition(b"\n")
        words = line.split(b" ")
        if len(words) < 3:
            raise ValueError("not a request line")
        body = b""
        if _CHUNKED.search(fields):
            body = await self._chunks(reader)
        elif length := _LENGTH.search(fields):
            body = await reader.readexactly(int(length[1]))
        hosts = _HOST.findall(fields)
        return Request(words[0], _ABSOLUTE.sub(b"", words[1]) or b"/", b",".join(hosts), body)

    async def _chunks(self, reader: asyncio.StreamReader) -> bytes:
        body = b""
        while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
            body += await reader.readexactly(size)
            if await reader.readexactly(2) != b"\r\n":
                raise ValueError("a chunk without its end")
        while await reader.readuntil(b"\r\n") != b"\r\n":
            pass
        return body
