"""One session with a relay, from its WebSocket's first byte to its last: begin, hear, ping, say goodbye.

It knows nothing of shares: what the relay says goes to `hear`, and whoever may begin another session when
this one is over (`line`) decides when.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from doorstep_client import wire
from doorstep_client.settings import RelaySettings

if TYPE_CHECKING:
    from doorstep_client.sessions.websocket import WebSocket
    from doorstep_client.tunnels.streams import Streams

CLOSE_DEADLINE: Final = 3.0
PONG_DEADLINE: Final = 8.0
"""Seconds for the answer to a ping: with a heartbeat of 10 s, a peer that is gone is found within 18 s."""
DOUBT_DEADLINE: Final = 3.0
"""The same, when there is a reason to think that the peer is gone."""
_LAST_LOOK: Final = 0.05
"""Seconds in which a silent peer's last bytes are read before it counts as gone."""


class Session:
    """One WebSocket. `welcomed` is awaited when the relay has greeted; what `hear` raises ends it."""

    def __init__(
        self,
        relay: RelaySettings,
        hear: Callable[[Session, wire.FromRelay], None],
        welcomed: Callable[[Session], Awaitable[None]],
    ) -> None:
        self.relay = relay
        self.is_welcome = self.pings = False
        """Whether the relay has greeted, and whether it answers `wire.PING`."""
        self.asked: set[int] = set()
        """The shares that were asked for in it."""
        self._hear = hear
        self._welcomed = welcomed
        self._socket: WebSocket
        self._patience: asyncio.Timeout | None = None
        """Runs out when the relay has been silent for too long."""
        self._since = 0.0
        """From when on it has to be heard, in the loop's time."""
        self._cause = ""
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, in a task of its own."""
        self._task = asyncio.create_task(self._run())

    async def over(self) -> Exception | None:
        """Wait until it has ended; why, or None when there is nothing wrong. Being cancelled ends nothing."""
        assert self._task is not None  # noqa: S101  # it was started
        await asyncio.wait([self._task])
        if self._task.cancelled():
            return None
        error = self._task.exception()
        if error is not None and not isinstance(error, Exception):
            raise error
        return error

    @property
    def is_over(self) -> bool:
        return self._task is not None and self._task.done()

    def when_over(self, tell: Callable[[Session], None]) -> None:
        """Call `tell(session)` when it has ended."""
        assert self._task is not None  # noqa: S101  # it was started
        self._task.add_done_callback(lambda _task: tell(self))

    def end(self) -> None:
        """End it from this side; `over` returns when goodbye is said."""
        if self._task is not None:
            self._task.cancel()

    async def send(self, message: wire.FromClient) -> None:
        """Raises `OSError` or `TimeoutError`; whoever reads notices by itself."""
        async with asyncio.timeout(CLOSE_DEADLINE):
            await self._socket.send(wire.encode(message))

    @property
    def streams(self) -> Streams | None:
        """What carries tunnel connections in this session; None for an older relay."""
        return self._socket.streams

    @property
    def ends(self) -> tuple[str, str] | None:
        """The addresses of this end and of the other, while the session is connected."""
        return self._socket.ends if self.is_welcome else None

    def doubt(self) -> asyncio.Task[None] | None:
        """There is a reason to think that the peer is gone: it has to show that it is there, now."""
        if self._patience is None:
            return None
        self._since = asyncio.get_running_loop().time()
        soon = self._since + DOUBT_DEADLINE
        self._hurry(min(soon, self._patience.when() or soon))
        return asyncio.create_task(self._ping())

    def give_up(self, why: str) -> None:
        """The connection is known to be dead."""
        self._cause = why
        self._hurry(asyncio.get_running_loop().time())

    def _hurry(self, when: float) -> None:
        """Let patience run out then, unless it has: both timers are due when a computer wakes up."""
        if self._patience is not None:
            with suppress(RuntimeError):
                self._patience.reschedule(when)

    # ----------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        from doorstep_client.sessions.handshake import connect

        self._socket = await connect(self.relay)
        try:
            await self._converse()
        except TimeoutError:
            self._socket.abort()
            raise
        finally:
            self._patience = None
            with suppress(OSError, TimeoutError):  # how it ended is known; a goodbye changes nothing
                async with asyncio.timeout(CLOSE_DEADLINE):
                    await self._socket.close()

    async def _converse(self) -> None:
        """Read until the session ends. The first message tells the heartbeat."""
        from doorstep_client.sessions.handshake import welcomed

        welcome = await welcomed(self._socket, self.relay)
        if welcome.streams:
            self._socket.carry(welcome.streams)
        self.pings = welcome.pings
        self.is_welcome = True
        with suppress(ConnectionError, TimeoutError):  # a relay that hung up has said why: that is read next
            await self._welcomed(self)
        heart = asyncio.create_task(self._beat(welcome.heartbeat))
        try:
            await self._read(welcome.heartbeat + min(welcome.heartbeat, PONG_DEADLINE))
        finally:
            heart.cancel()

    async def _read(self, patience: float) -> None:
        """Until the peer is silent for too long, also at a second look: when this program itself stood still,
        all timers are due before anything is read, and our own ping is as late as its answer.
        """
        from doorstep_client.sessions.handshake import receive

        clock, left, doubted = asyncio.get_running_loop().time, patience, False
        while True:
            self._since = self._since if doubted else clock()
            try:
                async with asyncio.timeout(left) as self._patience:
                    message = await receive(self._socket)
            except TimeoutError:
                left = patience - (clock() - self._socket.heard)
                is_silent = self._socket.heard <= self._since or left <= 0
                if self._cause or (is_silent and doubted):
                    raise TimeoutError(self._cause or "the relay says nothing any more") from None
                left, doubted = (_LAST_LOOK if is_silent else left), is_silent
                continue  # what the session carries may keep its messages waiting
            left, doubted = patience, False
            self._hear(self, message)

    async def _beat(self, every: float) -> None:
        while True:
            await asyncio.sleep(every)
            await self._ping()

    async def _ping(self) -> None:
        with suppress(OSError, TimeoutError):  # whoever reads notices by itself
            await self.send(wire.Ping())
