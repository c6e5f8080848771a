"""How the dashboard says numbers and times. Text only: what is HTML is made by `pieces`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from doorstep_relay.errors import OperatorError


class NeedsReasonError(OperatorError):
    """Somebody would lose something without being told why."""

    def __init__(self) -> None:
        super().__init__("give a reason: those whom it hits read it")


class NeedsReceiverError(OperatorError):
    """A link is to be given to nobody."""

    def __init__(self) -> None:
        super().__init__("say who gets it: the name of an account")


_UNITS: Final = ("B", "kB", "MB", "GB", "TB", "PB")
_BARS: Final = "▁▂▃▄▅▆▇█"
_QUIET: Final = "·"
SPARKS: Final = 20
"""Bars of a sparkline."""


def size_text(size: float) -> str:
    """`1234567` bytes as `1.2 MB`."""
    units = iter(_UNITS)
    unit = next(units)
    while size >= 999.5 and unit != _UNITS[-1]:
        size, unit = size / 1000, next(units)
    return f"{size:.1f} {unit}" if unit != "B" and size < 9.95 else f"{size:.0f} {unit}"


def speed_text(size: float) -> str:
    """Bytes a second; empty for none, so that what moves stands out."""
    return f"{size_text(size)}/s" if size else ""


def clock_text(at: float) -> str:
    """Unix seconds as `2026-11-23 02:36:15`, in UTC."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(at))


def minute_text(at: float | None) -> str:
    """Unix seconds as `2026-11-23 02:36 UTC`; nothing for none."""
    return "" if at is None else time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(at))


def counted(number: int, noun: str) -> str:
    """`1 link`, `2 links`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def sparkline(values: Sequence[int]) -> str:
    """The last minute's numbers, the oldest first, as bars that fit in a line of text; all quiet is empty."""
    step = max(1, len(values) // SPARKS)
    sums = [sum(values[start : start + step]) for start in range(0, len(values), step)]
    top = max(sums, default=0)
    if top == 0:
        return ""
    return "".join(_QUIET if value == 0 else _BARS[(value * len(_BARS) - 1) // top] for value in sums)


def needed(reason: str) -> str:
    """A reason that was given. Raises `NeedsReasonError`."""
    given = (reason or "").strip()
    if not given:
        raise NeedsReasonError
    return given


def sentence(text: str) -> str:
    """With a capital letter and a full stop."""
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '!', '?')) else '.'}"
