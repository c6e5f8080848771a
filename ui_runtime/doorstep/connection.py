"""The session's WebSocket: frames in and out. What they mean is the session's business."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from doorstep.dev import current
from doorstep.errors import ProtocolError
from doorstep.messages import MAX_FRAME, Cancel, Hello, Ping, Pong, Reload, Run, Welcome, decode, encode
from doorstep.security import is_same_origin, visitor_of

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from doorstep.messages import FromPage
    from doorstep.sessions import Session, SessionStore

HELLO_DEADLINE: Final = 10.0
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


class Connection:
    """One WebSocket of a page, from the handshake to the end."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, sessions: SessionStore) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._sessions = sessions
        self._news = asyncio.Event()
        self._ending: Closed | None = None
        self._pongs = 0

    async def serve(self) -> None:
        """Returns when the connection is over."""
        await self._receive()  # websocket.connect
        if not is_same_origin(self._scope):
            await self._send({"type": "websocket.close", "code": REFUSED, "reason": "foreign origin"})
            return
        await self._send({"type": "websocket.accept"})
        session: Session | None = None
        try:
            session = await self._greet()
            await self._converse(session)
        except Closed as ended:
            await self._close(ended)
        except ProtocolError as error:
            await self._close(Closed(REFUSED, str(error)))
        finally:
            if session is not None and session.wake == self._news.set:
                self._sessions.left(session)

    async def _close(self, ended: Closed) -> None:
        if ended.code is not None:
            reason = ended.reason.encode()[:120].decode("utf-8", "ignore")  # a close frame holds 123 bytes
            await self._send({"type": "websocket.close", "code": ended.code, "reason": reason})

    # -- the first message ---------------------------------------------------------------------

    async def _greet(self) -> Session:
        try:
            async with asyncio.timeout(HELLO_DEADLINE):
                hello = await self._next()
        except TimeoutError:
            raise Closed(REFUSED, "no hello") from None
        if not isinstance(hello, Hello):
            raise ProtocolError("the first message is `hello`")
        visitor = visitor_of(self._scope)
        resumed = self._sessions.resume(hello, visitor)
        session = resumed[0] if resumed is not None else self._sessions.open(visitor)
        if session is None:
            raise Closed(BUSY, "too many visitors at once")
        session.wake = self._news.set
        session.leave = self._leave
        await self._say(encode(Welcome(session=session.id, resumed=resumed is not None)))
        for frame in resumed[1] if resumed is not None else ():
            await self._say(frame)
        if hello.session is not None and resumed is None and current.stage() is not None:
            session.tell(Reload())  # a page of the app as it was before
        self._news.set()
        return session

    def _leave(self, is_taken: bool) -> None:
        taken = Closed(TAKEN, "the session goes on in another connection")
        self._ending = taken if is_taken else Closed(GONE, "the session is over")
        self._news.set()

    # -- the conversation ----------------------------------------------------------------------

    async def _converse(self, session: Session) -> None:
        """Read and write until either side is done; what the reader raises ends the writer, and back."""
        reading = asyncio.create_task(self._read(session))
        writing = asyncio.create_task(self._write(session))
        try:
            finished, _ = await asyncio.wait((reading, writing), return_when=asyncio.FIRST_COMPLETED)
            for task in finished:
                task.result()
        finally:
            for task in (reading, writing):
                task.cancel()
            await asyncio.gather(reading, writing, return_exceptions=True)

    async def _read(self, session: Session) -> None:
        while True:
            message = await self._next()
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

    async def _next(self) -> FromPage:
        event = await self._receive()
        if event["type"] == "websocket.disconnect":
            raise Closed
        frame = event.get("text")
        if frame is None:
            raise ProtocolError("frames are text")
        if len(frame) > MAX_FRAME:
            raise Closed(TOO_BIG, f"a frame holds at most {MAX_FRAME} bytes")
        return decode(frame)

    async def _write(self, session: Session) -> None:
        loop = asyncio.get_running_loop()
        while self._ending is None:
            self._news.clear()
            while self._pongs:
                self._pongs -= 1
                await self._say(_PONG)
            for frame in session.outbox.take(loop.time()):
                await self._say(frame)
            due = session.outbox.due()
            timer = None if due is None else loop.call_at(due, self._news.set)
            try:
                await self._news.wait()
            finally:
                if timer is not None:
                    timer.cancel()
        raise self._ending

    async def _say(self, frame: str) -> None:
        try:
            await self._send({"type": "websocket.send", "text": frame})
        except OSError:
            raise Closed from None
