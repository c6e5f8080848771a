"""Server-sent events over ASGI: waits for news, says it is alive, and ends when its reader does."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Self

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Message, Receive, Scope, Send

    from doorstep.api.calls import Feed
    from doorstep.api.sessions import ApiSession

BEAT: Final = 15.0
"""Seconds of silence after which the stream says that it is alive: proxies cut those that are silent."""
LINGER: Final = 0.25
"""Seconds that the stream of a session stays when no call is open: the next may be on its way."""

_HEADERS: Final = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]


class Gone(Exception):  # noqa: N818  # not an error: the reader left
    """Who asked does not wait any more."""

    @classmethod
    async def before(cls, event: asyncio.Event, request: Request) -> None:
        """Wait for the event. Raises `Gone` when the client disconnects first."""
        if event.is_set():
            return
        waiting = asyncio.ensure_future(event.wait())
        leaving = asyncio.ensure_future(_disconnected(request.receive))
        try:
            await asyncio.wait((waiting, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (waiting, leaving):
                task.cancel()
        if not event.is_set():
            raise cls


class EventStream:
    """The ASGI response that tells what a feed gets, until `is_over` and all is told."""

    def __init__(
        self,
        feed: Feed,
        is_over: Callable[[], bool],
        beat: bytes,
        *,
        first: bytes = b"",
        last: bytes = b"",
        at_end: Callable[[], object] | None = None,
        at_leave: Callable[[], object] | None = None,
        session: ApiSession | None = None,
        queue: ApiSession | None = None,
    ) -> None:
        """`session` has a reader meanwhile; `queue` is the one whose calls are told, which may make more."""
        self.headers: dict[str, str] = {}
        self._feed = feed
        self._is_over = is_over
        self._beat = beat
        self._first = first
        self._last = last
        self._at_end = at_end
        self._at_leave = at_leave
        self._session = session or queue
        self._queue = queue

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        if self._is_over() and self._queue is None:
            await self._tell_all(send)
            return
        news = asyncio.Event()
        self._feed.wake = news.set
        leaving = asyncio.ensure_future(_disconnected(receive))
        leaving.add_done_callback(lambda _task: news.set())
        with self._counted():
            try:
                await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
                if self._first:
                    await send({"type": "http.response.body", "body": self._first, "more_body": True})
                while not leaving.done() and not await self._tell(send, news, leaving):
                    pass
            finally:
                leaving.cancel()
                if self._feed.wake == news.set:
                    self._feed.wake = None
                if self._at_leave is not None and not self._is_over():
                    self._at_leave()

    async def _tell(self, send: Send, news: asyncio.Event, leaving: asyncio.Future[None]) -> bool:
        """Send what there is, or wait for it. True when all is told."""
        news.clear()
        if self._is_over() and self._queue is None:
            await self._send_last(send, leaving)
            return True
        if not self._feed.is_empty:
            await send({"type": "http.response.body", "body": self._feed.take(), "more_body": True})
            return False
        try:
            async with asyncio.timeout(LINGER if self._queue and self._is_over() else BEAT):
                await news.wait()
        except TimeoutError:
            if self._is_over():
                await self._send_last(send, leaving)
                return True
            await send({"type": "http.response.body", "body": self._beat, "more_body": True})
        return False

    async def _send_last(self, send: Send, leaving: asyncio.Future[None]) -> None:
        if self._queue is None:
            await send({"type": "http.response.body", "body": self._feed.take() + self._last})
        else:
            async with self._queue.ending(leaving):
                body = self._feed.take() + self._last
                await send({"type": "http.response.body", "body": body, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        self._end()

    async def _tell_all(self, send: Send) -> None:
        """All is over already: one answer of known length."""
        body = self._feed.take() + self._last
        self._end()
        await _send_whole(send, body)

    def _end(self) -> None:
        if self._at_end is not None:
            self._at_end()

    @contextlib.contextmanager
    def _counted(self) -> Any:
        """The session has a reader meanwhile."""
        if self._session is not None:
            self._session.readers += 1
        try:
            yield
        finally:
            if self._session is not None:
                self._session.readers -= 1
                self._session.used = asyncio.get_running_loop().time()

    # -- streams of other kinds ----------------------------------------------------------------

    @classmethod
    def of(cls, body: bytes, status: int = 200) -> _Whole:
        """A stream that says this and ends."""
        return _Whole(body, status)

    @classmethod
    def heartbeat(cls, session: ApiSession, is_over: Callable[[], bool], beat: bytes) -> Self:
        """A stream that only says that it is alive, until the program or the app goes."""
        from doorstep.api.calls import Feed

        feed = Feed(lambda _call, _news: b"")
        session.hearts.add(feed)
        leave = partial(session.hearts.discard, feed)
        return cls(feed, is_over, beat, first=beat, session=session, at_leave=leave)


class _Whole:
    def __init__(self, body: bytes, status: int) -> None:
        self.headers: dict[str, str] = {}
        self._body = body
        self._status = status

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await _send_whole(send, self._body, self._status)


async def _send_whole(send: Send, body: bytes, status: int = 200) -> None:
    headers = [*_HEADERS, (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _disconnected(receive: Receive) -> None:
    message: Message = {"type": ""}
    while message["type"] != "http.disconnect":
        message = await receive()
