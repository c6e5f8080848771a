"""What a function returns or yields, on its way to the loop."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, TypeVar

from doorstep.changes import Changes
from doorstep.events import call

if TYPE_CHECKING:
    from doorstep.queue.jobs import Job
    from doorstep.queue.workers import Workers

Outcome = Changes | BaseException
T = TypeVar("T")


def changes_of(job: Job, returned: Any) -> Changes:
    """What the outputs show of a returned value. Raises `OutputError`."""
    return {component: properties for component, properties in call.results(job, returned) if properties}


class Steps:
    """Carries a generator's steps from its thread to the loop, waking the loop once for many."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._posted: deque[Changes] = deque()
        self._is_scheduled = False

    def post(self, changes: Changes) -> None:
        self._posted.append(changes)
        if not self._is_scheduled:
            self._is_scheduled = True
            self._job.soon(self._deliver)

    def _deliver(self) -> None:
        self._is_scheduled = False
        while self._posted:
            changes = self._posted.popleft()
            if not self._job.is_over:
                self._job.listener.step(self._job, changes)


async def in_worker(workers: Workers, work: Callable[[], T]) -> T:
    """What `work` returns or raises, in a thread and in a copy of this context."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()
    context = copy_context()
    workers.submit(lambda: context.run(_settle_from_thread, loop, future, work))
    return await future


def _settle_from_thread(
    loop: asyncio.AbstractEventLoop, future: asyncio.Future[T], work: Callable[[], T]
) -> None:
    result: Any = None
    raised: BaseException | None = None
    try:
        result = work()
    except BaseException as error:  # noqa: BLE001  # raised again where it is awaited
        raised = error
    with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
        loop.call_soon_threadsafe(_settle, future, result, raised)


def _settle(future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
    if future.done():
        return
    if isinstance(error, StopIteration):  # a future cannot hold one
        error = RuntimeError("the function raised StopIteration")
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(result)
