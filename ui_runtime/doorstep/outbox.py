"""What a session still has to tell its page, and what it may have to tell again.

Messages get their numbers when they are taken to be sent. Those sent are kept until the page has seen them
(or there are too many), so that a page which comes back misses nothing. The steps of a job that were not
sent yet are joined, and follow each other no faster than a screen is drawn. Of a job's places in the queue,
and of its progress, only the last that was not sent yet is.

No I/O and no clock: `now` is in seconds, of any monotonic clock.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from doorstep.changes import Changes, join
from doorstep.messages import Data, Done, encode

if TYPE_CHECKING:
    from doorstep.messages import Numbered, Progress, Queued, Toast

FRAME_TIME: Final = 0.016
"""Seconds between two steps of one job."""

KEEP_MESSAGES: Final = 256
KEEP_CHARACTERS: Final = 256 * 1024
"""How much is kept for a page that comes back."""


MAX_TOASTS: Final = 100
"""Messages that may wait when another toast comes: past it, toasts are left out."""


class Outbox:
    def __init__(self) -> None:
        self._waiting: deque[Numbered] = deque()
        self._queued: dict[int, Queued] = {}
        self._progress: dict[int, Progress] = {}
        self._steps: dict[int, Changes] = {}
        self._last_step: dict[int, float] = {}
        self._sent: deque[tuple[int, str]] = deque()
        self._sent_size = 0
        self._seq = 0

    # -- what the app says ---------------------------------------------------------------------

    def put(self, message: Numbered) -> None:
        self._waiting.append(message)

    def queued(self, message: Queued) -> None:
        """A job's place in the queue."""
        self._queued[message.job] = message

    def progress(self, message: Progress) -> None:
        """How far a job is."""
        self._progress[message.job] = message

    def toast(self, message: Toast) -> None:
        """What a function says to the visitor."""
        if len(self._waiting) < MAX_TOASTS:
            self._waiting.append(message)

    def step(self, job: int, changes: Changes) -> None:
        """A job changed something and goes on."""
        if changes:
            before = self._steps.get(job)
            self._steps[job] = changes if before is None else join(before, changes)

    def end(self, job: int, message: Numbered) -> None:
        """A job is over; a `done` carries the steps that were not sent yet."""
        steps = self._steps.pop(job, None)
        self._last_step.pop(job, None)
        self._queued.pop(job, None)
        self._progress.pop(job, None)
        if steps is not None and isinstance(message, Done):
            message.changes = list(join(steps, dict(message.changes)).items())
        elif steps is not None:
            self._waiting.append(Data(job=job, changes=list(steps.items())))
        self._waiting.append(message)

    @property
    def backlog(self) -> int:
        """How many messages wait to be sent."""
        return len(self._waiting)

    # -- what is sent --------------------------------------------------------------------------

    def take(self, now: float) -> list[str]:
        """The frames to send now."""
        if self._queued:
            self._waiting.extendleft(reversed(self._queued.values()))
            self._queued.clear()
        for job in [job for job in self._steps if now >= self._due_at(job)]:
            self._last_step[job] = now
            self._waiting.append(Data(job=job, changes=list(self._steps.pop(job).items())))
        if self._progress:
            self._waiting.extend(self._progress.values())
            self._progress.clear()
        frames = []
        while self._waiting:
            message = self._waiting.popleft()
            self._seq += 1
            message.seq = self._seq
            frames.append(self._kept(encode(message)))
        return frames

    def due(self) -> float | None:
        """When `take` will have a step to send (None: there is none)."""
        return min((self._due_at(job) for job in self._steps), default=None)

    def _due_at(self, job: int) -> float:
        last = self._last_step.get(job)
        return 0.0 if last is None else last + FRAME_TIME

    def _kept(self, frame: str) -> str:
        self._sent.append((self._seq, frame))
        self._sent_size += len(frame)
        while len(self._sent) > KEEP_MESSAGES or (self._sent_size > KEEP_CHARACTERS and len(self._sent) > 1):
            self._drop_oldest()
        return frame

    # -- what the page has seen ----------------------------------------------------------------

    def seen(self, seq: int) -> None:
        """The page has everything up to `seq`."""
        while self._sent and self._sent[0][0] <= seq:
            self._drop_oldest()

    def again(self, seen: int) -> list[str] | None:
        """What was sent after `seen`; None when that is not known any more, or never was."""
        oldest = self._sent[0][0] if self._sent else self._seq + 1
        if not oldest - 1 <= seen <= self._seq:
            return None
        self.seen(seen)
        return [frame for _, frame in self._sent]

    def _drop_oldest(self) -> None:
        _, frame = self._sent.popleft()
        self._sent_size -= len(frame)
