"""Rows about names: which are kept for whom, and which nobody gets."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, literal, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from doorstep_relay.domain.claims import Ruling
from doorstep_relay.domain.patterns import closest
from doorstep_relay.store.models import Account, DeniedName, Reservation


class NameRows:
    """Reservations and denied names, within one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def ruling(self, name: str) -> Ruling:
        """What is ruled about this name: the most exact pattern of each kind counts."""
        denied = self._session.execute(
            select(DeniedName.pattern, DeniedName.reason).where(_fits(DeniedName.pattern, name))
        ).all()
        kept = self._session.execute(
            select(Reservation.pattern, Reservation.account_id).where(_fits(Reservation.pattern, name))
        ).all()
        reason = closest(((row[0], row[1]) for row in denied), name)
        kept_for = closest(((row[0], row[1]) for row in kept), name)
        return Ruling(reason is not None, reason or "", kept_for)

    def reservation(self, pattern: str) -> tuple[Reservation, str] | None:
        """The reservation of exactly this pattern, with its account's name."""
        query = select(Reservation, Account.name).join(Account).where(Reservation.pattern == pattern)
        row = self._session.execute(query).first()
        return (row[0], row[1]) if row else None

    def denied(self, pattern: str) -> DeniedName | None:
        """The rule against exactly this pattern."""
        return self._session.scalar(select(DeniedName).where(DeniedName.pattern == pattern))

    def reservations(
        self, *, account_id: int | None = None, after: int = 0, limit: int = 1000
    ) -> Sequence[tuple[Reservation, str]]:
        """Reservations with their accounts' names, oldest first: of one account, or all."""
        query = select(Reservation, Account.name).join(Account).where(Reservation.id > after)
        if account_id is not None:
            query = query.where(Reservation.account_id == account_id)
        rows = self._session.execute(query.order_by(Reservation.id).limit(limit))
        return [(row[0], row[1]) for row in rows]

    def denials(self, *, after: int = 0, limit: int = 1000) -> Sequence[DeniedName]:
        """Rules against names, oldest first."""
        query = select(DeniedName).where(DeniedName.id > after).order_by(DeniedName.id).limit(limit)
        return self._session.scalars(query).all()


def _fits(pattern: InstrumentedAttribute[str], name: str) -> ColumnElement[bool]:
    """A pattern has no sign that means something to LIKE but `*`, which becomes `%`."""
    return literal(name).like(func.replace(pattern, "*", "%"))
