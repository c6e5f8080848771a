"""Pumps bytes between a tunnel connection and a connection to somebody else's server.

The two live as long as each other. The second is opened with the first request.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
import time
from typing import TYPE_CHECKING, Final, cast

from doorstep_client.targets.heads import is_upgrade, request_visitor
from doorstep_client.targets.lingering import Lingering

if TYPE_CHECKING:
    from doorstep_client.targets.addresses import Address
    from doorstep_client.targets.rewriting import Rewriter
    from doorstep_client.visitors import Visitor, Visitors

_BUFFER: Final = 256 * 1024
APP_DEADLINE: Final = 5.0
"""Seconds for a server to accept a connection."""
ANSWER_PAUSE: Final = 1.0
"""Seconds of silence that an answer may have before it counts as complete, for who waits for the end."""

REFUSED: Final = (
    b"HTTP/1.1 502 Bad Gateway\r\nDoorstep-Error: app-refused\r\n"
    b"Content-Length: 0\r\nConnection: close\r\n\r\n"
)


class Pump(asyncio.Protocol):
    """One end of a pair: the tunnel's side. With a `rewriter` heads pass through it, both ways."""

    def __init__(
        self, address: Address, pumps: set[Pump], visitors: Visitors, rewriter: Rewriter | None = None
    ) -> None:
        self.rewriter = rewriter
        self._address = address
        self._pumps = pumps
        self._traffic = visitors
        self._visitor: Visitor | None = None
        self._local: _LocalSide | None = None
        self._early: list[bytes] = []
        self._opening: asyncio.Task[None] | None = None
        self.has_ended = False
        """The relay will send no more."""
        self._is_over = False
        """Nothing more is sent to it."""
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.set_write_buffer_limits(high=_BUFFER)
        self._pumps.add(self)

    def data_received(self, data: bytes) -> None:
        local = self._local
        if local is None:
            self._receive_early(data)
            return
        if local.spoke:
            self._note_request(data)
        local.prepare_for_more()
        if self.rewriter is not None:
            data = self.rewriter.request(data)
        local.transport.write(data)

    def _receive_early(self, data: bytes) -> None:
        """What comes while the connection to the server is being opened; it is read no further."""
        if not self._early:
            self._note_request(data)
        self._early.append(data if self.rewriter is None else self.rewriter.request(data))
        self.transport.pause_reading()
        if self._opening is None:
            self._opening = asyncio.get_running_loop().create_task(self._open())

    async def _open(self) -> None:
        try:
            async with asyncio.timeout(APP_DEADLINE):
                local = await self._address.connect(lambda: _LocalSide(self))
        except (OSError, TimeoutError):
            self.transport.write(REFUSED)
            self._linger(broke_off=False)
            return
        if self.transport.is_closing():
            local.transport.abort()
            return
        self._local = local
        local.spoke = False
        local.transport.writelines(self._early)
        self._early.clear()
        if not local.write_paused:
            self.transport.resume_reading()

    def _note_request(self, data: bytes) -> None:
        """The relay speaks after the server did: that is a request, unless this connection was upgraded."""
        visitor = request_visitor(data)
        if visitor is None:
            return
        self._leave()
        if is_upgrade(data):
            self._visitor = self._traffic.came(visitor)
        else:
            self._traffic.asked(visitor)

    def _leave(self) -> None:
        visitor, self._visitor = self._visitor, None
        if visitor is not None:
            visitor.left()

    def answer(self, data: bytes) -> None:
        """What the server says. A visitor who is gone hears none of it."""
        if self._is_over or self.transport.is_closing():
            return
        rewriter = self.rewriter
        if rewriter is not None:
            data = rewriter.response(data)
            if rewriter.switched:
                self._stop_rewriting(rewriter)
        self.transport.write(data)

    def finish_answer(self) -> None:
        """The server will say no more."""
        if self.rewriter is None or self.transport.is_closing():
            return
        if rest := self.rewriter.rest():
            self.transport.write(rest)

    def _stop_rewriting(self, rewriter: Rewriter) -> None:
        """It is no HTTP any more."""
        self.rewriter = None
        if self._local is not None:
            self._local.transport.write(rewriter.held)

    @property
    def is_under_way(self) -> bool:
        """Whether it carries a request. An answer ends where its server is silent for a while."""
        local = self._local
        if self._visitor is not None:
            return False
        if local is None:
            return bool(self._early)
        is_answered = local.spoke and time.monotonic() - local.spoke_at > ANSWER_PAUSE
        return not is_answered or self.transport.get_write_buffer_size() > 0

    def end_idle(self) -> None:
        """Say that nothing follows what was written."""
        if self._visitor is None and self.transport.can_write_eof() and not self.transport.is_closing():
            self._is_over = True
            self.transport.write_eof()

    def eof_received(self) -> bool:
        self.has_ended = True
        local = self._local
        if local is not None and not local.has_ended and local.transport.can_write_eof():
            local.transport.write_eof()
            return True
        return False  # both have ended: nobody else would close them

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        self._pumps.discard(self)
        self._leave()
        if self._opening is not None:
            self._opening.cancel()
        if self._local is not None:
            self._local.transport.abort()  # what is on its way has no reader any more, and may never leave

    def pause_writing(self) -> None:
        if self._local is not None:
            self._local.transport.pause_reading()

    def resume_writing(self) -> None:
        if self._local is not None:
            self._local.transport.resume_reading()

    def local_lost(self, *, clean: bool) -> None:
        """The server has ended its connection."""
        self.finish_answer()
        if clean and (self.has_ended or self._is_read_to_the_end):
            self.transport.close()
        else:
            self._linger(broke_off=not clean)

    @property
    def _is_read_to_the_end(self) -> bool:
        """Whether closing our end resets nothing: TLS hears what comes until the other end closes too.

        But for asyncio's own, which only a request that is over leaves in peace.
        """
        if self.transport.can_write_eof():
            return False
        return not (self.rewriter is not None and self.rewriter.is_mid_request)

    def _linger(self, *, broke_off: bool) -> None:
        if not self.transport.is_closing():
            self.transport.set_protocol(Lingering(self, self.transport, broke_off=broke_off))

    def abort(self) -> None:
        self.transport.abort()


