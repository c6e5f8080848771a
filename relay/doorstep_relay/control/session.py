"""The relay's side of sessions: what a client asks for, what it is told, and what ends it.

A session task reads and obeys one message at a time; everything that the client is told goes
through its `Outbox`, which is bounded and never blocks who speaks. When the session ends, by
whatever cause, its shares go offline; their epochs fence whatever is late.
"""

from __future__ import annotations

import asyncio
import logging
import math
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from sqlalchemy.exc import SQLAlchemyError

from doorstep_client import wire
from doorstep_client.errors import WireError
from doorstep_relay.control.gates import Gates
from doorstep_relay.control.history import conditions
from doorstep_relay.control.limits import LimitBook
from doorstep_relay.control.policies import Policies
from doorstep_relay.control.shares import Grant, Shares
from doorstep_relay.control.tokens import Actor
from doorstep_relay.control.turnstile import Turnstile, client_of
from doorstep_relay.domain.patterns import allowed
from doorstep_relay.domain.policy import Policy
from doorstep_relay.domain.scopes import Scope
from doorstep_relay.domain.tickets import TicketKey
from doorstep_relay.errors import BadPolicy, Forbidden, NameForbidden, Refusal, TooMany
from doorstep_relay.switchboard.local import LiveShare, Switchboard
from doorstep_relay.switchboard.pool import Pool, fitting_spares
from doorstep_relay.switchboard.tally import Tallies

log = logging.getLogger("doorstep_relay.session")

MAX_SHARES: Final = 64
"""Shares that one session may hold."""
MAX_WAITING: Final = 1024
"""Visitors that may wait for one share's tunnel connections."""
OUTBOX: Final = 4 * MAX_SHARES
"""Messages that may wait for a client that does not read."""
SEND_DEADLINE: Final = 10.0
GOODBYE_DEADLINE: Final = 2.0
MOST_PINGS: Final = 100.0
"""Signs of life a second, of all together, from which on sessions that begin give theirs less often."""
_LONGEST_HEARTBEAT: Final = 60.0
_LOOKS: Final = 20
"""For silence, in a heartbeat at the most: the sessions share them, and the process sleeps in between."""
_LAST_LOOK: Final = 0.05
"""Seconds in which what has already arrived from a silent client is read."""
_TRY_AGAIN: Final = 30.0
"""Seconds after which a client with too many sessions may look whether some have ended."""
_ACROSS_SITES: Final = b"SameSite=None; Secure; Partitioned"
"""Also where a page shows the link in a frame; browsers take that over TLS only."""
_SAME_SITE: Final = b"SameSite=Lax"
_REVOKED: Final = "the token of this session was revoked"


class Channel(Protocol):
    """The WebSocket, as much of it as a session needs. It may answer pings by itself."""

    heard: float
    """When the client last gave a sign of life, in the loop's time."""

    async def receive(self) -> str | bytes | None:
        """The next message; None when the client is gone."""

    async def send(self, frame: str) -> None: ...

    async def close(self, code: int, reason: str) -> None: ...


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


