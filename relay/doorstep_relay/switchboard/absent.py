"""Shares whose clients were here a moment ago, and the visitors who wait for them. Bookkeeping without I/O.

A client that is lost is most often back in a moment: its network has changed, or this relay was restarted. As
nothing of a visitor's request was sent to anybody yet, it can wait for that, be it a GET or a POST. It waits
for a share, not for its name: who has the name next gets no request that was meant for somebody else.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

MOST_VISITORS: Final = 4096
"""Who may wait at a time."""
MOST_OF_ONE: Final = 1024
"""Of them, for one share."""
MOST_BYTES: Final = 32 * 1024 * 1024
"""What they may all have sent, or be about to send, before they are served."""


class Waiter(Protocol):
    """A visitor who waits."""

    def client_back(self) -> None:
        """The share is here again."""

    def client_gone(self) -> None:
        """There is nothing to wait for any more."""


class Missed(NamedTuple):
    """A share that has lost its client."""

    share_id: int
    name: str
    lasts: float = math.inf
    """Seconds until its own end."""


@dataclass(slots=True)
class _Absence:
    share_id: int
    until: float
    waiting: dict[Waiter, int] = field(default_factory=dict)
    """In the order in which they came, with the bytes that each may have."""


class Absences:
    """Of one process. `patience` is for how many seconds a client is waited for."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.patience = 0.0
        self._clock = clock
        self._by_name: dict[str, _Absence] = {}
        self._names: dict[int, str] = {}
        self._visitors = 0
        self._bytes = 0

    def __len__(self) -> int:
        """How many visitors wait."""
        return self._visitors

    # -- clients -----------------------------------------------------------------------------------

    def left(self, shares: Iterable[Missed]) -> None:
        """Their clients are gone, and may be back at any moment."""
        if self.patience <= 0:
            return
        now = self._clock()
        for share in shares:
            _send_away(self._end(share.name))
            if share.lasts > 0:
                until = now + min(self.patience, share.lasts)
                self._by_name[share.name] = _Absence(share.share_id, until)
                self._names[share.share_id] = share.name

    def back(self, share_id: int, name: str) -> None:
        """A client holds this share now."""
        absence = self._end(name)
        if absence is not None and absence.share_id == share_id:
            for waiter in list(absence.waiting):
                waiter.client_back()
        else:
            _send_away(absence)

    def over(self, share_id: int) -> None:
        """Nobody may see the share any more, whether its client comes or not."""
        _send_away(self._end(self._names.get(share_id, "")))

    def dismiss(self) -> None:
        """Wait for nobody any more: this process is about to end."""
        for share_id in list(self._names):
            self.over(share_id)

    def tidy(self) -> None:
        """Forget those who were waited for long enough; who still waits has a deadline that says so."""
        now = self._clock()
        for name, absence in list(self._by_name.items()):
            if absence.until <= now and not absence.waiting:
                self._end(name)

    # -- visitors ----------------------------------------------------------------------------------

    def wait(self, name: str, waiter: Waiter, size: int) -> float:
        """Wait for the share's client: for how many seconds at most. 0 when there is no sense or room.

        `size` are the bytes that are held for the visitor.
        """
        absence = self._by_name.get(name)
        if absence is None or not self._has_room(absence, size):
            return 0.0
        left = absence.until - self._clock()
        if left <= 0:
            return 0.0
        absence.waiting[waiter] = size
        self._visitors += 1
        self._bytes += size
        return left

    def leave(self, name: str, waiter: Waiter) -> None:
        """The visitor waits no longer."""
        absence = self._by_name.get(name)
        if absence is not None and waiter in absence.waiting:
            self._visitors -= 1
            self._bytes -= absence.waiting.pop(waiter)

    def _has_room(self, absence: _Absence, size: int) -> bool:
        return (
            self._visitors < MOST_VISITORS
            and len(absence.waiting) < MOST_OF_ONE
            and self._bytes + size <= MOST_BYTES
        )

    def _end(self, name: str) -> _Absence | None:
        absence = self._by_name.pop(name, None)
        if absence is not None:
            del self._names[absence.share_id]
            self._visitors -= len(absence.waiting)
            self._bytes -= sum(absence.waiting.values())
        return absence


def _send_away(absence: _Absence | None) -> None:
    for waiter in [] if absence is None else list(absence.waiting):
        waiter.client_gone()