class _LocalSide(asyncio.Protocol):
    """The other end of the pair: the connection to the local server.

    A server that refuses an upload often answers and closes at once. When the next piece is written
    before that answer was read, the transport ends with the write's error and the answer is lost.
    So while an upload runs a second descriptor is kept, from which it can still be read.
    """

    def __init__(self, pump: Pump) -> None:
        self._pump = pump
        self.spoke = True
        """Whether the server said something since the last piece of a request."""
        self.spoke_at = 0.0
        self._second: socket.socket | None = None
        self._is_tls = False
        self.transport: asyncio.Transport
        self.write_paused = False
        self.has_ended = False
        """The server will send no more."""

    def prepare_for_more(self) -> None:
        """Another piece of a request will be written."""
        if self.spoke:
            self.spoke = False
        elif self._second is None:
            sock = None if self._is_tls else self.transport.get_extra_info("socket")
            if sock is not None and not self.transport.is_closing():
                self._second = socket.fromfd(sock.fileno(), sock.family, sock.type)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.set_write_buffer_limits(high=_BUFFER)
        self._is_tls = self.transport.get_extra_info("ssl_object") is not None

    def data_received(self, data: bytes) -> None:
        self.spoke = True
        self.spoke_at = time.monotonic()
        if self._second is not None:
            self._forget_second()
        self._pump.answer(data)

    def eof_received(self) -> bool:
        self.has_ended = True
        self._pump.finish_answer()
        if not self._pump.has_ended and self._pump.transport.can_write_eof():
            self._pump.transport.write_eof()
            return True
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        if self._second is not None:
            self._read_last_words(self._second)
            self._forget_second()
        self._pump.local_lost(clean=exc is None or self.has_ended or _ended_before(exc))

    def _read_last_words(self, second: socket.socket) -> None:
        second.setblocking(False)
        with contextlib.suppress(OSError):
            while data := second.recv(_BUFFER):
                self._pump.answer(data)

    def _forget_second(self) -> None:
        if self._second is not None:
            self._second.close()
            self._second = None

    def pause_writing(self) -> None:
        self.write_paused = True
        self._pump.transport.pause_reading()

    def resume_writing(self) -> None:
        self.write_paused = False
        self._pump.transport.resume_reading()


def _ended_before(error: Exception) -> bool:
    """Whether the server had ended its side in order before it broke off: Linux tells these apart."""
    return sys.platform == "linux" and isinstance(error, BrokenPipeError)
