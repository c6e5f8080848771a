"""What may be changed of a share while it lives, by its owner or an admin: one transaction a function.

What is not the actor's is answered like what is not there. A share that is over stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.orm import Session

from doorstep_relay.control.actors import RELAY, Actor
from doorstep_relay.control.finding import actors_share
from doorstep_relay.control.history import happen, is_overdue, note
from doorstep_relay.domain.claims import owns
from doorstep_relay.domain.credentials import hash_secret, new_lease
from doorstep_relay.domain.lifecycle import Event, State
from doorstep_relay.domain.scopes import Scope
from doorstep_relay.errors import BadLifetime, NoSuchAccount, PausedByAdmin, ShareEnded
from doorstep_relay.store import audit
from doorstep_relay.store.accounts import AccountRows
from doorstep_relay.store.audit import Change
from doorstep_relay.store.models import Share

BY_ADMIN: Final = "admin"
"""Whose a pause is that its owner may not lift."""
PASSED_ON: Final = "the link was given to another account"


@dataclass(frozen=True, slots=True)
class Extension:
    """More time for a share: `by` seconds after its end, but from now on no more than a whole life has.

    `latest(owner_id)` is the latest end that a share of this owner may have now; None for no limit.
    """

    by: float
    latest: Callable[[int | None], float | None]

    def end(self, share: Share) -> float:
        """The new end. Raises `BadLifetime` when that is no later than the old one."""
        if share.expires_at is None:
            raise BadLifetime("this share has no end that could be put off")
        wanted, latest = share.expires_at + self.by, self.latest(share.owner_id)
        granted = wanted if latest is None else min(wanted, latest)
        if granted <= share.expires_at:
            raise BadLifetime("this share already ends as late as it may on this relay")
        return granted


def extend(session: Session, now: float, actor: Actor, name: str, extension: Extension) -> Change:
    """Put off the end of a share. Raises `NoSuchShare`, `ShareEnded`, `BadLifetime`."""
    share = _tended(session, now, actor, name)
    share.expires_at = extension.end(share)
    return _record(session, now, actor, "share.extend", share, expires_at=share.expires_at)


def pause(session: Session, now: float, actor: Actor, name: str, reason: str = "") -> Change | None:
    """Let nobody see a share. None when that is so already. Raises `NoSuchShare`, `ShareEnded`.

    What its owner paused an admin may pause as well: from then on the pause is the admin's. The reason is
    for the share's owner.
    """
    share = _tended(session, now, actor, name)
    by = "owner" if owns(actor.account_id, share.owner_id) else BY_ADMIN
    if share.paused_at is not None and share.paused_by in {by, BY_ADMIN}:
        return None
    share.paused_at = now if share.paused_at is None else share.paused_at
    share.paused_by, share.reason = by, reason
    return _record(session, now, actor, "share.pause", share, reason=reason, by=by)


def unpause(session: Session, now: float, actor: Actor, name: str) -> Change | None:
    """Let visitors see a share again. None when they may already.

    Raises `NoSuchShare`, `ShareEnded`, and `PausedByAdmin` for an owner whom an admin has paused.
    """
    share = _tended(session, now, actor, name)
    if share.paused_at is None:
        return None
    if share.paused_by == BY_ADMIN and not actor.may(Scope.admin):
        raise PausedByAdmin(share.name)
    share.paused_at = share.paused_by = None
    share.reason = ""
    return _record(session, now, actor, "share.unpause", share)


def transfer(session: Session, now: float, actor: Actor, name: str, account: str) -> Change:
    """Give a share to another account, whose client may open it from now on.

    The client that holds it loses it: its lease is worth nothing any more, nor is a late word of its epoch.
    Raises `NoSuchShare`, `ShareEnded` and `NoSuchAccount`.
    """
    share = _tended(session, now, actor, name)
    receiver = AccountRows(session).by_name(account)
    if receiver is None or receiver.banned_at is not None:
        raise NoSuchAccount(account)
    if share.state is State.live:
        happen(session, RELAY, now, Event.disconnect, share)
    given_by = share.owner_id
    share.owner_id = receiver.id
    share.epoch += 1
    share.balanced_from = None
    share.lease_hash = hash_secret(new_lease())  # nobody holds it
    return _record(session, now, actor, "share.transfer", share, given_by=given_by, to=receiver.name)


def _tended(session: Session, now: float, actor: Actor, name: str) -> Share:
    """The active share of this name, if it is the actor's to change."""
    share = actors_share(session, actor, name)
    if is_overdue(share, now):
        raise ShareEnded(State.expired)
    return share


def _record(
    session: Session, now: float, actor: Actor, action: str, share: Share, *, reason: str = "", **detail: Any
) -> Change:
    session.flush()
    (change,) = audit.record(session, note(actor, now, action, share, reason=reason, **detail))
    return change
