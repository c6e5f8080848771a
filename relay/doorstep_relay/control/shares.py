"""Shares: opening, resuming and ending them.

Every method is one transaction. It finds the row, lets the domain decide (`claims`, `lifecycle`), writes the
row and its audit event, and commits both or neither.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy.exc import IntegrityError

from doorstep_relay.config import Settings
from doorstep_relay.control.actors import ANONYMOUS, OPERATOR, RELAY, Actor
from doorstep_relay.control.history import ShareFacts, facts, happen, is_overdue, note
from doorstep_relay.control.opening import Grant, Opening
from doorstep_relay.domain.lifecycle import ACTIVE, ENDED, Event, State
from doorstep_relay.domain.names import check_name
from doorstep_relay.errors import BadLifetime, NoSuchShare, NotFoundError, ShareEnded
from doorstep_relay.store import audit
from doorstep_relay.store.audit import Change
from doorstep_relay.store.database import Database
from doorstep_relay.store.shares import ShareRows

__all__ = ["ANONYMOUS", "OPERATOR", "RELAY", "Actor", "Change", "Grant", "ShareFacts", "Shares"]

_LONGEST_LIFETIME: Final = 10 * 365 * 86400.0
_LONGEST_REASON: Final = 500


class Shares:
    """The service over the shares of one database. `clock` gives unix seconds."""

    def __init__(self, database: Database, clock: Callable[[], float], settings: Settings) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings

    # -- the client's ------------------------------------------------------------------------------

    async def open(
        self, actor: Actor, *, name: str | None = None, expires_in: float | None = None, lease: str | None = None
    ) -> Grant:
        """Open a share, or take one up again by its lease or as the owner of its name.

        Raises `ShareEnded` for the lease of a share that is over, `NameTaken`, `NameRevoked`, `NameRefused`
        and `BadLifetime`.
        """
        now = self._clock()
        opening = Opening(
            actor=actor,
            now=now,
            hold=self._settings.name_hold,
            name=None if name is None else check_name(name),
            lease=lease,
            expires_at=self._end(expires_in, now),
            renew=expires_in is not None,
        )
        try:
            outcome = await self._run(opening)
        except IntegrityError:
            # Somebody else got the same free name a moment earlier. SQLite's writers queue, PostgreSQL's race:
            # look again, and decide by the row that is there now.
            outcome = await self._run(opening)
        if isinstance(outcome, ShareEnded):
            raise outcome  # after the commit: that the share's time was over had to be written down
        return outcome

    async def disconnected(self, share_id: int, epoch: int) -> bool:
        """The holder of `epoch` is gone. A late word of an older epoch changes nothing (False)."""
        return await self._by_holder(share_id, epoch, Event.disconnect)

    async def close(self, share_id: int, epoch: int) -> bool:
        """The holder of `epoch` is done. A late word of an older epoch changes nothing (False)."""
        return await self._by_holder(share_id, epoch, Event.close)

    # -- the relay's own ---------------------------------------------------------------------------

    async def expire(self, share_id: int) -> bool:
        """End a share whose time is over. False: its end is (now) in the future, ask again then."""
        now = self._clock()
        async with self._database.write() as session:
            share = await ShareRows(session).get(share_id)
            if share is None or share.state in ENDED:
                return True
            if not is_overdue(share, now):
                return False
            await happen(session, RELAY, now, Event.expire, share)
            return True

    async def expire_overdue(self, now: float) -> list[ShareFacts]:
        """End every share whose time is over; those that ended."""
        async with self._database.write() as session:
            shares = await ShareRows(session).overdue(now)
            await happen(session, RELAY, now, Event.expire, *shares)
            return [facts(share) for share in shares]

    async def grace_over(self, now: float) -> list[ShareFacts]:
        """Close every share whose client stayed away for the whole grace period; those that closed."""
        async with self._database.write() as session:
            shares = await ShareRows(session).offline_since(now - self._settings.grace)
            await happen(
                session, RELAY, now, Event.grace_over, *shares, reason="its app did not come back in time"
            )
            return [facts(share) for share in shares]

    async def all_offline(self) -> list[ShareFacts]:
        """At the relay's start nobody is connected: what was live waits, offline, from now on.

        Every offline share, with what its deadlines follow from (`expires_at`, `offline_since`).
        """
        now = self._clock()
        async with self._database.write() as session:
            rows = ShareRows(session)
            await happen(session, RELAY, now, Event.disconnect, *await rows.live())
            return [facts(share, owner) for share, owner in await rows.offline()]

    # -- the owner's and the operator's ------------------------------------------------------------

    async def revoke(self, name: str, *, actor: Actor, reason: str = "") -> Change:
        """End a share against its client's will; its name is nobody's until `release`.

        Raises `NoSuchShare` when there is none that is the actor's, `ShareEnded` when it is already over.
        """
        now = self._clock()
        async with self._database.write() as session:
            share = await ShareRows(session).newest(name.lower())
            if share is None or not actor.may_end(share.owner_id):
                raise NoSuchShare(name)
            if share.state in ENDED:
                raise ShareEnded(share.state, share.reason)
            (change,) = await happen(
                session, actor, now, Event.revoke, share, reason=reason[:_LONGEST_REASON]
            )
            return change

    async def release(self, name: str, *, actor: Actor) -> Change:
        """Give a revoked or kept name free, for everybody. The operator's alone.

        Raises `NoSuchShare` when nobody had the name, `NotFoundError` when there is nothing to release.
        """
        now = self._clock()
        async with self._database.write() as session:
            share = await ShareRows(session).newest(name.lower())
            if share is None or not actor.is_operator:
                raise NoSuchShare(name)
            if share.state in ACTIVE:
                raise NotFoundError(f"{name!r} is {share.state}, not ended; revoke it first")
            share.released_at = now
            (change,) = await audit.record(session, note(actor, now, "share.release", share))
            return change

    # -- to look at --------------------------------------------------------------------------------

    async def find(self, name: str) -> ShareFacts | None:
        """The share that has this name, or had it last."""
        async with self._database.read() as session:
            found = await ShareRows(session).look(name.lower())
            return facts(*found) if found else None

    async def list(self, *, owner: Actor | None = None, ended: bool = False) -> Sequence[ShareFacts]:
        """Shares, newest first: everybody's, or one account's; ended ones only when asked for."""
        if owner is not None and owner.account_id is None:
            return []
        async with self._database.read() as session:
            page = await ShareRows(session).page(owner_id=owner.account_id if owner else None, ended=ended)
            return [facts(*row) for row in page]

    async def changes_since(self, audit_id: int) -> Sequence[Change]:
        """What was recorded after `audit_id`, oldest first; at most a page, so ask until nothing comes."""
        async with self._database.read() as session:
            return await audit.since(session, audit_id)

    async def last_change(self) -> int:
        """The id of the newest audit event: from where to follow."""
        async with self._database.read() as session:
            return await audit.last_id(session)

    # ----------------------------------------------------------------------------------------------

    async def _run(self, opening: Opening) -> Grant | ShareEnded:
        async with self._database.write() as session:
            return await opening.run(session)

    def _end(self, expires_in: float | None, now: float) -> float | None:
        lifetimes = (
            self._settings.default_lifetime if expires_in is None else _checked(expires_in),
            self._settings.max_lifetime,
        )
        limits = [lifetime for lifetime in lifetimes if lifetime is not None]
        return now + min(limits) if limits else None

    async def _by_holder(self, share_id: int, epoch: int, event: Event) -> bool:
        now = self._clock()
        async with self._database.write() as session:
            share = await ShareRows(session).get(share_id)
            if share is None or share.epoch != epoch or share.state not in ACTIVE:
                return False
            if event is Event.disconnect and share.state is State.offline:
                return False
            await happen(session, RELAY, now, event, share)
            return True



def _checked(expires_in: float) -> float:
    if not math.isfinite(expires_in) or not 0 < expires_in <= _LONGEST_LIFETIME:
        raise BadLifetime(
            f"a share cannot live for {expires_in} seconds; ask for more than 0 and at most {_LONGEST_LIFETIME:.0f}"
        )
    return expires_in
