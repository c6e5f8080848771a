"""Clients on their way in, some at a time: first come, first served.

When a relay starts again, thousands come at once. Were each step taken for all of them before the next, none
would get through before it gave up; so those whose turn has not come wait, at no cost, and those who leave
meanwhile are passed over.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

AT_ONCE: Final = 256
"""Clients on their way from the upgrade to the answer to their first wish: half a second of work."""
TURN: Final = 1.0
"""Seconds after which one who says nothing is no longer waited for."""


class Arrivals:
    """The line in front of the door. Who was let in says `settled` once."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._free = at_once
        self._waiting: deque[Callable[[], bool]] = deque()

    def come(self, enter: Callable[[], bool]) -> None:
        """Call `enter` when it is its turn, which may be now. False from it: that client has left."""
        self._waiting.append(enter)
        self._let_in()

    def settled(self) -> None:
        """One who was let in is through."""
        self._free += 1
        self._let_in()

    def _let_in(self) -> None:
        while self._free and self._waiting:
            self._free -= 1
            if not self._waiting.popleft()():
                self._free += 1
