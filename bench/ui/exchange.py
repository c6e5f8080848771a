"""HTTP/1.1 over one connection that is kept: the least that a client can do for each request."""

from __future__ import annotations

import asyncio
import json
from typing import Any, cast

WAITS = 60.0
"""Seconds for an answer."""


class Exchange(asyncio.Protocol):
    """One request at a time; answers are whole, by their length or in chunks."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[bytes] | None = None
        self._received = bytearray()

    @classmethod
    async def open(cls, host: str) -> Exchange:
        loop = asyncio.get_running_loop()
        address, port = host.split(":")
        _, made = await loop.create_connection(lambda: cls(host), address, int(port))
        return made

    async def post(self, path: str, body: object) -> Any:
        """What the JSON of the answer says. Raises `RuntimeError` unless it is a 200."""
        data = json.dumps(body).encode()
        head = f"POST {path} HTTP/1.1\r\nHost: {self._host}\r\nContent-Type: application/json\r\n"
        answer = await self._ask(head.encode() + b"Content-Length: %d\r\n\r\n" % len(data) + data)
        return json.loads(answer.partition(b"\r\n\r\n")[2])

    async def get(self, path: str) -> str:
        """The answer as it came, head and chunks and all."""
        return (await self._ask(f"GET {path} HTTP/1.1\r\nHost: {self._host}\r\n\r\n".encode())).decode()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    async def _ask(self, request: bytes) -> bytes:
        if self._transport is None or self._transport.is_closing():
            raise ConnectionError("the server closed the connection")
        self._received.clear()
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        answer = await asyncio.wait_for(self._answer, WAITS)
        if not answer.startswith(b"HTTP/1.1 200 "):
            raise RuntimeError(f"not a good answer: {answer[:300]!r}")
        return answer

    # -- what asyncio calls --------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if self._answer is not None and not self._answer.done() and whole(self._received):
            self._answer.set_result(bytes(self._received))

    def connection_lost(self, error: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error or ConnectionError("closed in the middle of an answer"))


def whole(received: bytearray) -> bool:
    head, separator, body = received.partition(b"\r\n\r\n")
    if not separator:
        return False
    head = head.lower()
    if b"\r\ntransfer-encoding: chunked" in head:
        return body.endswith(b"0\r\n\r\n")
    length = head.partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0]
    return len(body) >= int(length or b"0")
