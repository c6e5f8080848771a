"""A session's tunnel connections, on the client's side: as many as the relay asks for, the way that works."""

from __future__ import annotations

import asyncio
import logging
import ssl
import sys
from collections.abc import Callable, Coroutine
from functools import lru_cache
from typing import Any, Final

from doorstep_client.errors import DoorstepError
from doorstep_client.network.dial import address_of, dial, explain, resume_from
from doorstep_client.settings import RelaySettings
from doorstep_client.targets import Target
from doorstep_client.tunnels.opening import NothingComesError, TicketRefusedError, TunnelOpening
from doorstep_client.tunnels.way import Way

log = logging.getLogger("doorstep_client")

UPGRADE_DEADLINE: Final = 10.0
FIRST_DEADLINE: Final = 4.0
"""For the first ones, where the session can carry them instead."""
AT_ONCE: Final = 64
"""Tunnel connections being opened at the same time."""
MAX_TUNNELS: Final = 1024
_CUT: Final = "connections to {} are cut as soon as they are open: a proxy or firewall in between may do that"

_FAILURES: Final = (OSError, DoorstepError, TimeoutError, ValueError)

Carry = Callable[[Callable[[], asyncio.Protocol]], bool]


@lru_cache(maxsize=1)
def most_tunnels() -> int:
    """Connections that one share may take: half of the files that this process may have open."""
    if sys.platform == "win32":
        return MAX_TUNNELS // 2
    try:
        import resource
    except ImportError:  # a system that is none of POSIX's either
        return MAX_TUNNELS // 2
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MAX_TUNNELS if soft == resource.RLIM_INFINITY else min(MAX_TUNNELS, soft // 2)


class Tunnels:
    """Opens one session's tunnel connections. `failing(why)` is called once, if none can be opened.

    Where something in between breaks them they are streams of the session, if it can `carry` them; `turned`
    is told of that instead, and when connections of their own come through again.
    """

    def __init__(self, relay: RelaySettings, target: Target, failing: Callable[[str], None]) -> None:
        self._relay = relay
        self._target = target
        self._failing = failing
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._opening: set[asyncio.Task[None]] = set()
        self._unused: set[TunnelOpening] = set()
        """Open, and no request has come on them yet."""
        self._clock = asyncio.get_running_loop().time
        self._way = Way(self._clock())
        self._carry: Carry | None = None
        self._turned: Callable[[bool], None]
        self._is_broken = self._has_told = False

    def use_session(self, carry: Carry, turned: Callable[[bool], None], *, pings: bool = False) -> None:
        """`carry(protocol)` gives the session's stream; False: no room. `turned(carried)` hears of changes.

        `pings` is whether the relay answers `wire.PING`.
        """
        self._carry, self._turned = carry, turned
        self._way = Way(self._clock(), pings=pings)

    def dial(self, count: int, host: str, ticket: str) -> None:
        """Open `count` more, as far as there is room for them. What fails, the relay asks for again."""
        if self._is_broken and not self._way.is_carried:
            self._give_up(_CUT.format(host))
        if self._way.wants_try(self._clock()):
            self._way.trying()
            self._do(self._try_again(host, ticket))
        room = most_tunnels() - self._target.connections - len(self._opening)
        for turn in range(min(count, room)):
            if self._way.is_carried:
                self._open_stream()
            else:
                self._do(self._dial_one(host, ticket, ping=self._way.wants_ping(turn)))

    def cancel(self) -> None:
        """Open no more. Those that are open are the target's."""
        for task in self._opening:
            task.cancel()
        self._unused.clear()

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def _dial_one(self, host: str, ticket: str, *, ping: bool) -> None:
        async with self._gate:
            try:
                await self._open(host, ticket, ping=ping)
            except _FAILURES as error:
                self._note_failure(error, f"no connection to {host} can be opened: {explain(error)}")
                if isinstance(error, NothingComesError) and self._way.is_open_question:
                    self._do(self._dial_one(host, ticket, ping=ping))  # the relay need not ask for another
            else:
                self._way.opened(pinged=ping)

    async def _open(self, host: str, ticket: str, *, ping: bool) -> None:
        address = address_of(self._relay, host)
        opening = TunnelOpening(self._target, host, ticket, ping=ping, told=self._note_fate)
        self._unused.add(opening)
        try:
            transport = await dial(address, lambda: opening)
            await self._agreed(opening, transport)
        except BaseException:  # also when cancelled
            self._unused.discard(opening)
            raise
        resume_from(transport, address)

    async def _agreed(self, opening: TunnelOpening, transport: asyncio.Transport) -> None:
        try:
            async with asyncio.timeout(self._patience):
                await opening.opened
        except TimeoutError:
            transport.abort()
            raise opening.why_late() from None
        except BaseException:  # also when cancelled: nobody else has it
            transport.abort()
            raise

    @property
    def _patience(self) -> float:
        """Less where there is another way, and nothing says that this one is any good."""
        return UPGRADE_DEADLINE if self._way.is_good or self._carry is None else FIRST_DEADLINE

    # -- what becomes of them ----------------------------------------------------------------------

    def _note_failure(self, error: Exception, why: str) -> None:
        log.debug("%s", why)
        too_often = self._way.failed()
        if self._carry is not None and _is_in_between(error):
            if not self._way.is_good:
                self._open_stream()
            if too_often and not self._way.is_carried:
                self._give_up(why)
        elif too_often and not self._way.is_good:
            self._tell_failing(why)

    def _note_fate(self, opening: TunnelOpening, used: bool) -> None:  # noqa: FBT001  # a callback's
        """A first request has come, or the end before it; one that was let go is of no interest."""
        if opening not in self._unused:
            return
        self._unused.discard(opening)
        if used:
            self._way.used()
            self._is_broken = False
        elif self._way.ended_unused(self._clock() - opening.since):
            self._is_broken = True  # the relay may have done it; then it asks for no others

    def _give_up(self, why: str) -> None:
        """The session carries everything, as far as it can."""
        self._is_broken = False
        if self._carry is None:
            self._tell_failing(why)
        else:
            self._way.carry(self._clock())
            self._let_go()
            self._turned(True)

    def _let_go(self) -> None:
        """No visitor's request is to go where nothing comes through."""
        unused, self._unused = self._unused, set()
        for opening in unused:
            if opening.transport is not None:
                opening.transport.abort()

    def _tell_failing(self, why: str) -> None:
        if not self._has_told:
            self._has_told = True
            self._failing(why)

    # -- through the session, and back -------------------------------------------------------------

    def _open_stream(self) -> None:
        if self._carry is not None and not self._carry(self._target.protocol):
            log.debug("the session carries no more streams")

    async def _try_again(self, host: str, ticket: str) -> None:
        """One connection that proves itself, beside the streams: what runs on them is not touched."""
        try:
            await self._open(host, ticket, ping=True)
        except _FAILURES as error:
            log.debug("still no connection to %s: %s", host, explain(error))
            self._way.tried(self._clock(), good=False)
        else:
            self._way.tried(self._clock(), good=True)
            self._turned(False)


def _is_in_between(error: Exception) -> bool:
    """Whether something on the way is at fault: neither a wrong certificate, nor the relay's own word."""
    return not isinstance(error, ssl.SSLCertVerificationError | TicketRefusedError)
