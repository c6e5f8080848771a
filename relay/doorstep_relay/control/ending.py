"""How shares end, or go offline: what is written, one transaction a function."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from doorstep_relay.control.actors import RELAY, Actor
from doorstep_relay.control.finding import actors_share, newest
from doorstep_relay.control.history import ShareFacts, facts, happen, is_overdue, note, take, write
from doorstep_relay.domain.lifecycle import ACTIVE, ENDED, Event, State
from doorstep_relay.domain.scopes import Scope
from doorstep_relay.errors import NoSuchAccount, NoSuchShare, ShareActive
from doorstep_relay.store import audit
from doorstep_relay.store.accounts import AccountRows
from doorstep_relay.store.audit import Change, Entry
from doorstep_relay.store.models import Share
from doorstep_relay.store.shares import ShareRows

GRACE_OVER = "its app did not come back in time"


@dataclass(frozen=True, slots=True)
class Parting:
    """The client's word, `disconnect` or `close`; worth something only in the epoch that is current."""

    now: float
    event: Event
    share_id: int
    epoch: int

    def counts(self, share: Share) -> bool:
        """Whether it still changes anything."""
        if share.epoch != self.epoch or share.state in ENDED:
            return False
        return not (self.event is Event.disconnect and share.state is State.offline)


def part_all(session: Session, partings: Sequence[Parting]) -> list[bool]:
    """Take the shares offline, or end them; whether each was in the epoch that is current."""
    found = ShareRows(session).several({parting.share_id for parting in partings})
    entries: list[Entry] = []
    outcomes: list[bool] = []
    for parting in partings:
        share = found.get(parting.share_id)
        if share is not None and parting.counts(share):
            entries.append(take(RELAY, parting.now, parting.event, share))
            outcomes.append(True)
        else:
            outcomes.append(False)
    write(session, entries)
    return outcomes


def expire(session: Session, now: float, share_id: int) -> bool:
    """End one share if its time is over. Whether it is ended now."""
    share = ShareRows(session).get(share_id)
    if share is None or share.state in ENDED:
        return True
    if not is_overdue(share, now):
        return False
    happen(session, RELAY, now, Event.expire, share)
    return True


def expire_overdue(session: Session, now: float) -> list[ShareFacts]:
    """End every share whose time is over."""
    shares = ShareRows(session).overdue(now)
    happen(session, RELAY, now, Event.expire, *shares)
    return _all_facts(shares)


def grace_over(session: Session, now: float, grace: float) -> list[ShareFacts]:
    """Close every share that has been offline for `grace` seconds."""
    shares = ShareRows(session).offline_since(now - grace)
    happen(session, RELAY, now, Event.grace_over, *shares, reason=GRACE_OVER)
    return _all_facts(shares)


def revoke(session: Session, now: float, actor: Actor, name: str, reason: str) -> Change:
    """End a share against its client's will. What is not the actor's is answered like what is not there.

    Raises `NoSuchShare` and `ShareEnded`.
    """
    share = actors_share(session, actor, name)
    (change,) = happen(session, actor, now, Event.revoke, share, reason=reason)
    return change


def revoke_all(session: Session, now: float, actor: Actor, owner: str, reason: str) -> Sequence[Change]:
    """End every share of an account, which stays. The operator's and admins' alone.

    Raises `NoSuchAccount`.
    """
    account = AccountRows(session).by_name(owner)
    if account is None or not actor.may(Scope.admin):
        raise NoSuchAccount(owner)
    return happen(session, actor, now, Event.revoke, *ShareRows(session).active_of(account.id), reason=reason)


def release(session: Session, now: float, actor: Actor, name: str) -> Change:
    """Give the name of an ended share free. The operator's and admins' alone.

    Raises `NoSuchShare` and `ShareActive`.
    """
    share = newest(session, name)
    if share is None or not actor.may(Scope.admin):
        raise NoSuchShare(name)
    if share.state in ACTIVE:
        raise ShareActive(share.name, share.state)
    share.released_at = now
    session.flush()
    (change,) = audit.record(session, note(actor, now, "share.release", share))
    return change


def _all_facts(shares: Sequence[Share]) -> list[ShareFacts]:
    return [facts(share) for share in shares]
