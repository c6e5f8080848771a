"""Days and calendar months in UTC, as usage is summed and limited. Times are unix seconds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

DAY: Final = 86400
_MONTH: Final = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Month:
    """One month, as `year` and `month` (1 to 12)."""

    year: int
    month: int

    @property
    def begin(self) -> float:
        """Its first second."""
        return datetime(self.year, self.month, 1, tzinfo=UTC).timestamp()

    @property
    def following(self) -> Month:
        """The month after it."""
        return Month(self.year + self.month // 12, self.month % 12 + 1)

    @property
    def first(self) -> int:
        """Its first day, counted from 1970-01-01."""
        return day_of(self.begin)

    @property
    def end(self) -> int:
        """The first day of the next month."""
        return self.following.first

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"


def day_of(now: float) -> int:
    """Days since 1970-01-01."""
    return int(now // DAY)


def month_of(now: float) -> Month:
    """The month of a moment."""
    at = datetime.fromtimestamp(now, UTC)
    return Month(at.year, at.month)


def parse_month(text: str) -> Month:
    """`2026-11`. Raises `ValueError`."""
    match = _MONTH.fullmatch(text)
    if match is None:
        raise ValueError("write a month like 2026-11")
    return Month(int(match[1]), int(match[2]))


def seconds_left(now: float) -> float:
    """Until the next month begins."""
    return month_of(now).following.begin - now
