"""When a client connects again: soon after a relay that restarts, ever more seldom to one that is away.

Pure: the clock and the dice are the caller's. Every wait is spread (full jitter), so that a relay's clients
do not come all at once.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

QUICK_LEAST: Final = 0.05
QUICK_MOST: Final = 0.25
QUICK_PART: Final = 4
"""Of the time that nobody has listened, a client waits a fourth part at most: so late it is at most."""
FIRST_DELAY: Final = 0.5
LONGEST_DELAY: Final = 30.0


def backoff(attempt: int, chance: Callable[[], float] = random.random) -> float:
    """Seconds to wait before attempt number `attempt` (from 0): from nothing to 0.5 s, doubling to 30 s."""
    ceiling: float = min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(attempt, 10))
    return float(ceiling * chance())


class Pace:
    """The waits of one client, one after the other."""

    def __init__(self, chance: Callable[[], float] = random.random) -> None:
        self._chance = chance
        self._hopes = False
        """The last session was a good one, and since then nobody has listened."""
        self._waited = 0.0
        self._attempt = 0

    def after(self, *, steady: bool, refused: bool) -> float:
        """Seconds to wait after a session that was good for long (`steady`), or an attempt that failed.

        `refused` says that nobody listened there: a relay that answers, and fails, gets no quick tries.
        """
        if steady:
            self._hopes, self._waited, self._attempt = True, 0.0, 0
        elif not refused:
            self._hopes = False
        if self._hopes:
            return self._soon()
        self._attempt += 1
        return backoff(self._attempt - 1, self._chance)

    def _soon(self) -> float:
        longest = min(LONGEST_DELAY, max(QUICK_MOST, self._waited / QUICK_PART))
        wait = QUICK_LEAST + (longest - QUICK_LEAST) * self._chance()
        self._waited += wait
        return wait
