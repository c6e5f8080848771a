"""One `open`: which share a client gets, a new one or the next epoch of one that is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy.orm import Session

from doorstep_relay.control.actors import RELAY, Actor
from doorstep_relay.control.history import change_policy, happen, is_overdue, take_up
from doorstep_relay.control.tending import BY_ADMIN
from doorstep_relay.domain.claims import Claim, Holder, claim, owns
from doorstep_relay.domain.credentials import hash_secret, new_lease
from doorstep_relay.domain.lifecycle import ENDED, Event, State
from doorstep_relay.domain.naming import Naming, make_name
from doorstep_relay.domain.patterns import allowed
from doorstep_relay.domain.policy import OPEN, Policy, readable, told_by
from doorstep_relay.errors import (
    NameForbidden,
    NameRefused,
    NameRevoked,
    NameTaken,
    ShareEnded,
    TooManyShares,
)
from doorstep_relay.store.limits import LimitRows
from doorstep_relay.store.models import Share
from doorstep_relay.store.names import NameRows
from doorstep_relay.store.shares import Leased, ShareRows

_TRIES: Final = 8
"""Names that are made up until one is free: a readable one may be somebody's."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a client holds after `open`. Only the holder of the newest epoch is the share's client."""

    share_id: int
    name: str
    epoch: int
    lease: str
    expires_at: float | None
    took_over: bool
    """The share was live: somebody may still hold the epoch before this one."""
    balanced_from: int | None = None
    """The first of the epochs that hold the share together; None when this one holds it alone."""
    paused: bool = False
    policy: dict[str, Any] = field(default_factory=dict)
    """Who may look, as it is stored: see `domain.policy`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What is asked for. `run` may be repeated: it keeps nothing between two runs."""

    actor: Actor
    now: float
    hold: float
    """Seconds for which an ended share's name is kept for its owner."""
    name: str | None
    lease: str | None
    expires_at: float | None
    """The end of a new share, and of one that its owner takes over if `renew` is set."""
    renew: bool
    max_shares: int | None = None
    """Names that the account's shares may hold at a time."""
    naming: Naming = "random"
    """What kind of name the relay makes up when none is asked for."""
    balance: bool = False
    """Whether to hold the share together with others of its owner's clients who asked for that too."""
    policy: Policy | None = None
    """Who may look from now on; None leaves that as it is."""

    def run(self, session: Session) -> Grant | ShareEnded:
        """Decide and write. A `ShareEnded` is returned, not raised, so that what was written is committed."""
        leased = self._leased(session)
        if leased is not None:
            return self._by_lease(session, leased)
        if self.name is None:
            return self._made_up(session)
        return self._by_name(session, self.name)

    def _leased(self, session: Session) -> Share | None:
        """The share that the lease stands for, if it is this actor's and the one that was asked for.

        A stolen lease is worth nothing to another account. A lease of another name is one that the client
        forgot to throw away: the name in the request counts.
        """
        if self.lease is None:
            return None
        share = ShareRows(session).by_lease(hash_secret(self.lease))
        return share if share is not None and self._may_resume(share) else None

    def _may_resume(self, share: Share | Leased) -> bool:
        if self.name not in {None, share.name} or not allowed(self.actor.names, share.name):
            return False
        return share.owner_id is None or owns(self.actor.account_id, share.owner_id)

    def _by_lease(self, session: Session, share: Share) -> Grant | ShareEnded:
        """Resume. The end stays as it was, or else a client could put it off by reconnecting."""
        if is_overdue(share, self.now):
            happen(session, RELAY, self.now, Event.expire, share)
        if share.state in ENDED:
            return ShareEnded(share.state, share.reason)
        return self._resume(session, share, self.lease)

    def resumes(self, share: Leased) -> bool:
        """Whether its lease takes this share up, with nothing else to decide."""
        if self.balance or self.policy is not None or not allowed(self.actor.names, share.name):
            return False
        return self._may_resume(share) and share.state not in ENDED and not is_overdue(share, self.now)

    def grant(self, share: Leased) -> Grant:
        """What its client holds when its lease has taken up the share, which is as it was before."""
        was_live = share.state is State.live
        return Grant(
            share_id=share.id,
            name=share.name,
            epoch=share.epoch + 1,
            lease=self.lease or "",
            expires_at=share.expires_at,
            took_over=was_live,
            paused=share.paused_at is not None,
            policy=dict(share.policy),
        )

    def _made_up(self, session: Session) -> Grant:
        """A new share under a name that is nobody's."""
        for _ in range(_TRIES):
            name = make_name(self.naming, self.actor.names)
            if name is None:
                raise NameForbidden(self.actor.names)
            known = ShareRows(session).newest(name) if self.naming == "readable" else None
            try:
                if self._claim(session, name, known) is Claim.fresh:
                    return self._fresh(session, name)
            except (NameRefused, NameTaken, NameRevoked):
                continue
        raise NameRefused("every name that was made up is somebody's; ask again, or choose one")

    def _by_name(self, session: Session, name: str) -> Grant | ShareEnded:
        if not allowed(self.actor.names, name):
            raise NameForbidden(self.actor.names)
        share = ShareRows(session).newest(name)
        if share is not None and is_overdue(share, self.now):
            happen(session, RELAY, self.now, Event.expire, share)
        claimed = self._claim(session, name, share)
        if share is None or claimed is Claim.fresh:
            return self._left(share) or self._fresh(session, name, share)
        if self.lease is not None and not (self.balance and share.balanced_from is not None):
            # The lease stands for nothing any more: another client has the share since.
            return ShareEnded("taken-over", "the same share was opened again elsewhere")
        if self.renew and not self._joins(share):
            share.expires_at = self.expires_at
        return self._resume(session, share, lease=None)

    def _left(self, share: Share | None) -> ShareEnded | None:
        """The end of a share that this client held with others, and comes back to.

        Only the first of them holds the lease that is stored, so the others are known by what they ask for.
        """
        if share is None or self.lease is None or not self.balance:
            return None
        return ShareEnded(share.state, share.reason) if owns(self.actor.account_id, share.owner_id) else None

    def _joins(self, share: Share) -> bool:
        """Whether the others who hold the share keep it."""
        return self.balance and share.state is State.live and share.balanced_from is not None

    def _claim(self, session: Session, name: str, share: Share | None) -> Claim:
        ruling = NameRows(session).ruling(name)
        return claim(name, _holder(share), self.actor.account_id, self.now, self.hold, ruling)

    def _resume(self, session: Session, share: Share, lease: str | None) -> Grant:
        """The next epoch. A takeover by name shows no lease, so the share gets a new one.

        Who joins others gets an epoch, too, so that a late word of one of them ends nothing; the lease that
        is stored stays the first one's.
        """
        was_live, joins = share.state is State.live, self._joins(share)
        share.epoch += 1
        if not joins:
            share.balanced_from = share.epoch if self.balance else None
        if lease is None:
            lease = new_lease()
            if not joins:
                share.lease_hash = hash_secret(lease)
        happen(session, self.actor, self.now, Event.resume, share)
        self._apply_policy(session, share)
        return _grant(share, lease, took_over=was_live and not joins)

    def _check_room(self, session: Session) -> None:
        """Raises `TooManyShares` when the account's shares hold as many names as they may."""
        account_id, most = self.actor.account_id, self.max_shares
        if most is not None and account_id is not None and LimitRows(session).shares_of(account_id) >= most:
            raise TooManyShares(most)

    def _fresh(self, session: Session, name: str, before: Share | None = None) -> Grant:
        self._check_room(session)
        kept = before if before is not None and self._is_kept(before) else None
        paused = kept if kept is not None and kept.paused_by == BY_ADMIN else None
        lease = new_lease()
        share = Share(
            name=name,
            owner_id=self.actor.account_id,
            state=State.requested,
            epoch=1,
            lease_hash=hash_secret(lease),
            created_at=self.now,
            expires_at=self.expires_at,
            reason="",
            balanced_from=1 if self.balance else None,
            policy=_told(kept),
            paused_at=paused and paused.paused_at,
            paused_by=paused and paused.paused_by,
        )
        session.add(share)
        happen(session, self.actor, self.now, Event.open, share)
        self._apply_policy(session, share)
        return _grant(share, lease, took_over=False)

    def _is_kept(self, before: Share) -> bool:
        """Whether what admins said of the name holds on: closing and opening it anew lifts nothing."""
        return before.released_at is None and before.owner_id == self.actor.account_id

    def _apply_policy(self, session: Session, share: Share) -> None:
        if self.policy is not None:
            change_policy(session, self.actor, self.now, share, self.policy)


