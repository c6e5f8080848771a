"""A job: one run of a function, and who wants to know what becomes of it."""

from __future__ import annotations

import asyncio
import contextlib
import traceback
from contextvars import Context, ContextVar, copy_context
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from doorstep.changes import Differ
from doorstep.errors import Error, InvalidError, MissingExtraError, OutputError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from doorstep.changes import Changes
    from doorstep.events.dependency import Dependency
    from doorstep.events.visit import Visit
    from doorstep.messages import Custom, Toast
    from doorstep.progress import Advance, Reporter


SHOWN_SECONDS: Final = 10.0
"""How long the page tells something by itself."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a job has no result, for the visitor.

    `code` is `error` (the function raised), `refused` (the input was), `cancelled`, `busy` or `timeout`.
    """

    title: str
    message: str
    code: str
    traceback: str | None = None
    component: int | None = None
    invalid: list[tuple[int, str]] | None = None
    """What a validator said: component ids with a message each."""
    seconds: float | None = SHOWN_SECONDS
    """How long it is told at the page's edge; None until it is dismissed."""


class Listener(Protocol):
    """Who started jobs and is told about them, on the event loop.

    `done` or `failed` comes last, once for each job, unless the app is stopped meanwhile.
    """

    def queued(self, job: Job, position: int, size: int, eta: float | None) -> None:
        """It waits as number `position` (from 0) of `size` in its group, for about `eta` seconds."""

    def started(self, job: Job) -> None:
        """It runs now. Told only of a job that was `queued`."""

    def progress(self, job: Job, advance: list[Advance]) -> None:
        """How far its function says it is: the outermost loop first."""

    def toast(self, job: Job, toast: Toast) -> None:
        """Its function has something to say."""

    def custom(self, job: Job, message: Custom) -> None:
        """Its function has something to say to a component's module."""

    def step(self, job: Job, changes: Changes) -> None:
        """Its generator yielded; `job.differ.values` are the whole values."""

    def done(self, job: Job, changes: Changes, seconds: float) -> None:
        """It returned; `changes` is empty when it is a generator."""

    def failed(self, job: Job, failure: Failure) -> None:
        """It came to nothing."""


@dataclass(eq=False, slots=True)
class Job:
    """One run of a dependency's function, with wire values as `data`.

    `trigger` is the id of the block that started it, `event` what its event carried.
    """

    number: int
    dependency: Dependency
    data: list[Any]
    listener: Listener
    visit: Visit
    trigger: int | None = None
    event: Any = None
    context: Context = field(default_factory=copy_context)
    differ: Differ = field(default_factory=Differ)
    """What a generator has shown so far."""
    loop: asyncio.AbstractEventLoop | None = None
    submitted: float = 0.0
    """When it came: seconds of the loop's clock."""
    begun: float = 0.0
    """When it began to run: seconds of the performance counter."""
    position: int | None = None
    """The place in the queue that its listener was told."""
    is_cancelled: bool = False
    """Nobody waits for it any more: a generator ends at its next step."""
    is_over: bool = False
    """Its listener was told how it ended."""
    is_in_thread: bool = False
    """Its function runs in a thread now."""
    batch: list[Job] | None = None
    """The jobs that run in one call with it, itself among them."""
    task: asyncio.Task[None] | None = None
    limit: asyncio.TimerHandle | None = None
    """Goes off when its time is up."""
    reporter: Reporter | None = None
    streams: dict[int, Any] = field(default_factory=dict)
    """What outputs that grow with each step have shown so far, by component."""

    @property
    def owner(self) -> str | int:
        """Whose turn it takes in the queue: its session's."""
        return self.visit.session_hash or id(self.visit)

    def soon(self, callback: Callable[..., object], *args: Any) -> None:
        """Call on the loop: now when this is the loop's thread, otherwise as soon as it can."""
        if self.loop is None:
            return
        if asyncio._get_running_loop() is self.loop:  # None in other threads
            callback(*args)
            return
        with contextlib.suppress(RuntimeError):  # the app was closed while the function ran: nobody waits
            self.loop.call_soon_threadsafe(callback, *args)


current: Final[ContextVar[Job | None]] = ContextVar("doorstep_job", default=None)
"""The job whose function runs in this context."""


CANCELLED = Failure("Cancelled", "The job was cancelled.", "cancelled")
BUSY = Failure("Busy", "Too many jobs are waiting. Try again in a moment.", "busy")
TIMEOUT = Failure("Timeout", "The function took longer than it may.", "timeout")


def failure_of(error: BaseException, dependency: Dependency, show_error: bool) -> Failure:
    """What the visitor may know: all of an `Error`; of others only that they were, unless `show_error`."""
    output = dependency.outputs[0].id if dependency.outputs else None
    if isinstance(error, InvalidError):
        return Failure("Check your input", str(error), "refused", invalid=error.invalid)
    if isinstance(error, RefusedError):
        return Failure("Input refused", str(error), "refused", component=error.component)
    if isinstance(error, Error):
        title, message = (error.title, error.message) if error.visible else ("", "")
        return Failure(title, message, "error", component=output, seconds=error.duration)
    if isinstance(error, MissingExtraError) and not show_error:
        message = "The app lacks a package that it needs. Its owner's terminal says which."
        return Failure("Error", message, "error", component=output)
    if show_error:
        own = error if isinstance(error, (OutputError, MissingExtraError)) else None
        message = str(own) if own is not None else f"{type(error).__name__}: {error}"
        text = "".join(traceback.format_exception(error))
        return Failure("Error", message, "error", traceback=text, component=output)
    return Failure("Error", "The app's function ended with an error.", "error", component=output)


def is_reported(error: BaseException) -> bool:
    """Whether the terminal should show it: not a visitor's mistake, nor an `Error` that asks for silence."""
    if isinstance(error, Error):
        return error.print_exception
    return not isinstance(error, RefusedError)
