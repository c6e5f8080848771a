"""Who visits a link, and how often: counted where its requests are served.

A visitor is an address. It is there while a request of it runs or a WebSocket is open, and for `LINGERS`
seconds after. Written to on the loop's thread, read on any.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

LINGERS: Final = 60.0
"""Seconds that somebody who asked for something counts as being there."""
MOST: Final = 10_000
"""Addresses that are remembered; those that came longest ago are forgotten first."""


class Visitor:
    """One address: what it has open, and when it was last heard of."""

    __slots__ = ("_clock", "open", "seen")

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.open = 0
        self.seen = 0.0

    def left(self) -> None:
        """One of its requests has ended."""
        self.open -= 1
        self.seen = self._clock()


class Visitors:
    """What one target has served."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.requests = 0
        """Since the link was opened; a WebSocket is one."""
        self._clock = clock
        self._there: dict[str, Visitor] = {}

    @property
    def now(self) -> int:
        """How many are there now."""
        since = self._clock() - LINGERS
        return sum(1 for each in list(self._there.values()) if each.open or each.seen > since)

    def came(self, address: str) -> Visitor:
        """A request of this address begins; the caller says when it has `left`."""
        found = self.asked(address)
        found.open += 1
        return found

    def asked(self, address: str) -> Visitor:
        """A request of this address of which nobody will say when it ends."""
        self.requests += 1
        found = self._there.get(address)
        if found is None:
            found = self._there[address] = Visitor(self._clock)
            if len(self._there) > MOST:
                self._forget()
        found.seen = self._clock()
        return found

    def _forget(self) -> None:
        """Those that are gone; and if that is few, a tenth of all, so that this is not done for everybody."""
        since = self._clock() - LINGERS
        there = [(who, each) for who, each in self._there.items() if each.open or each.seen > since]
        if len(there) > MOST * 9 // 10:
            del there[: MOST // 10]
        self._there = dict(there)