def _told(before: Share | None) -> dict[str, Any]:
    """What a new share's policy begins with: an admin's word on the interstitial."""
    return {} if before is None else told_by(OPEN, readable(before.policy), is_admin=False).stored()


def open_all(session: Session, openings: Sequence[Opening]) -> list[Grant | ShareEnded]:
    """Decide and write some: those who come back by their leases together, then each of the others."""
    granted = _resume_all(session, openings)
    return [
        granted[number] if number in granted else opening.run(session)
        for number, opening in enumerate(openings)
    ]


def _resume_all(session: Session, openings: Sequence[Opening]) -> dict[int, Grant]:
    """The grants of leases that need no decision, by the openings' places. The rest is as it was."""
    places: dict[str, int] = {}
    for place, opening in enumerate(openings):
        if opening.lease is not None:  # the same one again comes after the first: its epoch is the next
            places.setdefault(hash_secret(opening.lease), place)
    found = ShareRows(session).by_leases(places.keys()) if places else {}
    resumed = {places[key]: share for key, share in found.items() if openings[places[key]].resumes(share)}
    take_up(session, openings[0].now, [(openings[place].actor, share) for place, share in resumed.items()])
    return {place: openings[place].grant(share) for place, share in resumed.items()}


def _holder(share: Share | None) -> Holder | None:
    if share is None:
        return None
    return Holder(
        state=share.state,
        owner_id=share.owner_id,
        ended_at=share.ended_at,
        released=share.released_at is not None,
        reason=share.reason,
    )


def _grant(share: Share, lease: str, *, took_over: bool) -> Grant:
    return Grant(
        share_id=share.id,
        name=share.name,
        epoch=share.epoch,
        lease=lease,
        expires_at=share.expires_at,
        took_over=took_over,
        balanced_from=share.balanced_from,
        paused=share.paused_at is not None,
        policy=dict(share.policy),
    )
