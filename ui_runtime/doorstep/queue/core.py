"""The queue's rules, without I/O, threads or a clock.

A job belongs to a group and to an owner (a session). A group runs at most `limit` jobs at once (None: any
number). Those that wait take turns by owner: first the oldest job of each, in the order in which the owners
came, then the next of each. So a visitor with twenty jobs makes the others wait for one of them, not for
twenty. The caller starts the jobs that `submit` and `finish` hand it.

    waiting --> running --> over
       |           |
       +-----------+--> cancelled     (one that cannot be stopped keeps its place until it ends)
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Job = TypeVar("Job", bound=Hashable)


class QueueFullError(Exception):
    """As many jobs wait as may."""


@dataclass(slots=True)
class _Group(Generic[Job]):
    limit: int | None
    running: int = 0
    owners: OrderedDict[Hashable, OrderedDict[Job, None]] = field(default_factory=OrderedDict)
    """The waiting jobs of each owner; the first owner's turn is next."""

    @property
    def is_free(self) -> bool:
        return self.limit is None or self.running < self.limit

    def add(self, job: Job, owner: Hashable) -> None:
        jobs = self.owners.get(owner)
        if jobs is None:
            jobs = self.owners[owner] = OrderedDict()
        jobs[job] = None

    def remove(self, job: Job, owner: Hashable) -> bool:
        jobs = self.owners.get(owner)
        if jobs is None or job not in jobs:
            return False
        del jobs[job]
        if not jobs:
            del self.owners[owner]
        return True

    def next(self) -> Job:
        """Take the job whose turn it is out; its owner's next turn is the last."""
        owner, jobs = self.owners.popitem(last=False)
        job, _ = jobs.popitem(last=False)
        if jobs:
            self.owners[owner] = jobs
        return job

    def in_turn(self) -> Iterator[Job]:
        """The waiting jobs, in the order in which they would start."""
        turns = deque(map(iter, self.owners.values()))
        while turns:
            jobs = turns.popleft()
            for job in jobs:
                yield job
                turns.append(jobs)
                break


class Queue(Generic[Job]):
    """`max_size` bounds the jobs that wait, all groups together (None: no bound)."""

    def __init__(self, max_size: int | None = None) -> None:
        self.max_size = max_size
        self.waiting = 0
        self._groups: dict[str, _Group[Job]] = {}

    def submit(self, job: Job, group: str, limit: int | None, owner: Hashable = None) -> bool:
        """Take a job: True when it starts now, False when it waits. Raises `QueueFullError`."""
        members = self._groups.get(group)
        if members is None:
            members = self._groups[group] = _Group(limit)
        if members.is_free:
            members.running += 1
            return True
        if self.max_size is not None and self.waiting >= self.max_size:
            raise QueueFullError
        members.add(job, owner)
        self.waiting += 1
        return False

    def finish(self, group: str) -> Job | None:
        """A job that ran is over: the job that takes its place, if one waits."""
        members = self._groups[group]
        members.running -= 1
        if members.owners and members.is_free:
            members.running += 1
            self.waiting -= 1
            return members.next()
        if not members.running:
            del self._groups[group]
        return None

    def join(self, group: str, most: int, suits: Callable[[Job], bool]) -> list[Job]:
        """Take up to `most` waiting jobs out that suit one which starts: they run with it, in its place."""
        members = self._groups[group]
        joined: list[Job] = []
        while len(joined) < most and members.owners:
            following = next(members.in_turn())
            if not suits(following):
                break
            joined.append(members.next())
        self.waiting -= len(joined)
        return joined

    def withdraw(self, job: Job, group: str, owner: Hashable = None) -> bool:
        """Take a waiting job out again. False when it is not waiting."""
        members = self._groups.get(group)
        if members is None or not members.remove(job, owner):
            return False
        self.waiting -= 1
        return True

    def positions(self) -> Iterator[tuple[Job, int]]:
        """Every waiting job with its place in its group, from 0."""
        for members in self._groups.values():
            for position, job in enumerate(members.in_turn()):
                yield job, position
