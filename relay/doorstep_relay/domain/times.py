"""Times as people write and read them: `90s`, `30m`, `12h`, `30d`; "in 3 h", "2 days ago"."""

from __future__ import annotations

import math
import re
from typing import Final

_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(s|m|h|d|w)?")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_STEPS: Final = ((86400.0, "day"), (3600.0, "h"), (60.0, "min"), (1.0, "s"))


def parse_duration(text: str) -> float:
    """Seconds in `90s`, `30m`, `12h`, `30d`, `2w` or a bare number. Raises `ValueError`."""
    match = _DURATION.fullmatch(text.strip().lower())
    seconds = float(match[1]) * _SECONDS[match[2] or "s"] if match else math.inf
    if not math.isfinite(seconds):
        raise ValueError("write a duration like 90s, 30m, 12h or 30d")
    return seconds


def write_duration(seconds: float) -> str:
    """`4500` as `75m`: the shortest form that `parse_duration` reads back exactly."""
    for unit in ("d", "h", "m"):
        if seconds >= _SECONDS[unit] and seconds % _SECONDS[unit] == 0:
            return f"{seconds / _SECONDS[unit]:.0f}{unit}"
    return f"{seconds:.15g}s"


def duration_text(seconds: float) -> str:
    """`259200` as `3 days`: in the largest unit of which there is at least one."""
    for size, unit in _STEPS:
        if seconds >= size:
            count = round(seconds / size)
            return f"{count} {unit}s" if unit == "day" and count > 1 else f"{count} {unit}"
    return "0 s"


def relative_text(at: float | None, now: float) -> str:
    """`at` as seen from `now`: "in 3 h", "2 days ago", "now"; "never" for `None`."""
    if at is None:
        return "never"
    if abs(at - now) < 1:
        return "now"
    span = duration_text(abs(at - now))
    return f"in {span}" if at > now else f"{span} ago"
