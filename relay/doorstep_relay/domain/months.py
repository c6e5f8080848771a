"""Days and calendar months in UTC, as usage is summed and limited. Times are unix seconds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

DAY: Final = 86400


def day_of(now: float) -> int:
    """Days since 1970-01-01."""
    return int(now // DAY)


def first_day(now: float) -> int:
    """The first day of the month."""
    return day_of(datetime.fromtimestamp(now, UTC).replace(day=1).timestamp())


def seconds_left(now: float) -> float:
    """Until the next month begins."""
    at = datetime.fromtimestamp(now, UTC)
    following = at.replace(
        year=at.year + at.month // 12,
        month=at.month % 12 + 1,
        day=1,
        hour=0,
        minute=0,
        second=0,
        microsecond=0,
    )
    return following.timestamp() - now


def day_text(day: int) -> str:
    """As 2026-11-23."""
    return datetime.fromtimestamp(day * DAY, UTC).date().isoformat()
