"""The one place where a share's state changes, together with the audit event that tells of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from doorstep_relay.control.actors import Actor
from doorstep_relay.domain.lifecycle import ENDED, Event, State, step
from doorstep_relay.domain.policy import Policy, read, readable, told_by
from doorstep_relay.domain.scopes import Scope
from doorstep_relay.errors import BadPolicy
from doorstep_relay.store import audit
from doorstep_relay.store.audit import Change, Entry
from doorstep_relay.store.models import Share
from doorstep_relay.store.shares import Leased
from doorstep_relay.switchboard.absent import Missed


@dataclass(frozen=True, slots=True)
class ShareFacts:
    """A share as it may be shown: everything but its lease. Times are unix seconds."""

    id: int
    name: str
    owner_id: int | None
    owner: str | None
    """The owner's name, where it was looked up."""
    state: State
    epoch: int
    created_at: float
    expires_at: float | None
    offline_since: float | None
    ended_at: float | None
    released_at: float | None
    reason: str
    paused_at: float | None
    paused_by: str | None
    """`owner` or `admin`, while it is paused."""
    balanced: bool
    """Whether several clients may hold it together."""
    guarded: tuple[str, ...] = ()
    """The conditions of its policy; none when everybody may look."""


def facts(share: Share, owner: str | None = None) -> ShareFacts:
    """What a row says."""
    return ShareFacts(
        id=share.id,
        name=share.name,
        owner_id=share.owner_id,
        owner=owner,
        state=share.state,
        epoch=share.epoch,
        created_at=share.created_at,
        expires_at=share.expires_at,
        offline_since=share.offline_since,
        ended_at=share.ended_at,
        released_at=share.released_at,
        reason=share.reason,
        paused_at=share.paused_at,
        paused_by=share.paused_by,
        balanced=share.balanced_from is not None,
        guarded=conditions(share.policy),
    )


def conditions(stored: object) -> tuple[str, ...]:
    """The names of what a stored policy asks for."""
    try:
        return read(stored).conditions
    except BadPolicy:
        return ("unreadable",)


def happen(
    session: Session, actor: Actor, now: float, event: Event, *shares: Share, reason: str = ""
) -> list[Change]:
    """Take each share through `event` and record it. Raises `InvalidTransition` when one has no such step."""
    for share in shares:
        _step(now, event, share, reason)
    session.flush()  # a new share has its id now
    return audit.record(
        session, *(note(actor, now, f"share.{event}", share, reason=reason) for share in shares)
    )


def take(actor: Actor, now: float, event: Event, share: Share) -> Entry:
    """Take a stored share through `event`; what is to be recorded by `write` in the same transaction."""
    _step(now, event, share)
    return note(actor, now, f"share.{event}", share)


def take_up(session: Session, now: float, resumed: Sequence[tuple[Actor, Leased]]) -> None:
    """Take some shares, each once, through `resume` into their next epochs, and record it.

    Two statements, however many shares: a thousand clients come back at once.
    """
    if not resumed:
        return
    (state,) = {step(share.state, Event.resume) for _, share in resumed}
    statement = update(Share).where(Share.id.in_([share.id for _, share in resumed]))
    session.execute(
        statement.values(state=state, offline_since=None, epoch=Share.epoch + 1, balanced_from=None),
        execution_options={"synchronize_session": False},
    )
    audit.append(session, [_taken_up(now, *one) for one in resumed])


def _taken_up(now: float, actor: Actor, share: Leased) -> Entry:
    return Entry(
        at=now,
        actor=actor.label,
        action=f"share.{Event.resume}",
        subject=share.name,
        share_id=share.id,
        token_id=actor.token_id,
        account_id=share.owner_id,
        detail={"epoch": share.epoch + 1},
    )


def take_live_offline(session: Session, actor: Actor, now: float) -> list[Missed]:
    """Take every live share offline and record it; those that visitors might see.

    Two statements, however many shares: nobody can come back before a relay that starts has done it.
    """
    state = step(State.live, Event.disconnect)
    statement = update(Share).where(Share.ended_at.is_(None), Share.offline_since.is_(None))
    changed = session.execute(
        statement.values(state=state, offline_since=now).returning(
            Share.id, Share.name, Share.owner_id, Share.epoch, Share.expires_at, Share.paused_at
        ),
        execution_options={"synchronize_session": False},
    )
    rows = sorted(changed.all(), key=lambda row: row.id)
    audit.append(session, [_disconnected(actor, now, *row[:4]) for row in rows])
    return [
        Missed(row.id, row.name, math.inf if row.expires_at is None else row.expires_at - now)
        for row in rows
        if row.paused_at is None
    ]


def _disconnected(
    actor: Actor, now: float, share_id: int, name: str, owner_id: int | None, epoch: int
) -> Entry:
    return Entry(
        at=now,
        actor=actor.label,
        action=f"share.{Event.disconnect}",
        subject=name,
        share_id=share_id,
        token_id=actor.token_id,
        account_id=owner_id,
        detail={"epoch": epoch},
    )


def write(session: Session, entries: Sequence[Entry]) -> list[Change]:
    """Write what was changed, and record it."""
    session.flush()
    return audit.record(session, *entries)


def change_policy(session: Session, actor: Actor, now: float, share: Share, policy: Policy) -> Change:
    """Who may look from now on, and the record of it, which names the conditions and shows no secret."""
    policy = told_by(policy, readable(share.policy), is_admin=actor.may(Scope.admin))
    share.policy = policy.stored()
    session.flush()
    told: dict[str, Any] = {} if policy.interstitial is None else {"interstitial": policy.interstitial}
    entry = note(actor, now, "share.policy", share, conditions=list(policy.conditions), **told)
    (change,) = audit.record(session, entry)
    return change


def _step(now: float, event: Event, share: Share, reason: str = "") -> None:
    share.state = step(share.state, event)
    share.offline_since = now if share.state is State.offline else None
    if share.state in ENDED:
        share.ended_at = now
        share.reason = reason


def note(actor: Actor, now: float, action: str, share: Share, *, reason: str = "", **detail: Any) -> Entry:
    """The audit event of something that happened to a share."""
    return Entry(
        at=now,
        actor=actor.label,
        action=action,
        subject=share.name,
        share_id=share.id,
        token_id=actor.token_id,
        account_id=share.owner_id,
        reason=reason,
        detail={"epoch": share.epoch, **detail},
    )


def is_overdue(share: Share | Leased, now: float) -> bool:
    """Whether the share's time is over, although nobody ended it yet."""
    return share.state not in ENDED and share.expires_at is not None and share.expires_at <= now
