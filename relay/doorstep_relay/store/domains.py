"""Rows of host names of accounts' own."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from doorstep_relay.store.models import Account, Domain


class DomainRows:
    """Host names, within one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of_account(self, host: str, account_id: int | None) -> Domain | None:
        """What this account said of a host."""
        if account_id is None:
            return None
        return self._session.scalar(
            select(Domain).where(Domain.host == host, Domain.account_id == account_id)
        )

    def proven(self, host: str) -> Domain | None:
        """Whose the host was proven to be."""
        return self._session.scalar(
            select(Domain).where(Domain.host == host, Domain.verified_at.is_not(None))
        )

    def all_proven(self) -> Sequence[Domain]:
        """Every host that shows a share."""
        return self._session.scalars(select(Domain).where(Domain.verified_at.is_not(None))).all()

    def page(
        self, *, account_id: int | None = None, after: int = 0, limit: int = 1000
    ) -> Sequence[tuple[Domain, str]]:
        """Hosts with their accounts' names, oldest first: of one account, or all."""
        query = select(Domain, Account.name).join(Account).where(Domain.id > after)
        if account_id is not None:
            query = query.where(Domain.account_id == account_id)
        rows = self._session.execute(query.order_by(Domain.id).limit(limit))
        return [(row[0], row[1]) for row in rows]
