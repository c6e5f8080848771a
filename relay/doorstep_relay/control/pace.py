"""How often somebody may try: some times at once, then once every so often. Pure: the time is given."""

from __future__ import annotations

import heapq
from collections.abc import Hashable
from typing import Final

_SLACK: Final = 1024
"""Those who may try as often as any again, kept before they are looked for."""
_MOST: Final = 65536
"""Those who are remembered at all: who has more networks than that to come from is not held back here."""


class Pace:
    """`burst` tries at once, and one more every `every` seconds."""

    def __init__(self, burst: int, every: float) -> None:
        self._burst = burst
        self._every = every
        self._free_at: dict[Hashable, float] = {}
        """When each will have all tries again."""
        self._look_at = _SLACK

    def take(self, who: Hashable, now: float) -> float:
        """Use one try: 0; or the seconds until there is one."""
        free_at = max(now, self._free_at.get(who, 0.0)) + self._every
        wait = free_at - now - self._burst * self._every
        if wait > 1e-6:
            return wait
        self._forget(now)
        self._free_at[who] = free_at
        return 0.0

    def give_back(self, who: Hashable) -> None:
        """The try does not count."""
        if who in self._free_at:
            self._free_at[who] -= self._every

    def _forget(self, now: float) -> None:
        if len(self._free_at) < self._look_at:
            return
        self._free_at = {who: free_at for who, free_at in self._free_at.items() if free_at > now}
        if len(self._free_at) >= _MOST:  # those stay who have tried the most
            most = heapq.nlargest(_MOST // 2, self._free_at.items(), key=lambda one: one[1])
            self._free_at = dict(most)
        self._look_at = min(2 * len(self._free_at) + _SLACK, _MOST)
