"""Sessions: one open page each. A session outlives its connection for a while, and so do its jobs."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from doorstep.errors import ProtocolError
from doorstep.messages import Cancel, Done, Failed, Hello, Queued, Run, Started
from doorstep.outbox import Outbox
from doorstep.queue.jobs import BUSY, Failure, Job

if TYPE_CHECKING:
    from pathlib import Path

    from doorstep.blocks import Blocks
    from doorstep.changes import Changes
    from doorstep.files import FileStore
    from doorstep.queue.runner import Runner

GRACE: Final = 60.0
"""Seconds that a session waits for its page to come back."""
MAX_JOBS: Final = 64
"""Unfinished jobs of one session."""
MAX_SESSIONS: Final = 10_000


class Session:
    """One page: its jobs, its files and what it still has to be told. Listens to its jobs."""

    def __init__(self, app: Blocks, runner: Runner, store: FileStore, visitor: str | None) -> None:
        self.id = secrets.token_urlsafe(24)
        self.visitor = visitor
        self.outbox = Outbox()
        self.files = store.of_session(self.id)
        self.jobs: dict[int, Job] = {}
        self.wake: Callable[[], None] | None = None
        """Set while a connection is there to send what the outbox holds."""
        self.leave: Callable[[bool], None] | None = None
        """Ends the connection: another one took the session up (True), or the session is over (False)."""
        self.expiry: asyncio.TimerHandle | None = None
        self._app = app
        self._runner = runner
        self._last_job = -1

    # -- what the page asks --------------------------------------------------------------------

    def run(self, message: Run) -> None:
        """Start a job. A number that was used before is ignored: the page may say it again after a resume."""
        dependencies = self._app.dependencies
        if not 0 <= message.fn < len(dependencies) or dependencies[message.fn].fn is None:
            raise ProtocolError(f"there is no function {message.fn}")
        if message.job <= self._last_job:
            return
        self._last_job = message.job
        job = Job(message.job, dependencies[message.fn], message.data, self, self.files)
        if len(self.jobs) >= MAX_JOBS:
            self._end(job, _failed(job, BUSY))
            return
        self.jobs[job.number] = job
        self._runner.submit(job)

    def cancel(self, message: Cancel) -> None:
        job = self.jobs.get(message.job)
        if job is not None:
            self._runner.cancel(job)

    def close(self) -> None:
        """The page does not come back: stop its jobs."""
        for job in list(self.jobs.values()):
            self._runner.cancel(job)

    # -- what its jobs tell --------------------------------------------------------------------

    def queued(self, job: Job, position: int, eta: float | None) -> None:
        self.outbox.put(Queued(job=job.number, position=position, eta=eta))
        self._wake()

    def started(self, job: Job) -> None:
        self.outbox.put(Started(job=job.number))
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
        if self.wake is not None:
            self.wake()


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
        self._capacity = capacity
        self._sessions: dict[str, Session] = {}

    def get(self, session_id: str) -> Session | None:
        return self._sessions.get(session_id)

    def open(self, visitor: str | None) -> Session | None:
        """A new session; None when there are as many as there may be, all of them in use."""
        if len(self._sessions) >= self._capacity and not self._drop_oldest_left():
            return None
        session = Session(self._app, self._runner, self._files, visitor)
        self._sessions[session.id] = session
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
        if session.leave is not None:
            session.leave(True)
        return session, missed

    def left(self, session: Session) -> None:
        """The session's connection is gone: wait for another one."""
        session.wake = session.leave = None
        if session.id in self._sessions:
            loop = asyncio.get_running_loop()
            session.expiry = loop.call_later(self._grace, self.remove, session)

    def remove(self, session: Session) -> None:
        """The session is over: its jobs are cancelled, its files deleted."""
        if self._sessions.pop(session.id, None) is None:
            return
        if session.expiry is not None:
            session.expiry.cancel()
        if session.leave is not None:
            session.leave(False)
        session.close()
        folders = self._files.forget(session.id)
        if folders:
            threading.Thread(target=_delete, args=(folders,), daemon=True).start()

    def close(self) -> None:
        for session in list(self._sessions.values()):
            self.remove(session)

    def _drop_oldest_left(self) -> bool:
        for session in self._sessions.values():
            if session.wake is None:
                self.remove(session)
                return True
        return False


def _delete(folders: list[Path]) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def _failed(job: Job, failure: Failure) -> Failed:
    return Failed(
        job=job.number,
        title=failure.title,
        message=failure.message,
        code=failure.code,
        traceback=failure.traceback,
        output=failure.component,
    )
