"""Runs jobs: async functions on the loop, the others in threads, generators step by step.

Everything here happens on the event loop's thread, but for `_in_thread` and what it calls.
Nothing polls: a job is started by the arrival that found room or by the end of the one before it.
"""

from __future__ import annotations

import asyncio
import time
from contextvars import copy_context
from types import GeneratorType
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from doorstep.events import call
from doorstep.events.dependency import Kind, kind_of
from doorstep.queue import batches
from doorstep.queue.core import Queue, QueueFullError
from doorstep.queue.jobs import BUSY, CANCELLED, TIMEOUT, Job, current, failure_of, is_reported
from doorstep.queue.steps import Outcome, Steps, changes_of, in_worker
from doorstep.report import print_error
from doorstep.weights import is_big

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Context

    from doorstep.changes import Changes
    from doorstep.events.dependency import Dependency
    from doorstep.queue.workers import Workers

PATIENCE: Final = 0.1
"""Seconds a job waits before its page is told so; most are over by then."""
REFRESH: Final = 0.5
"""Seconds between two announcements of positions."""
MAX_TYPICAL: Final = 1000
"""Groups whose usual duration is known; rendered parts make new ones all the time."""


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
        self._kinds: WeakKeyDictionary[Dependency, Kind] = WeakKeyDictionary()
        self._limits: WeakKeyDictionary[Dependency, int | None] = WeakKeyDictionary()
        self._typical: dict[str, float] = {}
        self._announcing: asyncio.TimerHandle | None = None
        self._is_closed = False

    # -- arrivals ------------------------------------------------------------------------------

    def submit(self, job: Job) -> None:
        """Take a job. Its listener hears of it from now on, maybe before this returns."""
        job.loop = self._loop
        job.submitted = self._loop.time()
        if job.dependency.validator is None:
            self._enter(job)
        else:
            self._spawn(job, self._validate(job), copy_context())

    def cancel(self, job: Job) -> None:
        """Tell the listener at once; a function in a thread keeps its place until it ends or yields."""
        if not job.is_over:
            self._give_up(job)
            job.listener.failed(job, CANCELLED)

    def aside(self, work: Callable[[], object]) -> None:
        """Do something that is no job, in a thread. It must not raise."""
        self._workers.submit(work)

    @property
    def waiting(self) -> int:
        """How many jobs wait, all groups together."""
        return self._queue.waiting

    def close(self) -> None:
        self._is_closed = True
        if self._announcing is not None:
            self._announcing.cancel()
        for task in self._tasks:
            task.cancel()

    def _enter(self, job: Job) -> None:
        limit = self._limit(job.dependency)
        try:
            starts = self._queue.submit(job, _group(job), limit, job.owner)
        except QueueFullError:
            job.is_over = True
            job.listener.failed(job, BUSY)
            return
        if starts:
            self._start(job)
        else:
            self._announce_in(PATIENCE)

    async def _validate(self, job: Job) -> None:
        """Before it queues: who typed nonsense is told so at once."""
        current.set(job)
        try:
            await in_worker(self._workers, lambda: _check(job))
        except BaseException as error:  # noqa: BLE001  # whatever the validator raises
            if not job.is_over:
                job.is_over = True
                self._report(job, error)
                self._tell(job, error, 0.0)
            return
        job.task = None
        if not job.is_over:
            self._enter(job)

    # -- running -------------------------------------------------------------------------------

    def _start(self, job: Job) -> None:
        dependency = job.dependency
        if dependency.batch:
            self._start_batch(job)
            return
        self._begin(job)
        if self._kind(dependency).is_async:
            self._spawn(job, self._on_loop(job), job.context)
        else:
            job.is_in_thread = True
            self._workers.submit(lambda: job.context.run(self._in_thread, job))

    def _start_batch(self, lead: Job) -> None:
        dependency = lead.dependency
        others = self._queue.join(
            _group(lead), dependency.max_batch_size - 1, lambda job: job.dependency is dependency
        )
        jobs = lead.batch = [lead, *others]
        for job in jobs:
            job.batch = jobs
            self._begin(job)
        self._spawn(lead, self._on_loop_together(jobs), lead.context)
        for job in others:
            job.task = lead.task

    def _begin(self, job: Job) -> None:
        job.begun = time.perf_counter()
        if job.position is not None:
            job.listener.started(job)
        if job.dependency.time_limit is not None:
            job.limit = self._loop.call_later(job.dependency.time_limit, self._time_out, job)

    def _spawn(self, job: Job, work: Any, context: Context) -> None:
        job.task = self._loop.create_task(work, context=context)
        self._tasks.add(job.task)
        job.task.add_done_callback(self._tasks.discard)

    def _kind(self, dependency: Dependency) -> Kind:
        kind = self._kinds.get(dependency)
        if kind is None:
            kind = self._kinds[dependency] = kind_of(dependency.fn)  # type: ignore[arg-type]  # it has one
        return kind

    def _limit(self, dependency: Dependency) -> int | None:
        """Asked once: the answer looks at every function of the app."""
        if dependency not in self._limits:
            self._limits[dependency] = self._limit_of(dependency) if dependency.queue else None
        return self._limits[dependency]

    # -- ends ----------------------------------------------------------------------------------

    def _end(self, job: Job, outcome: Outcome) -> None:
        """The function is over, whether or not anybody still waits for it."""
        seconds = time.perf_counter() - job.begun
        self._free(job, seconds)
        if job.is_in_thread and job.is_cancelled:
            self._workers.found()
        job.is_in_thread = False
        self._report(job, outcome)
        self._conclude(job, outcome, seconds)

    def _free(self, job: Job, seconds: float) -> None:
        """The place is free for the job whose turn it is."""
        group = _group(job)
        if len(self._typical) > MAX_TYPICAL:
            self._typical.clear()
        self._typical[group] = 0.8 * self._typical.get(group, seconds) + 0.2 * seconds
        following = self._queue.finish(group)
        if following is not None:
            self._start(following)

    def _conclude(self, job: Job, outcome: Outcome, seconds: float) -> None:
        job.task = None
        if job.limit is not None:
            job.limit.cancel()
        if not job.is_over:
            job.is_over = True
            self._tell(job, outcome, seconds)

    def _report(self, job: Job, outcome: Outcome) -> None:
        """To the terminal, also when the visitor has left: the developer has not."""
        is_cancelled = (job.is_cancelled or self._is_closed) and isinstance(outcome, asyncio.CancelledError)
        if isinstance(outcome, BaseException) and is_reported(outcome) and not is_cancelled:
            print_error(job.dependency.name, outcome, job.dependency.fn)

    def _tell(self, job: Job, outcome: Outcome, seconds: float) -> None:
        if isinstance(outcome, BaseException):
            job.listener.failed(job, failure_of(outcome, job.dependency, self._show_error))
        else:
            job.listener.done(job, outcome, seconds)

    def _give_up(self, job: Job) -> None:
        """Nobody waits for the job any more: stop what can be stopped."""
        job.is_cancelled = job.is_over = True
        self._queue.withdraw(job, _group(job), job.owner)
        if job.limit is not None:
            job.limit.cancel()
        if job.task is not None and all(each.is_over for each in job.batch or ()):
            job.task.cancel()
        if job.is_in_thread:
            self._workers.lose()

    def _time_out(self, job: Job) -> None:
        """A generator has shown what it could; of another function there is nothing to show."""
        if job.is_over:
            return
        self._give_up(job)
        if self._kind(job.dependency).is_generator:
            job.listener.done(job, {}, time.perf_counter() - job.begun)
        else:
            job.listener.failed(job, TIMEOUT)

    # -- in a thread ---------------------------------------------------------------------------

    def _in_thread(self, job: Job) -> None:
        outcome: Outcome
        current.set(job)
        try:
            given = call.arguments(job)
            returned = _function(job)(*given.args, **given.kwargs)
            if isinstance(returned, GeneratorType):
                outcome = self._iterate(job, returned)
            else:
                outcome = {} if job.is_over else changes_of(job, returned)
        except BaseException as error:  # noqa: BLE001  # whatever the function raises, even SystemExit
            outcome = error
        current.set(None)  # the context and the job must not hold each other
        job.soon(self._end, job, outcome)

    def _iterate(self, job: Job, generator: Any) -> Changes:
        steps = Steps(job)
        try:
            for returned in generator:
                if job.is_cancelled:
                    break
                steps.post(job.differ.step(call.results(job, returned)))
        finally:
            generator.close()
        return {}

    # -- on the loop ---------------------------------------------------------------------------

    async def _on_loop(self, job: Job) -> None:
        outcome: Outcome
        current.set(job)
        try:
            given = await self._converted(job, job.data, lambda: call.arguments(job))
            returned = _function(job)(*given.args, **given.kwargs)
            if self._kind(job.dependency).is_generator:
                outcome = await self._iterate_async(job, returned)
            else:
                value = await returned
                outcome = await self._converted(job, value, lambda: changes_of(job, value))
        except BaseException as error:  # noqa: BLE001  # a cancelled task too: its place must become free
            outcome = error
        current.set(None)
        self._end(job, outcome)

    async def _iterate_async(self, job: Job, generator: Any) -> Changes:
        try:
            async for returned in generator:
                changes = await self._converted(
                    job,
                    returned,
                    lambda: job.differ.step(call.results(job, returned)),  # noqa: B023  # awaited at once
                )
                if not job.is_over:
                    job.listener.step(job, changes)
                await asyncio.sleep(0)  # a generator that never waits must not keep others waiting
        finally:
            await generator.aclose()
        return {}

    async def _converted(self, job: Job, values: Any, convert: Callable[[], Any]) -> Any:
        """Convert `values` here, or in a thread when that takes long."""
        blocks = (*job.dependency.inputs, *job.dependency.outputs)
        if not any(getattr(block, "heavy", False) for block in blocks) and not is_big(values):
            return convert()
        return await in_worker(self._workers, convert)

    async def _on_loop_together(self, jobs: list[Job]) -> None:
        """One call for several jobs. What goes wrong in it goes wrong for all of them."""
        lead = jobs[0]
        current.set(lead)
        outcomes = await batches.run(jobs, self._kind(lead.dependency), self._workers)
        current.set(None)
        seconds = time.perf_counter() - lead.begun
        self._free(lead, seconds)
        for outcome in {id(each): each for each in outcomes}.values():
            self._report(lead, outcome)
        for job, outcome in zip(jobs, outcomes, strict=True):
            self._conclude(job, outcome, seconds)
            job.batch = None

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
                job.listener.queued(job, position, self._queue.waiting, self._eta(job, position))
        if self._queue.waiting:
            self._announce_in(REFRESH)

    def _eta(self, job: Job, position: int) -> float | None:
        typical = self._typical.get(_group(job))
        limit = self._limit(job.dependency)
        if typical is None or not limit:
            return None
        dependency = job.dependency
        together = dependency.max_batch_size if dependency.batch else 1
        return round(typical * (position // together + 1) / limit, 3)


def _group(job: Job) -> str:
    dependency = job.dependency
    return dependency.group if dependency.queue else f"unqueued-{dependency.id}"


def _function(job: Job) -> Callable[..., Any]:
    fn = job.dependency.fn
    assert fn is not None, "a dependency without a function never becomes a job"  # noqa: S101
    return fn


def _check(job: Job) -> None:
    """Raises what the validator says. An async one gets a loop of its own: it must not hold up this one."""
    validator = job.dependency.validator
    assert validator is not None, "asked only where there is one"  # noqa: S101
    given = call.arguments(job)
    verdict = validator(*given.args, **given.kwargs)
    call.check(job, asyncio.run(verdict) if asyncio.iscoroutine(verdict) else verdict)
