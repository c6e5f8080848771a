"""How many connections a busy share needs: more than `PROMPT` only where more of them get more done.

With so many, an app that computes has all that it can do, and each further connection costs memory and speed
on both sides. An app that waits, for a model or for news, does more with twice as many. Which of the two it
is shows in how fast the line of waiting visitors moves before and after.
"""

from __future__ import annotations

import math
from typing import Final

PROMPT: Final = 64
"""Connections that are asked for at once."""
LOOK: Final = 0.05
"""Seconds between two looks at a line that has to wait."""
_SOON: Final = 0.1
"""Seconds to wait for one's turn that are no reason for more connections."""
_LONG: Final = 1.0
"""Seconds that are, even if the last ones did not help."""
_HELPED: Final = 1.25
"""Times as fast as before that the line moves when more connections helped."""


class Growth:
    """Decides at each look at one pool's line."""

    __slots__ = ("_before", "served")

    def __init__(self) -> None:
        self.served = 0
        """Connections that were given back since the last look, each to the next in line; the pool counts."""
        self._before = 0.0
        """Those between two looks when it last grew; 0 while it has not."""

    def more(self, waiting: int, *, missing: int, there: int, coming: int) -> int:
        """How many connections to ask for now. `missing` would give one to everybody who waits."""
        served, self.served = self.served, 0
        if not waiting:
            return missing
        if coming or self._moves(waiting, served):
            return 0
        self._before = served
        return min(missing, max(1, there))

    def _moves(self, waiting: int, served: int) -> bool:
        wait = waiting * LOOK / served if served else math.inf
        return wait <= _SOON or (wait <= _LONG and served < _HELPED * self._before)
