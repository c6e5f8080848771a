"""How much an account or a share may use, and which of several stated limits holds.

- The relay's settings state the defaults; an account's own limits replace them, field by field. Only an
  admin states those, so they may be wider or narrower; `None` there is "without limit".
- An account's limits hold for all of its shares together.
- A share's own limits hold for it alone, beside its account's: it is held to the tightest of the two, so an
  owner can narrow a share and never widen it.
- A share without an account (an open relay) is held to the defaults by itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be used at most; `None` for as much as there is."""

    max_shares: int | None = None
    """Shares that hold a name at a time, live or offline. An account's alone."""
    max_connections: int | None = None
    """Requests at a time; a WebSocket is one until it ends."""
    requests_per_second: float | None = None
    """In the long run; a second's worth may come at once."""
    bytes_per_second: float | None = None
    """Both ways together."""
    bytes_per_month: int | None = None
    """Both ways together, in a calendar month (UTC)."""
    max_request_bytes: int | None = None
    """The body of one request."""
    max_lifetime: float | None = None
    """Seconds from a share's opening to its end."""

    @property
    def is_metered(self) -> bool:
        """Whether the edge has anything to look after."""
        return any(getattr(self, name) is not None for name in _METERED)


NOTHING: Final = Limits()
NAMES: Final = tuple(limit.name for limit in fields(Limits))
_METERED: Final = (
    "max_connections",
    "requests_per_second",
    "bytes_per_second",
    "bytes_per_month",
    "max_request_bytes",
)
_WHOLE: Final = frozenset({"max_shares", "max_connections", "bytes_per_month", "max_request_bytes"})
_MOST: Final = 2**53
"""Beyond it a number of JSON is not exact everywhere."""
_LEAST: Final = 0.001


def stated(limits: Mapping[str, Any]) -> dict[str, float | None]:
    """Limits as they are stored, checked: by name, a number or `None` for none. Raises `ValueError`."""
    return {name: _checked(name, value) for name, value in limits.items()}


def overlaid(defaults: Limits, own: Mapping[str, Any]) -> Limits:
    """The defaults with what is stated otherwise; what is stored and cannot be read is left out."""
    return replace(defaults, **{name: value for name, value in own.items() if name in NAMES})


def tightest(one: Limits, other: Limits) -> Limits:
    """Field by field the smaller one."""
    both: dict[str, Any] = {name: _smaller(getattr(one, name), getattr(other, name)) for name in NAMES}
    return Limits(**both)


def as_stated(limits: Limits) -> dict[str, float | None]:
    """Those that limit something, by name."""
    return {name: value for name, value in asdict(limits).items() if value is not None}


def _checked(name: str, value: Any) -> float | None:
    if name not in NAMES:
        raise ValueError(f"{name!r} is no limit; there are {', '.join(NAMES)}")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{name}: give a number, or null for no limit")
    if name in _WHOLE and (value != int(value) or value < 1):
        raise ValueError(f"{name}: give a whole number from 1")
    if not _LEAST <= value <= _MOST:
        raise ValueError(f"{name}: give a number from {_LEAST} to 2^53")
    return int(value) if name in _WHOLE else float(value)


def _smaller(one: float | None, other: float | None) -> float | None:
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)
