"""Accepts connections for TLS: so many handshakes at a time, and each with a deadline.

Until its handshake is done a connection costs a descriptor and memory, and no visitor's limit counts it.
At the bound the oldest handshake makes room once it has had `GRACE`: an honest one is done by then, one
that is there to take up room is not. Until then, and when the process is out of descriptors, accepting
rests: after a restart a thousand clients come at once, and all of them are honest.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

MOST_HANDSHAKES: Final = 1024
RUN: Final = 64
"""Connections accepted before others have their turn."""
GRACE: Final = 1.0
"""Seconds that every handshake has."""
REST: Final = 0.5
"""Seconds without descriptors before the next attempt."""
PAUSE: Final = 0.02
"""Seconds at the bound before the next attempt."""

log = logging.getLogger("doorstep_relay.edge")

Handshake = Callable[[socket.socket], Awaitable[object]]
"""Makes an accepted socket into a connection; has a deadline. Raises `OSError`."""


class Acceptor:
    """Listens on a bound socket from its making until `close`."""

    def __init__(self, sock: socket.socket, handshake: Handshake, *, backlog: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._sock = sock
        self._handshake = handshake
        self._under_way: dict[asyncio.Task[None], tuple[socket.socket, float]] = {}
        """In the order of their beginning, and when that was."""
        self._resting: asyncio.TimerHandle | None = None
        sock.setblocking(False)
        sock.listen(backlog)
        self._loop.add_reader(sock.fileno(), self._accept)

    @property
    def handshakes(self) -> int:
        """How many are under way."""
        return len(self._under_way)

    def close(self) -> None:
        """Accept no more; handshakes under way end by themselves."""
        if self._resting is not None:
            self._resting.cancel()
        if self._sock.fileno() >= 0:
            self._loop.remove_reader(self._sock.fileno())
            self._sock.close()

    def _accept(self) -> None:
        for _ in range(RUN):
            if self._is_full():
                self._rest(PAUSE)
                return
            try:
                connection, _ = self._sock.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                log.debug("cannot accept: %s", error)
                self._rest(REST)
                return
            self._begin(connection)

    def _is_full(self) -> bool:
        if len(self._under_way) < MOST_HANDSHAKES:
            return False
        oldest = next(iter(self._under_way))
        connection, began = self._under_way[oldest]
        if self._loop.time() - began < GRACE:
            return True
        del self._under_way[oldest]
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)  # its transport sees the end, and cleans up as always
        return False

    def _begin(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        task = self._loop.create_task(self._secure(connection))
        self._under_way[task] = connection, self._loop.time()
        task.add_done_callback(lambda done: self._under_way.pop(done, None))

    async def _secure(self, connection: socket.socket) -> None:
        try:
            await self._handshake(connection)
        except OSError as error:
            log.debug("a handshake failed: %r", error)
            # Its frames hold the transport, which holds the error: 260 KB until the collector comes.
            error.__traceback__ = None

    def _rest(self, seconds: float) -> None:
        """What waits in line stays there."""
        self._loop.remove_reader(self._sock.fileno())
        self._resting = self._loop.call_later(seconds, self._resume)

    def _resume(self) -> None:
        self._loop.add_reader(self._sock.fileno(), self._accept)
