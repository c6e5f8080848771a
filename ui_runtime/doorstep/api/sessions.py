"""Programs' sessions: one for each `session_hash`, with its state, its calls and its stream.

A program that gives no `session_hash` gets a session for that one call. A session is forgotten when it was
not used for `IDLE` seconds and no heartbeat says that its program is still there.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from typing import TYPE_CHECKING, Any, Final

from doorstep.api.calls import Call, Feed
from doorstep.api.sse import for_call, for_queue
from doorstep.events.visit import Visit
from doorstep.queue.jobs import Job

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping

    from doorstep.api.endpoints import Endpoint
    from doorstep.blocks import Blocks
    from doorstep.files import FileStore
    from doorstep.queue.runner import Runner

IDLE: Final = 3600.0
"""Seconds that a session which nobody uses is kept."""
GRACE: Final = 60.0
"""Seconds that the calls of a stream go on when its reader is gone."""
UNREAD: Final = 600.0
"""Seconds that the result of a call waits to be read."""
END_IS_READ: Final = 1.0
"""Seconds at most for a program to leave a stream whose end it was told. Programs take the end for that of
every call that they know of, so calls of these seconds are made known to them when they have left."""
MAX_OPEN: Final = 64
"""Unfinished calls of one session."""
MAX_CALLS: Final = 10_000
"""Calls that wait to be read, or are not over, all programs together."""


class Busy(Exception):  # noqa: N818  # not an error of the app: there are too many calls
    pass


class ApiSession:
    """One program's session."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.feed = Feed(for_queue)
        self.calls: dict[str, Call] = {}
        """Those that are not over, and are told of in the session's stream."""
        self.readers = 0
        """Open streams and heartbeats."""
        self.used = 0.0
        """When it was used last: seconds of the loop's clock."""
        self.hearts: set[Feed] = set()
        """What its heartbeats tell: nothing, but they can be woken."""
        self._end_is_read = asyncio.Event()
        self._end_is_read.set()

    @contextlib.asynccontextmanager
    async def ending(self, leaving: asyncio.Future[None]) -> AsyncIterator[None]:
        """While its stream's end is told, and until the reader leaves, no new call is made known."""
        self._end_is_read.clear()
        try:
            yield
            await asyncio.wait((leaving,), timeout=END_IS_READ)
        finally:
            self._end_is_read.set()

    async def end_was_read(self) -> None:
        """Wait until the program has read that its stream ended, if it does."""
        await self._end_is_read.wait()


