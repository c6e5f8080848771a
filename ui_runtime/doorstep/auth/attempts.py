"""How often one may try a password: so many failures by one address, and for a name there, in a while.

Nobody can use up the budget of another address: a name is not closed to its owner because others guess at it.
What many addresses try together slows everybody's logins down instead, by seconds (`SlowDown`).
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


class SlowDown:
    """Seconds that a login waits, by how many failed of late: none up to `free`, then longer up to `longest`.

    Failures are forgotten evenly, `free` of them in `period` seconds.
    """

    def __init__(self, free: int, period: float, *, step: float, longest: float) -> None:
        self._free = free
        self._rate = free / period
        self._step = step
        self._longest = longest
        self._failures = 0.0
        self._at = 0.0

    def seconds(self, now: float) -> float:
        return min(self._longest, max(0.0, self._left(now) - self._free) * self._step)

    def failed(self, now: float) -> None:
        self._failures = min(self._left(now) + 1, self._free + self._longest / self._step)
        self._at = now

    def succeeded(self) -> None:
        """What was noted as a failure before it was known was none."""
        self._failures = max(0.0, self._failures - 1)

    def _left(self, now: float) -> float:
        return max(0.0, self._failures - (now - self._at) * self._rate)
