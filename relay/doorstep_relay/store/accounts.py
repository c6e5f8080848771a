"""Rows of accounts and their tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from doorstep_relay.store.models import Account, Token


class AccountRows:
    """Accounts and tokens, within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def account(self, name: str) -> Account | None:
        """The account of this name."""
        found: Account | None = await self._session.scalar(select(Account).where(Account.name == name))
        return found

    async def token(self, key: str) -> tuple[Token, str] | None:
        """The token with this public id, and its account's name."""
        row = (await self._session.execute(_with_account().where(Token.key == key))).first()
        return (row[0], row[1]) if row else None

    async def tokens(self) -> Sequence[tuple[Token, str]]:
        """Every token with its account's name, oldest first."""
        return [(row[0], row[1]) for row in await self._session.execute(_with_account().order_by(Token.id))]

    async def usable_of(self, account: str, now: float) -> Sequence[tuple[Token, str]]:
        """The account's tokens that still open something."""
        query = _with_account().where(Account.name == account, _usable(now)).order_by(Token.id)
        return [(row[0], row[1]) for row in await self._session.execute(query)]

    async def any_usable(self, now: float) -> bool:
        """Whether some token opens something."""
        return bool(await self._session.scalar(select(exists().where(_usable(now)))))

    async def touch(self, token_id: int, now: float) -> None:
        """The token was used just now."""
        await self._session.execute(update(Token).where(Token.id == token_id).values(last_used_at=now))


def _with_account() -> Select[Any]:
    return select(Token, Account.name).join(Account, Account.id == Token.account_id)


def _usable(now: float) -> ColumnElement[bool]:
    return and_(Token.revoked_at.is_(None), or_(Token.expires_at.is_(None), Token.expires_at > now))
