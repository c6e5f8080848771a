"""A token bucket: so much a second in the long run, and no more than `burst` at once. Its clock is given."""

from __future__ import annotations


class Bucket:
    """Fills with `rate` a second up to `burst`. It may be overdrawn: then it has to fill for longer."""

    __slots__ = ("_at", "_level", "burst", "rate")

    def __init__(self, rate: float, burst: float, now: float, *, level: float | None = None) -> None:
        self.rate = rate
        self.burst = burst
        self._level = burst if level is None else level
        self._at = now

    def level(self, now: float) -> float:
        """What may be taken now; below zero when it is overdrawn."""
        self._level = min(self.burst, self._level + max(0.0, now - self._at) * self.rate)
        self._at = now
        return self._level

    def wait(self, now: float, amount: float = 1.0) -> float:
        """Seconds until so much is there; 0 when it is."""
        missing = amount - self.level(now)
        return missing / self.rate if missing > 0 else 0.0

    def take(self, now: float, amount: float = 1.0) -> None:
        """Take it, whether it is there or not."""
        self.level(now)
        self._level -= amount

    def change(self, rate: float, burst: float, now: float) -> None:
        """Another rate from now on; what is there stays, as far as it fits."""
        self._level = min(self.level(now), burst)
        self.rate, self.burst = rate, burst
