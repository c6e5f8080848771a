"""Rows of accounts."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from doorstep_relay.store.models import Account


class AccountRows:
    """Accounts, within one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def by_name(self, name: str) -> Account | None:
        """The account of this name."""
        return self._session.scalar(select(Account).where(Account.name == name))

    def by_id(self, account_id: int) -> Account | None:
        """The account with this id."""
        return self._session.get(Account, account_id)

    def by_identity(self, identity: str) -> Account | None:
        """The account of whoever signs in as this issuer's subject."""
        return self._session.scalar(select(Account).where(Account.identity == identity))

    def page(self, *, text: str = "", after: int = 0, limit: int | None = None) -> Sequence[Account]:
        """Accounts, oldest first: those with `text` in their name or address."""
        query = select(Account).where(Account.id > after).order_by(Account.id).limit(limit)
        if text:
            fits = (column.icontains(text, autoescape=True) for column in (Account.name, Account.email))
            query = query.where(or_(*fits))
        return self._session.scalars(query).all()

    def add(self, account: Account) -> Account:
        """A new account; it has its id and its defaults now."""
        self._session.add(account)
        self._session.flush()
        return account