class Outbox:
    """What waits to be told to one client. Wishes for connections add up instead of queueing."""

    def __init__(self, ticket: Callable[[int], str]) -> None:
        self._messages: deque[wire.FromRelay] = deque()
        self._dials: dict[int, int] = {}
        self._ticket = ticket
        self._some = asyncio.Event()
        self.overflown = False

    def tell(self, message: wire.FromRelay) -> None:
        if len(self._messages) >= OUTBOX:
            self.overflown = True
        else:
            self._messages.append(message)
        self._some.set()

    def dial(self, number: int, count: int) -> None:
        self._dials[number] = self._dials.get(number, 0) + count
        self._some.set()

    def forget(self, number: int) -> None:
        self._dials.pop(number, None)

    async def next(self) -> list[wire.FromRelay]:
        """Everything that is to be told now; waits until there is something."""
        await self._some.wait()
        self._some.clear()
        messages = list(self._messages)
        self._messages.clear()
        dials, self._dials = self._dials, {}
        return messages + [wire.Dial(number, count, self._ticket(number)) for number, count in dials.items()]


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
        """Called when a client holds a share: what changed while it was on its way takes effect."""
        self._ended_tokens: set[int] = set()

    def __len__(self) -> int:
        return len(self._sessions)

    async def serve(self, channel: Channel, actor: Actor, address: str = "") -> None:
        """Hold a session until it ends, from either side. `address` is the client's."""
        who = client_of(actor, address)
        if not self._turnstile.enter(who, self.clock()):
            most = self.settings.max_sessions
            await turn_away(channel, TooMany(f"{most} sessions are the most at a time here", _TRY_AGAIN))
            return
        try:
            await self._hold(Session(self, channel, actor, who))
        finally:
            self._turnstile.leave(who)

    async def _hold(self, session: Session) -> None:
        self._sessions.add(session)
        if session.actor.token_expires_at is not None:
            self._expiring.add(session)
        if session.actor.token_id in self._ended_tokens:  # revoked while the session was on its way here
            session.refuse("bad-token", _REVOKED)
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

    def leave(self, share: LiveShare) -> bool:
        """A client is gone: what it carried is cut. Whether the share waits for one now."""
        waits = self.switchboard.leave(share)
        if waits:
            share.whole.ended = ("offline", "")
            share.whole.pool.close("offline", "")
        return waits

    def end_token(self, token_id: int) -> None:
        """A token lost its rights: its sessions end, and with them its shares."""
        self._ended_tokens.add(token_id)
        for session in [session for session in self._sessions if session.actor.token_id == token_id]:
            session.refuse("bad-token", _REVOKED)

    def tokens_of(self, account_id: int) -> set[int]:
        """The tokens by which an account has sessions here."""
        actors = [session.actor for session in self._sessions]
        return {actor.token_id for actor in actors if actor.account_id == account_id and actor.token_id}

    def refuse(self, token_id: int, refusal: Refusal) -> None:
        """End the sessions of a token that is good for nothing now."""
        for session in [session for session in self._sessions if session.actor.token_id == token_id]:
            session.refuse(refusal.code, refusal.message)

    def adopt(self, actor: Actor) -> None:
        """The holder of a token may do more or less than before: its sessions obey, or end."""
        for session in [session for session in self._sessions if session.actor.token_id == actor.token_id]:
            session.adopt(actor)

    def end_expired(self) -> None:
        """Rights are checked for as long as a session lasts, not at its start only: tokens expire too."""
        now = self.clock()
        for session in [
            session for session in self._expiring if (session.actor.token_expires_at or now) < now
        ]:
            session.refuse("bad-token", "the token of this session has expired")

    async def stop(self) -> None:
        """End all sessions because this process ends; clients come back by themselves."""
        self.stopping = True
        for session in list(self._sessions):
            session.cancel()
        await asyncio.gather(*(session.ended.wait() for session in list(self._sessions)))


