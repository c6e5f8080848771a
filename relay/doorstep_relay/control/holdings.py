"""The shares of one session: opened, connected, closed, and given up with it."""

from __future__ import annotations

import asyncio
import logging
import secrets
from typing import TYPE_CHECKING, Final

from sqlalchemy.exc import SQLAlchemyError

from doorstep_client import wire
from doorstep_relay.control.actors import Actor
from doorstep_relay.control.channel import said
from doorstep_relay.control.history import conditions
from doorstep_relay.control.opening import Grant
from doorstep_relay.control.outbox import MAX_SHARES, Outbox
from doorstep_relay.domain.patterns import allowed
from doorstep_relay.domain.policy import Policy
from doorstep_relay.errors import BadPolicy, Refusal
from doorstep_relay.switchboard.local import LiveShare
from doorstep_relay.switchboard.pool import Pool

if TYPE_CHECKING:
    from doorstep_relay.control.hub import Hub
    from doorstep_relay.control.session import Session

log = logging.getLogger("doorstep_relay.session")

MAX_WAITING: Final = 2048
"""Visitors that may wait for one share's tunnel connections."""
_LOOK_EVERY: Final = 0.05
"""Whether the last request of a share that closes has ended: no connection tells anybody."""
_LONGEST_CLOSING: Final = 60.0
_ACROSS_SITES: Final = b"SameSite=None; Secure; Partitioned"
"""Also where a page shows the link in a frame; browsers take that over TLS only."""
_SAME_SITE: Final = b"SameSite=Lax"


