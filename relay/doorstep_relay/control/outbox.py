"""What waits to be told to one client: bounded, and whoever speaks is never blocked."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from doorstep_client import wire

MAX_SHARES: Final = 64
"""Shares that one session may hold."""
OUTBOX: Final = 4 * MAX_SHARES
"""Messages that may wait for a client that does not read."""


class Outbox:
    """What waits to be told to one client. Wishes for connections add up instead of queueing."""

    def __init__(self, ticket: Callable[[int], str]) -> None:
        self._messages: deque[wire.FromRelay] = deque()
        self._dials: dict[int, int] = {}
        self._ticket = ticket
        self._some = asyncio.Event()
        self.overflown = False

    def tell(self, message: wire.FromRelay) -> None:
        if len(self._messages) >= OUTBOX:
            self.overflown = True
        else:
            self._messages.append(message)
        self._some.set()

    def dial(self, number: int, count: int) -> None:
        self._dials[number] = self._dials.get(number, 0) + count
        self._some.set()

    def forget(self, number: int) -> None:
        self._dials.pop(number, None)

    async def next(self) -> list[wire.FromRelay]:
        """Everything that is to be told now; waits until there is something."""
        await self._some.wait()
        self._some.clear()
        messages = list(self._messages)
        self._messages.clear()
        dials, self._dials = self._dials, {}
        return messages + [wire.Dial(number, count, self._ticket(number)) for number, count in dials.items()]
