"""The client's end of tunnel connections: ask for the upgrade, then let the target serve."""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
import sys
from collections.abc import Callable
from functools import lru_cache
from typing import Final, cast

from doorstep_client import wire
from doorstep_client.errors import DoorstepError, UnreachableError, WireError
from doorstep_client.network.dial import address_of, dial, explain, resume_from
from doorstep_client.settings import RelaySettings
from doorstep_client.targets import Target

log = logging.getLogger("doorstep_client")

UPGRADE_DEADLINE: Final = 10.0
FIRST_DEADLINE: Final = 4.0
"""For the first ones, where the session can carry them instead."""
AT_ONCE: Final = 64
"""Tunnel connections being opened at the same time."""
MAX_TUNNELS: Final = 1024
_WORTH_TELLING: Final = 2
"""Failures in a row, none opened before, after which the user is told: one may be bad luck."""
_MAX_HEAD: Final = 16 * 1024
_TICKET_REFUSED: Final = re.compile(rb"(?i)\r\ndoorstep-error: *ticket-refused\r\n")
_STATUS: Final = re.compile(rb"HTTP/1\.1 ([0-9]{3})")


Carry = Callable[[Callable[[], asyncio.Protocol]], bool]


@lru_cache(maxsize=1)
def most_tunnels() -> int:
    """Connections that one share may take: half of the files that this process may have open."""
    if sys.platform == "win32":
        return MAX_TUNNELS // 2
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MAX_TUNNELS if soft == resource.RLIM_INFINITY else min(MAX_TUNNELS, soft // 2)


class Tunnels:
    """Opens one session's tunnel connections. `failing(why)` is called once, if none can be opened.

    Where a proxy in between lets none through they are streams of the session, if it can `carry` them; then
    `carried()` is called once instead.
    """

    def __init__(self, relay: RelaySettings, target: Target, failing: Callable[[str], None]) -> None:
        self._relay = relay
        self._target = target
        self._failing = failing
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._opening: set[asyncio.Task[None]] = set()
        self._opened = self._failed = 0
        self._carry: Carry | None = None
        self._carried: Callable[[], None]
        self._is_carried = False
        """Whether connections of their own are given up for this session."""

    def use_session(self, carry: Carry, carried: Callable[[], None]) -> None:
        """Where no connection comes about, `carry(protocol)` gives the session's stream. False: no room."""
        self._carry, self._carried = carry, carried

    def dial(self, count: int, host: str, ticket: str) -> None:
        """Open `count` more, as far as there is room for them. What fails, the relay asks for again."""
        room = most_tunnels() - self._target.connections - len(self._opening)
        for _ in range(min(count, room)):
            if self._is_carried:
                self._open_stream()
                continue
            task = asyncio.create_task(self._dial_one(host, ticket))
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    def cancel(self) -> None:
        """Open no more. Those that are open are the target's."""
        for task in self._opening:
            task.cancel()

    async def _dial_one(self, host: str, ticket: str) -> None:
        async with self._gate:
            try:
                await self._open(host, ticket)
            except (OSError, DoorstepError, TimeoutError, ValueError) as error:
                self._note_failure(error, f"no connection to {host} can be opened: {explain(error)}")
            else:
                self._opened += 1

    async def _open(self, host: str, ticket: str) -> None:
        address = address_of(self._relay, host)
        opening = TunnelOpening(self._target, host, ticket)
        transport = await dial(address, lambda: opening)
        try:
            async with asyncio.timeout(self._patience):
                await opening.opened
            resume_from(transport, address)
        except BaseException:  # also when cancelled: nobody else has it
            transport.abort()
            raise

    @property
    def _patience(self) -> float:
        """Less where there is another way, and nothing says that this one is any good."""
        return UPGRADE_DEADLINE if self._opened or self._carry is None else FIRST_DEADLINE

    def _note_failure(self, error: Exception, why: str) -> None:
        log.debug("%s", why)
        self._failed += 1
        if self._opened:
            return
        if self._carry is not None and _is_in_between(error):
            self._fall_back(self._carried)
        elif self._failed == _WORTH_TELLING:
            self._failing(why)

    def _fall_back(self, tell: Callable[[], None]) -> None:
        """The session carries in its place what could not be opened, and after that everything."""
        self._open_stream()
        if self._failed >= _WORTH_TELLING and not self._is_carried:
            self._is_carried = True
            tell()

    def _open_stream(self) -> None:
        if self._carry is not None and not self._carry(self._target.protocol):
            log.debug("the session carries no more streams")


def _is_in_between(error: Exception) -> bool:
    """Whether something on the way is at fault: neither a wrong certificate, nor the relay's own word."""
    return not isinstance(error, ssl.SSLCertVerificationError | TicketRefusedError)


class TicketRefusedError(UnreachableError):
    """The relay itself does not take the ticket: the share is not this session's any more."""


class TunnelOpening(asyncio.Protocol):
    """Sends the upgrade request and hands the connection to the target after `101`."""

    def __init__(self, target: Target, host: str, ticket: str) -> None:
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.opened.add_done_callback(_seen)
        self.transport: asyncio.Transport | None = None
        self._target = target
        self._request = (
            f"GET {wire.TUNNEL_PATH} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\n"
            f"Upgrade: {wire.TUNNEL_UPGRADE}\r\nAuthorization: {wire.TICKET_SCHEME} {ticket}\r\n\r\n"
        ).encode()
        self._head = b""
        self._handed_over = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._head += data
        end = self._head.find(b"\r\n\r\n")
        if end < 0:
            if len(self._head) > _MAX_HEAD:
                self._refuse(WireError("the relay's answer to a tunnel connection has no end"))
            return
        status = _STATUS.match(self._head)
        if status is None or status[1] != b"101":
            told = wire.readable(self._head.split(b"\r\n", 1)[0].decode("latin-1"), 100)
            refused = TicketRefusedError if _TICKET_REFUSED.search(self._head) else UnreachableError
            self._refuse(refused(f"the relay refused a tunnel connection: {told}"))
            return
        self._hand_over(self._head[end + 4 :])

    def _hand_over(self, rest: bytes) -> None:
        assert self.transport is not None  # noqa: S101  # data came on it
        self._handed_over = True
        protocol = self._target.protocol()
        self.transport.set_protocol(protocol)
        protocol.connection_made(self.transport)
        if not self.opened.done():
            self.opened.set_result(None)
        if rest:
            protocol.data_received(rest)

    def _refuse(self, error: Exception) -> None:
        if not self.opened.done():
            self.opened.set_exception(error)
        self.give_up()

    def give_up(self) -> None:
        """End the connection unless the target has it."""
        if self.transport is not None and not self._handed_over:
            self.transport.abort()
        self.opened.cancel()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.opened.done():
            self.opened.set_exception(exc or ConnectionError("the relay closed a tunnel connection at once"))


def _seen(opened: asyncio.Future[None]) -> None:
    """A failure that nobody waits for any more is not worth a warning in the user's terminal."""
    if not opened.cancelled():
        opened.exception()
