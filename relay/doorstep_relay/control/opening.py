"""One `open`: which share a client gets, a new one or the next epoch of one that is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from doorstep_relay.control.actors import RELAY, Actor
from doorstep_relay.control.history import happen, is_overdue, take, write
from doorstep_relay.domain.claims import Claim, Holder, claim, owns
from doorstep_relay.domain.credentials import hash_secret, new_lease
from doorstep_relay.domain.lifecycle import ENDED, Event, State
from doorstep_relay.domain.names import random_name
from doorstep_relay.errors import ShareEnded
from doorstep_relay.store.audit import Entry
from doorstep_relay.store.models import Share
from doorstep_relay.store.shares import ShareRows


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

    def run(self, session: Session) -> Grant | ShareEnded:
        """Decide and write. A `ShareEnded` is returned, not raised, so that what was written is committed."""
        leased = self._leased(session)
        if leased is not None:
            return self._by_lease(session, leased)
        if self.name is None:
            return self._fresh(session, random_name())
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

    def _may_resume(self, share: Share) -> bool:
        if self.name not in {None, share.name}:
            return False
        return share.owner_id is None or owns(self.actor.account_id, share.owner_id)

    def _by_lease(self, session: Session, share: Share) -> Grant | ShareEnded:
        """Resume. The end stays as it was, or else a client could put it off by reconnecting."""
        if is_overdue(share, self.now):
            happen(session, RELAY, self.now, Event.expire, share)
        if share.state in ENDED:
            return ShareEnded(share.state, share.reason)
        return self._resume(session, share, self.lease)

    def resume(self, share: Share | None) -> tuple[Grant, Entry] | None:
        """The grant for a lease whose share is found, and what is to be recorded; None: `run` decides.

        A thousand clients who come back are granted in this way, with one query and one write for many.
        """
        if share is None or self.lease is None or not self._may_resume(share):
            return None
        if share.state in ENDED or is_overdue(share, self.now):
            return None
        was_live = share.state is State.live
        share.epoch += 1
        entry = take(self.actor, self.now, Event.resume, share)
        return _grant(share, self.lease, took_over=was_live), entry

    def _by_name(self, session: Session, name: str) -> Grant | ShareEnded:
        share = ShareRows(session).newest(name)
        if share is not None and is_overdue(share, self.now):
            happen(session, RELAY, self.now, Event.expire, share)
        if share is None or self._claim(name, share) is Claim.fresh:
            return self._fresh(session, name)
        if self.lease is not None:  # it stands for nothing any more: another client has the share since
            return ShareEnded("taken-over", "the same share was opened again elsewhere")
        if self.renew:
            share.expires_at = self.expires_at
        return self._resume(session, share, lease=None)

    def _claim(self, name: str, share: Share) -> Claim:
        holder = Holder(
            state=share.state,
            owner_id=share.owner_id,
            ended_at=share.ended_at,
            released=share.released_at is not None,
            reason=share.reason,
        )
        return claim(name, holder, self.actor.account_id, self.now, self.hold)

    def _resume(self, session: Session, share: Share, lease: str | None) -> Grant:
        """The next epoch. A takeover by name shows no lease, so the share gets a new one."""
        was_live = share.state is State.live
        share.epoch += 1
        if lease is None:
            lease = new_lease()
            share.lease_hash = hash_secret(lease)
        happen(session, self.actor, self.now, Event.resume, share)
        return _grant(share, lease, took_over=was_live)

    def _fresh(self, session: Session, name: str) -> Grant:
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
        )
        session.add(share)
        happen(session, self.actor, self.now, Event.open, share)
        return _grant(share, lease, took_over=False)


def open_all(session: Session, openings: Sequence[Opening]) -> list[Grant | ShareEnded]:
    """Decide and write some, in their order."""
    hashes = [hash_secret(opening.lease) if opening.lease else "" for opening in openings]
    found = ShareRows(session).by_leases(set(hashes) - {""}) if len(openings) > 1 else {}
    entries: list[Entry] = []
    outcomes: list[Grant | ShareEnded] = []
    for opening, lease_hash in zip(openings, hashes, strict=True):
        resumed = opening.resume(found.get(lease_hash))
        if resumed is None:
            outcomes.append(opening.run(session))
        else:
            outcomes.append(resumed[0])
            entries.append(resumed[1])
    write(session, entries)
    return outcomes


def _grant(share: Share, lease: str, *, took_over: bool) -> Grant:
    return Grant(share.id, share.name, share.epoch, lease, share.expires_at, took_over)
