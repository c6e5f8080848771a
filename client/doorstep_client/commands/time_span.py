"""A time span of the command line: `90s`, `30m`, `2h`, `3d`, `1w`."""

from __future__ import annotations

from typing import Final

import click

_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def time_span(text: str) -> float:
    """Seconds: of a number with its unit, or without one. Raises `BadParameter`."""
    number, unit = (text[:-1], text[-1]) if text[-1:] in _UNITS else (text, "s")
    try:
        seconds = float(number) * _UNITS[unit]
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise click.BadParameter(f"{text!r} is no time; write 90s, 30m, 2h or 3d")
    return seconds
