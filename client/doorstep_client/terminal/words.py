"""Times, sizes and texts as a person reads them in a column of a terminal."""

from __future__ import annotations

import unicodedata
from typing import Final

WAITS: Final = "requests under way may finish, for ten seconds at most; Ctrl-C again quits at once."
"""What is said once the end was asked for."""
_UNITS: Final = ("kB", "MB", "GB", "TB")


def duration(seconds: float) -> str:
    """How long something took: `0.4 ms`, `12 ms`, `1.2 s`, `3:07 min`, `2:05 h`."""
    if seconds < 0.00995:
        return f"{seconds * 1000:.1f} ms"
    if seconds < 0.9995:
        return f"{round(seconds * 1000)} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}:{rest:02} min"
    return f"{minutes // 60}:{minutes % 60:02} h"


def countdown(seconds: float) -> str:
    """How long it is until something: `0:07`, `59:12`, `2:00:31`, `3 days`."""
    left = max(0, int(seconds))
    if left >= 2 * 86400:
        return f"{round(seconds / 86400)} days"
    minutes, rest = divmod(left, 60)
    if minutes < 60:
        return f"{minutes}:{rest:02}"
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def size(count: int) -> str:
    """Bytes: `512 B`, `4.1 kB`, `38 MB` (powers of 1000)."""
    if count < 1000:
        return f"{count} B"
    number, at = count / 1000, 0
    while number >= 999.5 and at < len(_UNITS) - 1:
        number, at = number / 1000, at + 1
    return f"{number:.1f} {_UNITS[at]}" if number < 9.95 else f"{number:.0f} {_UNITS[at]}"


def counted(count: int, one: str, many: str = "") -> str:
    """`1 visitor`, `2 visitors`."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def width(text: str) -> int:
    """Columns that a printable text takes."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def clip(text: str, columns: int) -> str:
    """The text in at most so many columns; an ellipsis tells that there was more."""
    if width(text) <= columns:
        return text
    kept, room = "", columns - 1
    for sign in text:
        room -= _columns(sign)
        if room < 0:
            break
        kept += sign
    return kept + "…" if columns > 0 else ""


def pad(text: str, columns: int) -> str:
    """The text in exactly so many columns, at their left."""
    text = clip(text, columns)
    return text + " " * (columns - width(text))


def _columns(sign: str) -> int:
    if unicodedata.combining(sign):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1
