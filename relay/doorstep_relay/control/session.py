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
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.exc import SQLAlchemyError

from doorstep_client import wire
from doorstep_client.errors import WireError
from doorstep_client.streams import MOST_STREAMS
from doorstep_relay.control.actors import Actor
from doorstep_relay.control.channel import GOODBYE_DEADLINE, Channel, said
from doorstep_relay.control.history import conditions
from doorstep_relay.control.opening import Grant
from doorstep_relay.control.outbox import MAX_SHARES, Outbox
from doorstep_relay.domain.patterns import allowed
from doorstep_relay.domain.policy import Policy
from doorstep_relay.domain.scopes import Scope
from doorstep_relay.errors import BadPolicy, Forbidden, NameForbidden, Refusal
from doorstep_relay.switchboard.local import LiveShare
from doorstep_relay.switchboard.pool import Pool

if TYPE_CHECKING:
    from doorstep_relay.control.hub import Hub

log = logging.getLogger("doorstep_relay.session")

MAX_WAITING: Final = 2048
"""Visitors that may wait for one share's tunnel connections."""
SEND_DEADLINE: Final = 10.0
_LOOKS: Final = 20
"""For silence, in a heartbeat at the most: the sessions share them, and the process sleeps in between."""
_LAST_LOOK: Final = 0.05
"""Seconds in which what has already arrived from a silent client is read."""
_LOOK_EVERY: Final = 0.05
"""Whether the last request of a share that closes has ended: no connection tells anybody."""
_LONGEST_CLOSING: Final = 60.0
_ACROSS_SITES: Final = b"SameSite=None; Secure; Partitioned"
"""Also where a page shows the link in a frame; browsers take that over TLS only."""
_SAME_SITE: Final = b"SameSite=Lax"


class Session:
    """One client's session."""

    def __init__(
        self, hub: Hub, channel: Channel, actor: Actor, who: str, most_spares: int | None = None
    ) -> None:
        self.actor = actor
        self._most_spares = most_spares
        self._who = who
        self._heartbeat = hub.heartbeat()
        self.ended = asyncio.Event()
        self._hub = hub
        self._channel = channel
        self._shares: dict[int, LiveShare] = {}
        self._closings: dict[int, asyncio.Task[None]] = {}
        """Of shares that are over when what is under way has ended."""
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
            self._hub.leave(share, for_good=True)  # its visitors have no business with tokens
        self._end()

    def send_away(self, instead: tuple[str, ...]) -> None:
        """Ask the client to open its shares elsewhere; it stays here until this relay ends the session."""
        self._outbox.tell(wire.Goaway(instead))

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
        self._outbox.tell(self._welcome())
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

    def _welcome(self) -> wire.Welcome:
        streams = 0
        if self._hub.tunnel is not None:
            self._channel.carry(self._tunnel, lambda error: self.refuse("bad-message", str(error)))
            streams = MOST_STREAMS
        return wire.Welcome(self._heartbeat, self._hub.settings.version, streams, pings=True)

    def _tunnel(self, number: int) -> asyncio.Protocol | None:
        """What serves a stream that the client opens for one of its shares; None when there is no such."""
        share = self._shares.get(number)
        if share is None or self._hub.tunnel is None or self._parting is not None:
            return None
        return self._hub.tunnel(share)

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
        for closing in self._closings.values():
            closing.cancel()
        for number, share in self._shares.items():
            for_good = self._parting is not None or number in self._closings
            waits = self._hub.leave(share, for_good=for_good)
            if number in self._closings:
                share.pool.close("closed", "")
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
                await self._close(message.share, message.drain)

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
        if self._most_spares is not None:
            spares = min(spares, self._most_spares)
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
                now=self._hub.clock(),
            )
        )
        self._hub.arrive(share)

    def _live(self, number: int, grant: Grant, spares: int) -> LiveShare:
        settings = self._hub.settings
        pool = Pool(
            spares=spares,
            limit=settings.max_tunnels,
            max_waiting=MAX_WAITING,
            ask=lambda count: self._outbox.dial(number, count),
            most_spares=self._most_spares,
            later=asyncio.get_running_loop().call_later,
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
            remind=lambda at: self._outbox.tell(wire.Expiring(number, at, self._hub.clock())),
            tell_paused=lambda paused: self._outbox.tell(wire.Paused(number, paused)),
        )
        if self._hub.gates is not None:
            self._hub.gates.put_before(share, grant.policy)
        return share

    def _ended(self, number: int, code: str, reason: str) -> None:
        """The share is over: the client is told, and the session forgets it."""
        if self._parting is None:
            self._shares.pop(number, None)
            closing = self._closings.pop(number, None)
            if closing is not None:  # its number may be another share's soon
                closing.cancel()
            self._outbox.forget(number)
            self._outbox.tell(wire.Ended(number, code, reason))

    async def _close(self, number: int, drain: float) -> None:
        share = self._shares.get(number)
        if share is None:
            return
        closing = self._closings.pop(number, None)
        if closing is not None:
            closing.cancel()
        elif share.balanced_from is None:
            await self._write_down_close(share)
        if drain > 0:
            self._hub.retire(share, "closed")
            self._closings[number] = asyncio.create_task(self._close_later(number, share, drain))
        else:
            await self._close_now(number, share)

    async def _close_later(self, number: int, share: LiveShare, drain: float) -> None:
        """Requests under way may finish; WebSockets have no end, and are not waited for."""
        until = asyncio.get_running_loop().time() + min(drain, _LONGEST_CLOSING)
        while share.pool.under_way and asyncio.get_running_loop().time() < until:  # noqa: ASYNC110  # as above
            await asyncio.sleep(_LOOK_EVERY)
        await self._close_now(number, share)

    async def _close_now(self, number: int, share: LiveShare) -> None:
        self._closings.pop(number, None)
        if share.balanced_from is not None:
            await self._close_part(number, share)
        else:
            self._hub.switchboard.disconnect(share)
            share.end("closed", "")

    async def _close_part(self, number: int, share: LiveShare) -> None:
        """The share itself is over when the last of its clients says so."""
        if self._hub.leave(share, for_good=True):
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
