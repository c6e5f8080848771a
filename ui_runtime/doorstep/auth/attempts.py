"""How often one may try a password: so many failures by one address, and for one name, in a while.

A budget fills up again evenly. No clock of its own: `now` is in seconds.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

MAX_KNOWN: Final = 10_000
"""Addresses and names that are remembered, the latest first to stay."""


@dataclass(slots=True)
class _Budget:
    left: float
    at: float


class Attempts:
    """At most `count` failures at once, and then one more every `period / count` seconds."""

    def __init__(self, count: int, period: float) -> None:
        self._count = count
        self._rate = count / period
        self._budgets: OrderedDict[str, _Budget] = OrderedDict()

    def wait(self, who: str, now: float) -> int:
        """Seconds until another try may be made: 0 when it may be made now."""
        left = self._left(who, now)
        return 0 if left >= 1 else math.ceil((1 - left) / self._rate)

    def failed(self, who: str, now: float) -> None:
        self._budgets[who] = _Budget(self._left(who, now) - 1, now)
        self._budgets.move_to_end(who)
        while len(self._budgets) > MAX_KNOWN:
            self._budgets.popitem(last=False)

    def succeeded(self, who: str) -> None:
        self._budgets.pop(who, None)

    def _left(self, who: str, now: float) -> float:
        budget = self._budgets.get(who)
        if budget is None:
            return float(self._count)
        return min(float(self._count), budget.left + (now - budget.at) * self._rate)
