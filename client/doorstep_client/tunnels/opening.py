"""One tunnel connection until its first request: the upgrade, a word each way if it has to prove itself."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, cast

from doorstep_client import wire
from doorstep_client.errors import UnreachableError, WireError

if TYPE_CHECKING:
    from doorstep_client.targets import Target

_MAX_HEAD: Final = 16 * 1024
_TICKET_REFUSED: Final = re.compile(rb"(?i)\r\ndoorstep-error: *ticket-refused\r\n")
_STATUS: Final = re.compile(rb"HTTP/1\.1 ([0-9]{3})")


class TicketRefusedError(UnreachableError):
    """The relay itself does not take the ticket: the share is not this session's any more."""


class NothingComesError(UnreachableError):
    """The upgrade was agreed to, and what the relay says after it does not come through."""


class TunnelOpening(asyncio.Protocol):
    """Sends the upgrade request and lets the target serve the connection after `101`, or after `PONG`.

    It stays between them until the first request, and then steps aside: `told(opening, used)` hears of that,
    or that the connection has ended before.
    """

    def __init__(
        self,
        target: Target,
        host: str,
        ticket: str,
        *,
        ping: bool = False,
        told: Callable[[TunnelOpening, bool], None] | None = None,
    ) -> None:
        loop = asyncio.get_running_loop()
        self.opened: asyncio.Future[None] = loop.create_future()
        self.opened.add_done_callback(_seen)
        self.transport: asyncio.Transport | None = None
        self.since = loop.time()
        """When it was asked for."""
        self.ping = ping
        self._target = target
        self._told = told
        path = wire.PINGED_PATH if ping else wire.TUNNEL_PATH
        self._request = (
            f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\n"
            f"Upgrade: {wire.TUNNEL_UPGRADE}\r\nAuthorization: {wire.TICKET_SCHEME} {ticket}\r\n\r\n"
        ).encode()
        self._said = b""
        self._agreed = False
        """Whether `101` has come."""
        self._inner: asyncio.Protocol | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        if self._inner is not None:
            self._step_aside(self._inner, data)
            return
        self._said += data
        if not self._agreed:
            self._read_head()
        if self._agreed:
            self._read_pong()

    def _read_head(self) -> None:
        end = self._said.find(b"\r\n\r\n")
        if end < 0:
            if len(self._said) > _MAX_HEAD:
                self._refuse(WireError("the relay's answer to a tunnel connection has no end"))
            return
        status = _STATUS.match(self._said)
        if status is None or status[1] != b"101":
            told = wire.readable(self._said.split(b"\r\n", 1)[0].decode("latin-1"), 100)
            refused = TicketRefusedError if _TICKET_REFUSED.search(self._said) else UnreachableError
            self._refuse(refused(f"the relay refused a tunnel connection: {told}"))
            return
        self._agreed = True
        self._said = self._said[end + 4 :]
        if self.ping and self.transport is not None:
            self.transport.write(wire.PING)

    def _read_pong(self) -> None:
        if not self.ping:
            self._hand_over(self._said)
        elif self._said.startswith(wire.PONG):
            self._hand_over(self._said.removeprefix(wire.PONG))
        elif not wire.PONG.startswith(self._said):
            self._refuse(NothingComesError("something else than the relay's word comes through"))

    def _hand_over(self, rest: bytes) -> None:
        assert self.transport is not None  # noqa: S101  # data came on it
        self._said = b""
        self._inner = self._target.protocol()
        self._inner.connection_made(self.transport)
        if not self.opened.done():
            self.opened.set_result(None)
        if rest:
            self._step_aside(self._inner, rest)

    def _step_aside(self, inner: asyncio.Protocol, data: bytes) -> None:
        """The first request: from here on nothing stands in between."""
        assert self.transport is not None  # noqa: S101  # data came on it
        self.transport.set_protocol(inner)
        self._tell(used=True)
        inner.data_received(data)

    def _tell(self, *, used: bool) -> None:
        told, self._told = self._told, None
        if told is not None:
            told(self, used)

    def _refuse(self, error: Exception) -> None:
        if not self.opened.done():
            self.opened.set_exception(error)
        self.give_up()

    def give_up(self) -> None:
        """End the connection unless the target has it."""
        if self.transport is not None and self._inner is None:
            self.transport.abort()
        self.opened.cancel()

    def why_late(self) -> Exception:
        """What it means that it was not opened in time."""
        if self._agreed:
            return NothingComesError("the upgrade is agreed to, and then nothing comes through")
        return TimeoutError()

    # -- before the first request: what the target is to know ----------------------------------------

    def eof_received(self) -> bool | None:
        return None if self._inner is None else self._inner.eof_received()

    def pause_writing(self) -> None:
        if self._inner is not None:
            self._inner.pause_writing()

    def resume_writing(self) -> None:
        if self._inner is not None:
            self._inner.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._inner is not None:
            self._inner.connection_lost(exc)
            self._tell(used=False)
        elif not self.opened.done():
            self.opened.set_exception(self._why_lost(exc))

    def _why_lost(self, exc: Exception | None) -> Exception:
        if self._agreed:
            return NothingComesError("the upgrade is agreed to, and then the connection is cut")
        return exc or ConnectionError("the relay closed a tunnel connection at once")


def _seen(opened: asyncio.Future[None]) -> None:
    """A failure that nobody waits for any more is not worth a warning in the user's terminal."""
    if not opened.cancelled():
        opened.exception()
