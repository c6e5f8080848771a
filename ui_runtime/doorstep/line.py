"""What a page's connection does, whatever carries it: a WebSocket (`connection`) or plain HTTP (`stream`)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from doorstep.dev import current
from doorstep.errors import ProtocolError
from doorstep.messages import Cancel, Ping, Pong, Reload, Run, Welcome, encode
from doorstep.security import visitor_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import Scope

    from doorstep.messages import FromPage, Hello
    from doorstep.sessions import Session, SessionStore

MAX_BACKLOG: Final = 1000
"""Messages that a page may leave unread before it is cut off."""

GONE, TAKEN, TOO_SLOW, REFUSED, TOO_BIG, BUSY = 1012, 4001, 4008, 1008, 1009, 1013

_PONG: Final = encode(Pong())


class Closed(Exception):  # noqa: N818  # not an error: how a connection ends
    """The connection is over; `code` is None when the page ended it."""

    def __init__(self, code: int | None = None, reason: str = "") -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Line:
    """One connection of a session: what is heard on it, and what is said."""

    def __init__(self, sessions: SessionStore, scope: Scope) -> None:
        self._sessions = sessions
        self._scope = scope
        self._news = asyncio.Event()
        self._pongs = 0
        self._ending: Closed | None = None

    def take_up(self, hello: Hello) -> tuple[Session, list[str]]:
        """The session, new or resumed, and the first frames. Raises `Closed` when there is no room."""
        visitor = visitor_of(self._scope)
        resumed = self._sessions.resume(hello, visitor)
        session, missed = resumed if resumed is not None else (self._sessions.open(visitor, self._scope), [])
        if session is None:
            raise Closed(BUSY, "too many visitors at once")
        session.attach(self, self._scope)
        if hello.session is not None and resumed is None and current.stage() is not None:
            session.tell(Reload())  # a page of the app as it was before
        self._news.set()
        return session, [encode(Welcome(session=session.id, resumed=resumed is not None)), *missed]

    def put_down(self, session: Session, *, is_leaving: bool = False) -> None:
        """The connection is over; `is_leaving`: the page said that it goes away."""
        if session.line is self:
            self._sessions.left(session, is_leaving=is_leaving)

    def hear(self, session: Session, message: FromPage) -> None:
        """Do what the page asks. Raises `ProtocolError`, and `Closed` for a page that does not read."""
        if isinstance(message, Run):
            session.run(message)
        elif isinstance(message, Cancel):
            session.cancel(message)
        elif isinstance(message, Ping):
            if message.seen is not None:
                session.outbox.seen(message.seen)
            self._pongs += 1
            self._news.set()
        else:
            raise ProtocolError("`hello` comes only once")
        if self._pongs > MAX_BACKLOG or session.outbox.backlog > MAX_BACKLOG:
            raise Closed(TOO_SLOW, "the page does not read what it is sent")

    async def say_all(self, session: Session, say: Callable[[str], Awaitable[None]]) -> None:
        """Send what there is to say as it comes. Ends by raising `Closed`."""
        loop = asyncio.get_running_loop()
        while self._ending is None:
            self._news.clear()
            while self._pongs:
                self._pongs -= 1
                await say(_PONG)
            for frame in session.outbox.take(loop.time()):
                await say(frame)
            due = session.outbox.due()
            timer = None if due is None else loop.call_at(due, self._news.set)
            try:
                await self._news.wait()
            finally:
                if timer is not None:
                    timer.cancel()
        raise self._ending

    # -- what the session tells its line -------------------------------------------------------

    def wake(self) -> None:
        """There is something to say."""
        self._news.set()

    def end(self, closed: Closed) -> None:
        """The connection is to end."""
        self._ending = closed
        self._news.set()
