"""Sessions: one open page each. A session outlives its connection for a while, and so do its jobs."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections import Counter
from typing import TYPE_CHECKING, Final

from doorstep.big_values import read_values
from doorstep.errors import ProtocolError, RefusedError
from doorstep.events.visit import Visit
from doorstep.farewell import Farewell
from doorstep.line import GONE, TAKEN, Closed
from doorstep.messages import Cancel, Done, Failed, Hello, Progress, Queued, Run, Started
from doorstep.outbox import Outbox
from doorstep.progress import summary
from doorstep.queue.jobs import BUSY, CANCELLED, SHOWN_SECONDS, Failure, Job
from doorstep.security import address_of, user_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Scope

    from doorstep.blocks import Blocks
    from doorstep.changes import Changes
    from doorstep.events.dependency import Dependency
    from doorstep.files import FileStore
    from doorstep.line import Line
    from doorstep.messages import Custom, Numbered, Toast
    from doorstep.progress import Advance
    from doorstep.queue.runner import Runner

GRACE: Final = 60.0
"""Seconds that a session waits for its page to come back."""
LEAVING_GRACE: Final = 5.0
"""The same, when the page said that it goes away."""
MAX_JOBS: Final = 64
"""Unfinished jobs of one session."""
MAX_SESSIONS: Final = 10_000
ONE_IN: Final = 4
"""Of all sessions there may be, one address may have this part."""
CLASS: Final = 250
"""And so many in any case: a class sits behind one address."""


class Session:
    """One page: its jobs, its files and what it still has to be told. Listens to its jobs."""

    def __init__(
        self, app: Blocks, runner: Runner, store: FileStore, visitor: str | None, address: str = ""
    ) -> None:
        self.id = secrets.token_urlsafe(24)
        self.visitor = visitor
        self.address = address
        self.outbox = Outbox()
        self.visit = Visit(app, store.of_session(self.id), self.id, tell=self.tell_soon)
        self.jobs: dict[int, Job] = {}
        self._reading: dict[Job, asyncio.Task[None]] = {}
        """Jobs whose values are read from a file before they are submitted."""
        self.line: Line | None = None
        """The connection, while there is one."""
        self.expiry: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self._runner = runner
        self._store = store
        self._last_job = -1

    def attach(self, line: Line, scope: Scope) -> None:
        """A connection takes the session up."""
        self.line = line
        self.visit.scope = scope
        self.visit.username = user_of(scope)

    # -- what the page asks --------------------------------------------------------------------

    def run(self, message: Run) -> None:
        """Start a job. A number that was used before is ignored: the page may say it again after a resume."""
        dependency = self.visit.dependency(message.fn)
        if dependency is None and not self.visit.was_rendered(message.fn):
            raise ProtocolError(f"there is no function {message.fn}")
        if message.job <= self._last_job:
            return
        self._last_job = message.job
        if dependency is None:
            self.tell(_gone(message.job))
            return
        job = Job(message.job, dependency, message.data, self, self.visit, message.trigger, message.event)
        if len(self.jobs) >= MAX_JOBS:
            self._end(job, _failed(job, BUSY))
            return
        self._cancel_for(dependency)
        self.jobs[job.number] = job
        if message.data_file is None:
            self._runner.submit(job)
        else:
            self._reading[job] = self._loop.create_task(self._submit_with(job, message.data_file))

    async def _submit_with(self, job: Job, data_file: str) -> None:
        """Submit a job once its values are read."""
        try:
            job.data = await asyncio.to_thread(read_values, self._store, self.id, data_file)
        except RefusedError as error:
            del self._reading[job]
            self._end(job, _failed(job, Failure("Input refused", str(error), "refused")))
        else:
            del self._reading[job]
            self._runner.submit(job)

    def cancel(self, message: Cancel) -> None:
        job = self.jobs.get(message.job)
        if job is not None:
            self._stop(job)

    def _stop(self, job: Job) -> None:
        reading = self._reading.pop(job, None)
        if reading is None:
            self._runner.cancel(job)
        else:
            reading.cancel()
            self._end(job, _failed(job, CANCELLED))

    def _cancel_for(self, dependency: Dependency) -> None:
        """A page cancels by itself what it knows of; jobs of an earlier page in this session too."""
        for job in list(self.jobs.values()) if dependency.cancels else ():
            if job.dependency in dependency.cancels:
                self._stop(job)

    def tell(self, message: Numbered) -> None:
        """Say something that belongs to no job."""
        self.outbox.put(message)
        self._wake()

    def tell_soon(self, message: Numbered) -> None:
        """The same, from any thread; at once in the loop's own, so that it comes before its job's end."""
        if asyncio._get_running_loop() is self._loop:  # noqa: SLF001  # None in other threads
            self.tell(message)
            return
        with contextlib.suppress(RuntimeError):  # the app was closed meanwhile
            self._loop.call_soon_threadsafe(self.tell, message)

    def close(self) -> None:
        """The page does not come back: stop its jobs."""
        for job in list(self.jobs.values()):
            self._stop(job)

    # -- what its jobs tell --------------------------------------------------------------------

    def queued(self, job: Job, position: int, size: int, eta: float | None) -> None:
        self.outbox.queued(Queued(job=job.number, position=position, eta=eta))
        self._wake()

    def started(self, job: Job) -> None:
        self.outbox.put(Started(job=job.number))
        self._wake()

    def progress(self, job: Job, advance: list[Advance]) -> None:
        whole = summary(advance)
        self.outbox.progress(
            Progress(
                job=job.number,
                fraction=None if whole.fraction is None else round(whole.fraction, 4),
                text=whole.text,
                step=whole.step,
                total=whole.total,
                unit=whole.unit,
            )
        )
        self._wake()

    def toast(self, job: Job, toast: Toast) -> None:
        self.outbox.toast(toast)
        self._wake()

    def custom(self, job: Job, message: Custom) -> None:  # noqa: ARG002  # as others need it
        self.outbox.put(message)
        self._wake()

    def step(self, job: Job, changes: Changes) -> None:
        self.outbox.step(job.number, changes)
        self._wake()

    def done(self, job: Job, changes: Changes, seconds: float) -> None:
        self._end(job, Done(job=job.number, changes=list(changes.items()), seconds=round(seconds, 6)))

    def failed(self, job: Job, failure: Failure) -> None:
        self._end(job, _failed(job, failure))

    def _end(self, job: Job, message: Done | Failed) -> None:
        self.jobs.pop(job.number, None)
        self.outbox.end(job.number, message)
        self._wake()

    def _wake(self) -> None:
        if self.line is not None:
            self.line.wake()


class SessionStore:
    """Every session of one running app."""

    def __init__(
        self,
        app: Blocks,
        runner: Runner,
        files: FileStore,
        *,
        grace: float = GRACE,
        capacity: int = MAX_SESSIONS,
    ) -> None:
        self._app = app
        self._runner = runner
        self._files = files
        self._grace = grace
        self._leaving_grace = min(grace, LEAVING_GRACE)
        self._capacity = capacity
        self._sessions: dict[str, Session] = {}
        self._of_address: Counter[str] = Counter()

    def get(self, session_id: str) -> Session | None:
        return self._sessions.get(session_id)

    def open(self, visitor: str | None, scope: Scope) -> Session | None:
        """A new session; None when there are as many as there may be, all of them in use, or too many of one
        address.
        """
        address = address_of(scope)
        if self._has_enough(address):
            return None
        if len(self._sessions) >= self._capacity and not self._drop_oldest_left():
            return None
        session = Session(self._app, self._runner, self._files, visitor, address)
        self._sessions[session.id] = session
        self._of_address[address] += 1
        return session

    def resume(self, hello: Hello, visitor: str | None) -> tuple[Session, list[str]] | None:
        """The session that the page had, with what it missed; None when that is gone."""
        session = self._sessions.get(hello.session) if hello.session is not None else None
        if session is None or session.visitor != visitor:
            return None
        missed = session.outbox.again(hello.seen)
        if missed is None:
            self.remove(session)
            return None
        if session.expiry is not None:
            session.expiry.cancel()
            session.expiry = None
        if session.line is not None:
            session.line.end(Closed(TAKEN, "the session goes on in another connection"))
        return session, missed

    def left(self, session: Session, *, is_leaving: bool = False) -> None:
        """The session's connection is gone: wait for another one, not as long when the page `is_leaving`."""
        session.line = None
        if session.id in self._sessions:
            loop = asyncio.get_running_loop()
            grace = self._leaving_grace if is_leaving else self._grace
            session.expiry = loop.call_later(grace, self.remove, session)

    def remove(self, session: Session) -> None:
        """The session is over: its jobs are cancelled, `unload` functions run, its states and files go."""
        if self._sessions.pop(session.id, None) is None:
            return
        self._forget_address(session.address)
        if session.expiry is not None:
            session.expiry.cancel()
        if session.line is not None:
            session.line.end(Closed(GONE, "the session is over"))
        session.close()
        farewell = Farewell(session.visit, self._app.unloads, self._files.forget(session.id))
        if farewell.is_needed:
            self._runner.aside(farewell.say)

    def remove_of(self, visitor: str) -> None:
        """Every session of this browser and user is over: who logged out leaves nothing open."""
        for session in [each for each in self._sessions.values() if each.visitor == visitor]:
            self.remove(session)

    def tell_all(self, message: Callable[[], Numbered]) -> None:
        """Say something on every page; `message` makes one for each."""
        for session in self._sessions.values():
            session.tell(message())

    def close(self) -> None:
        for session in list(self._sessions.values()):
            self.remove(session)

    def _has_enough(self, address: str) -> bool:
        """Whether an address has its part. This machine's is that of a proxy: it stands for everybody."""
        most = max(CLASS, self._capacity // ONE_IN)
        return self._of_address[address] >= most and address not in {"", "127.0.0.1"}

    def _forget_address(self, address: str) -> None:
        self._of_address[address] -= 1
        if self._of_address[address] <= 0:
            del self._of_address[address]

    def _drop_oldest_left(self) -> bool:
        for session in self._sessions.values():
            if session.line is None:
                self.remove(session)
                return True
        return False


def _gone(number: int) -> Failed:
    """The answer to an event of a part that was rendered anew while the event was on its way."""
    return Failed(job=number, title="Gone", message="This part of the page has changed.", code="cancelled")


def _failed(job: Job, failure: Failure) -> Failed:
    return Failed(
        job=job.number,
        title=failure.title,
        message=failure.message,
        code=failure.code,
        traceback=failure.traceback,
        output=failure.component,
        invalid=failure.invalid,
        seconds=None if failure.seconds == SHOWN_SECONDS else failure.seconds or 0,
    )
