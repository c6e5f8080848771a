"""Accounts: making, listing and changing them, shutting one out and letting it in again.

None is ever deleted: what the audit trail names stays somebody. One that goes is banned.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from doorstep_relay.control.actors import Actor
from doorstep_relay.control.history import happen
from doorstep_relay.control.issuing import check_account
from doorstep_relay.domain.lifecycle import Event
from doorstep_relay.domain.scopes import Role
from doorstep_relay.errors import AccountExists, NoSuchAccount
from doorstep_relay.store import audit
from doorstep_relay.store.accounts import AccountRows
from doorstep_relay.store.audit import Change, Entry
from doorstep_relay.store.database import Database
from doorstep_relay.store.models import Account
from doorstep_relay.store.shares import ShareRows
from doorstep_relay.store.sign_ins import WebSessionRows

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """An account as an admin sees it. Times are unix seconds."""

    id: int
    name: str
    role: Role
    email: str | None
    identity: str | None
    """Issuer and subject of who signs in through OpenID Connect."""
    created_at: float
    banned_at: float | None
    ban_reason: str
    limits: Mapping[str, Any]
    """What differs from the relay's defaults."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountChange:
    """What is to become of an account; None leaves a thing as it is."""

    name: str | None = None
    role: Role | None = None
    email: str | None = None
    """Empty for none."""


class Accounts:
    """The service over the accounts of one database. `clock` gives unix seconds."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    async def create(
        self, name: str, *, by: Actor, role: Role = Role.member, email: str | None = None
    ) -> AccountFacts:
        """A new account. Raises `ConfigError` and `AccountExists`."""
        check_account(name)
        now = self._clock()

        def work(session: Session) -> AccountFacts:
            return facts_of(add(session, now, by, name, role=role, email=email))

        return await self._unique(work, name)

    async def list(
        self, *, text: str = "", after: int = 0, limit: int | None = None
    ) -> Sequence[AccountFacts]:
        """Accounts, oldest first: those with `text` in their name or address."""
        rows = await self._database.read(
            lambda session: AccountRows(session).page(text=text, after=after, limit=limit)
        )
        return [facts_of(row) for row in rows]

    async def find(self, name: str) -> AccountFacts:
        """The account of this name. Raises `NoSuchAccount`."""
        return await self._database.read(lambda session: facts_of(_named(session, name)))

    async def change(
        self, name: str, wanted: AccountChange, *, by: Actor
    ) -> tuple[AccountFacts, Sequence[Change]]:
        """Rename an account, give it another role or address. One event for each.

        Raises `ConfigError`, `NoSuchAccount` and `AccountExists`.
        """
        if wanted.name is not None:
            check_account(wanted.name)
        now = self._clock()

        def work(session: Session) -> tuple[AccountFacts, Sequence[Change]]:
            account = _named(session, name)
            entries = _apply(session, now, by, account, wanted)
            session.flush()
            return facts_of(account), audit.record(session, *entries)

        return await self._unique(work, wanted.name or name)

    async def ban(self, name: str, *, by: Actor, reason: str = "") -> Sequence[Change]:
        """Shut an account out: its tokens and sessions are worth nothing, its links end with the reason.

        Raises `NoSuchAccount`. Whoever is banned already gets the new reason.
        """
        now = self._clock()

        def work(session: Session) -> Sequence[Change]:
            account = _named(session, name)
            account.banned_at, account.ban_reason = account.banned_at or now, reason[:500]
            WebSessionRows(session).end_of(account.id, now)
            # The links first: their visitors and clients are to hear why before the sessions end.
            shares = ShareRows(session).active_of(account.id)
            changes = happen(session, by, now, Event.revoke, *shares, reason=reason[:500])
            entry = _note(now, by, "account.ban", account, reason=reason[:500])
            return changes + audit.record(session, entry)

        return await self._database.write(work)

    async def unban(self, name: str, *, by: Actor) -> Sequence[Change]:
        """Let an account in again. Its links stay ended. Raises `NoSuchAccount`."""
        now = self._clock()

        def work(session: Session) -> Sequence[Change]:
            account = _named(session, name)
            if account.banned_at is None:
                return []
            account.banned_at, account.ban_reason = None, ""
            return audit.record(session, _note(now, by, "account.unban", account))

        return await self._database.write(work)

    async def _unique(self, work: Callable[[Session], T], name: str) -> T:
        try:
            return await self._database.write(work)
        except IntegrityError:
            raise AccountExists(name) from None


def add(
    session: Session,
    now: float,
    by: Actor,
    name: str,
    *,
    role: Role = Role.member,
    email: str | None = None,
    identity: str | None = None,
) -> Account:
    """A new account within a transaction, and its event. Raises `AccountExists`."""
    rows = AccountRows(session)
    if rows.by_name(name) is not None:
        raise AccountExists(name)
    account = rows.add(
        Account(name=name, created_at=now, role=role.value, email=email or None, identity=identity)
    )
    audit.record(session, _note(now, by, "account.create", account, role=role.value))
    return account


def facts_of(account: Account) -> AccountFacts:
    """What a row says."""
    return AccountFacts(
        id=account.id,
        name=account.name,
        role=Role(account.role or Role.member),
        email=account.email,
        identity=account.identity,
        created_at=account.created_at,
        banned_at=account.banned_at,
        ban_reason=account.ban_reason or "",
        limits=account.limits or {},
    )


def _named(session: Session, name: str) -> Account:
    account = AccountRows(session).by_name(name)
    if account is None:
        raise NoSuchAccount(name)
    return account


def _apply(session: Session, now: float, by: Actor, account: Account, wanted: AccountChange) -> list[Entry]:
    entries = []
    if wanted.name is not None and wanted.name != account.name:
        if AccountRows(session).by_name(wanted.name) is not None:
            raise AccountExists(wanted.name)
        before, account.name = account.name, wanted.name
        entries.append(_note(now, by, "account.rename", account, before=before))
    if wanted.role is not None and wanted.role != account.role:
        account.role = wanted.role.value
        entries.append(_note(now, by, "account.role", account, role=account.role))
    if wanted.email is not None and (wanted.email or None) != account.email:
        account.email = wanted.email or None
        entries.append(_note(now, by, "account.email", account))
    return entries


def _note(now: float, by: Actor, action: str, account: Account, *, reason: str = "", **detail: Any) -> Entry:
    return Entry(
        at=now,
        actor=by.label,
        action=action,
        subject=account.name,
        account_id=account.id,
        reason=reason,
        detail=detail,
    )
