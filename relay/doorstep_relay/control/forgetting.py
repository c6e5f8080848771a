"""What is over for long is forgotten: rows of what has ended, in small transactions.

What has ended stays ended, so what was found to be old is still old when it is deleted. What a name still
depends on stays: a kept name until its hold is over, a revoked one until the operator released it.
Ids are never used again, so nobody who follows the trail by id can take a new event for a forgotten one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, delete, func, inspect, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from doorstep_relay.domain.lifecycle import State
from doorstep_relay.store.models import (
    AuditEvent,
    Base,
    DeviceLogin,
    Invitation,
    Report,
    Share,
    WebSession,
)

BATCH: Final = 500
"""Rows of each table in one transaction: the clients' own writes wait no longer than for that."""
LOOK_EVERY: Final = 3600.0
"""Seconds between two looks when there was nothing more to forget: a look reads the tables."""
SIGN_INS: Final = 86400.0
"""Seconds after which a sign-in or a login that is over is forgotten: the trail tells of it for longer."""

_SESSION_ENDS: Final = (WebSession.expires_at, WebSession.revoked_at)
_INVITATION_ENDS: Final = (Invitation.expires_at, Invitation.used_at, Invitation.revoked_at)

Old = dict[type[Base], Sequence[int]]


def old(session: Session, now: float, retention: float | None, hold: float) -> Old:
    """Ids of a batch of what may be forgotten, by table; for a retention of None the sign-ins alone.

    `hold` is for how many seconds the name of an ended share is kept for its owner.
    """
    queries: dict[type[Base], Select[int]] = {
        DeviceLogin: select(DeviceLogin.id).where(DeviceLogin.expires_at < now - SIGN_INS),
        WebSession: select(WebSession.id).where(_any_before(now - SIGN_INS, *_SESSION_ENDS)),
    }
    if retention is not None:
        before = now - retention
        queries |= {
            Share: _shares(min(before, now - hold)),
            AuditEvent: _events(before),
            Report: select(Report.id).where(Report.closed_at < before),
            Invitation: select(Invitation.id).where(_any_before(before, *_INVITATION_ENDS)),
        }
    return {
        table: session.scalars(query.order_by(_id(table)).limit(BATCH)).all()
        for table, query in queries.items()
    }


def forget(session: Session, rows: Old) -> None:
    """The transaction that deletes them."""
    for table, ids in rows.items():
        if ids:
            session.execute(delete(table).where(_id(table).in_(ids)))


def _id(table: type[Base]) -> ColumnElement[int]:
    found: ColumnElement[int] = inspect(table).primary_key[0]
    return found


def _any_before(at: float, *times: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    return or_(*(time < at for time in times))


def _shares(before: float) -> Select[int]:
    """Shares that ended before then, whose names depend on them no more; the oldest first.

    In this order a name's shares go from its first to its last, so an older one never becomes its newest.
    """
    free = or_(Share.state != State.revoked, Share.released_at.is_not(None))
    return select(Share.id).where(Share.ended_at < before, free)


def _events(before: float) -> Select[int]:
    """Audit events from before then, the oldest first. The very last one stays, so the feed has an end."""
    newest = select(func.max(AuditEvent.id)).scalar_subquery()
    return select(AuditEvent.id).where(AuditEvent.at < before, AuditEvent.id < newest)
