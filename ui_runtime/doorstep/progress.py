"""`Progress`: a function tells how far it is.

    def work(text, progress=ds.Progress()):
        progress(0.1, desc="Reading")
        for item in progress.tqdm(items, desc="Items"):
            ...

From any thread or coroutine of the function. However often a function tells, its page hears of it some ten
times a second. Outside of a running app all of this does nothing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, Self, TypeVar

from doorstep.errors import UsageError
from doorstep.queue.jobs import current

if TYPE_CHECKING:
    from doorstep.events.call import Call
    from doorstep.queue.jobs import Job

Item = TypeVar("Item")

PERIOD: Final = 0.1
"""Seconds between two messages of one job."""
MAX_TEXT: Final = 500
"""Characters of a description."""


@dataclass(frozen=True, slots=True)
class Advance:
    """How far one loop is. `fraction` is from 0 to 1, None when nobody knows."""

    fraction: float | None = None
    text: str | None = None
    step: float | None = None
    total: float | None = None
    unit: str | None = None


class Progress:
    """Give it to a parameter as its default value, and call it: see the module.

    `track_tqdm=True` shows the loops that the function (or a library that it calls) makes with `tqdm`.
    """

    def __init__(self, track_tqdm: bool = False) -> None:
        self.track_tqdm = track_tqdm
        self._reporter: Reporter | None = None

    def bound(self, call: Call) -> Progress:
        """The same, for one call of the function."""
        bound = Progress(self.track_tqdm)
        bound._reporter = reporter_of(call)
        if self.track_tqdm and bound._reporter is not None:
            bound._reporter.watches_tqdm = True
            _watch_tqdm()
        return bound

    def __call__(
        self,
        progress: float | tuple[float, float | None] | None,
        desc: str | None = None,
        total: float | None = None,
        unit: str = "steps",
        _tqdm: Any = None,
    ) -> None:
        """Tell a fraction from 0 to 1, or `(steps done, steps in all or None)`; None when nobody knows."""
        if self._reporter is not None:
            self._reporter.tell(_advance(progress, desc, total, unit))

    def tqdm(
        self,
        iterable: Iterable[Item] | None,
        desc: str | None = None,
        total: float | None = None,
        unit: str = "steps",
        _tqdm: Any = None,
    ) -> Loop[Item]:
        """Iterate over `iterable` and tell how far it is. With None, call `update` on what is returned."""
        return Loop(self._reporter, iterable, desc, total, unit)

    def __repr__(self) -> str:
        return f"Progress(track_tqdm={self.track_tqdm})"


class Loop(Generic[Item]):
    """One loop that is watched; one inside another counts as a part of the outer one's step."""

    def __init__(
        self,
        reporter: Reporter | None,
        iterable: Iterable[Item] | None,
        desc: str | None,
        total: float | None,
        unit: str,
    ) -> None:
        self._reporter = reporter
        self._iterable = iterable
        self._desc = desc
        self._total = total if total is not None else _length(iterable)
        self._unit = unit
        self._step: float = 0

    def __iter__(self) -> Iterator[Item]:
        if self._iterable is None:
            raise UsageError("progress.tqdm(None) is not iterated over: call its update() instead")
        self._tell()
        try:
            for item in self._iterable:
                yield item
                self.update()
        finally:
            self.close()

    def __len__(self) -> int:
        return int(self._total or 0)

    def update(self, n: float = 1) -> None:
        """So many steps more are done."""
        self._step += n
        self._tell()

    def set_description(self, desc: str | None = None) -> None:
        self._desc = desc
        self._tell()

    def close(self) -> None:
        """The loop is over."""
        if self._reporter is not None:
            self._reporter.leave(self)

    def __enter__(self) -> Self:
        self._tell()
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _tell(self) -> None:
        if self._reporter is not None:
            advance = _advance((self._step, self._total), self._desc, None, self._unit)
            self._reporter.tell(advance, self)


_NOTHING: Final = object()


