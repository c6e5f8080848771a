"""Answers to requests that were not read to their end: what still comes is thrown away before they end.

A server that closes a connection with bytes unread resets it, and the reset may overtake the answer: the
sender would see "connection reset" in place of why its upload was refused. So the answer goes out whole and
says `Connection: close`, and it ends once the sender has stopped, within bounds. Is little left, the
connection stays. This is the app's, and not its server's, as the server may be anybody's.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

IDLE: Final = 5.0
"""Seconds for the next byte."""
LONGEST: Final = 30.0
"""Seconds in all."""
MOST_BYTES: Final = 256 * 1024 * 1024
SHORT: Final = 64 * 1024
"""Bytes of a request that are worth reading to keep its connection."""
_WITHOUT_BODY: Final = frozenset({"GET", "HEAD"})


async def answer_whole(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Have `app` answer a request of HTTP, so that who is still sending gets to read the answer."""
    if scope["method"] in _WITHOUT_BODY:
        await app(scope, receive, send)
    else:
        exchange = _Exchange(scope, receive, send)
        await app(scope, exchange.receive, exchange.send)


class _Exchange:
    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._left = _length(scope)
        """Of the request, in bytes; None when nobody knows."""
        self._is_read = self._left == 0
        self._may_say_close = scope.get("http_version", "1.1") in {"1.0", "1.1"}

    async def receive(self) -> Message:
        message = await self._receive()
        self._is_read = self._is_read or not message.get("more_body", False)
        if self._left is not None:
            self._left -= len(message.get("body", b""))
        return message

    async def send(self, message: Message) -> None:
        if self._is_read:
            await self._send(message)
        elif message["type"] == "http.response.start":
            await self._send(self._closing(message))
        elif message.get("more_body", False):
            await self._send(message)
        else:
            await self._send({**message, "more_body": True})
            await self._drain()
            await self._send({"type": "http.response.body", "body": b""})

    def _closing(self, start: Message) -> Message:
        fields = start.get("headers", ())
        is_short = self._left is not None and self._left <= SHORT
        if is_short or not self._may_say_close or any(name.lower() == b"connection" for name, _ in fields):
            return start
        return {**start, "headers": [*fields, (b"connection", b"close")]}

    async def _drain(self) -> None:
        left = MOST_BYTES
        try:
            async with asyncio.timeout(LONGEST):
                while not self._is_read and left > 0:
                    async with asyncio.timeout(IDLE):
                        left -= len((await self.receive()).get("body", b""))
        except TimeoutError:
            pass


def _length(scope: Scope) -> int | None:
    """The body's; None for one in chunks."""
    fields: dict[bytes, Any] = dict(scope["headers"])
    if b"transfer-encoding" in fields:
        return None
    length = fields.get(b"content-length", b"0")
    return int(length[:18]) if length.isdigit() else None
