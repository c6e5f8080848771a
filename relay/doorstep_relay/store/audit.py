"""The audit trail, which is also the feed of changes that a running relay follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, func, insert, select, text
from sqlalchemy.orm import Session

from doorstep_relay.store.models import AuditEvent

_PAGE: Final = 1000
_FEED_LOCK: Final = 0x646F6F72  # any number, the same in every relay of a fleet


@dataclass(frozen=True, slots=True)
class Change:
    """One audit event, as the feed tells it.

    `action` is a kind of thing and what happened to it: `share.revoke`, `token.create`, `account.ban`.
    `account_id` is whose share or token it is.
    """

    id: int
    action: str
    share_id: int | None = None
    token_id: int | None = None
    account_id: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be recorded."""

    at: float
    actor: str
    action: str
    subject: str
    share_id: int | None = None
    token_id: int | None = None
    account_id: int | None = None
    reason: str = ""
    detail: dict[str, Any] | None = None


def record(session: Session, *entries: Entry) -> list[Change]:
    """Add events, in order. The last thing that a transaction does.

    Readers of the feed ask for what came after the last id they saw, so ids must become visible in order.
    SQLite has one writer at a time; on PostgreSQL a lock held from here to the commit sees to it.
    """
    if not entries:
        return []
    _lock(session)
    statement = insert(AuditEvent).returning(AuditEvent.id, sort_by_parameter_order=len(entries) > 1)
    ids = session.scalars(statement, [_row(entry) for entry in entries]).all()
    return [_change(number, entry) for number, entry in zip(ids, entries, strict=True)]


def append(session: Session, entries: Sequence[Entry]) -> None:
    """As `record`, for many whose ids nobody wants: five times as fast."""
    if entries:
        _lock(session)
        session.execute(insert(AuditEvent), [_row(entry) for entry in entries])


def since(session: Session, event_id: int) -> list[Change]:
    """What came after `event_id`, oldest first, at most a page of it."""
    columns = (
        AuditEvent.id,
        AuditEvent.action,
        AuditEvent.share_id,
        AuditEvent.token_id,
        AuditEvent.account_id,
        AuditEvent.detail,
    )
    query = select(*columns).where(AuditEvent.id > event_id).order_by(AuditEvent.id).limit(_PAGE)
    return [_read(row) for row in session.execute(query)]


def last_id(session: Session) -> int:
    """The newest event's id; 0 when there is none."""
    return session.scalar(select(func.max(AuditEvent.id))) or 0


def page(
    session: Session,
    *,
    account_id: int | None = None,
    name: str | None = None,
    action: str | None = None,
    since: float | None = None,
    until: float | None = None,
    before: int | None = None,
    limit: int = _PAGE,
) -> Sequence[AuditEvent]:
    """Events, newest first. `action` may end with a dot: `share.` is all that happened to shares."""
    query = select(AuditEvent).order_by(AuditEvent.id.desc()).limit(limit)
    if account_id is not None:
        query = query.where(AuditEvent.account_id == account_id)
    if name is not None:
        query = query.where(AuditEvent.subject == name)
    if action is not None:
        whole = AuditEvent.action == action
        query = query.where(
            AuditEvent.action.startswith(action, autoescape=True) if action.endswith(".") else whole
        )
    if since is not None:
        query = query.where(AuditEvent.at >= since)
    if until is not None:
        query = query.where(AuditEvent.at < until)
    if before is not None:
        query = query.where(AuditEvent.id < before)
    return session.scalars(query).all()


def _lock(session: Session) -> None:
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"SELECT pg_advisory_xact_lock({_FEED_LOCK})"))


def _row(entry: Entry) -> dict[str, Any]:
    detail = dict(entry.detail or {})
    if entry.reason:
        detail["reason"] = entry.reason
    return {
        "at": entry.at,
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject,
        "share_id": entry.share_id,
        "token_id": entry.token_id,
        "account_id": entry.account_id,
        "detail": detail,
    }


def _change(number: int, entry: Entry) -> Change:
    return Change(number, entry.action, entry.share_id, entry.token_id, entry.account_id, entry.reason)


def _read(row: Row[Any]) -> Change:
    return Change(
        row.id, row.action, row.share_id, row.token_id, row.account_id, str(row.detail.get("reason", ""))
    )
