"""The requests that a terminal shows: some at a time, since each line costs as much as the request itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, NamedTuple

SHOW_EVERY: Final = 0.1
"""Seconds in which those are collected that are shown together."""
MOST_SHOWN: Final = 50
"""Of these; nobody reads more."""


class Visit(NamedTuple):
    """A request that is over."""

    method: bytes
    target: bytes
    status: int
    """0 when there was no answer."""
    seconds: float


class Visits:
    """`show(visits, more)` is called with those of a moment, and how many there were beside them."""

    def __init__(self, show: Callable[[list[tuple[str, Visit]], int], None]) -> None:
        self._show = show
        self._seen: list[tuple[str, Visit]] = []
        self._more = 0
        self._timer: asyncio.TimerHandle | None = None

    def add(self, link: str, visit: Visit) -> None:
        """A request to a link of that name is over."""
        if len(self._seen) < MOST_SHOWN:
            self._seen.append((link, visit))
        else:
            self._more += 1
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(SHOW_EVERY, self._flush)

    def stop(self) -> None:
        """Nobody is there any more."""
        if self._timer is not None:
            self._timer.cancel()

    def _flush(self) -> None:
        self._timer = None
        seen, self._seen = self._seen, []
        more, self._more = self._more, 0
        self._show(seen, more)
