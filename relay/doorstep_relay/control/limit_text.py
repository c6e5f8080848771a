"""Limits as people write and read them: `20`, `0.5`, `50G`, `30d`, `none`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from doorstep_relay.config import values as read
from doorstep_relay.domain.times import write_duration

Reader = Callable[[str], float | None]

READERS: Final[dict[str, Reader]] = {
    "max_shares": read.count_or_none,
    "max_connections": read.count_or_none,
    "requests_per_second": read.rate,
    "bytes_per_second": read.amount,
    "bytes_per_month": read.amount,
    "max_request_bytes": read.amount,
    "max_lifetime": read.duration_or_none,
}
"""What reads a limit; each raises `ValueError` that says what would do."""
_SIZES: Final = frozenset({"bytes_per_second", "bytes_per_month", "max_request_bytes"})


def limit_text(name: str, value: float | None) -> str:
    """A limit's value in its shortest form, which its reader reads back exactly."""
    if value is None:
        return "none"
    if name == "max_lifetime":
        return write_duration(value)
    return _size_text(value) if name in _SIZES else f"{value:.15g}"


def _size_text(value: float) -> str:
    for unit, sign in ((1024**4, "T"), (1024**3, "G"), (1024**2, "M"), (1024, "k")):
        if value >= unit and value % unit == 0:
            return f"{value / unit:.0f}{sign}"
    return f"{value:.15g}"
