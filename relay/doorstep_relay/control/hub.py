"""All sessions of this process: who comes in, how many there are, whose rights changed, and their end."""

from __future__ import annotations

import asyncio
import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from doorstep_relay.control.actors import Actor
from doorstep_relay.control.channel import Channel, turn_away
from doorstep_relay.control.gates import Gates
from doorstep_relay.control.limits import LimitBook
from doorstep_relay.control.policies import Policies
from doorstep_relay.control.session import Session
from doorstep_relay.control.shares import Shares
from doorstep_relay.control.turnstile import Turnstile, client_of
from doorstep_relay.domain.tickets import TicketKey
from doorstep_relay.errors import Refusal, TooMany
from doorstep_relay.switchboard.absent import Missed
from doorstep_relay.switchboard.local import LiveShare, Switchboard
from doorstep_relay.switchboard.pool import fitting_spares
from doorstep_relay.switchboard.tally import Tallies

MOST_PINGS: Final = 100.0
"""Signs of life a second, of all together, from which on sessions that begin give theirs less often."""
_LONGEST_HEARTBEAT: Final = 60.0
_TRY_AGAIN: Final = 30.0
"""Seconds after which a client with too many sessions may look whether some have ended."""
_MOST_ENDED: Final = 4096
_REVOKED: Final = "the token of this session was revoked"
_REMOVED: Final = "the key of this session was removed"
_NOBODY: Final = ("", 0)
Credential = tuple[str, int]
"""What somebody came in by: see `Actor.credential`."""


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """What sessions need to know of the relay's settings. Times are seconds."""

    heartbeat: float
    spares: int
    max_tunnels: int
    ticket_lifetime: float
    domain: str
    url_of: Callable[[str], str]
    """name → public URL."""
    version: str
    files: int = 1024 * 1024
    """That this process may have open."""
    max_sessions: int = 1024
    """Of one client."""
    open_every: float = 0.1
    """Until a client that opened so many shares may open another."""


