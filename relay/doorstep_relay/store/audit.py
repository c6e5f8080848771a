"""The audit trail, which is also the feed of changes that a running relay follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, func, insert, select, text
from sqlalchemy.orm import Session

from doorstep_relay.store.models import AuditEvent

_PAGE: Final = 1000
_FEED_LOCK: Final = 0x646F6F72  # any number, the same in every relay of a fleet


@dataclass(frozen=True, slots=True)
class Change:
    """One audit event, as the feed tells it.

    `action` is what it is about and what happened to that: `share.` with one of the lifecycle's events,
    `share.pause`, `token.revoke`, `domain.verify`. `account_id` is whose share, token or domain it is.
    """

    id: int
    action: str
    share_id: int | None = None
    token_id: int | None = None
    account_id: int | None = None
    reason: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which events are wanted; None does not matter."""

    account_id: int | None = None
    subject: str | None = None
    """The name of a share or an account."""
    action: str | None = None
    """`token.revoke`; with a dot at the end, `token.`, all that happened to tokens."""
    since: float | None = None
    until: float | None = None

    def of(self, account_id: int) -> Filter:
        """The same, for one account."""
        return replace(self, account_id=account_id)

    def conditions(self) -> list[ColumnElement[bool]]:
        """As SQL has it."""
        found: list[ColumnElement[bool]] = []
        if self.account_id is not None:
            found.append(AuditEvent.account_id == self.account_id)
        if self.subject is not None:
            found.append(AuditEvent.subject == self.subject)
        if self.action is not None and self.action.endswith("."):
            found.append(AuditEvent.action.startswith(self.action, autoescape=True))
        elif self.action is not None:
            found.append(AuditEvent.action == self.action)
        if self.since is not None:
            found.append(AuditEvent.at >= self.since)
        if self.until is not None:
            found.append(AuditEvent.at < self.until)
        return found


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
    session: Session, wanted: Filter, *, before: int | None = None, limit: int = _PAGE
) -> Sequence[AuditEvent]:
    """Events, newest first; those that came before the event `before`."""
    query = select(AuditEvent).where(*wanted.conditions()).order_by(AuditEvent.id.desc()).limit(limit)
    if before is not None:
        query = query.where(AuditEvent.id < before)
    return session.scalars(query).all()


def _lock(session: Session) -> None:
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"SELECT pg_advisory_xact_lock({_FEED_LOCK})"))


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "at": entry.at,
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject,
        "share_id": entry.share_id,
        "token_id": entry.token_id,
        "account_id": entry.account_id,
        "detail": _detail(entry),
    }


def _change(number: int, entry: Entry) -> Change:
    return Change(
        number,
        entry.action,
        entry.share_id,
        entry.token_id,
        entry.account_id,
        entry.reason,
        _detail(entry),
    )


def _detail(entry: Entry) -> dict[str, Any]:
    """What is kept beside the columns, the reason among it."""
    reason = {"reason": entry.reason} if entry.reason else {}
    return {**(entry.detail or {}), **reason}


def _read(row: Row[Any]) -> Change:
    reason = str(row.detail.get("reason", ""))
    return Change(row.id, row.action, row.share_id, row.token_id, row.account_id, reason, row.detail)
