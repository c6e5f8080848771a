"""Rows of accounts and shares as far as their limits go."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import String, cast, func, select, update
from sqlalchemy.orm import Session

from doorstep_relay.store.models import Account, Share

_NOT_ENDED = Share.ended_at.is_(None)


class LimitRows:
    """Limits, within one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of_accounts(self) -> dict[int, dict[str, Any]]:
        """What is stated, by account."""
        rows = self._session.execute(
            select(Account.id, Account.limits).where(cast(Account.limits, String) != "{}")
        )
        return {account_id: limits for account_id, limits in rows if limits}

    def of_shares(self) -> dict[int, dict[str, Any]]:
        """What is stated, by share that holds its name."""
        stated = cast(Share.limits, String) != "{}"
        rows = self._session.execute(select(Share.id, Share.limits).where(_NOT_ENDED, stated))
        return {share_id: limits for share_id, limits in rows if limits}

    def active(self, share_ids: Collection[int]) -> set[int]:
        """Those of some shares that are not over."""
        if not share_ids:
            return set()
        return set(self._session.scalars(select(Share.id).where(Share.id.in_(share_ids), _NOT_ENDED)))

    def one(self, account_id: int | None, share_id: int | None) -> dict[str, Any]:
        """What is stated for one account or share; nothing for one that is gone."""
        if account_id is not None:
            query = select(Account.limits).where(Account.id == account_id)
        else:
            query = select(Share.limits).where(Share.id == share_id)
        return self._session.scalar(query) or {}

    def account(self, name: str) -> Account | None:
        """The account of this name."""
        return self._session.scalar(select(Account).where(Account.name == name))

    def share(self, name: str) -> Share | None:
        """The share that holds this name."""
        return self._session.scalar(select(Share).where(Share.name == name, _NOT_ENDED))

    def put_share(self, share_id: int, limits: dict[str, Any]) -> None:
        """State a share's limits."""
        self._session.execute(update(Share).where(Share.id == share_id).values(limits=limits))

    def shares_of(self, account_id: int) -> int:
        """How many names an account's shares hold."""
        query = select(func.count()).select_from(Share).where(Share.owner_id == account_id, _NOT_ENDED)
        return self._session.scalar(query) or 0
