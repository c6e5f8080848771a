"""Whether a value is so big that converting it would keep others waiting."""

from __future__ import annotations

from typing import Any, Final

BIG: Final = 100_000
"""About so many characters, an object counting as `EACH`: a few milliseconds of work."""
EACH: Final = 50

_MESSAGES: Final = {"ChatMessage": "content", "Wired": "wire"}
"""Messages of a chat, known by their names: most apps never load them; and what is in them."""


def is_big(value: Any, most: int = BIG) -> bool:
    """Looks no further than it must: the work is bounded, however big the value is."""
    return _left_after(value, most) < 0


def _left_after(value: Any, left: int) -> int:
    waiting = [value]
    while waiting and left >= 0:
        each = waiting.pop()
        left -= len(each) if isinstance(each, (str, bytes)) else EACH
        waiting += _inside(each)[: 1 + left // EACH if left > 0 else 0]
    return left


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    if isinstance(value, (list, tuple)):
        return list(value)
    name = _MESSAGES.get(type(value).__name__)
    return [] if name is None else [getattr(value, name, None)]
