"""Whose account somebody has whom an identity provider vouched for, and who gets a new one."""

from __future__ import annotations

import re
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from doorstep_relay.config import Settings
from doorstep_relay.control.accounts import add
from doorstep_relay.control.actors import RELAY
from doorstep_relay.control.openid import Claims
from doorstep_relay.domain.scopes import Role
from doorstep_relay.errors import NotInvited
from doorstep_relay.store import audit
from doorstep_relay.store.accounts import AccountRows
from doorstep_relay.store.audit import Entry
from doorstep_relay.store.models import Account

ANY: Final = "*"
_UNUSUAL: Final = re.compile(r"[^A-Za-z0-9._+-]+")
_MOST_NAMESAKES: Final = 1000


def account_of(session: Session, settings: Settings, claims: Claims, now: float) -> Account:
    """The account of this identity, within a transaction.

    It is found by issuer and subject alone. The first time it is the account to which an admin gave this
    address, or a new one. Raises `NotInvited` unless the provider has verified the address, and its domain
    is one that this relay lets in (or it is an admin's).
    """
    rows = AccountRows(session)
    account = rows.by_identity(claims.identity)
    if account is None:
        _check_invited(settings, claims)
        account = _of_address(session, claims.email)
        if account is None:
            name = _free_name(rows, claims.email)
            account = add(session, now, RELAY, name, email=claims.email, identity=claims.identity)
        else:
            account.identity = claims.identity
            session.flush()
            audit.record(session, _note(now, "account.identity", account))
    _promote(session, settings, claims, account, now)
    return account


def _check_invited(settings: Settings, claims: Claims) -> None:
    address = claims.email.lower()
    name, at, domain = address.rpartition("@")
    if not (claims.email_verified and at and name and len(address) <= 254 and address.isprintable()):
        raise NotInvited("your identity provider has not verified your e-mail address")
    if ANY in settings.oidc_domains or domain in settings.oidc_domains or address in settings.oidc_admins:
        return
    raise NotInvited(f"this relay lets nobody in from {domain}; ask its operator for an invitation")


def _of_address(session: Session, email: str) -> Account | None:
    """The account to which an admin gave the address, if there is just one and nobody has it yet."""
    query = select(Account).where(Account.email == email, Account.identity.is_(None)).limit(2)
    found = session.scalars(query).all()
    return found[0] if len(found) == 1 else None


def _free_name(rows: AccountRows, email: str) -> str:
    """A name from the address: `ann` of ann@example.org, or `ann-2` if there is one."""
    plain = _UNUSUAL.sub("-", email.partition("@")[0]).strip("-._+")[:56] or "person"
    for number in range(1, _MOST_NAMESAKES):
        name = plain if number == 1 else f"{plain}-{number}"
        if rows.by_name(name) is None:
            return name
    raise NotInvited("too many people of this name are here; ask the relay's operator for an invitation")


def _promote(session: Session, settings: Settings, claims: Claims, account: Account, now: float) -> None:
    """Who is named in the settings is an admin. Leaving that list takes nothing away: an admin does."""
    named = claims.email_verified and claims.email.lower() in settings.oidc_admins
    if named and account.role != Role.admin:
        account.role = Role.admin.value
        session.flush()
        audit.record(session, _note(now, "account.role", account))


def _note(now: float, action: str, account: Account) -> Entry:
    return Entry(
        at=now,
        actor=RELAY.label,
        action=action,
        subject=account.name,
        account_id=account.id,
        detail={"role": account.role, "identity": account.identity},
    )
