"""Rows of shares: how they are found and added. What may happen to them is decided elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Select, and_, false, func, literal, or_, select, tuple_, update
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareSearch:
    """Which shares are wanted, in which order, and from where on."""

    owner_id: int | None = None
    """Of one account; None for everybody's."""
    owner: str | None = None
    """Of the account of this name."""
    text: str = ""
    """What their names, or their owners', contain."""
    states: tuple[State, ...] = ()
    """In one of these; in none given, those that hold their name."""
    paused: bool | None = None
    sort: str = "created"
    """One of `SORTS`; from the highest down if it begins with `-`."""
    after: int | None = None
    """The id of the last one that was seen."""
    limit: int = 1000


_NEVER: Final = 1e18
_KEYS: Final[dict[str, ColumnElement[Any]]] = {
    "created": Share.id.expression,
    "name": Share.name.expression,
    "expires": func.coalesce(Share.expires_at, _NEVER),
}
SORTS: Final = tuple(sign + key for key in _KEYS for sign in ("", "-"))


class ShareRows:
    """The shares, within one transaction. Rows found by the first group are locked for a change."""

    def __init__(self, session: Session) -> None:
        self._session = session

    # -- to change ---------------------------------------------------------------------------------

    def seat(self, share_id: int, seat: str, lease_hash: str) -> None:
        """From now on the share is given back to who comes as `seat`, by a lease that follows from it."""
        values = {"seat": seat, "lease_hash": lease_hash}
        self._session.execute(update(Share).where(Share.id == share_id).values(values))

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

    def epochs(self, share_ids: Collection[int]) -> dict[int, int]:
        """In which epoch some shares are, by their ids."""
        query = select(Share.id, Share.epoch).where(Share.id.in_(share_ids))
        return {row.id: row.epoch for row in self._session.execute(query)}

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

    def seated(self, seats: Collection[str], owner_id: int | None, now: float) -> Sequence[Share]:
        """The offline shares that are given back to who comes as one of the seats, oldest first."""
        lasting = or_(Share.expires_at.is_(None), Share.expires_at > now)
        away = and_(Share.seat.in_(seats), Share.offline_since.is_not(None), lasting)
        owned = Share.owner_id.is_(None) if owner_id is None else Share.owner_id == owner_id
        return self._session.scalars(select(Share).where(away, owned).order_by(Share.id)).all()

    def search(self, wanted: ShareSearch) -> Sequence[tuple[Share, str | None]]:
        """Shares with their owners' names, as they are wanted."""
        key, down = _KEYS[wanted.sort.removeprefix("-")], wanted.sort.startswith("-")
        query = _filtered(_with_owner(), wanted)
        if wanted.after is not None:
            query = query.where(self._beyond(key, wanted.after, down=down))
        order = (key.desc(), Share.id.desc()) if down else (key, Share.id)
        rows = self._session.execute(query.order_by(*order).limit(wanted.limit))
        return [(row[0], row[1]) for row in rows]

    def _beyond(self, key: ColumnElement[Any], after: int, *, down: bool) -> ColumnElement[bool]:
        """After the share of this id; one that was forgotten since is taken as the last of all."""
        at = self._session.scalar(select(key).where(Share.id == after))
        if at is None:
            return false()
        here, there = tuple_(key, Share.id), tuple_(literal(at), literal(after))
        return here < there if down else here > there

    def _one(self, query: Select[Share]) -> Share | None:
        return self._session.scalar(query.with_for_update())

    def _all(self, query: Select[Share]) -> Sequence[Share]:
        return self._session.scalars(query.order_by(Share.id).with_for_update()).all()


def _with_owner() -> Select[Share, str]:
    return select(Share, Account.name).outerjoin(Account, Account.id == Share.owner_id)


def _filtered(query: Select[Share, str], wanted: ShareSearch) -> Select[Share, str]:
    query = query.where(Share.state.in_(wanted.states) if wanted.states else _NOT_ENDED)
    if wanted.owner_id is not None:
        query = query.where(Share.owner_id == wanted.owner_id)
    if wanted.owner is not None:
        query = query.where(Account.name == wanted.owner)
    if wanted.text:
        text = wanted.text.lower()
        query = query.where(
            or_(Share.name.contains(text, autoescape=True), Account.name.icontains(text, autoescape=True))
        )
    if wanted.paused is not None:
        query = query.where(Share.paused_at.is_not(None) if wanted.paused else Share.paused_at.is_(None))
    return query


def _newest(query: _Query, name: str) -> _Query:
    return query.where(Share.name == name).order_by(Share.id.desc()).limit(1)
