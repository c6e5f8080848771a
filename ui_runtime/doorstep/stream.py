"""The session over plain HTTP, for pages whose WebSocket does not get through.

What the app says comes as server-sent events, one frame an event; what the page says is posted. When the app
ends the connection, the last event is `close` with the code and reason that a WebSocket would have.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from doorstep.bodies import BodyTooBigError, body_of
from doorstep.errors import ProtocolError, RefusedError
from doorstep.line import REFUSED, Closed, Line
from doorstep.messages import MAX_FRAME, Hello, decode_all
from doorstep.security import is_same_origin, visitor_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from doorstep.sessions import Session, SessionStore

HEARTBEAT: Final = 15.0
"""Seconds between two comments: proxies end a connection on which nothing comes."""

_HEADERS: Final = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]


def routes(sessions: Callable[[], SessionStore]) -> list[Route]:
    """The two paths; `sessions` is asked on the loop that serves them."""

    async def send(request: Request) -> Response:
        return await _hear(request, sessions())

    return [
        Route("/doorstep/session/stream", _Stream(sessions), methods=["GET"]),
        Route("/doorstep/session/send", send, methods=["POST"]),
    ]


class _Stream:
    """The ASGI endpoint of the events."""

    def __init__(self, sessions: Callable[[], SessionStore]) -> None:
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if is_same_origin(scope):
            await Stream(scope, receive, send, self._sessions()).serve()
        else:
            await _refusal(403, "foreign-origin", "This app takes requests from its own page only.")(
                scope, receive, send
            )


class Stream(Line):
    """One stream of events, from the request to the end."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, sessions: SessionStore) -> None:
        super().__init__(sessions, scope)
        self._receive = receive
        self._send = send

    async def serve(self) -> None:
        """Returns when the stream is over."""
        session: Session | None = None
        try:
            await self._send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
            session, frames = self.take_up(_hello_of(self._scope))
            for frame in frames:
                await self._say(frame)
            await self._talk(session)
        except Closed as ended:
            await self._close(ended)
        finally:
            if session is not None:
                self.put_down(session)

    async def _talk(self, session: Session) -> None:
        """Say what there is to say until the page has gone or the session is over."""
        tasks = [
            asyncio.create_task(self.say_all(session, self._say)),
            asyncio.create_task(self._wait_for_end()),
            asyncio.create_task(self._beat()),
        ]
        try:
            finished, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in finished:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _wait_for_end(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        raise Closed

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT)
            await self._write(b":\n\n")

    async def _close(self, ended: Closed) -> None:
        if ended.code is not None:
            said = msgspec.json.encode({"code": ended.code, "reason": ended.reason})
            await self._write(b"event: close\ndata: " + said + b"\n\n", more=False)

    async def _say(self, frame: str) -> None:
        await self._write(f"data: {frame}\n\n".encode())

    async def _write(self, body: bytes, *, more: bool = True) -> None:
        try:
            await self._send({"type": "http.response.body", "body": body, "more_body": more})
        except OSError:
            raise Closed from None


async def _hear(request: Request, sessions: SessionStore) -> Response:
    """Frames of the page, in their order."""
    try:
        body = await body_of(request, MAX_FRAME)
    except RefusedError as error:
        status, code = (413, "too-big") if isinstance(error, BodyTooBigError) else (408, "too-slow")
        return _refusal(status, code, str(error))
    session = sessions.get(request.query_params.get("session", ""))
    if session is None or session.visitor != visitor_of(request.scope) or session.line is None:
        return _refusal(404, "no-such-session", "The session is over. Reload the page.")
    line = session.line
    try:
        for message in decode_all(body):
            line.hear(session, message)
    except ProtocolError as error:
        line.end(Closed(REFUSED, str(error)))
        return _refusal(400, "refused", str(error))
    except Closed as ended:
        line.end(ended)
        return _refusal(429, "too-slow", ended.reason)
    return Response(status_code=204)


def _hello_of(scope: Scope) -> Hello:
    from starlette.datastructures import QueryParams

    asked = QueryParams(scope.get("query_string", b""))
    seen = asked.get("seen", "0")
    return Hello(session=asked.get("session"), seen=int(seen) if seen.isascii() and seen.isdigit() else 0)


def _refusal(status: int, code: str, message: str) -> Response:
    body: dict[str, Any] = {"error": code, "message": message}
    return JSONResponse(body, status, {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"})
