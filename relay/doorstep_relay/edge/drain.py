"""How much is still read of a request that was answered in the middle. No I/O, and no clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from doorstep_relay.edge.context import Limits


class Drain:
    """The bounds: in time since the last byte and in all (as little when `brief`), and in bytes."""

    __slots__ = ("_idle", "_left", "_until")

    def __init__(self, limits: Limits, now: float, *, brief: bool = False) -> None:
        self._idle = limits.linger_idle
        self._left = limits.linger_bytes
        self._until = now + (limits.linger_idle if brief else limits.linger_time)

    def deadline(self, now: float) -> float:
        """By when the next byte has to come."""
        return min(now + self._idle, self._until)

    def takes(self, size: int) -> bool:
        """Note so many bytes; False once no more are to be read."""
        self._left -= size
        return self._left >= 0
