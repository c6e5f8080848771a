"""Rules about names: which are kept for an account, and which nobody gets. They are about shares to come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from doorstep_relay.control.actors import Actor
from doorstep_relay.domain.patterns import check_pattern
from doorstep_relay.errors import NameRefused, NameTaken, NoSuchAccount, NoSuchRule
from doorstep_relay.store import audit
from doorstep_relay.store.accounts import AccountRows
from doorstep_relay.store.audit import Change, Entry
from doorstep_relay.store.database import Database
from doorstep_relay.store.models import DeniedName, Reservation
from doorstep_relay.store.names import NameRows


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """One rule, as it may be shown. Times are unix seconds."""

    id: int
    pattern: str
    account: str | None
    """For whom it is kept; None for a name that nobody gets."""
    reason: str
    created_by: str
    created_at: float


class Names:
    """The service over the rules of one database. `clock` gives unix seconds."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    async def reserve(self, pattern: str, account: str, *, actor: Actor) -> Change | None:
        """Keep a name, or a pattern of names, for an account. None when that is so already.

        Raises `NameRefused`, `NoSuchAccount`, and `NameTaken` when it is kept for another one.
        """
        checked, now = _checked(pattern), self._clock()
        return await self._database.write(lambda session: _reserve(session, now, actor, checked, account))

    async def unreserve(self, pattern: str, *, actor: Actor) -> Change:
        """Keep it no longer. Raises `NoSuchRule`."""
        now, checked = self._clock(), _checked(pattern)
        return await self._database.write(lambda session: _unreserve(session, now, actor, checked))

    async def deny(self, pattern: str, reason: str = "", *, actor: Actor) -> Change:
        """Give this name, or names of this pattern, to nobody from now on. Who has one keeps it."""
        checked, now = _checked(pattern), self._clock()
        return await self._database.write(lambda session: _deny(session, now, actor, checked, reason))

    async def allow(self, pattern: str, *, actor: Actor) -> Change:
        """Deny it no longer. Raises `NoSuchRule`."""
        now, checked = self._clock(), _checked(pattern)
        return await self._database.write(lambda session: _allow(session, now, actor, checked))

    async def reserved(
        self, *, owner: Actor | None = None, after: int = 0, limit: int = 1000
    ) -> Sequence[RuleFacts]:
        """What is kept, oldest first: for everybody, or for one account."""
        if owner is not None and owner.account_id is None:
            return []
        account_id = owner.account_id if owner else None
        rows = await self._database.read(
            lambda session: NameRows(session).reservations(account_id=account_id, after=after, limit=limit)
        )
        return [_kept(*row) for row in rows]

    async def denied(self, *, after: int = 0, limit: int = 1000) -> Sequence[RuleFacts]:
        """What nobody gets, oldest first, besides what no relay gives out (`domain.names`)."""
        rows = await self._database.read(lambda session: NameRows(session).denials(after=after, limit=limit))
        return [
            RuleFacts(row.id, row.pattern, None, row.reason, row.created_by, row.created_at) for row in rows
        ]


def _checked(pattern: str) -> str:
    try:
        checked = check_pattern(pattern)
    except ValueError as error:
        raise NameRefused(str(error)) from None
    if not checked.strip("*"):
        raise NameRefused("a rule cannot be about every name; give some signs beside the *")
    return checked


def _reserve(session: Session, now: float, actor: Actor, pattern: str, name: str) -> Change | None:
    account = AccountRows(session).by_name(name)
    if account is None:
        raise NoSuchAccount(name)
    known = NameRows(session).reservation(pattern)
    if known is not None:
        if known[0].account_id != account.id:
            raise NameTaken(pattern)
        return None
    row = Reservation(pattern=pattern, account_id=account.id, created_by=actor.label, created_at=now)
    session.add(row)
    session.flush()
    return _record(session, now, actor, "name.reserve", pattern, account_id=account.id)


def _unreserve(session: Session, now: float, actor: Actor, pattern: str) -> Change:
    known = NameRows(session).reservation(pattern)
    if known is None:
        raise NoSuchRule(pattern)
    session.delete(known[0])
    return _record(session, now, actor, "name.unreserve", pattern, account_id=known[0].account_id)


def _deny(session: Session, now: float, actor: Actor, pattern: str, reason: str) -> Change:
    known = NameRows(session).denied(pattern)
    if known is None:
        known = DeniedName(pattern=pattern, reason=reason, created_by=actor.label, created_at=now)
        session.add(known)
    known.reason = reason
    return _record(session, now, actor, "name.deny", pattern, reason=reason)


def _allow(session: Session, now: float, actor: Actor, pattern: str) -> Change:
    known = NameRows(session).denied(pattern)
    if known is None:
        raise NoSuchRule(pattern)
    session.delete(known)
    return _record(session, now, actor, "name.allow", pattern)


def _record(
    session: Session,
    now: float,
    actor: Actor,
    action: str,
    pattern: str,
    *,
    account_id: int | None = None,
    reason: str = "",
) -> Change:
    session.flush()
    entry = Entry(
        at=now,
        actor=actor.label,
        action=action,
        subject=pattern,
        token_id=actor.token_id,
        account_id=account_id,
        reason=reason,
    )
    return audit.record(session, entry)[0]


def _kept(row: Reservation, account: str) -> RuleFacts:
    return RuleFacts(row.id, row.pattern, account, "", row.created_by, row.created_at)
