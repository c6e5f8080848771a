"""The session's WebSocket: frames in and out. What they mean is the session's business."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from doorstep.errors import ProtocolError
from doorstep.line import REFUSED, TOO_BIG, Closed, Line
from doorstep.messages import MAX_FRAME, Hello, decode
from doorstep.security import is_same_origin

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from doorstep.messages import FromPage
    from doorstep.sessions import Session, SessionStore

HELLO_DEADLINE: Final = 10.0
_LEAVING: Final = 1001
"""What a page says that is being closed."""


class Connection(Line):
    """One WebSocket of a page, from the handshake to the end."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, sessions: SessionStore) -> None:
        super().__init__(sessions, scope)
        self._receive = receive
        self._send = send
        self._is_leaving = False

    async def serve(self) -> None:
        """Returns when the connection is over."""
        await self._receive()  # websocket.connect
        if not is_same_origin(self._scope):
            await self._send({"type": "websocket.close", "code": REFUSED, "reason": "foreign origin"})
            return
        await self._send({"type": "websocket.accept"})
        session: Session | None = None
        try:
            session, frames = self.take_up(await self._hello())
            for frame in frames:
                await self._say(frame)
            await self._converse(session)
        except Closed as ended:
            await self._close(ended)
        except ProtocolError as error:
            await self._close(Closed(REFUSED, str(error)))
        finally:
            if session is not None:
                self.put_down(session, is_leaving=self._is_leaving)

    async def _close(self, ended: Closed) -> None:
        if ended.code is not None:
            reason = ended.reason.encode()[:120].decode("utf-8", "ignore")  # a close frame holds 123 bytes
            await self._send({"type": "websocket.close", "code": ended.code, "reason": reason})

    async def _hello(self) -> Hello:
        try:
            async with asyncio.timeout(HELLO_DEADLINE):
                hello = await self._next()
        except TimeoutError:
            raise Closed(REFUSED, "no hello") from None
        if not isinstance(hello, Hello):
            raise ProtocolError("the first message is `hello`")
        return hello

    async def _converse(self, session: Session) -> None:
        """Read and write until either side is done; what the reader raises ends the writer, and back."""
        reading = asyncio.create_task(self._read(session))
        writing = asyncio.create_task(self.say_all(session, self._say))
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
            self.hear(session, await self._next())

    async def _next(self) -> FromPage:
        event = await self._receive()
        if event["type"] == "websocket.disconnect":
            self._is_leaving = event.get("code") == _LEAVING
            raise Closed
        frame = event.get("text")
        if frame is None:
            raise ProtocolError("frames are text")
        if len(frame) > MAX_FRAME:
            raise Closed(TOO_BIG, f"a frame holds at most {MAX_FRAME} bytes")
        return decode(frame)

    async def _say(self, frame: str) -> None:
        try:
            await self._send({"type": "websocket.send", "text": frame})
        except OSError:
            raise Closed from None
