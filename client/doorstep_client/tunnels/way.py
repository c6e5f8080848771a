"""Which way a session's tunnel connections take: connections of their own, or streams of the session.

A way of their own is faster. It is given up when something in between breaks it: when they are not opened,
when nothing comes through (`wire.PING` has no answer), or when they are cut before their first request, each
time several in a row while the session lives. It is tried again now and then, ever more seldom, by
a connection that no visitor is given to before it has proved itself.

Pure: the clock and the dice are the caller's.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

UNTRIED: Final = 2
"""Failures in a row that are enough where nothing says that this way is any good: one may be bad luck."""
PROVED: Final = 8
"""The same where it was good before."""
CUT: Final = 3
"""Connections in a row that were cut before their first request."""
YOUNG: Final = 5.0
"""Seconds in which such an end is no accident: what is cut for being idle is older."""
FIRST_WAIT: Final = 30.0
LONGEST_WAIT: Final = 1800.0
STEADY: Final = 600.0
"""Seconds after which direct connections that came back count as good: waits begin anew."""


class Way:
    """What is known of the way, and which one is taken. `pings`: whether the relay answers `wire.PING`."""

    def __init__(
        self, now: float, *, pings: bool = False, chance: Callable[[], float] = random.random
    ) -> None:
        self.is_carried = False
        """Whether connections of their own are given up, for now."""
        self._pings = pings
        self._chance = chance
        self._proved = self._used = False
        self._failed = self._cut = 0
        self._since = now
        """When it was taken."""
        self._wait = FIRST_WAIT
        self._next_try = 0.0
        self._trying = False

    @property
    def is_good(self) -> bool:
        """Whether bytes of the relay have come through."""
        return self._proved

    @property
    def is_open_question(self) -> bool:
        """Whether nothing is known of it yet."""
        return not (self._proved or self.is_carried)

    def wants_ping(self, turn: int) -> bool:
        """Whether the `turn`-th of some new connections is to prove itself: a round trip later it may serve.

        The others need not: while nothing is known yet, not every visitor is to wait for that.
        """
        return self._pings and not self._proved and turn % 2 == 0

    def opened(self, *, pinged: bool) -> None:
        """A connection was agreed to, and if it was `pinged`, bytes came through."""
        if pinged or not self._pings:
            self._proved = True
            self._failed = 0

    def used(self) -> None:
        """A request has come on one."""
        self._proved = self._used = True
        self._failed = self._cut = 0

    def failed(self) -> bool:
        """One could not be opened; whether that is once too often."""
        self._failed += 1
        return self._failed >= (PROVED if self._proved else UNTRIED)

    def ended_unused(self, age: float) -> bool:
        """One ended before its first request; whether that is once too often."""
        if age < YOUNG and not self._used:
            self._cut += 1
        return self._cut >= CUT

    # -- through the session, and back -------------------------------------------------------------

    def carry(self, now: float) -> None:
        """The session carries everything from now on."""
        if now - self._since > STEADY:
            self._wait = FIRST_WAIT
        self.is_carried, self._since = True, now
        self._proved = False
        self._plan(now)

    def wants_try(self, now: float) -> bool:
        """Whether it is time to try a connection once more. One that can prove nothing is not worth it."""
        return self._pings and self.is_carried and not self._trying and now >= self._next_try

    def trying(self) -> None:
        """A connection is being tried."""
        self._trying = True

    def tried(self, now: float, *, good: bool) -> None:
        """What became of it."""
        self._trying = False
        if good:
            self.is_carried, self._since = False, now
            self._proved, self._used = True, False
            self._failed = self._cut = 0
        else:
            self._plan(now)

    def _plan(self, now: float) -> None:
        self._next_try = now + self._wait * (0.5 + self._chance())
        self._wait = min(LONGEST_WAIT, self._wait * 2)
