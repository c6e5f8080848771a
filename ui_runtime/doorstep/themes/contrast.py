"""Which shade of a hue can be read on which ground (WCAG 2, relative luminance)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

ENOUGH: Final = 4.6
"""The ratio that text needs is 4.5; a little more forgives rounding."""

_HEX: Final = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)


def first_readable(shades: Iterable[str], *grounds: str) -> str:
    """The first of `shades` that can be read on all `grounds`, else the last.

    A colour that is not written in hex is taken as it is: whoever gave it has looked at it.
    """
    chosen = ""
    for chosen in shades:
        if all(_ratio(chosen, ground) >= ENOUGH for ground in grounds):
            break
    return chosen


def _ratio(one: str, other: str) -> float:
    first, second = _luminance(one), _luminance(other)
    if first is None or second is None:
        return ENOUGH
    return (max(first, second) + 0.05) / (min(first, second) + 0.05)


def _luminance(colour: str) -> float | None:
    found = _HEX.fullmatch(colour.strip())
    if found is None:
        return None
    digits = found[1] if len(found[1]) == 6 else "".join(2 * each for each in found[1])
    red, green, blue = (_linear(int(digits[at : at + 2], 16) / 255) for at in (0, 2, 4))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
