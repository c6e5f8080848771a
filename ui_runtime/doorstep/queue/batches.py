"""One call for several jobs: lists in, lists out (`batch=True`).

The function gets one list an input, with one item a job, and returns one list an output, also when there is
but one output. A job whose own input is refused drops out; what goes wrong after that goes wrong for all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from doorstep.errors import OutputError, RefusedError
from doorstep.events import call
from doorstep.queue.steps import Outcome, changes_of, in_worker

if TYPE_CHECKING:
    from doorstep.events.dependency import Dependency, Kind
    from doorstep.queue.jobs import Job
    from doorstep.queue.workers import Workers


async def run(jobs: list[Job], kind: Kind, workers: Workers) -> list[Outcome]:
    """What becomes of each job."""
    batch = _Batch(jobs)
    try:
        return await _run(batch, jobs[0].dependency, kind, workers)
    except BaseException as error:  # noqa: BLE001  # whatever the function raises
        return batch.failures(error)


async def _run(batch: _Batch, dependency: Dependency, kind: Kind, workers: Workers) -> list[Outcome]:
    if kind.is_generator:
        raise OutputError(f"{dependency.name}() is a generator, and those do not run in batches")
    fn: Any = dependency.fn

    def work() -> list[Outcome]:
        batch.read()
        return (
            batch.outcomes(fn(*batch.given.args, **batch.given.kwargs)) if batch.taken else batch.failures()
        )

    if not kind.is_async:
        return await in_worker(workers, work)
    await in_worker(workers, batch.read)
    if not batch.taken:
        return batch.failures()
    returned = await fn(*batch.given.args, **batch.given.kwargs)
    return await in_worker(workers, lambda: batch.outcomes(returned))


class _Batch:
    def __init__(self, jobs: list[Job]) -> None:
        self._jobs = jobs
        self._refused: dict[Job, Outcome] = {}
        self.taken: list[Job] = []
        """The jobs whose inputs are good."""
        self.given = call.Arguments([], {})

    def failures(self, error: BaseException | None = None) -> list[Outcome]:
        """What becomes of the jobs when `error` came of the call, or when all of them were refused."""
        return [self._refused.get(job, error or {}) for job in self._jobs]

    def read(self) -> None:
        """Take the jobs' inputs."""
        rows = []
        for job in self._jobs:
            try:
                values = call.values(job)
            except RefusedError as error:
                self._refused[job] = error
            else:
                self.taken.append(job)
                rows.append(values)
        self.given = call.arrange(self._jobs[0], [list(column) for column in zip(*rows, strict=True)])

    def outcomes(self, returned: Any) -> list[Outcome]:
        """Each job's part of what the function returned. Raises `OutputError`."""
        rows = _rows(self._jobs[0].dependency, returned, len(self.taken))
        shown = {job: changes_of(job, row) for job, row in zip(self.taken, rows, strict=True)}
        return [self._refused[job] if job in self._refused else shown[job] for job in self._jobs]


def _rows(dependency: Dependency, returned: Any, size: int) -> list[Any]:
    wanted = len(dependency.outputs)
    if not wanted:
        return [None] * size
    columns = list(returned) if isinstance(returned, (list, tuple)) else None
    if columns is None or len(columns) != wanted or any(_length(column) != size for column in columns):
        raise OutputError(
            f"{dependency.name}() was called for a batch of {size}, so it returns {_lists(wanted, size)}; "
            f"it returned {_described(returned)}"
        )
    rows = list(zip(*columns, strict=True))
    return [row[0] for row in rows] if wanted == 1 else rows


def _length(column: Any) -> int | None:
    if isinstance(column, (str, bytes, dict)) or not hasattr(column, "__len__"):
        return None
    return len(column)


def _lists(wanted: int, size: int) -> str:
    lists = "a tuple of one list" if wanted == 1 else f"a tuple of {wanted} lists"
    return f"{lists} of {size}, one item a call"


def _described(returned: Any) -> str:
    if not isinstance(returned, (list, tuple)):
        return f"a {type(returned).__name__}"
    inside = ", ".join(
        type(each).__name__ if _length(each) is None else f"{type(each).__name__} of {_length(each)}"
        for each in returned[:5]
    )
    return f"a {type(returned).__name__} of {len(returned)} ({inside})"
