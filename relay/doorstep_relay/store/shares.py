"""Rows of shares: how they are found and added. What may happen to them is decided elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from doorstep_relay.domain.lifecycle import State
from doorstep_relay.store.models import Account, Share

_NOT_ENDED = Share.ended_at.is_(None)
_Query = TypeVar("_Query", bound=Select[*tuple[Any, ...]])


class Leased(NamedTuple):
    """What a lease's share has to be asked before it is taken up again."""

    lease_hash: str
    id: int
    name: str
    owner_id: int | None
    state: State
    epoch: int
    expires_at: float | None
    paused_at: float | None
    policy: dict[str, Any]


_LEASED = tuple(getattr(Share, field) for field in Leased._fields)


class ShareRows:
    """The shares, within one transaction. Rows found by the first group are locked for a change."""

    def __init__(self, session: Session) -> None:
        self._session = session

    # -- to change ---------------------------------------------------------------------------------

    def get(self, share_id: int) -> Share | None:
        """The share with this id."""
        return self._one(select(Share).where(Share.id == share_id))

    def newest(self, name: str) -> Share | None:
        """The share that has the name, or had it last: an active one is always the newest."""
        return self._one(_newest(select(Share), name))

    def by_lease(self, lease_hash: str) -> Share | None:
        """The share that a lease belongs to, in whatever state.

        An index compares hashes, not secrets: how long it takes tells nothing that helps to find a lease.
        """
        return self._one(select(Share).where(Share.lease_hash == lease_hash))

    def by_leases(self, lease_hashes: Collection[str]) -> dict[str, Leased]:
        """What there is to know of the shares that some leases belong to, by the lease's hash.

        No objects: for a thousand at once those take four times as long as the rows.
        """
        query = select(*_LEASED).where(Share.lease_hash.in_(lease_hashes)).order_by(Share.id)
        return {row[0]: Leased(*row) for row in self._session.execute(query.with_for_update())}

    def several(self, share_ids: Collection[int]) -> dict[int, Share]:
        """The shares with these ids."""
        return {share.id: share for share in self._all(select(Share).where(Share.id.in_(share_ids)))}

    def live(self) -> Sequence[Share]:
        """Every live share."""
        return self._all(select(Share).where(_NOT_ENDED, Share.offline_since.is_(None)))

    def active_of(self, owner_id: int) -> Sequence[Share]:
        """Every active share of an account."""
        return self._all(select(Share).where(_NOT_ENDED, Share.owner_id == owner_id))

    def offline_since(self, at: float) -> Sequence[Share]:
        """Shares that went offline at `at` or before."""
        return self._all(select(Share).where(Share.offline_since <= at))

    def overdue(self, now: float) -> Sequence[Share]:
        """Active shares whose time is over."""
        return self._all(select(Share).where(_NOT_ENDED, Share.expires_at <= now))

    # -- to look at --------------------------------------------------------------------------------

    def look(self, name: str) -> tuple[Share, str | None] | None:
        """The newest share of a name, with its owner's name."""
        row = self._session.execute(_newest(_with_owner(), name)).first()
        return (row[0], row[1]) if row else None

    def policy(self, share_id: int) -> dict[str, Any] | None:
        """Who may look at a share, as it is stored."""
        return self._session.scalar(select(Share.policy).where(Share.id == share_id))

    def offline(self) -> Sequence[tuple[Share, str | None]]:
        """Every offline share, with its owner's name."""
        rows = self._session.execute(_with_owner().where(Share.offline_since.is_not(None)))
        return [(row[0], row[1]) for row in rows]

    def page(
        self, *, owner_id: int | None = None, ended: bool = False, limit: int = 1000
    ) -> Sequence[tuple[Share, str | None]]:
        """Shares with their owners' names, newest first: of one owner or all, with or without ended ones."""
        query = _with_owner().order_by(Share.id.desc()).limit(limit)
        if owner_id is not None:
            query = query.where(Share.owner_id == owner_id)
        if not ended:
            query = query.where(_NOT_ENDED)
        return [(row[0], row[1]) for row in self._session.execute(query)]

    def _one(self, query: Select[Share]) -> Share | None:
        return self._session.scalar(query.with_for_update())

    def _all(self, query: Select[Share]) -> Sequence[Share]:
        return self._session.scalars(query.order_by(Share.id).with_for_update()).all()


def _with_owner() -> Select[Share, str]:
    return select(Share, Account.name).outerjoin(Account, Account.id == Share.owner_id)


def _newest(query: _Query, name: str) -> _Query:
    return query.where(Share.name == name).order_by(Share.id.desc()).limit(1)
