"""The audit trail as people read it: who did what to which right or link, and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from doorstep_relay.errors import NoSuchAccount
from doorstep_relay.store import audit
from doorstep_relay.store.accounts import AccountRows
from doorstep_relay.store.audit import Filter
from doorstep_relay.store.database import Database
from doorstep_relay.store.models import AuditEvent

__all__ = ["EventFacts", "Filter", "Trail"]


@dataclass(frozen=True, slots=True)
class EventFacts:
    """One event. `at` is unix seconds."""

    id: int
    at: float
    actor: str
    """`account:NAME`, or `operator`, `relay`, `anonymous`."""
    action: str
    """What kind of thing, and what happened to it: `share.open`, `token.revoke`, `account.ban`."""
    subject: str
    """The name of the share or account."""
    reason: str
    detail: Mapping[str, Any]


class Trail:
    """The service over the audit events of one database. It only reads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self, wanted: Filter, *, account: str | None = None, before: int | None = None, limit: int = 100
    ) -> Sequence[EventFacts]:
        """Events, newest first, `before` an id: of one account, by its name. Raises `NoSuchAccount`."""

        def work(session: Session) -> Sequence[AuditEvent]:
            asked = wanted if account is None else wanted.of(_account_id(session, account))
            return audit.page(session, asked, before=before, limit=limit)

        return [_facts(event) for event in await self._database.read(work)]


def _account_id(session: Session, name: str) -> int:
    account = AccountRows(session).by_name(name)
    if account is None:
        raise NoSuchAccount(name)
    return account.id


def _facts(event: AuditEvent) -> EventFacts:
    detail = dict(event.detail)
    reason = str(detail.pop("reason", ""))
    return EventFacts(event.id, event.at, event.actor, event.action, event.subject, reason, detail)
