"""A transport without a socket that behaves as the loop's own does, and is as strict."""

from __future__ import annotations

import asyncio
from typing import Any, cast

ROOM = 256
"""Bytes that fit into a slow peer's transport before it says that it is full."""


class Transport(asyncio.Transport):
    """Keeps what is written. What the other side does (`deliver`, `end`, `lose`) is said by the play."""

    def __init__(self, protocol: asyncio.Protocol, *, connect: bool = True) -> None:
        super().__init__()
        self.protocol = protocol
        self.written = bytearray()
        self.slow = False
        self.reading = True
        self.closing = False
        self.lost = False
        self.ended = False
        """Whether `write_eof` was called."""
        self._waiting: list[bytes] = []
        self._eof_waits = self._eof_told = False
        self._unsent = 0
        self._full = False
        if connect:
            protocol.connection_made(self)

    # -- the peer ------------------------------------------------------------------------------

    def deliver(self, data: bytes) -> None:
        """The peer sends: heard at once, or when reading goes on."""
        if data and not self._eof_waits:
            self._waiting.append(data)
            self.settle()

    def end(self) -> None:
        """The peer will send no more."""
        self._eof_waits = True
        self.settle()

    def lose(self, error: Exception | None = None) -> None:
        """The connection is gone."""
        if not self.lost:
            self.lost = self.closing = True
            self.protocol.connection_lost(error)

    def take(self) -> None:
        """The peer reads fast again."""
        self.slow = False
        self._unsent = 0
        if self._full and not self.lost:
            self._full = False
            self.protocol.resume_writing()

    def settle(self) -> None:
        """What the loop would do by itself by now."""
        while self._waiting and self.reading and not self.closing:
            self.protocol.data_received(self._waiting.pop(0))
        if self._eof_waits and not (self._waiting or self._eof_told or self.closing) and self.reading:
            self._eof_told = True
            if not self.protocol.eof_received():
                self.close()
        if self.closing and not self.lost and not (self.slow and self._unsent):
            self.lose()

    # -- asyncio -------------------------------------------------------------------------------

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self.ended:
            raise RuntimeError("Cannot call write() after write_eof()")
        if self.closing:
            return
        self.written += data
        if self.slow:
            self._unsent += len(data)
            if self._unsent > ROOM and not self._full:
                self._full = True
                self.protocol.pause_writing()

    def write_eof(self) -> None:
        self.ended = True

    def can_write_eof(self) -> bool:
        return True

    def close(self) -> None:
        self.closing = True

    def abort(self) -> None:
        self._unsent = 0
        self.closing = True

    def is_closing(self) -> bool:
        return self.closing

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def is_reading(self) -> bool:
        return self.reading

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """`ROOM` it is, so that small plays fill it."""

    def get_write_buffer_size(self) -> int:
        return self._unsent

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.protocol = cast(asyncio.Protocol, protocol)

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self.protocol

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("192.0.2.1", 4711) if name == "peername" else default
