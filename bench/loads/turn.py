"""One way's turn at one load: what visitors saw, and the CPU time that it took whom."""

from __future__ import annotations

import resource
from collections.abc import Callable
from dataclasses import dataclass

from bench.processes import cpu_seconds
from bench.ways import Way


@dataclass(frozen=True)
class Seen:
    """What the visitors saw. Times in seconds; `count` in the load's unit."""

    count: float
    duration: float
    p50: float | None = None
    p99: float | None = None
    generator: float | None = None
    """CPU seconds of the generator after its start, where it says them itself."""


@dataclass(frozen=True)
class Turn(Seen):
    """The same, with its cost. CPU in seconds, of the whole turn."""

    cpu: dict[str, float] | None = None
    """By role."""

    @property
    def per_second(self) -> float:
        return self.count / self.duration

    @property
    def each(self) -> dict[str, float]:
        """CPU seconds by role for one request, message, event or MB."""
        return {role: seconds / self.count for role, seconds in (self.cpu or {}).items()}


def take(way: Way, run: Callable[[], Seen]) -> Turn:
    """Runs generators, which are processes of their own that have ended when this returns."""
    before, ours = _cpu(way), _generators()
    seen = run()
    after = _cpu(way)
    cpu = {role: after[role] - before[role] for role in way.pids}
    generator = _generators() - ours if seen.generator is None else seen.generator
    return Turn(**{**vars(seen), "generator": generator}, cpu=cpu)


def _cpu(way: Way) -> dict[str, float]:
    return {role: cpu_seconds(pid) for role, pid in way.pids.items()}


def _generators() -> float:
    """Of children that have ended: the peers are still running, so only generators count."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
