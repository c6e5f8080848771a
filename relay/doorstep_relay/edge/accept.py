"""Accepts connections for TLS: so many handshakes at a time, and each with a deadline.

Until its handshake is done a connection costs a descriptor and memory, and no visitor's limit counts it.
At the bound the oldest handshake makes room: an honest one is done within some round trips, one that
is there to take up room is not. When the process is out of descriptors, accepting rests for a moment.
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
REST: Final = 0.5

log = logging.getLogger("doorstep_relay.edge")

Handshake = Callable[[socket.socket], Awaitable[object]]
"""Makes an accepted socket into a connection; has a deadline. Raises `OSError`."""


class Acceptor:
    """Listens on a bound socket from its making until `close`."""

    def __init__(self, sock: socket.socket, handshake: Handshake, *, backlog: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._sock = sock
        self._handshake = handshake
        self._under_way: dict[asyncio.Task[None], socket.socket] = {}
        """In the order of their beginning."""
        self._resting: asyncio.TimerHandle | None = None
        sock.setblocking(False)
        sock.listen(backlog)
        self._loop.add_reader(sock.fileno(), self._accept)

    def close(self) -> None:
        """Accept no more; handshakes under way end by themselves."""
        if self._resting is not None:
            self._resting.cancel()
        if self._sock.fileno() >= 0:
            self._loop.remove_reader(self._sock.fileno())
            self._sock.close()

    def _accept(self) -> None:
        for _ in range(RUN):
            try:
                connection, _ = self._sock.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                self._rest(error)
                return
            self._begin(connection)

    def _begin(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        if len(self._under_way) >= MOST_HANDSHAKES:
            self._give_up_oldest()
        task = self._loop.create_task(self._secure(connection))
        self._under_way[task] = connection
        task.add_done_callback(lambda done: self._under_way.pop(done, None))

    def _give_up_oldest(self) -> None:
        """Its transport sees the end of the connection, and cleans up as always."""
        oldest = self._under_way.pop(next(iter(self._under_way)))
        with suppress(OSError):
            oldest.shutdown(socket.SHUT_RDWR)

    async def _secure(self, connection: socket.socket) -> None:
        try:
            await self._handshake(connection)
        except OSError as error:
            log.debug("a handshake failed: %r", error)

    def _rest(self, error: OSError) -> None:
        """Out of descriptors or memory: what waits in line stays there."""
        log.debug("cannot accept: %s", error)
        self._loop.remove_reader(self._sock.fileno())
        self._resting = self._loop.call_later(REST, self._resume)

    def _resume(self) -> None:
        self._loop.add_reader(self._sock.fileno(), self._accept)
