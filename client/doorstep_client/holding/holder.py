"""One share, as its client holds it: what is asked for, what was granted, and how it ends.

A holder has no connection of its own. It joins the `Line` to its relay, which asks for the share in every
session that it begins, and tells the holder what the relay says of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from doorstep_client import wire
from doorstep_client.errors import DoorstepError, EndedError, RefusedError, WireError
from doorstep_client.holding.standing import Standing, span
from doorstep_client.policy import check_guarded
from doorstep_client.sessions.line import Line, line_to
from doorstep_client.settings import RelaySettings
from doorstep_client.targets import Target
from doorstep_client.tunnels.tunnel import Tunnels
from doorstep_client.wire import Naming

if TYPE_CHECKING:
    from doorstep_client.holding.lease_files import LeaseFile
    from doorstep_client.sessions.session import Session
    from doorstep_client.tunnels.streams import Streams

_CARRIED: Final = (
    "A proxy in between allows no direct connections; the link works through its session, slower."
)
_DIRECT: Final = "Direct connections come through again; the link is as fast as it can be."


class Holder(Standing):
    """Holds one share. `changed(event)` is called on the loop, with one of

    `opened`, `lost`, `waiting`, `moved`, `failing`, `ended`, `expiring`, `extended`, `paused`, `notice`,
    whenever `opened`, `carried`, `error`, `failure`, `trouble`, `expires_at`, `paused` or the state changed.
    """

    def __init__(
        self,
        relay: RelaySettings,
        target: Target,
        *,
        name: str | None,
        expires_in: float | None,
        naming: Naming = "random",
        balance: bool = False,
        policy: dict[str, Any] | None = None,
        changed: Callable[[str], None],
        line: Line | None = None,
        kept: LeaseFile | None = None,
    ) -> None:
        super().__init__()
        self.number = -1
        """In its line's sessions."""
        self._relay = relay
        self._target = target
        self._name = name
        self._expires_in = expires_in
        self._naming = naming
        self._balance = balance
        self._policy = policy
        self._changed = changed
        self._line = line
        self._joined: Line | None = None
        self._kept = kept
        self._session: Session | None = None
        """In which the share is open."""
        self._tunnels: Tunnels | None = None
        self._told: set[str] = set()
        """Notices that the user had already."""
        self._failed: Exception | None = None
        self._over = asyncio.Event()
        self._is_closing = False

    @property
    def is_live(self) -> bool:
        return self._session is not None

    @property
    def is_over(self) -> bool:
        """Whether the share is over for this client, however that came."""
        return self._over.is_set()

    async def run(self) -> None:
        """Hold the share until it ends; `error` then says how, and stays None after `close`.

        Raises what kept it from being opened at first: what is lost later comes back, however long it takes.
        """
        if not self._over.is_set():
            self._joined = line = self._line or line_to(self._relay)
            line.join(self)
            try:
                await self._over.wait()
            finally:
                await line.leave(self)
                self._part()
        failed, self._failed = self._failed, None
        if failed is not None:
            self._over.clear()
            raise failed
        self._changed("ended")

    async def close(self, drain: float = 0.0) -> None:
        """End the share: its name answers 410 from now on, if the relay can be told.

        Requests under way may finish within `drain` seconds.
        """
        self._is_closing = True
        if self._session is not None:
            await self._session.send(wire.Close(self.number, drain))
            return
        if self._joined is not None:
            await self._joined.take_back(self)
        self._over.set()

    # -- the line's: asked by it, told by it -------------------------------------------------------

    def ask(self) -> wire.Open:
        """The wish for the share, as it is sent in each new session."""
        lease = self.opened.lease if self.opened else None
        fresh = lease is None  # by its lease a share comes back as it was, with what was changed meanwhile
        name, kept = self._name, self._kept
        if fresh and kept is not None:  # by its lease a share keeps its end, by its name it gets another one
            name, lease = kept.name, kept.lease if self._expires_in is None else None
        return wire.Open(
            self.number,
            name,
            self._expires_in if fresh else None,
            lease,
            naming=self._naming,
            balance=self._balance,
            policy=self._policy if fresh else None,
        )

    def hear(self, session: Session, message: wire.FromRelay) -> wire.Open | None:
        """Do what the relay says of this share; what is to be asked next, if anything.

        What a session says in which the share is no longer held changes nothing. Raises `WireError`, and
        the refusal that asking in another session may change.
        """
        match message:
            case wire.Opened():
                self._open(session, message)
            case wire.Error():
                return self._refused(message)
            case wire.Dial():
                self._dial(session, message.count, message.ticket)
            case _ if session is not self._session:
                pass
            case wire.Ended():
                self._end(message)
            case wire.Expiring():
                moved, self.expires_at = self.expires_at != message.expires_at, message.expires_at
                self.countdown.set(message.expires_at, message.now)
                self._changed("extended" if moved else "expiring")
            case wire.Paused():
                self._pause(message.paused)
        return None

    def holds_in(self, session: Session) -> bool:
        """Whether the share is open in this session."""
        return self._session is session

    def lost(self, why: str) -> None:
        """There is no session any more, nor was there one."""
        was_live = self.is_live
        self.trouble = why
        self._part()
        if self._is_closing:
            self._over.set()
        else:
            self._changed("lost" if was_live else "waiting")

    def end(self, error: DoorstepError) -> None:
        """It is over, for this reason."""
        if not self._over.is_set():
            self.error = error
            self._over.set()

    def fail(self, error: Exception) -> None:
        """It cannot be held: `run` raises this."""
        if not self._over.is_set():
            self._failed = error
            self._over.set()

    # ----------------------------------------------------------------------------------------------

    def _open(self, session: Session, opened: wire.Opened) -> None:
        if session is self._session:
            raise WireError("The relay opened the share twice in one session")
        if self.opened is None:
            check_guarded(self._policy, opened.guarded)
        first, moves = self.opened is None, self.is_live
        if self._tunnels is not None:
            self._tunnels.cancel()
        self._session, self.trouble = session, ""
        self._tunnels = Tunnels(session.relay, self._target, self._fail_visitors)
        self.carried = False
        if session.streams is not None:
            carry = partial(_carry, session.streams, self.number)
            self._tunnels.use_session(carry, self._turned, pings=session.pings)
        self.opened, self._name = opened, opened.name
        self.expires_at = opened.expires_at
        self.countdown.set(opened.expires_at, opened.now)
        self._keep(opened)
        self._dial(session, opened.dial, opened.ticket)
        self._changed("moved" if moves else "opened")
        if first:
            self._compare_ends()
        self._pause(opened.paused)

    def _compare_ends(self) -> None:
        """The relay has the last word on how long a link lives; its user hears it, where that is sooner."""
        asked, left = self._expires_in, self.countdown.left
        if asked is not None and left is not None and left < 0.98 * asked - 1:
            self.notice = (
                f"The relay lets this link live for {span(left)}, not {span(asked)} as was asked for."
            )
            self._changed("notice")

    def _keep(self, opened: wire.Opened) -> None:
        if self._kept is not None:
            self._kept.keep(opened.lease, opened.name)

    def _pause(self, paused: bool) -> None:
        if paused is not self.paused:
            self.paused = paused
            self._changed("paused")

    def _dial(self, session: Session, count: int, ticket: str) -> None:
        if self._session is None or self.opened is None:
            raise WireError("The relay asked for tunnel connections before it opened the share")
        if self._session is session and self._tunnels is not None:
            self._tunnels.dial(count, self.opened.host, ticket)

    def _end(self, ended: wire.Ended) -> None:
        self._session = None
        if self._is_closing and ended.code == "closed":
            if self._kept is not None:
                self._kept.closed()
            self._over.set()
        else:
            self.end(EndedError(wire.readable(ended.code), wire.readable(ended.reason)))

    def _refused(self, message: wire.Error) -> wire.Open | None:
        from doorstep_client.sessions.handshake import refusal

        if message.fatal and self.opened is None and self._kept is not None and self._kept.refused():
            return self.ask()
        error = refusal(message, self._relay)
        if self.is_live or not isinstance(error, RefusedError):
            raise error
        self.end(error)
        return None

    def _part(self) -> None:
        """What the session carried is cut."""
        self._session = None
        if self._tunnels is not None:
            self._tunnels.cancel()
            self._tunnels = None
        self._target.abort()

    def _turned(self, carried: bool) -> None:  # noqa: FBT001  # a callback's
        """A proxy in between allows no connection but the session, or does again. The user is told once."""
        self.carried = carried
        self.notice = _CARRIED if carried else _DIRECT
        if self.notice not in self._told:
            self._told.add(self.notice)
            self._changed("notice")

    def _fail_visitors(self, why: str) -> None:
        self.failure = why
        self._changed("failing")


def _carry(streams: Streams, share: int, protocol: Callable[[], asyncio.Protocol]) -> bool:
    """Open a stream of the session, if there is room for one more."""
    if streams.room > 0:
        streams.open(share, protocol())
        return True
    return False