class Hub:
    """All sessions of this process."""

    def __init__(
        self,
        settings: SessionSettings,
        shares: Shares,
        switchboard: Switchboard,
        tickets: TicketKey,
        clock: Callable[[], float],
        limits: LimitBook | None = None,
        policies: Policies | None = None,
        gates: Gates | None = None,
        tallies: Tallies | None = None,
    ) -> None:
        self.limits = limits
        self.tallies = tallies or Tallies(switchboard)
        self.settings = settings
        self.policies = policies
        self.gates = gates
        self.shares = shares
        self.switchboard = switchboard
        self.tickets = tickets
        self.clock = clock
        self.stopping = False
        self._spares = settings.spares
        self._turnstile = Turnstile(settings.max_sessions, 1 / settings.open_every)
        self._sessions: set[Session] = set()
        self._expiring: set[Session] = set()
        self.on_connect: Callable[[LiveShare], None] = lambda _share: None
        """What changed while a client was on its way takes effect."""
        self.tunnel: Callable[[LiveShare], asyncio.Protocol] | None = None
        """What serves a tunnel connection that a session carries; None where sessions carry none."""
        self._ended: OrderedDict[Credential, str] = OrderedDict()
        """Of late: their sessions may be on their way here."""

    def __len__(self) -> int:
        return len(self._sessions)

    async def serve(
        self, channel: Channel, actor: Actor, address: str = "", most_spares: int | None = None
    ) -> None:
        """Hold a session until it ends, from either side. `address` is the client's.

        Its shares keep `most_spares` idle tunnel connections at the most.
        """
        who = client_of(actor, address)
        if not self._turnstile.enter(who, self.clock()):
            most = self.settings.max_sessions
            await turn_away(channel, TooMany(f"{most} sessions are the most at a time here", _TRY_AGAIN))
            return
        try:
            await self._hold(Session(self, channel, actor, who, most_spares))
        finally:
            self._turnstile.leave(who)

    async def _hold(self, session: Session) -> None:
        self._sessions.add(session)
        if session.actor.token_expires_at is not None:
            self._expiring.add(session)
        why = self._ended.get(session.actor.credential or _NOBODY)
        if why is not None:  # revoked while the session was on its way here
            session.refuse("bad-token", why)
        try:
            await session.run()
        finally:
            self._sessions.discard(session)
            self._expiring.discard(session)
            session.ended.set()  # here: a session that was ending by itself may be cancelled in the middle

    def heartbeat(self) -> float:
        """Seconds between the signs of life of a session that begins now."""
        least = self.settings.heartbeat
        return max(least, min(len(self._sessions) / MOST_PINGS, _LONGEST_HEARTBEAT))

    def spares(self) -> int:
        """Idle tunnel connections for one share more; when they get fewer, the others give some up."""
        fitting = fitting_spares(self.settings.spares, len(self.switchboard) + 1, self.settings.files)
        if fitting != self._spares:
            self._spares = fitting
            for share in self.switchboard:
                share.pool.keep(fitting)
        return fitting

    def check_pace(self, who: str) -> None:
        """Whether this client may open a share now. Raises `TooMany`."""
        wait = self._turnstile.wait(who, self.clock())
        if wait > 0:
            raise TooMany("so many shares cannot be opened in so short a time", wait)

    def admit(self, name: str, ticket: bytes) -> LiveShare | None:
        """The live share that a tunnel connection's ticket opens; None refuses it."""
        try:
            read = self.tickets.read(ticket.decode("ascii", "replace"), self.clock())
        except Refusal:
            return None
        return self.switchboard.held(name, read.share_id, read.epoch)

    def end(self, share: LiveShare, code: str, reason: str) -> None:
        """Cut a live share at once; the durable record is written elsewhere."""
        if self.switchboard.disconnect(share):
            share.end(code, reason)

    def retire(self, share: LiveShare, code: str) -> None:
        """Take nobody to a share any more; who is being served is served to the end."""
        share.ended = (code, "")
        front = share.front
        if front is not None and front.balanced is not None:
            front.balanced.retire_client(share, code)
        else:
            self.switchboard.disconnect(share)
            share.own.retire(code, "")

    def arrive(self, share: LiveShare) -> None:
        """A client holds the share: what changed while it was on its way takes effect, visitors come in."""
        self.on_connect(share)
        self.switchboard.absent.back(share.share_id, share.name)

    def leave(self, share: LiveShare, *, for_good: bool = False) -> bool:
        """A client is gone: what it carried is cut. Whether the share waits for one now.

        Visitors wait with it for a moment, unless the client is not to come back.
        """
        waits = self.switchboard.leave(share)
        if waits:
            if not for_good:
                self._miss(share.whole)
            share.whole.ended = ("offline", "")
            share.whole.pool.close("offline", "")
        return waits

    def _miss(self, share: LiveShare) -> None:
        lasts = math.inf if share.expires_at is None else share.expires_at - self.clock()
        if not share.paused:
            self.switchboard.absent.left([Missed(share.share_id, share.name, lasts)])

    def end_token(self, token_id: int) -> None:
        """A token lost its rights: its sessions end, and with them its shares."""
        self._end(("token", token_id), _REVOKED)

    def end_key(self, key_id: int) -> None:
        """A public key was removed: its sessions end, and with them its shares."""
        self._end(("key", key_id), _REMOVED)

    def credentials_of(self, account_id: int) -> set[Credential]:
        """The tokens and keys by which an account has sessions here."""
        actors = [session.actor for session in self._sessions]
        return {actor.credential for actor in actors if actor.account_id == account_id and actor.credential}

    def refuse(self, credential: Credential, refusal: Refusal) -> None:
        """End the sessions of a token or key that is good for nothing now."""
        for session in self._by(credential):
            session.refuse(refusal.code, refusal.message)

    def adopt(self, actor: Actor) -> None:
        """The holder of a token or key may do more or less than before: its sessions obey, or end."""
        for session in self._by(actor.credential):
            session.adopt(actor)

    def _end(self, credential: Credential, why: str) -> None:
        self._ended[credential] = why
        if len(self._ended) > _MOST_ENDED:
            self._ended.popitem(last=False)
        for session in self._by(credential):
            session.refuse("bad-token", why)

    def _by(self, credential: Credential | None) -> list[Session]:
        return [session for session in self._sessions if session.actor.credential == credential]

    def end_expired(self) -> None:
        """Rights are checked for as long as a session lasts, not at its start only: tokens expire too."""
        now = self.clock()
        for session in [
            session for session in self._expiring if (session.actor.token_expires_at or now) < now
        ]:
            session.refuse("bad-token", "the token of this session has expired")

    def send_away(self, instead: tuple[str, ...] = ()) -> None:
        """Ask all clients to go elsewhere; those who do come back to nothing here."""
        for session in list(self._sessions):
            session.send_away(instead)

    async def stop(self) -> None:
        """End all sessions because this process ends; clients come back by themselves."""
        self.stopping = True
        for session in list(self._sessions):
            session.cancel()
        await asyncio.gather(*(session.ended.wait() for session in list(self._sessions)))
