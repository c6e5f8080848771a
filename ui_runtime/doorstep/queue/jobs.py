"""A job: one run of a function, and who wants to know what becomes of it."""

from __future__ import annotations

import traceback
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from doorstep.errors import Error, MissingExtraError, OutputError, RefusedError

if TYPE_CHECKING:
    import asyncio

    from doorstep.changes import Changes
    from doorstep.components.base import Files
    from doorstep.events.dependency import Dependency


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a job has no result, for the visitor.

    `code` is `error` (the function raised), `refused` (the input was), `cancelled` or `busy`.
    """

    title: str
    message: str
    code: str
    traceback: str | None = None
    component: int | None = None


class Listener(Protocol):
    """Who started jobs and is told about them, on the event loop."""

    def queued(self, job: Job, position: int, eta: float | None) -> None: ...

    def started(self, job: Job) -> None: ...

    def step(self, job: Job, changes: Changes) -> None: ...

    def done(self, job: Job, changes: Changes, seconds: float) -> None: ...

    def failed(self, job: Job, failure: Failure) -> None: ...


@dataclass(eq=False, slots=True)
class Job:
    """One run of a dependency's function, with wire values as `data`."""

    number: int
    dependency: Dependency
    data: list[Any]
    listener: Listener
    files: Files
    context: Context = field(default_factory=copy_context)
    submitted: float = 0.0
    """When it came: seconds of the loop's clock."""
    begun: float = 0.0
    """When it began to run: seconds of the performance counter."""
    position: int | None = None
    """The place in the queue that its listener was told."""
    is_cancelled: bool = False
    is_over: bool = False
    """Its listener was told how it ended."""
    task: asyncio.Task[None] | None = None


CANCELLED = Failure("Cancelled", "The job was cancelled.", "cancelled")
BUSY = Failure("Busy", "Too many jobs are waiting. Try again in a moment.", "busy")


def failure_of(error: BaseException, dependency: Dependency, show_error: bool) -> Failure:
    """What the visitor may know: all of an `Error`; of others only that they were, unless `show_error`."""
    output = dependency.outputs[0].id if dependency.outputs else None
    if isinstance(error, RefusedError):
        return Failure("Input refused", str(error), "refused", component=error.component)
    if isinstance(error, Error):
        message = error.message if error.visible else ""
        return Failure(error.title, message, "error", component=output)
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
