"""Rows of usage: what went through each share, a row a day."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from doorstep_relay.store.models import Account, Share, Usage

_SUMS = tuple(
    func.coalesce(func.sum(column), 0) for column in (Usage.requests, Usage.bytes_in, Usage.bytes_out)
)
_BYTES = func.sum(Usage.bytes_in + Usage.bytes_out)


class Sums(NamedTuple):
    """One line of a month's usage: of a share or of an account."""

    id: int
    name: str
    requests: int
    bytes_in: int
    bytes_out: int


class UsageRows:
    """Usage, within one transaction. Days are counted from 1970-01-01; `until` is not included."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, rows: Sequence[dict[str, Any]]) -> None:
        """Add to the rows of shares and days, each named once; those that are not there are made."""
        postgres = self._session.get_bind().dialect.name == "postgresql"
        insert = postgresql.insert(Usage) if postgres else sqlite.insert(Usage)
        added = {
            name: getattr(Usage, name) + insert.excluded[name]
            for name in ("requests", "bytes_in", "bytes_out")
        }
        self._session.execute(
            insert.on_conflict_do_update(index_elements=["share_id", "day"], set_=added), list(rows)
        )

    def bytes_by_account(self, since: int) -> dict[int, int]:
        """Bytes of every account's shares from a day on."""
        query = select(Usage.account_id, _BYTES).where(Usage.day >= since, Usage.account_id.is_not(None))
        rows = self._session.execute(query.group_by(Usage.account_id))
        return {account_id: int(size) for account_id, size in rows if account_id is not None}

    def bytes_of_share(self, share_id: int, since: int) -> int:
        """Bytes of one share from a day on."""
        query = select(_BYTES).where(Usage.share_id == share_id, Usage.day >= since)
        return int(self._session.scalar(query) or 0)

    def bytes_by_share(self, share_ids: Collection[int], since: int) -> dict[int, int]:
        """Bytes of some shares from a day on."""
        query = select(Usage.share_id, _BYTES).where(Usage.share_id.in_(share_ids), Usage.day >= since)
        return {
            share_id: int(size) for share_id, size in self._session.execute(query.group_by(Usage.share_id))
        }

    def of_account(self, account_id: int, since: int, until: int) -> tuple[int, int, int]:
        """Requests, bytes in and out of an account's shares."""
        query = select(*_SUMS).where(Usage.account_id == account_id, Usage.day >= since, Usage.day < until)
        sums = self._session.execute(query).one()
        return int(sums[0]), int(sums[1]), int(sums[2])

    def by_share(self, account_id: int, since: int, until: int, *, after: int, limit: int) -> list[Sums]:
        """One account's shares, by their ids. A share that is forgotten has no name any more."""
        query = (
            select(Usage.share_id, func.coalesce(Share.name, ""), *_SUMS)
            .outerjoin(Share, Share.id == Usage.share_id)
            .where(Usage.account_id == account_id, Usage.day >= since, Usage.day < until)
            .where(Usage.share_id > after)
            .group_by(Usage.share_id, Share.name)
        )
        return self._lines(query.order_by(Usage.share_id).limit(limit))

    def by_account(self, since: int, until: int, *, after: int, limit: int) -> list[Sums]:
        """All accounts with any usage, by their ids."""
        query = (
            select(Usage.account_id, Account.name, *_SUMS)
            .join(Account, Account.id == Usage.account_id)
            .where(Usage.day >= since, Usage.day < until, Usage.account_id > after)
            .group_by(Usage.account_id, Account.name)
        )
        return self._lines(query.order_by(Usage.account_id).limit(limit))

    def forget(self, before: int) -> int:
        """Delete the days before one; how many rows."""
        return self._session.execute(delete(Usage).where(Usage.day < before)).rowcount  # type: ignore[attr-defined, no-any-return]

    def _lines(self, query: Any) -> list[Sums]:
        rows = self._session.execute(query)
        return [Sums(row[0], row[1], int(row[2]), int(row[3]), int(row[4])) for row in rows]
