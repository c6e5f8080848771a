"""What names mean that nobody holds: asked of the database once for all who ask at the same time.

An answer is good for a moment (`FRESH`), so that a flood of visitors to one dead link, or of guesses
at names, costs the database a bounded number of questions. A name that comes alive meanwhile is
found before anybody asks here.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

log = logging.getLogger("doorstep_relay.edge")

Facts = Callable[[str], Awaitable[tuple[str, str]]]
"""name → (code, reason) of a share that is not live."""
Tell = Callable[[str, str], None]

FRESH: Final = 0.5
"""Seconds for which an answer is repeated."""
KEPT: Final = 1024
"""Answers kept at a time."""
AT_ONCE: Final = 64
"""Names that may be asked for at a time; whoever asks for one more is told to come again."""


class Lookups:
    """The questions under way, and the answers of the last moment."""

    def __init__(self, facts: Facts, clock: Callable[[], float]) -> None:
        self._facts = facts
        self._clock = clock
        self._known: dict[str, tuple[float, str, str]] = {}
        self._asking: dict[str, list[Tell]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def look_up(self, name: str, tell: Tell) -> None:
        """Call `tell(code, reason)`: at once when the answer is known, else when it is."""
        known = self._known.get(name)
        if known is not None and self._clock() - known[0] < FRESH:
            tell(known[1], known[2])
        elif name in self._asking:
            self._asking[name].append(tell)
        elif len(self._asking) >= AT_ONCE:
            tell("busy", "")
        else:
            self._ask(name, tell)

    def _ask(self, name: str, tell: Tell) -> None:
        self._asking[name] = [tell]
        task = asyncio.get_running_loop().create_task(self._answer(name))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, name: str) -> None:
        try:
            code, reason = await self._facts(name)
        except Exception:  # a broken database must not leave a visitor without an answer
            log.exception("could not look up %r", name)
            code, reason = "busy", ""
        else:
            self._keep(name, code, reason)
        for tell in self._asking.pop(name):
            tell(code, reason)

    def _keep(self, name: str, code: str, reason: str) -> None:
        if len(self._known) >= KEPT:
            del self._known[next(iter(self._known))]
        self._known.pop(name, None)
        self._known[name] = (self._clock(), code, reason)
