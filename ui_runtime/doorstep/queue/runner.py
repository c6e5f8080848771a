"""Runs jobs: async functions on the loop, the others in threads, generators step by step.

Everything here happens on the event loop's thread, but for `_in_thread` and what it calls.
Nothing polls: a job is started by the arrival that found room or by the end of the one before it.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

from doorstep.changes import Changes, Differ
from doorstep.events import call
from doorstep.events.dependency import Kind, kind_of
from doorstep.queue.core import Queue, QueueFullError
from doorstep.queue.jobs import BUSY, CANCELLED, Job, failure_of, is_reported
from doorstep.report import print_error

if TYPE_CHECKING:
    from doorstep.events.dependency import Dependency
    from doorstep.queue.workers import Workers

Outcome = Changes | BaseException
T = TypeVar("T")

PATIENCE: Final = 0.1
"""Seconds a job waits before its page is told so; most are over by then."""
REFRESH: Final = 0.5
"""Seconds between two announcements of positions."""


class Runner:
    """Takes jobs in and tells their listeners what becomes of them."""

    def __init__(
        self,
        workers: Workers,
        limit_of: Callable[[Dependency], int | None],
        *,
        max_size: int | None = None,
        show_error: bool = False,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._workers = workers
        self._limit_of = limit_of
        self._show_error = show_error
        self._queue: Queue[Job] = Queue(max_size)
        self._tasks: set[asyncio.Task[None]] = set()
        self._kinds: dict[int, Kind] = {}
        self._typical: dict[str, float] = {}
        self._announcing: asyncio.TimerHandle | None = None

    # -- arrivals ------------------------------------------------------------------------------

    def submit(self, job: Job) -> None:
        job.submitted = self._loop.time()
        dependency = job.dependency
        limit = self._limit_of(dependency) if dependency.queue else None
        group = dependency.group if dependency.queue else f"unqueued-{dependency.id}"
        try:
            starts = self._queue.submit(job, group, limit)
        except QueueFullError:
            job.is_over = True
            job.listener.failed(job, BUSY)
            return
        if starts:
            self._start(job)
        else:
            self._announce_in(PATIENCE)

    def cancel(self, job: Job) -> None:
        """Tell the listener at once; a function in a thread keeps its place until it ends or yields."""
        if job.is_over:
            return
        job.is_cancelled = job.is_over = True
        self._queue.withdraw(job, _group(job))
        if job.task is not None:
            job.task.cancel()
        job.listener.failed(job, CANCELLED)

    def close(self) -> None:
        if self._announcing is not None:
            self._announcing.cancel()
        for task in self._tasks:
            task.cancel()

    # -- running -------------------------------------------------------------------------------

    def _start(self, job: Job) -> None:
        job.begun = time.perf_counter()
        if job.position is not None:
            job.listener.started(job)
        if not self._kind(job).is_async:
            self._workers.submit(lambda: job.context.run(self._in_thread, job))
            return
        job.task = self._loop.create_task(self._on_loop(job), context=job.context)
        self._tasks.add(job.task)
        job.task.add_done_callback(self._tasks.discard)

    def _kind(self, job: Job) -> Kind:
        number = job.dependency.id
        if number not in self._kinds:
            self._kinds[number] = kind_of(_function(job))
        return self._kinds[number]

    def _end(self, job: Job, outcome: Outcome) -> None:
        """The function is over, whether or not anybody still waits for it."""
        seconds = time.perf_counter() - job.begun
        group = _group(job)
        self._typical[group] = 0.8 * self._typical.get(group, seconds) + 0.2 * seconds
        following = self._queue.finish(group)
        if following is not None:
            self._start(following)
        if not job.is_over:
            job.is_over = True
            self._tell(job, outcome, seconds)

    def _tell(self, job: Job, outcome: Outcome, seconds: float) -> None:
        if isinstance(outcome, BaseException):
            if is_reported(outcome):
                print_error(job.dependency.name, outcome)
            job.listener.failed(job, failure_of(outcome, job.dependency, self._show_error))
        else:
            job.listener.done(job, outcome, seconds)

    # -- in a thread ---------------------------------------------------------------------------

    def _in_thread(self, job: Job) -> None:
        outcome: Outcome
        try:
            given = call.arguments(job.dependency, job.data, job.files)
            returned = _function(job)(*given)
            differ = Differ()
            if self._kind(job).is_generator:
                outcome = self._iterate(job, returned, differ)
            else:
                outcome = differ.step(call.results(job.dependency, returned, job.files))
        except BaseException as error:  # noqa: BLE001  # whatever the function raises, even SystemExit
            outcome = error
        self._from_thread(self._end, job, outcome)

    def _iterate(self, job: Job, generator: Any, differ: Differ) -> Changes:
        steps = _Steps(self, job)
        try:
            for returned in generator:
                if job.is_cancelled:
                    break
                steps.post(differ.step(call.results(job.dependency, returned, job.files)))
        finally:
            generator.close()
        return {}

    def _from_thread(self, callback: Callable[..., object], *args: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the app was closed while the function ran: nobody waits
            self._loop.call_soon_threadsafe(callback, *args)

    # -- on the loop ---------------------------------------------------------------------------

    async def _on_loop(self, job: Job) -> None:
        outcome: Outcome
        try:
            given = await self._converted(job, lambda: call.arguments(job.dependency, job.data, job.files))
            differ = Differ()
            if self._kind(job).is_generator:
                outcome = await self._iterate_async(job, _function(job)(*given), differ)
            else:
                returned = await _function(job)(*given)
                outcome = await self._changes(job, returned, differ)
        except BaseException as error:  # noqa: BLE001  # a cancelled task too: its place must become free
            outcome = error
        self._end(job, outcome)

    async def _iterate_async(self, job: Job, generator: Any, differ: Differ) -> Changes:
        try:
            async for returned in generator:
                job.listener.step(job, await self._changes(job, returned, differ))
                await asyncio.sleep(0)  # a generator that never waits must not keep others waiting
        finally:
            await generator.aclose()
        return {}

    async def _changes(self, job: Job, returned: Any, differ: Differ) -> Changes:
        convert = lambda: differ.step(call.results(job.dependency, returned, job.files))  # noqa: E731
        return await self._converted(job, convert)

    async def _converted(self, job: Job, convert: Callable[[], T]) -> T:
        """Convert values here, or in a thread when that takes long."""
        if not any(each.heavy for each in (*job.dependency.inputs, *job.dependency.outputs)):
            return convert()
        future: asyncio.Future[T] = self._loop.create_future()
        self._workers.submit(lambda: self._convert_into(future, convert))
        return await future

    def _convert_into(self, future: asyncio.Future[T], convert: Callable[[], T]) -> None:
        try:
            result = convert()
        except Exception as error:  # noqa: BLE001  # raised again where it is awaited
            self._from_thread(_settle, future, None, error)
        else:
            self._from_thread(_settle, future, result, None)

    # -- announcements -------------------------------------------------------------------------

    def _announce_in(self, seconds: float) -> None:
        if self._announcing is None:
            self._announcing = self._loop.call_later(seconds, self._announce)

    def _announce(self) -> None:
        self._announcing = None
        now = self._loop.time()
        for job, position in self._queue.positions():
            if job.position != position and now - job.submitted >= PATIENCE:
                job.position = position
                job.listener.queued(job, position, self._eta(job, position))
        if self._queue.waiting:
            self._announce_in(REFRESH)

    def _eta(self, job: Job, position: int) -> float | None:
        typical = self._typical.get(_group(job))
        limit = self._limit_of(job.dependency)
        return None if typical is None or not limit else round(typical * (position + 1) / limit, 3)


class _Steps:
    """Carries a generator's steps from its thread to the loop, waking the loop once for many."""

    def __init__(self, runner: Runner, job: Job) -> None:
        self._runner = runner
        self._job = job
        self._posted: deque[Changes] = deque()
        self._is_scheduled = False

    def post(self, changes: Changes) -> None:
        self._posted.append(changes)
        if not self._is_scheduled:
            self._is_scheduled = True
            self._runner._from_thread(self._deliver)  # noqa: SLF001  # a part of the runner

    def _deliver(self) -> None:
        self._is_scheduled = False
        while self._posted:
            changes = self._posted.popleft()
            if not self._job.is_over:
                self._job.listener.step(self._job, changes)


def _group(job: Job) -> str:
    dependency = job.dependency
    return dependency.group if dependency.queue else f"unqueued-{dependency.id}"


def _function(job: Job) -> Callable[..., Any]:
    fn = job.dependency.fn
    assert fn is not None, "a dependency without a function never becomes a job"  # noqa: S101
    return fn


def _settle(future: asyncio.Future[Any], result: Any, error: Exception | None) -> None:
    if future.done():
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(result)
