"""Rows of tokens, each with its account."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select, update
from sqlalchemy.orm import Session

from doorstep_relay.store.models import Account, Token


class TokenRows:
    """Tokens, within one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def by_key(self, key: str) -> tuple[Token, Account] | None:
        """The token with this public id."""
        return self._first(_with_account().where(Token.key == key))

    def by_id(self, token_id: int) -> tuple[Token, Account] | None:
        """The token with this id."""
        return self._first(_with_account().where(Token.id == token_id))

    def page(
        self, *, account_id: int | None = None, after: int = 0, limit: int | None = None
    ) -> Sequence[tuple[Token, Account]]:
        """Tokens, oldest first: everybody's, or one account's."""
        query = _with_account().where(Token.id > after).order_by(Token.id).limit(limit)
        if account_id is not None:
            query = query.where(Token.account_id == account_id)
        return self._all(query)

    def usable_of(self, account: str, now: float) -> Sequence[tuple[Token, Account]]:
        """The account's tokens that still open something."""
        return self._all(_with_account().where(Account.name == account, _usable(now)).order_by(Token.id))

    def any_usable(self, now: float) -> bool:
        """Whether some token opens something."""
        return bool(self._session.scalar(select(exists().where(_usable(now)))))

    def touch(self, token_id: int, now: float) -> None:
        """The token was used just now."""
        self._session.execute(update(Token).where(Token.id == token_id).values(last_used_at=now))

    def _first(self, query: Select[Token, Account]) -> tuple[Token, Account] | None:
        row = self._session.execute(query).first()
        return (row[0], row[1]) if row else None

    def _all(self, query: Select[Token, Account]) -> Sequence[tuple[Token, Account]]:
        return [(row[0], row[1]) for row in self._session.execute(query)]


def _with_account() -> Select[Token, Account]:
    return select(Token, Account).join(Account, Account.id == Token.account_id)


def _usable(now: float) -> ColumnElement[bool]:
    return and_(Token.revoked_at.is_(None), or_(Token.expires_at.is_(None), Token.expires_at > now))
