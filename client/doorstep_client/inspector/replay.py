"""Sends a kept request again: to the app itself, over a pair of sockets that leads nowhere else."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from typing import Final

from doorstep_client.errors import UsageError
from doorstep_client.inspector.records import Records
from doorstep_client.targets import Target
from doorstep_client.traffic.conversation import Conversation
from doorstep_client.traffic.exchange import Exchange
from doorstep_client.traffic.tap import Tap

DEADLINE: Final = 30.0
"""Seconds for the app's answer; one that never ends is cut."""
AT_ONCE: Final = 8
_REPLACED: Final = frozenset({"content-length", "transfer-encoding", "trailer", "expect"})


class Replays:
    """Sends requests again. At most `AT_ONCE` are under way."""

    def __init__(self, target: Target, records: Records) -> None:
        self._target = target
        self._records = records
        self._running = 0

    async def send(self, exchange: Exchange) -> Exchange:
        """Send it again; the ended exchange that this becomes. Raises `UsageError` where that cannot be."""
        if exchange.is_websocket or exchange.request.get("upgrade"):
            raise UsageError("A WebSocket cannot be sent again")
        if not exchange.request.is_whole:
            raise UsageError("Only the beginning of this request's body was kept")
        if self._running >= AT_ONCE:
            raise UsageError("Too many requests are being sent again; wait for one of them")
        self._running += 1
        try:
            return await self._talk(exchange)
        finally:
            self._running -= 1

    async def _talk(self, exchange: Exchange) -> Exchange:
        loop = asyncio.get_running_loop()
        finished: asyncio.Future[Exchange] = loop.create_future()

        def take(done: Exchange) -> None:
            if not finished.done():
                finished.set_result(done)

        talk = Conversation(self._records, exchange.number, take)
        near, far = socket.socketpair()
        await loop.connect_accepted_socket(lambda: Tap(self._target.protocol(), talk), far)
        transport, _ = await loop.create_connection(asyncio.Protocol, sock=near)
        transport.write(request_bytes(exchange))
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(DEADLINE):
                    return await finished
        finally:
            transport.close()
        talk.ended()
        return await finished


def request_bytes(exchange: Exchange) -> bytes:
    """The request as it came, its body with a length."""
    fields = [field for field in exchange.request.headers if field[0].lower() not in _REPLACED]
    body = bytes(exchange.request.body)
    if body or exchange.request.get("content-length"):
        fields.append(("Content-Length", str(len(body))))
    head = f"{exchange.method} {exchange.path} HTTP/1.1\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in fields)
    return head.encode("latin-1") + b"\r\n" + body
