"""What a link's requests come to: those that ended lately, those under way, and how many there were.

Told on the link's thread, asked on another. Bounded: what is not asked for in time is only counted.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import Final

from doorstep_client.traffic.exchange import Exchange

MOST_NEWS: Final = 200
"""Requests that ended and were not asked for yet."""
MOST_VISITORS: Final = 10_000


@dataclass(frozen=True, slots=True)
class News:
    """What happened since it was last asked for."""

    ended: list[Exchange]
    skipped: int
    """More that ended, whose details were not kept."""


class Tally:
    """Counts. `saw` is an observer of requests."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[int, Exchange] = {}
        self._ended: deque[Exchange] = deque(maxlen=MOST_NEWS)
        self._skipped = 0
        self._visitors: set[str] = set()
        self.requests = 0

    def saw(self, exchange: Exchange) -> None:
        """A request has come, or changed."""
        with self._lock:
            if exchange.state != "open":
                self._end(exchange)
            elif exchange.number not in self._open:
                self._begin(exchange)

    def take(self) -> News:
        """What ended since the last time, the oldest first."""
        with self._lock:
            news = News(list(self._ended), self._skipped)
            self._ended.clear()
            self._skipped = 0
        return news

    @property
    def under_way(self) -> list[Exchange]:
        """The oldest first."""
        with self._lock:
            return list(self._open.values())

    @property
    def visitors(self) -> int:
        """How many addresses asked so far; more than `MOST_VISITORS` are not told apart."""
        return len(self._visitors)

    def _begin(self, exchange: Exchange) -> None:
        self.requests += 1
        self._open[exchange.number] = exchange
        if len(self._visitors) < MOST_VISITORS:
            self._visitors.add(exchange.visitor)

    def _end(self, exchange: Exchange) -> None:
        self._open.pop(exchange.number, None)
        if len(self._ended) == MOST_NEWS:
            self._skipped += 1
        self._ended.append(exchange)
