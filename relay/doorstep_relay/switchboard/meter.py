"""What live shares have used, against their limits. Bookkeeping without I/O; its clock is given.

A `Gauge` holds one set of limits: an account's, for all of its shares, or a share's own. A `Meter` is what
stands between a share's visitors and the one or two gauges that it is held to.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from doorstep_relay.domain.buckets import Bucket
from doorstep_relay.domain.limits import Limits

IDLE_BURST: Final = 0.1
"""Seconds' worth of bytes that pass at once after a quiet while."""
LATE_BURST: Final = 0.5
"""Seconds' worth that are made up for when the process was late to pass on what waits."""
_CONNECTION_WAIT: Final = 2.0
"""Seconds after which a place among the connections may be free again."""


class Refused(NamedTuple):
    """Why a request is not let in: `code` and `reason` are the visitor's to read, `wait` is in seconds."""

    code: str
    reason: str
    wait: float


class Gauge:
    """One set of limits and what is used of it. `whose` names it to visitors: "this link", "its owner"."""

    __slots__ = (
        "__weakref__",
        "_bytes",
        "_requests",
        "_whose",
        "connections",
        "limits",
        "month_used",
        "month_written",
        "waiting",
    )

    def __init__(self, limits: Limits, whose: str, now: float) -> None:
        self.limits = Limits()
        self._whose = whose
        self._requests: Bucket | None = None
        self._bytes: Bucket | None = None
        self.connections = 0
        """Requests under way."""
        self.waiting = 0
        """Of these, how many have bytes that wait for their turn."""
        self.month_used = 0
        """Bytes since the month began, as of the last count."""
        self.month_written = 0
        """As much of that as was written down, or was about to be, at the last count."""
        self.change(limits, now)

    def change(self, limits: Limits, now: float) -> None:
        """Hold to these from now on."""
        self.limits = limits
        rate = limits.requests_per_second
        self._requests = (
            None if rate is None else _changed(self._requests, rate, max(1.0, rate), now, full=True)
        )
        speed = limits.bytes_per_second
        self._bytes = (
            None if speed is None else _changed(self._bytes, speed, speed * IDLE_BURST, now, full=False)
        )

    @property
    def paces(self) -> bool:
        """Whether bytes have to wait for their turn."""
        return self._bytes is not None

    @property
    def has_month(self) -> bool:
        """Whether a month's bytes are limited."""
        return self.limits.bytes_per_month is not None

    @property
    def is_spent(self) -> bool:
        """Whether the month's bytes are used up."""
        most = self.limits.bytes_per_month
        return most is not None and self.month_used >= most

    def refusal(self, now: float, month_left: Callable[[], float]) -> Refused | None:
        """What keeps one more request out; `month_left()` are the seconds until the next month."""
        limits = self.limits
        if self.is_spent:
            return Refused("quota", f"{self._whose} has used up its bytes of this month.", month_left())
        if limits.max_connections is not None and self.connections >= limits.max_connections:
            most = limits.max_connections
            return Refused("limit", f"{self._whose} may serve {most} requests at a time.", _CONNECTION_WAIT)
        wait = self._requests.wait(now) if self._requests else 0.0
        if wait:
            rate = limits.requests_per_second
            return Refused("limit", f"{self._whose} may serve {rate:g} requests a second.", wait)
        return None

    def enter(self, now: float) -> None:
        """One request more."""
        self.connections += 1
        if self._requests is not None:
            self._requests.take(now)

    def grant(self, now: float) -> float:
        """Bytes that one of those who wait may pass on now: their fair part of what there is."""
        if self._bytes is None:
            return math.inf
        self._bytes.burst = self._bytes.rate * (LATE_BURST if self.waiting else IDLE_BURST)
        return self._bytes.level(now) / max(1, self.waiting)

    def spend(self, now: float, size: int) -> None:
        """So many bytes were passed on."""
        if self._bytes is not None:
            self._bytes.take(now, size)


class Meter:
    """The gauges of one share: the tightest of them holds."""

    __slots__ = ("_month_left", "_pacing", "gauges", "max_request_bytes", "paces")

    def __init__(self, gauges: Sequence[Gauge], month_left: Callable[[], float]) -> None:
        self.gauges = tuple(gauges)
        self._month_left = month_left
        self._pacing: tuple[Gauge, ...] = ()
        """Those by which bytes have to wait for their turn."""
        self.paces = False
        """Whether its bytes have to wait for their turn."""
        self.max_request_bytes: float = math.inf
        self.settle()

    def settle(self) -> None:
        """The gauges' limits have changed."""
        self._pacing = tuple(gauge for gauge in self.gauges if gauge.paces)
        self.paces = bool(self._pacing)
        sizes = (gauge.limits.max_request_bytes for gauge in self.gauges)
        self.max_request_bytes = min((size for size in sizes if size is not None), default=math.inf)

    def enter(self, now: float) -> Refused | None:
        """Let one request in, until `leave`; or say why not."""
        for gauge in self.gauges:
            refused = gauge.refusal(now, self._month_left)
            if refused is not None:
                return refused
        for gauge in self.gauges:
            gauge.enter(now)
        return None

    def leave(self) -> None:
        """A request that was let in is over."""
        for gauge in self.gauges:
            gauge.connections -= 1

    def wait(self, count: int) -> None:
        """So many more (or fewer) of its exchanges have bytes that wait."""
        for gauge in self.gauges:
            gauge.waiting += count

    def grant(self, now: float) -> float:
        """Bytes that may pass now."""
        return min((gauge.grant(now) for gauge in self._pacing), default=math.inf)

    def spend(self, now: float, size: int) -> None:
        """So many bytes passed."""
        for gauge in self._pacing:
            gauge.spend(now, size)

    def at_once(self, now: float, size: int) -> bool:
        """Whether so many bytes may pass now; then they are spent."""
        for gauge in self._pacing:
            if gauge.grant(now) < size:
                return False
        for gauge in self._pacing:
            gauge.spend(now, size)
        return True


def _changed(
    bucket: Bucket | None, rate: float | None, burst: float, now: float, *, full: bool
) -> Bucket | None:
    if rate is None:
        return None
    if bucket is None:
        return Bucket(rate, burst, now, level=None if full else 0.0)
    bucket.change(rate, burst, now)
    return bucket
