"""Rows of visitors' reports."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from doorstep_relay.store.models import Report


class ReportRows:
    """The reports, within one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, number: int) -> Report | None:
        """The report of this number, locked for a change."""
        return self._session.scalar(select(Report).where(Report.id == number).with_for_update())

    def page(self, *, closed: bool | None, before: int | None, limit: int) -> Sequence[Report]:
        """Reports, newest first: open ones, closed ones or (None) both, of lower numbers than `before`."""
        query = select(Report).order_by(Report.id.desc()).limit(limit)
        if closed is not None:
            query = query.where(Report.closed_at.is_not(None) if closed else Report.closed_at.is_(None))
        if before is not None:
            query = query.where(Report.id < before)
        return self._session.scalars(query).all()

    def open_ones(self) -> int:
        """How many nobody has closed yet."""
        return self._session.scalar(select(func.count()).where(Report.closed_at.is_(None))) or 0
