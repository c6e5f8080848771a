"""What is over for long is forgotten: rows of ended shares, and the audit trail, in small transactions.

A share that has ended stays ended, so what was found to be old is still old when it is deleted. What a name
still depends on stays: a kept name until its hold is over, a revoked one until the operator released it.
Ids are never used again, so nobody who follows the trail by id can take a new event for a forgotten one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from doorstep_relay.domain.lifecycle import State
from doorstep_relay.store.models import AuditEvent, Share

BATCH: Final = 500
"""Rows of each table in one transaction: the clients' own writes wait no longer than for that."""
LOOK_EVERY: Final = 3600.0
"""Seconds between two looks when there was nothing more to forget: a look reads the tables."""


def old_shares(session: Session, before: float) -> Sequence[int]:
    """Shares that ended before then, whose names depend on them no more; the oldest first.

    In this order a name's shares go from its first to its last, so an older one never becomes its newest.
    """
    free = or_(Share.state != State.revoked, Share.released_at.is_not(None))
    query = select(Share.id).where(Share.ended_at < before, free).order_by(Share.id).limit(BATCH)
    return session.scalars(query).all()


def old_events(session: Session, before: float) -> Sequence[int]:
    """Audit events from before then, the oldest first. The very last one stays, so the feed has an end."""
    newest = select(func.max(AuditEvent.id)).scalar_subquery()
    query = select(AuditEvent.id).where(AuditEvent.at < before, AuditEvent.id < newest)
    return session.scalars(query.order_by(AuditEvent.id).limit(BATCH)).all()


def forgetting(shares: Sequence[int], events: Sequence[int]) -> Callable[[Session], None]:
    """The transaction that deletes them."""

    def run(session: Session) -> None:
        session.execute(delete(Share).where(Share.id.in_(shares)))
        session.execute(delete(AuditEvent).where(AuditEvent.id.in_(events)))

    return run
