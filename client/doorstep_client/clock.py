"""A clock that goes on while the computer sleeps, and that nobody sets."""

from __future__ import annotations

import sys
import time

if sys.platform == "linux":

    def awake() -> float:
        """Seconds, those asleep too."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

elif sys.platform == "darwin":

    def awake() -> float:
        """Seconds, those asleep too."""
        return time.clock_gettime(time.CLOCK_MONOTONIC)  # where time.monotonic stops with the computer

else:
    awake = time.monotonic


class Countdown:
    """To the end of a share. What the relay says of it counts, not this computer's idea of the date."""

    def __init__(self) -> None:
        self._due: float | None = None

    def set(self, at: float | None, now: float | None) -> None:
        """It ends at `at`, and it is `now` (Unix times); an older relay does not say how late it is."""
        self._due = None if at is None else awake() + at - (time.time() if now is None else now)

    @property
    def left(self) -> float | None:
        """Seconds until then, 0 at least; None when it has no end."""
        return None if self._due is None else max(0.0, self._due - awake())