class ApiSessions:
    """Every session and every call of programs, on the loop that serves the app."""

    def __init__(self, app: Blocks, runner: Runner, files: FileStore, *, capacity: int) -> None:
        self._app = app
        self._runner = runner
        self._files = files
        self._capacity = capacity
        self._loop = asyncio.get_running_loop()
        self._sessions: dict[tuple[str, str], ApiSession] = {}
        self._calls: dict[str, tuple[Call, float]] = {}
        self._waited: set[Call] = set()
        """Calls whose end somebody waits for in one request."""
        self._numbers = 0
        self.is_closed = False
        """The app ends: heartbeats do too."""
        self._sweeping: asyncio.TimerHandle | None = None

    # -- sessions ------------------------------------------------------------------------------

    def find(self, owner: str, session_hash: str) -> ApiSession | None:
        session = self._sessions.get((owner, session_hash))
        if session is not None:
            session.used = self._loop.time()
        return session

    def open(
        self, owner: str, session_hash: str | None, scope: Mapping[str, Any], user: str | None
    ) -> ApiSession:
        """The session of that name, or a new one; without a name one that nobody else can find.

        `owner` is who asks: sessions of others cannot be named. Raises `Busy` when there are too many.
        """
        session = None if session_hash is None else self.find(owner, session_hash)
        if session is not None:
            session.visit.scope = scope
            return session
        name = session_hash or secrets.token_urlsafe(12)
        session = ApiSession(Visit(self._app, self._files.of_session(owner), name, user, scope))
        if session_hash is not None:
            self._add((owner, session_hash), session)
        return session

    def _add(self, key: tuple[str, str], session: ApiSession) -> None:
        if len(self._sessions) >= self._capacity:
            self._drop_oldest()
        session.used = self._loop.time()
        self._sessions[key] = session
        self._sweep_in(GRACE)

    def _drop_oldest(self) -> None:
        unused = (item for item in self._sessions.items() if not item[1].readers and not item[1].calls)
        oldest = min(unused, key=lambda item: item[1].used, default=None)
        if oldest is None:
            raise Busy
        self._remove(oldest[0])

    def remove_of(self, owner: str) -> None:
        """End the sessions of `owner`, and what they run."""
        for key in [key for key in self._sessions if key[0] == owner]:
            self._remove(key)

    def _remove(self, key: tuple[str, str]) -> None:
        session = self._sessions.pop(key)
        self.cancel_all(session)
        session.visit.states.close()

    # -- calls ---------------------------------------------------------------------------------

    def join(self, session: ApiSession, endpoint: Endpoint, data: list[Any], api: str, **more: Any) -> Call:
        """Start a call that is told of in the session's stream. Raises `Busy`."""
        if len(session.calls) >= MAX_OPEN:
            raise Busy
        call = Call(endpoint, api, session.feed, lambda over: self._over(session, over))
        session.calls[call.event_id] = call
        self._submit(session, call, data, **more)
        if call.is_over:
            return call
        if call.job is not None and call.job.begun:
            call.started(call.job)
        elif call.job is not None:
            call.queued(call.job, 0, 1, None)
        return call

    def start(self, session: ApiSession, endpoint: Endpoint, data: list[Any], api: str) -> Call:
        """Start a call with a stream of its own. Raises `Busy`."""
        if len(self._calls) >= MAX_CALLS and not self._drop_unread():
            raise Busy
        call = Call(endpoint, api, Feed(for_call), self._ended)
        self._calls[call.event_id] = (call, float("inf"))
        self._submit(session, call, data)
        return call

    def run(
        self, session: ApiSession, endpoint: Endpoint, data: list[Any], api: str
    ) -> tuple[Call, asyncio.Event]:
        """Start a call whose end alone matters: the event says that it is there."""
        ended = asyncio.Event()

        def end(over: Call) -> None:
            self._waited.discard(over)
            ended.set()

        call = Call(endpoint, api, Feed(for_call), end)
        self._waited.add(call)
        self._submit(session, call, data)
        return call, ended

    def joined(self, owner: str, event_id: str) -> Call | None:
        """The call of that id in any session of `owner`."""
        mine = (session for (who, _), session in self._sessions.items() if who == owner)
        return next((session.calls[event_id] for session in mine if event_id in session.calls), None)

    def call(self, event_id: str) -> Call | None:
        found = self._calls.get(event_id)
        return None if found is None else found[0]

    def left(self, call: Call) -> None:
        """The reader of a call left before its end: without another one it is stopped after a while."""
        self._loop.call_later(GRACE, self._abandon, call)

    def _abandon(self, call: Call) -> None:
        if call.feed is None or call.feed.wake is None:
            self.cancel(call)

    def forget(self, call: Call) -> None:
        self._calls.pop(call.event_id, None)

    def cancel(self, call: Call) -> None:
        if call.job is not None and not call.is_over:
            self._runner.cancel(call.job)

    def cancel_all(self, session: ApiSession) -> None:
        for call in list(session.calls.values()):
            self.cancel(call)

    def _submit(self, session: ApiSession, call: Call, data: list[Any], **more: Any) -> None:
        self._numbers += 1
        call.job = Job(self._numbers, call.endpoint.dependency, data, call, session.visit, **more)
        self._runner.submit(call.job)

    def _over(self, session: ApiSession, call: Call) -> None:
        session.calls.pop(call.event_id, None)
        session.used = self._loop.time()

    def _ended(self, call: Call) -> None:
        if call.event_id in self._calls:
            self._calls[call.event_id] = (call, self._loop.time())
            self._sweep_in(GRACE)

    def _drop_unread(self) -> bool:
        unread = next((call for call, _ in self._calls.values() if call.is_over), None)
        if unread is not None:
            self.forget(unread)
        return unread is not None

    # -- time ----------------------------------------------------------------------------------

    def _sweep_in(self, seconds: float) -> None:
        if self._sweeping is None:
            self._sweeping = self._loop.call_later(seconds, self._sweep)

    def _sweep(self) -> None:
        self._sweeping = None
        now = self._loop.time()
        for call, ended in list(self._calls.values()):
            if now - ended > UNREAD:
                self.forget(call)
        for key, session in list(self._sessions.items()):
            if session.calls and not session.readers and now - session.used > GRACE:
                self.cancel_all(session)
            if not session.readers and not session.calls and now - session.used > IDLE:
                self._remove(key)
        if self._sessions or self._calls:
            self._sweep_in(GRACE)

    def close(self) -> None:
        self.is_closed = True
        if self._sweeping is not None:
            self._sweeping.cancel()
        for key, session in list(self._sessions.items()):
            self._remove(key)
            _wake(session.hearts)
        for call in [*self._waited, *(call for call, _ in self._calls.values())]:
            self.cancel(call)


def _wake(feeds: Iterable[Feed]) -> None:
    """Let those who read them see that there is an end."""
    for feed in feeds:
        if feed.wake is not None:
            feed.wake()
