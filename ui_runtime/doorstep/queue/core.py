"""The queue's rules, without I/O, threads or a clock.

A job belongs to a group; a group runs at most `limit` jobs at once (None: any number) and starts the rest
in the order in which they came. The caller starts the jobs that `submit` and `finish` hand it.

    waiting --> running --> over
       |           |
       +-----------+--> cancelled     (one that cannot be stopped keeps its place until it ends)
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Job = TypeVar("Job", bound=Hashable)


class QueueFullError(Exception):
    """As many jobs wait as may."""


@dataclass
class _Group(Generic[Job]):
    limit: int | None
    running: int = 0
    waiting: OrderedDict[Job, None] = field(default_factory=OrderedDict)

    @property
    def is_free(self) -> bool:
        return self.limit is None or self.running < self.limit


class Queue(Generic[Job]):
    """`max_size` bounds the jobs that wait, all groups together (None: no bound)."""

    def __init__(self, max_size: int | None = None) -> None:
        self.max_size = max_size
        self.waiting = 0
        self._groups: dict[str, _Group[Job]] = {}

    def submit(self, job: Job, group: str, limit: int | None) -> bool:
        """Take a job: True when it starts now, False when it waits. Raises `QueueFullError`."""
        members = self._groups.get(group)
        if members is None:
            members = self._groups[group] = _Group(limit)
        if members.is_free:
            members.running += 1
            return True
        if self.max_size is not None and self.waiting >= self.max_size:
            raise QueueFullError
        members.waiting[job] = None
        self.waiting += 1
        return False

    def finish(self, group: str) -> Job | None:
        """A job that ran is over: the job that takes its place, if one waits."""
        members = self._groups[group]
        members.running -= 1
        if members.waiting and members.is_free:
            job, _ = members.waiting.popitem(last=False)
            members.running += 1
            self.waiting -= 1
            return job
        if not members.running:
            del self._groups[group]
        return None

    def withdraw(self, job: Job, group: str) -> bool:
        """Take a waiting job out again. False when it is not waiting."""
        members = self._groups.get(group)
        if members is None or job not in members.waiting:
            return False
        del members.waiting[job]
        self.waiting -= 1
        return True

    def positions(self) -> Iterator[tuple[Job, int]]:
        """Every waiting job with its place in its group, from 0."""
        for members in self._groups.values():
            for position, job in enumerate(members.waiting):
                yield job, position
