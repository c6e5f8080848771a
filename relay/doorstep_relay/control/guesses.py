"""Whether a password is a share's: compared in a thread, and for each visitor only so often.

Wrong ones count against one address and one share. So nobody locks anybody else out, and nobody is locked
out for good. Right ones do not count, and the gate remembers them: a program that sends the password with
every request costs one slow comparison.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from doorstep_relay.control.pace import Pace
from doorstep_relay.control.turnstile import subscriber
from doorstep_relay.domain import passwords
from doorstep_relay.domain.gate import Deny, Gate

BURST: Final = 8
"""Wrong passwords at once, of one address for one share."""
EVERY: Final = 10.0
"""Seconds until one more may be tried."""
MOST_WAITING: Final = 64
"""Comparisons that may wait for their turn."""
_TRY_AGAIN: Final = 2


class Guesses:
    """Compares the passwords that visitors show. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._pace = Pace(BURST, EVERY)
        self._workers = ThreadPoolExecutor(1, "passwords")
        self._waiting = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def ask(self, gate: Gate, password: str, address: str, tell: Callable[[Deny | None], None]) -> None:
        """As `check`, for who cannot wait: calls `tell` with the refusal, or None."""
        task = asyncio.get_running_loop().create_task(self._tell(gate, password, address, tell))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def check(self, gate: Gate, password: str, address: str) -> Deny | None:
        """The refusal, or None when it is the password: the gate knows it from now on."""
        if gate.is_proven(password):
            return None
        who = (gate.share_id, subscriber(address))
        wait = self._pace.take(who, self._clock())
        if wait > 0:
            return _later("too-many-tries", wait)
        if self._waiting >= MOST_WAITING:
            self._pace.give_back(who)
            return _later("busy", _TRY_AGAIN)
        if not await self._is_right(gate, password):
            return Deny("password-required", "This is not the password.", gate.challenge("Basic"))
        self._pace.give_back(who)
        gate.prove(password)
        return None

    def close(self) -> None:
        """Compare nothing more."""
        self._workers.shutdown(wait=False, cancel_futures=True)

    async def _tell(
        self, gate: Gate, password: str, address: str, tell: Callable[[Deny | None], None]
    ) -> None:
        tell(await self.check(gate, password, address))

    async def _is_right(self, gate: Gate, password: str) -> bool:
        stored = gate.policy.password if gate.policy else ""
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._workers, passwords.matches, password, stored)
        finally:
            self._waiting -= 1


def _later(code: str, seconds: float) -> Deny:
    return Deny(code, fields=(("Retry-After", str(math.ceil(seconds))),))
