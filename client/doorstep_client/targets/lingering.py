"""The end of a tunnel connection whose request was not read to its end: what still comes is thrown away.

To close it with bytes unread would reset it, and the reset may overtake the answer. A relay that has read the
answer ends the connection itself, so hardly any of these bounds is ever reached.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Final

LINGER: Final = 30.0
"""Seconds for what was said to be read by the other side."""
LAST_WORDS: Final = 1.0
"""The same, where the other side learns only afterwards that the answer has ended, or that it broke off."""
_RESET: Final = struct.pack("ii", 1, 0)


class Lingering(asyncio.Protocol):
    """Takes a connection's place once its server is gone. `inner` is told when it ends.

    A server that broke off must not look as if it had ended in order: the end of an answer without a length
    is the end of its connection.
    """

    def __init__(self, inner: asyncio.Protocol, transport: asyncio.Transport, *, broke_off: bool) -> None:
        self._inner = inner
        self._transport = transport
        self._timer = self._begin(broke_off=broke_off)
        transport.resume_reading()

    def _begin(self, *, broke_off: bool) -> asyncio.TimerHandle:
        later = asyncio.get_running_loop().call_later
        if broke_off:
            return later(LAST_WORDS, self._reset)
        if self._transport.can_write_eof():
            self._transport.write_eof()
            return later(LINGER, self._transport.close)
        return later(LAST_WORDS, self._transport.close)

    def data_received(self, data: bytes) -> None:
        """The rest of a request that nobody reads."""

    def connection_lost(self, exc: Exception | None) -> None:
        self._timer.cancel()
        self._inner.connection_lost(exc)

    def _reset(self) -> None:
        sock = self._transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._transport.abort()
