"""A transport that joins what is written in one turn of the loop, and lets others have theirs.

An ASGI server writes an answer's head and its body by two calls. Each would be a system call, a TLS record
and a packet of its own here, and a read more at the relay. And an app that has much to say is not made to
wait while the system takes it all, megabytes at a time: everybody else's requests would be.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, Final, cast

SMALL: Final = 16 * 1024
"""Bytes from which on joining would cost more than it saves."""

SHARE: Final = 256 * 1024
"""Bytes of big writes after which an app waits for a turn of the loop."""

Data = bytes | bytearray | memoryview


def _yes() -> bool:
    return True


class CorkedTransport(asyncio.Transport):
    """`transport` with small writes joined: one waits for a second, or for the end of the loop's turn."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._transport = transport
        self._loop = loop
        self._held: Data | None = None
        self._written = 0
        """Since the others had their turn."""
        # Asked for with every request: one call less.
        self.is_closing = transport.is_closing  # type: ignore[method-assign]
        self.pause_reading = transport.pause_reading  # type: ignore[method-assign]
        self.resume_reading = transport.resume_reading  # type: ignore[method-assign]

    def write(self, data: Data) -> None:
        if self.is_closing():
            return
        held = self._held
        if held is not None:
            self._held = None
            if len(data) < SMALL:
                self._transport.write(b"".join((held, data)))
            else:
                self._transport.writelines((held, data))
                self._count(len(data))
        elif len(data) < SMALL:
            self._held = data if type(data) is bytes else bytes(data)  # its owner may change what is not
            self._loop.call_soon(self._flush)
        else:
            self._transport.write(data)
            self._count(len(data))

    def _count(self, size: int) -> None:
        """After its share the writer is asked to wait, as by a transport that is full."""
        self._written += size
        if self._written >= SHARE:
            self._written = 0
            cast(asyncio.Protocol, self._transport.get_protocol()).pause_writing()
            self._loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        """The others had their turn. A transport that is full says itself when it is not."""
        transport = self._transport
        if self.is_closing():
            return  # its protocol is told of the end instead
        if transport.get_write_buffer_size() <= transport.get_write_buffer_limits()[1]:
            cast(asyncio.Protocol, transport.get_protocol()).resume_writing()

    def writelines(self, list_of_data: Iterable[Data]) -> None:
        for data in list_of_data:
            self.write(data)

    def _flush(self) -> None:
        held = self._held
        if held is not None:
            self._held = None
            if not self.is_closing():  # uvloop's raises when it is closed; nobody could be told here
                self._transport.write(held)

    # -- ends: nothing that was written is lost -------------------------------------------------

    def close(self) -> None:
        self._flush()
        if not self._transport.is_closing():  # closed twice, asyncio's TLS of Python 3.11.2 cannot be aborted
            self._transport.close()

    def write_eof(self) -> None:
        self._flush()
        self._transport.write_eof()
        self.is_closing = _yes  # type: ignore[method-assign]  # for who writes: what comes late is dropped

    def abort(self) -> None:
        self._held = None
        self._transport.abort()

    # -- the rest is the transport's ------------------------------------------------------------

    def get_write_buffer_size(self) -> int:
        held = 0 if self._held is None else len(self._held)
        return held + self._transport.get_write_buffer_size()

    def get_write_buffer_limits(self) -> tuple[int, int]:
        return self._transport.get_write_buffer_limits()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._transport.set_write_buffer_limits(high, low)

    def can_write_eof(self) -> bool:
        return self._transport.can_write_eof()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)

    def is_reading(self) -> bool:
        return self._transport.is_reading()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._transport.set_protocol(protocol)

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self._transport.get_protocol()