class Holdings:
    """What one session holds, by the numbers that its client gave them.

    Each keeps `most_spares` idle tunnel connections at the most. `outbox` has what the client is told.
    """

    def __init__(self, hub: Hub, session: Session, who: str, most_spares: int | None) -> None:
        self._hub = hub
        self._session = session
        self.outbox = Outbox(self.ticket)
        self._who = who
        self._most_spares = most_spares
        self._shares: dict[int, LiveShare] = {}
        self._closings: dict[int, asyncio.Task[None]] = {}
        """Of shares that are over when what is under way has ended."""

    def all_allowed(self, patterns: tuple[str, ...]) -> bool:
        """Whether who may have names of these patterns may have them all."""
        return all(allowed(patterns, share.name) for share in self._shares.values())

    def get(self, number: int) -> LiveShare | None:
        """The share of that number."""
        return self._shares.get(number)

    def rename_owner(self, actor: Actor) -> None:
        """Its account may have another name from now on, by which its shares are shown, or are exempt."""
        for share in self._shares.values():
            if share.whole.owner == actor.account_name:
                continue
            share.owner = share.whole.owner = actor.account_name
            if self._hub.gates is not None:
                self._hub.gates.put_before(share.whole, share.whole.policy)

    def cut(self) -> None:
        """Nobody is served any more: visitors have no business with tokens."""
        for share in self._shares.values():
            self._hub.leave(share, for_good=True)

    def ticket(self, number: int) -> str:
        """By which tunnel connections of this share are known, for a while."""
        share = self._shares[number]
        expires = self._hub.clock() + self._hub.settings.ticket_lifetime
        return self._hub.tickets.issue(share.share_id, share.epoch, expires)

    # -- opening ------------------------------------------------------------------------------------

    async def open(self, message: wire.Open) -> None:
        """Open the share that the client asks for, and tell it so, or why not."""
        if message.share in self._shares:
            self._deny("bad-message", f"share {message.share} is already open in this session", message.share)
            return
        if len(self._shares) >= MAX_SHARES:
            self._deny("limit", f"a session holds at most {MAX_SHARES} shares", message.share)
            return
        try:
            self._hub.check_pace(self._who)
            grant = await self._hub.shares.open(
                self._session.actor,
                name=message.name,
                expires_in=message.expires_in,
                lease=message.lease,
                naming=message.naming,
                balance=message.balance,
                **await self._policy(message),
            )
        except Refusal as refusal:
            self.outbox.tell(said(refusal, message.share))
            return
        except (SQLAlchemyError, OSError) as error:  # the other shares of this session live on
            log.error("a share could not be opened: %s", error)  # noqa: TRY400  # it says all there is
            text = "the relay's database does not work right now; its operator finds the reason in its log"
            self.outbox.tell(wire.Error("database", text, share=message.share))
            return
        self._connect(message.share, grant, moved=grant.took_over and message.lease is None)

    async def _policy(self, message: wire.Open) -> dict[str, Policy]:
        """Who may look, when the client says; what it says is never left out. Raises `BadPolicy`."""
        if message.policy is None:
            return {}
        if self._hub.policies is None:
            raise BadPolicy("this relay keeps no policies")
        return {"policy": await self._hub.policies.settle(message.policy, self._session.actor, message.name)}

    def _deny(self, code: str, text: str, number: int) -> None:
        self.outbox.tell(wire.Error(code, text, fatal=True, share=number))

    def _connect(self, number: int, grant: Grant, *, moved: bool) -> None:
        spares = self._hub.spares()
        if self._most_spares is not None:
            spares = min(spares, self._most_spares)
        share = self._live(number, grant, spares)
        self._shares[number] = share
        self._session.check_rights()  # they may have changed while the share was being opened
        if self._session.is_parting:
            return  # refused while the share was being opened: it goes offline with the session
        if not self._hub.switchboard.connect(share):
            self._ended(number, "taken-over", "the same share was opened again elsewhere")
            return
        if self._hub.limits is not None:
            self._hub.limits.hold(share.whole)
        self._hub.tallies.add(share)
        settings = self._hub.settings
        share.own.expect(spares)
        self.outbox.tell(
            wire.Opened(
                share=number,
                name=grant.name,
                url=settings.url_of(grant.name),
                host=share.host.decode(),
                lease=grant.lease,
                epoch=grant.epoch,
                ticket=self.ticket(number),
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
            ask=lambda count: self.outbox.dial(number, count),
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
            account_id=self._session.actor.account_id,
            token_id=self._session.actor.token_id,
            owner=self._session.actor.account_name if self._session.actor.account_id is not None else "",
            pool=pool,
            tell=lambda code, reason: self._ended(number, code, reason),
            balanced_from=grant.balanced_from,
            paused=grant.paused,
            since=self._hub.clock(),
            remind=lambda at: self.outbox.tell(wire.Expiring(number, at, self._hub.clock())),
            tell_paused=lambda paused: self.outbox.tell(wire.Paused(number, paused)),
        )
        if self._hub.gates is not None:
            self._hub.gates.put_before(share, grant.policy)
        return share

    # -- the end ------------------------------------------------------------------------------------

    def _ended(self, number: int, code: str, reason: str) -> None:
        """The share is over: the client is told, and the session forgets it."""
        if not self._session.is_parting:
            self._shares.pop(number, None)
            closing = self._closings.pop(number, None)
            if closing is not None:  # its number may be another share's soon
                closing.cancel()
            self.outbox.forget(number)
            self.outbox.tell(wire.Ended(number, code, reason))

    async def close(self, number: int, drain: float) -> None:
        """End a share for good: now, or when what is under way has ended, `drain` seconds at the most."""
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
        while share.own.under_way and asyncio.get_running_loop().time() < until:  # noqa: ASYNC110  # an exchange ends without telling anybody here
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

    def disconnect(self) -> list[LiveShare]:
        """Take the shares out of the switchboard; those whose record has to follow."""
        gone = []
        for closing in self._closings.values():
            closing.cancel()
        for number, share in self._shares.items():
            for_good = self._session.is_parting or number in self._closings
            waits = self._hub.leave(share, for_good=for_good)
            if number in self._closings:
                share.pool.close("closed", "")
            if waits or (self._session.is_parting and not self._hub.switchboard.missed(share)):
                gone.append(share)
        return gone

    async def record(self, gone: list[LiveShare]) -> None:
        """The shares wait for their client. At the end of the process the next start writes that."""
        for share in [] if self._hub.stopping else gone:
            try:
                await self._hub.shares.disconnected(share.share_id, share.whole.epoch)
            except Exception:  # the others have their records too
                log.exception("could not record that %s is offline", share.name)