class Reporter:
    """The progress of one job: what its loops last told, on its way to the listener."""

    def __init__(self, job: Job) -> None:
        self.watches_tqdm = False
        self._job = job
        self._levels: dict[Any, Advance] = {}
        self._ended: Any = _NOTHING
        """The loop that is over and still shown, until something else is told."""
        self._lock = threading.Lock()
        self._is_scheduled = False
        self._last = 0.0

    def tell(self, advance: Advance, level: Any = None) -> None:
        """A loop (or the function itself) is that far. From any thread.

        What the function said of itself holds until a loop goes on.
        """
        with self._lock:
            if level is not None:
                self._levels.pop(None, None)
            if level != self._ended:
                self._levels.pop(self._ended, None)
            self._ended = _NOTHING
            self._levels[level] = advance
        if not self._is_scheduled:
            self._is_scheduled = True
            self._job.soon(self._schedule)

    def leave(self, level: Any) -> None:
        """A loop is over; the last one stays shown as it ended."""
        with self._lock:
            if level in self._levels and len(self._levels) == 1:
                self._ended = level
            else:
                self._levels.pop(level, None)

    def _schedule(self) -> None:
        wait = self._last + PERIOD - time.monotonic()
        if wait <= 0 or self._job.loop is None:
            self._flush()
        else:
            self._job.loop.call_later(wait, self._flush)

    def _flush(self) -> None:
        self._is_scheduled = False
        self._last = time.monotonic()
        with self._lock:
            levels = list(self._levels.values())
        for job in self._job.batch or [self._job]:
            if not job.is_over:
                job.listener.progress(job, levels)


def reporter_of(call: Any) -> Reporter | None:
    """The reporter of a job; None for a call that no app runs."""
    if not hasattr(call, "reporter"):
        return None
    if call.reporter is None:
        call.reporter = Reporter(call)
    reporter: Reporter = call.reporter
    return reporter


def summary(levels: list[Advance]) -> Advance:
    """All loops as one: those inside are parts of the outer one's step."""
    outer = levels[0]
    fraction = outer.fraction
    share = 1 / outer.total if outer.total else 0.0
    for inner in levels[1:]:
        if fraction is not None and inner.fraction is not None:
            fraction = min(1.0, fraction + share * min(inner.fraction, 1.0))
        share *= 1 / inner.total if inner.total else 0.0
    text = " · ".join(each.text for each in levels if each.text) or None
    return Advance(fraction, text, outer.step, outer.total, outer.unit)


# -- what is told ------------------------------------------------------------------------------


def _advance(progress: Any, desc: str | None, total: float | None, unit: str) -> Advance:
    text = None if desc is None else str(desc)[:MAX_TEXT]
    if progress is None:
        return Advance(text=text)
    if isinstance(progress, (tuple, list)):
        step, whole = _number(progress[0]), progress[1] if len(progress) > 1 else total
        whole = None if whole is None else _number(whole)
        return Advance(_bounded(step / whole) if whole else None, text, step, whole, unit)
    fraction = _number(progress)
    if total is not None:
        return Advance(_bounded(fraction / _number(total)) if total else None, text, fraction, total, unit)
    return Advance(_bounded(fraction), text)


def _number(value: Any) -> float:
    try:
        number = value if isinstance(value, int) else float(value)
    except (TypeError, ValueError):
        raise UsageError(f"progress is a number from 0 to 1 or (step, total), not {value!r}") from None
    return number if number == number else 0  # noqa: PLR0124  # not a number


def _bounded(fraction: float) -> float:
    return min(1.0, max(0.0, fraction))


def _length(iterable: Any) -> int | None:
    try:
        return len(iterable)
    except TypeError:
        return None


# -- loops of tqdm itself ----------------------------------------------------------------------

_watching = threading.Lock()


def _watch_tqdm() -> None:
    """Make tqdm's bars tell the job in whose context they are, if that asked for it; others never notice."""
    try:
        from tqdm.std import tqdm  # type: ignore[import-untyped]  # it has no types
    except ImportError:
        return
    with _watching:
        if not hasattr(tqdm, "_doorstep_watched"):
            tqdm._doorstep_watched = True
            for name in ("__init__", "update", "set_description", "close"):
                setattr(tqdm, name, _told_after(getattr(tqdm, name), ends=name == "close"))


def _told_after(method: Any, *, ends: bool) -> Any:
    """A method of tqdm that tells how far the bar is when it has done what it does."""
    import functools

    @functools.wraps(method)
    def wrapped(bar: Any, *args: Any, **kwargs: Any) -> Any:
        result = method(bar, *args, **kwargs)
        job = current.get()
        if job is not None and job.reporter is not None and job.reporter.watches_tqdm:
            if ends:
                job.reporter.leave(id(bar))
            elif not getattr(bar, "disable", True):
                total = getattr(bar, "total", None)
                advance = _advance((bar.n, total), (bar.desc or "").removesuffix(": "), None, bar.unit)
                job.reporter.tell(advance, id(bar))
        return result

    return wrapped