class Session:
    """One client's session."""

    def __init__(self, hub: Hub, channel: Channel, actor: Actor, who: str) -> None:
        self.actor = actor
        self._who = who
        self._heartbeat = hub.heartbeat()
        self.ended = asyncio.Event()
        self._hub = hub
        self._channel = channel
        self._shares: dict[int, LiveShare] = {}
        self._outbox = Outbox(self._ticket)
        self._task: asyncio.Task[None] | None = None
        self._parting: wire.Error | None = None
        self._obeying = asyncio.Lock()
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._timer: asyncio.TimerHandle
        self._doubted = -1.0
        """When the client was last heard, as of the last look that found it silent."""

    def cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def adopt(self, actor: Actor) -> None:
        """Do as the actor may from now on. What it may no more ends the session."""
        self.actor = actor
        self._check_rights()

    def _check_rights(self) -> None:
        if self._parting is not None:
            return
        if not self.actor.may(Scope.share):
            refusal: Refusal = Forbidden(Scope.share)
        elif not all(allowed(self.actor.names, share.name) for share in self._shares.values()):
            refusal = NameForbidden(self.actor.names)
        else:
            return
        self.refuse(refusal.code, refusal.message)

    def refuse(self, code: str, message: str) -> None:
        """End the session for good: its shares are cut now, the client is told not to come back."""
        self._parting = wire.Error(code, message, fatal=True)
        for share in self._shares.values():
            self._hub.leave(share)  # its visitors have no business with tokens
        self._end()

    def _end(self) -> None:
        if not self._over.done():
            self._over.set_result(None)

    def _watch(self) -> None:
        """Twice a heartbeat of silence is a client that left. Looks again when that could be.

        And once more after that: a loop runs its timers before it reads, so when this process itself
        stood still, what clients said meanwhile has not been heard yet.
        """
        loop = asyncio.get_running_loop()
        heard = self._channel.heard
        due = heard + 2 * self._heartbeat
        if due > loop.time():
            apart = self._heartbeat / _LOOKS
            self._timer = loop.call_at(math.ceil(due / apart) * apart, self._watch)
        elif self._doubted == heard:
            self._end()
        else:
            self._doubted = heard
            self._timer = loop.call_later(_LAST_LOOK, self._watch)

    async def run(self) -> None:
        self._task = asyncio.current_task()
        self._watch()
        self._outbox.tell(wire.Welcome(self._heartbeat, self._hub.settings.version))
        jobs: list[asyncio.Future[Any]] = [
            asyncio.ensure_future(self._read()),
            asyncio.ensure_future(self._write()),
        ]
        try:
            done, _ = await asyncio.wait([*jobs, self._over], return_when=asyncio.FIRST_COMPLETED)
            self._report(done)
        except asyncio.CancelledError:
            if not self._hub.stopping:
                raise
        finally:
            self._timer.cancel()
            async with self._obeying:  # a share that is being opened is opened first, to be taken offline
                for job in jobs:
                    job.cancel()
            await asyncio.gather(*jobs, return_exceptions=True)
            await self._part()

    def _report(self, done: set[asyncio.Future[Any]]) -> None:
        for job in done:
            error = job.exception()
            client_gone = isinstance(error, OSError | TimeoutError)
            if error is not None and not client_gone:
                log.error("a session of %s failed", self.actor.account_name, exc_info=error)

    async def _part(self) -> None:
        """Visitors first, then the record, then manners: a client that reads nothing holds up nobody."""
        gone = self._disconnect()
        await self._record(gone)
        await self._say_goodbye()

    def _disconnect(self) -> list[LiveShare]:
        """Take the shares out of the switchboard; those whose record has to follow."""
        gone = []
        for share in self._shares.values():
            waits = self._hub.leave(share)
            if waits or (self._parting is not None and not self._hub.switchboard.missed(share)):
                gone.append(share)
        return gone

    async def _record(self, gone: list[LiveShare]) -> None:
        """The shares wait for their client. At the end of the process the next start writes that."""
        for share in [] if self._hub.stopping else gone:
            try:
                await self._hub.shares.disconnected(share.share_id, share.whole.epoch)
            except Exception:  # the others have their records too
                log.exception("could not record that %s is offline", share.name)

    async def _say_goodbye(self) -> None:
        try:
            async with asyncio.timeout(GOODBYE_DEADLINE):
                if self._parting is not None:
                    await self._channel.send(wire.encode(self._parting))
                    await self._channel.close(1008, self._parting.code)
                elif self._hub.stopping:
                    await self._channel.send(wire.encode(wire.Goaway()))
                    await self._channel.close(1012, "")
                else:
                    await self._channel.close(1000, "")
        except (TimeoutError, OSError):
            pass  # the client is gone: nothing to be polite about

    # -- reading and writing -------------------------------------------------------------------

    async def _read(self) -> None:
        while True:
            frame = await self._channel.receive()
            if frame is None:
                return
            try:
                message = wire.decode_from_client(frame)
                async with self._obeying:
                    if self._parting is None:
                        await self._obey(message)
            except WireError as error:
                self.refuse("bad-message", str(error))
                return

    async def _write(self) -> None:
        while not self._outbox.overflown:
            messages = await self._outbox.next()
            for message in messages:
                async with asyncio.timeout(SEND_DEADLINE):
                    await self._channel.send(wire.encode(message))

    async def _obey(self, message: wire.FromClient) -> None:
        match message:
            case wire.Ping():
                self._outbox.tell(wire.Pong())
            case wire.Open():
                await self._open(message)
            case wire.Close():
                await self._close(message.share)

    # -- shares --------------------------------------------------------------------------------

    async def _open(self, message: wire.Open) -> None:
        if message.share in self._shares:
            self._deny("bad-message", f"share {message.share} is already open in this session", message.share)
            return
        if len(self._shares) >= MAX_SHARES:
            self._deny("limit", f"a session holds at most {MAX_SHARES} shares", message.share)
            return
        try:
            self._hub.check_pace(self._who)
            grant = await self._hub.shares.open(
                self.actor,
                name=message.name,
                expires_in=message.expires_in,
                lease=message.lease,
                naming=message.naming,
                balance=message.balance,
                **await self._policy(message),
            )
        except Refusal as refusal:
            self._outbox.tell(said(refusal, message.share))
            return
        except (SQLAlchemyError, OSError) as error:  # the other shares of this session live on
            log.error("a share could not be opened: %s", error)  # noqa: TRY400  # it says all there is
            text = "the relay's database does not work right now; its operator finds the reason in its log"
            self._outbox.tell(wire.Error("database", text, share=message.share))
            return
        self._connect(message.share, grant, moved=grant.took_over and message.lease is None)

    async def _policy(self, message: wire.Open) -> dict[str, Policy]:
        """Who may look, when the client says; what it says is never left out. Raises `BadPolicy`."""
        if message.policy is None:
            return {}
        if self._hub.policies is None:
            raise BadPolicy("this relay keeps no policies")
        return {"policy": await self._hub.policies.settle(message.policy, self.actor, message.name)}

    def _deny(self, code: str, text: str, number: int) -> None:
        self._outbox.tell(wire.Error(code, text, fatal=True, share=number))

    def _connect(self, number: int, grant: Grant, *, moved: bool) -> None:
        spares = self._hub.spares()
        share = self._live(number, grant, spares)
        self._shares[number] = share
        self._check_rights()  # they may have changed while the share was being opened
        if self._parting is not None:
            return  # refused while the share was being opened: it goes offline with the session
        if not self._hub.switchboard.connect(share):
            self._ended(number, "taken-over", "the same share was opened again elsewhere")
            return
        if self._hub.limits is not None:
            self._hub.limits.hold(share.whole)
        self._hub.tallies.add(share)
        settings = self._hub.settings
        share.pool.expect(spares)
        self._outbox.tell(
            wire.Opened(
                share=number,
                name=grant.name,
                url=settings.url_of(grant.name),
                host=share.host.decode(),
                lease=grant.lease,
                epoch=grant.epoch,
                ticket=self._ticket(number),
                dial=spares,
                expires_at=grant.expires_at,
                took_over=moved,
                paused=share.whole.paused,
                guarded=conditions(grant.policy),
            )
        )
        self._hub.on_connect(share)

    def _live(self, number: int, grant: Grant, spares: int) -> LiveShare:
        settings = self._hub.settings
        pool = Pool(
            spares=spares,
            limit=settings.max_tunnels,
            max_waiting=MAX_WAITING,
            ask=lambda count: self._outbox.dial(number, count),
        )
        if grant.balanced_from is not None:
            secure = settings.url_of(grant.name).startswith("https:")
            pool.tag, pool.cookie = secrets.token_hex(8).encode(), _ACROSS_SITES if secure else _SAME_SITE
        share = LiveShare(
            share_id=grant.share_id,
            name=grant.name,
            host=f"{grant.name}.{settings.domain}".encode(),
            epoch=grant.epoch,
            expires_at=grant.expires_at,
            account_id=self.actor.account_id,
            token_id=self.actor.token_id,
            owner=self.actor.account_name if self.actor.account_id is not None else "",
            pool=pool,
            tell=lambda code, reason: self._ended(number, code, reason),
            balanced_from=grant.balanced_from,
            paused=grant.paused,
            since=self._hub.clock(),
            remind=lambda at: self._outbox.tell(wire.Expiring(number, at)),
            tell_paused=lambda paused: self._outbox.tell(wire.Paused(number, paused)),
        )
        if self._hub.gates is not None:
            self._hub.gates.put_before(share, grant.policy)
        return share

    def _ended(self, number: int, code: str, reason: str) -> None:
        """The share is over: the client is told, and the session forgets it."""
        if self._parting is None:
            self._shares.pop(number, None)
            self._outbox.forget(number)
            self._outbox.tell(wire.Ended(number, code, reason))

    async def _close(self, number: int) -> None:
        share = self._shares.get(number)
        if share is None:
            return
        if share.balanced_from is not None:
            await self._close_part(number, share)
            return
        await self._write_down_close(share)
        self._hub.end(share, "closed", "")

    async def _close_part(self, number: int, share: LiveShare) -> None:
        """The share itself is over when the last of its clients says so."""
        if self._hub.leave(share):
            await self._write_down_close(share)
        self._ended(number, "closed", "")

    async def _write_down_close(self, share: LiveShare) -> None:
        try:
            await self._hub.shares.close(share.share_id, share.whole.epoch)
        except (SQLAlchemyError, OSError) as error:  # its row stays offline, until its grace is over
            log.error("the end of a share could not be written down: %s", error)  # noqa: TRY400  # as above

    def _ticket(self, number: int) -> str:
        share = self._shares[number]
        expires = self._hub.clock() + self._hub.settings.ticket_lifetime
        return self._hub.tickets.issue(share.share_id, share.epoch, expires)


def said(refusal: Refusal, share: int | None = None) -> wire.Error:
    """A refusal as the client hears it."""
    retry_after = refusal.retry_after if isinstance(refusal, TooMany) else None
    return wire.Error(refusal.code, refusal.message, refusal.fatal, share, retry_after)


async def turn_away(channel: Channel, refusal: Refusal) -> None:
    """Say why there is no session, and end it."""
    try:
        async with asyncio.timeout(GOODBYE_DEADLINE):
            await channel.send(wire.encode(said(refusal)))
            await channel.close(1008, refusal.code)
    except (TimeoutError, ConnectionError):
        pass  # it did not wait for the reason
