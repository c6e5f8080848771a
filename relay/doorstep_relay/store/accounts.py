"""Rows of accounts and their tokens."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select, update
from sqlalchemy.orm import Session

from doorstep_relay.store.models import Account, Token


class AccountRows:
    """Accounts and tokens, within one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def account(self, name: str) -> Account | None:
        """The account of this name."""
        return self._session.scalar(select(Account).where(Account.name == name))

    def token(self, key: str) -> tuple[Token, str] | None:
        """The token with this public id, and its account's name."""
        row = self._session.execute(_with_account().where(Token.key == key)).first()
        return (row[0], row[1]) if row else None

    def tokens(self) -> Sequence[tuple[Token, str]]:
        """Every token with its account's name, oldest first."""
        return [(row[0], row[1]) for row in self._session.execute(_with_account().order_by(Token.id))]

    def usable_of(self, account: str, now: float) -> Sequence[tuple[Token, str]]:
        """The account's tokens that still open something."""
        query = _with_account().where(Account.name == account, _usable(now)).order_by(Token.id)
        return [(row[0], row[1]) for row in self._session.execute(query)]

    def any_usable(self, now: float) -> bool:
        """Whether some token opens something."""
        return bool(self._session.scalar(select(exists().where(_usable(now)))))

    def touch(self, token_id: int, now: float) -> None:
        """The token was used just now."""
        self._session.execute(update(Token).where(Token.id == token_id).values(last_used_at=now))


def _with_account() -> Select[Token, str]:
    return select(Token, Account.name).join(Account, Account.id == Token.account_id)


def _usable(now: float) -> ColumnElement[bool]:
    return and_(Token.revoked_at.is_(None), or_(Token.expires_at.is_(None), Token.expires_at > now))
