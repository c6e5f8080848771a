"""Shares: opening, resuming and ending them.

Every method is one transaction, which clients that come or go together share. It finds the row, lets the
domain decide (`claims`, `lifecycle`), writes the row and its audit event, and commits both or neither.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy.exc import IntegrityError

from doorstep_relay.config import Settings
from doorstep_relay.control import ending, forgetting, tending
from doorstep_relay.control.actors import RELAY, Actor
from doorstep_relay.control.batching import Batch
from doorstep_relay.control.ending import Parting, part_all
from doorstep_relay.control.history import ShareFacts, facts, take_live_offline
from doorstep_relay.control.limits import LimitBook
from doorstep_relay.control.opening import Grant, Opening, open_all
from doorstep_relay.control.tending import Extension
from doorstep_relay.domain.lifecycle import ACTIVE, ENDED, Event
from doorstep_relay.domain.names import check_name, lookup_form
from doorstep_relay.domain.naming import Naming
from doorstep_relay.domain.policy import Policy
from doorstep_relay.errors import BadLifetime, NeedsAccount, ShareEnded
from doorstep_relay.store import audit
from doorstep_relay.store.audit import Change
from doorstep_relay.store.database import Database
from doorstep_relay.store.shares import ShareRows, ShareSearch
from doorstep_relay.switchboard.absent import Missed
from doorstep_relay.switchboard.local import LiveShare

_LONGEST_LIFETIME: Final = 10 * 365 * 86400.0
_LONGEST_REASON: Final = 500


class Shares:
    """The service over the shares of one database. `clock` gives unix seconds."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], float],
        settings: Settings,
        limits: LimitBook | None = None,
    ) -> None:
        self._limits = limits or LimitBook(database, clock, settings.limits)
        self._database = database
        self._clock = clock
        self._settings = settings
        self._look_again = 0.0
        self._openings = Batch(database, open_all)
        self._partings = Batch(database, part_all)

    def use(self, settings: Settings) -> None:
        """Go by these settings from now on."""
        self._settings = settings

    # -- the client's ------------------------------------------------------------------------------

    async def open(
        self,
        actor: Actor,
        *,
        name: str | None = None,
        expires_in: float | None = None,
        lease: str | None = None,
        naming: Naming = "random",
        balance: bool = False,
        policy: Policy | None = None,
    ) -> Grant:
        """Open a share, or take one up again by its lease or as the owner of its name.

        With `balance` the share is held together with those of its owner's clients who asked for that too.
        Raises `ShareEnded` for the lease of a share that is over, `NameTaken`, `NameRevoked`, `NameRefused`,
        `NameForbidden`, `NeedsAccount` and `BadLifetime`.
        """
        if balance and actor.account_id is None:
            raise NeedsAccount
        now = self._clock()
        opening = Opening(
            actor=actor,
            now=now,
            hold=self._settings.name_hold,
            name=None if name is None else check_name(name),
            lease=lease,
            expires_at=self.end_of(expires_in, now, actor),
            renew=expires_in is not None,
            max_shares=self._limits.of_account(actor.account_id).max_shares,
            naming=naming,
            balance=balance,
            policy=policy,
        )
        try:
            outcome = await self._openings.ask(opening)
        except IntegrityError:
            # Somebody else got the same free name a moment earlier (on PostgreSQL; SQLite's writers queue).
            # Look again, and decide by the row that is there now.
            outcome = await self._openings.ask(opening)
        if isinstance(outcome, ShareEnded):
            raise outcome  # after the commit: that the share's time was over had to be written down
        return outcome

    async def disconnected(self, share_id: int, epoch: int) -> bool:
        """The holder of `epoch` is gone. A late word of an older epoch changes nothing (False)."""
        return await self._partings.ask(Parting(self._clock(), Event.disconnect, share_id, epoch))

    async def close(self, share_id: int, epoch: int) -> bool:
        """The holder of `epoch` is done. A late word of an older epoch changes nothing (False)."""
        return await self._partings.ask(Parting(self._clock(), Event.close, share_id, epoch))

    # -- the relay's own ---------------------------------------------------------------------------

    async def expire(self, share_id: int) -> bool:
        """End a share whose time is over. False: not yet (its end was put off, or the timer is early)."""
        now = self._clock()
        return await self._database.write(lambda session: ending.expire(session, now, share_id))

    async def expire_overdue(self, now: float) -> Sequence[ShareFacts]:
        """End every share whose time is over; those that ended."""
        return await self._database.write(lambda session: ending.expire_overdue(session, now))

    async def grace_over(self, now: float) -> Sequence[ShareFacts]:
        """Close every share whose client stayed away for the whole grace period; those that closed."""
        return await self._database.write(
            lambda session: ending.grace_over(session, now, self._settings.grace)
        )

    async def all_offline(self) -> Sequence[Missed]:
        """At the relay's start nobody is connected: what was live waits, offline, from now on.

        Those of them that visitors might see: their clients may be back in a moment.
        """
        now = self._clock()
        return await self._database.write(lambda session: take_live_offline(session, RELAY, now))

    async def any_still_here(self, held: Iterable[LiveShare]) -> bool:
        """Whether a share is in the epoch in which this process holds it: nobody has it elsewhere."""
        epochs = {share.share_id: share.epoch for share in held}
        now = await self._database.read(lambda session: ShareRows(session).epochs(epochs))
        return any(now.get(share_id) == epoch for share_id, epoch in epochs.items())

    async def forget(self, now: float) -> int:
        """Delete a batch of what is over for longer than the retention; how many rows. Often 0: call again.

        Ended shares go when their names are not kept any more either, audit events by their age.
        """
        if now < self._look_again:
            return 0
        asked = (self._settings.retention, self._settings.name_hold)
        rows = await self._database.read(lambda session: forgetting.old(session, now, *asked))
        counts = [len(ids) for ids in rows.values()]
        if max(counts) < forgetting.BATCH:
            self._look_again = now + forgetting.LOOK_EVERY
        if any(counts):
            await self._database.write(lambda session: forgetting.forget(session, rows))
        return sum(counts)

    # -- the owner's and the operator's ------------------------------------------------------------

    async def revoke(self, name: str, *, actor: Actor, reason: str = "") -> Change:
        """End a share against its client's will; its name is nobody's until `release`.

        Raises `NoSuchShare` when there is none that is the actor's, `ShareEnded` when it is already over.
        """
        now = self._clock()
        return await self._database.write(
            lambda session: ending.revoke(session, now, actor, name, _sentence(reason))
        )

    async def revoke_all(self, owner: str, *, actor: Actor, reason: str = "") -> Sequence[Change]:
        """End all shares of an account, which may open others. For admins. Raises `NoSuchAccount`."""
        now = self._clock()
        return await self._database.write(
            lambda session: ending.revoke_all(session, now, actor, owner, _sentence(reason))
        )

    async def extend(self, name: str, by: float, *, actor: Actor) -> Change:
        """Put off a share's end by so many seconds, as far as the relay's longest lifetime allows.

        Raises `NoSuchShare`, `ShareEnded`, and `BadLifetime` when there is nothing to put off.
        """
        now = self._clock()
        extension = Extension(_checked(by), lambda owner: self._latest_end(now, owner))
        return await self._database.write(
            lambda session: tending.extend(session, now, actor, name, extension)
        )

    async def pause(self, name: str, *, actor: Actor, reason: str = "") -> Change | None:
        """Let nobody see a share; its client stays. None when it is paused. Raises as `extend`."""
        now = self._clock()
        return await self._database.write(
            lambda session: tending.pause(session, now, actor, name, _sentence(reason))
        )

    async def unpause(self, name: str, *, actor: Actor) -> Change | None:
        """Let visitors see a share again. None when it is not paused. Raises `PausedByAdmin`, too."""
        now = self._clock()
        return await self._database.write(lambda session: tending.unpause(session, now, actor, name))

    async def transfer(self, name: str, to: str, *, actor: Actor) -> Change:
        """Give a share to the account `to`; the client that holds it loses it.

        Raises `NoSuchShare`, `ShareEnded` and `NoSuchAccount`.
        """
        now = self._clock()
        return await self._database.write(lambda session: tending.transfer(session, now, actor, name, to))

    async def release(self, name: str, *, actor: Actor) -> Change:
        """Give a revoked or kept name free, for everybody. The operator's and admins' alone.

        Raises `NoSuchShare` when nobody had the name, `ShareActive` when somebody holds it.
        """
        now = self._clock()
        return await self._database.write(lambda session: ending.release(session, now, actor, name))

    # -- to look at --------------------------------------------------------------------------------

    async def find(self, name: str) -> ShareFacts | None:
        """The share that has this name, or had it last."""
        stored = lookup_form(name)
        if stored is None:
            return None
        found = await self._database.read(lambda session: ShareRows(session).look(stored))
        return facts(*found) if found else None

    async def meaning(self, name: str) -> tuple[str, str]:
        """What a name that is not live means to a visitor: a code, and a reason for people."""
        share = await self.find(name)
        if share is None:
            return "no-such-share", ""
        if share.state in ENDED:
            return share.state, share.reason
        if share.expires_at is not None and share.expires_at <= self._clock():
            return "expired", ""
        return ("offline" if share.paused_at is None else "paused"), ""

    async def list(self, *, owner: Actor | None = None, ended: bool = False) -> Sequence[ShareFacts]:
        """Shares, newest first: everybody's, or one account's; ended ones only when asked for."""
        states = tuple(ACTIVE | ENDED) if ended else ()
        return await self.search(ShareSearch(states=states, sort="-created"), owner)

    async def search(self, wanted: ShareSearch, owner: Actor | None = None) -> Sequence[ShareFacts]:
        """The shares that are wanted; only those of `owner` where one is given. Nobody owns nothing."""
        if owner is not None:
            if owner.account_id is None:
                return []
            wanted = replace(wanted, owner_id=owner.account_id)
        found = await self._database.read(lambda session: ShareRows(session).search(wanted))
        return [facts(*row) for row in found]

    async def changes_since(self, audit_id: int) -> Sequence[Change]:
        """What was recorded after `audit_id`, oldest first; at most 1,000, so ask until nothing comes."""
        return await self._database.read(lambda session: audit.since(session, audit_id))

    async def last_change(self) -> int:
        """The id of the newest audit event: from where to follow."""
        return await self._database.read(audit.last_id)

    # ----------------------------------------------------------------------------------------------

    def end_of(self, expires_in: float | None, now: float, actor: Actor) -> float | None:
        """When a share ends that the actor opens now. Raises `BadLifetime`."""
        asked = self._settings.default_lifetime if expires_in is None else _checked(expires_in)
        limits = [limit for limit in (asked, self._limits.lifetime(actor.account_id)) if limit is not None]
        return now + min(limits) if limits else None

    def _latest_end(self, now: float, owner_id: int | None) -> float | None:
        longest = self._limits.lifetime(owner_id)
        return None if longest is None else now + longest


def _sentence(reason: str) -> str:
    """A reason as it may be stored and shown: of some length, without control characters."""
    return "".join(sign for sign in reason[:_LONGEST_REASON] if sign.isprintable())


def _checked(expires_in: float) -> float:
    if not math.isfinite(expires_in) or not 0 < expires_in <= _LONGEST_LIFETIME:
        raise BadLifetime(
            f"a share cannot live for {expires_in} seconds; "
            f"ask for more than 0 and at most {_LONGEST_LIFETIME:.0f}"
        )
    return expires_in
