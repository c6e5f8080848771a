"""The relay's own app, at the apex: sessions, the REST API, and a page that says what this is."""

from __future__ import annotations

import asyncio
from typing import Final

from fastapi import APIRouter, FastAPI, Request, Response, WebSocket, WebSocketDisconnect
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from doorstep_client import wire
from doorstep_relay.control.api import problem
from doorstep_relay.control.session import SEND_DEADLINE, Hub
from doorstep_relay.control.tokens import ANONYMOUS, Actor, Tokens, bearer
from doorstep_relay.edge import answers
from doorstep_relay.errors import BadToken


class WebSocketChannel:
    """A session's `Channel` over the WebSocket of the ASGI server."""

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket

    async def receive(self) -> str | bytes | None:
        message = await self._websocket.receive()
        if message["type"] == "websocket.disconnect":
            return None
        return message.get("text") or message.get("bytes") or b""

    async def send(self, frame: str) -> None:
        try:
            await self._websocket.send_text(frame)
        except WebSocketDisconnect as error:
            raise ConnectionError("the client is gone") from error

    async def close(self, code: int, reason: str) -> None:
        try:
            await self._websocket.close(code, reason[:120])
        except (RuntimeError, WebSocketDisconnect) as error:  # Starlette's words for a socket that is closed
            raise ConnectionError("the client is gone") from error


def build_app(hub: Hub, tokens: Tokens, api: APIRouter, *, open_to_all: bool, version: str) -> ASGIApp:
    """The ASGI app that the edge hands apex connections to."""
    app = FastAPI(
        title="Doorstep relay",
        version=version,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
    )
    app.include_router(api)
    app.exception_handler(HTTPException)(_nothing_here)

    @app.get("/", include_in_schema=False)
    async def about() -> HTMLResponse:
        return HTMLResponse(_ABOUT, headers=_ABOUT_HEADERS)

    @app.websocket(wire.SESSION_PATH)
    async def session(websocket: WebSocket) -> None:
        if websocket.headers.get("origin") is not None:
            await websocket.close(1008, "sessions are not for browsers")
            return
        await websocket.accept(subprotocol=_subprotocol(websocket))
        channel = WebSocketChannel(websocket)
        try:
            actor = await _who(websocket, tokens, open_to_all=open_to_all)
        except BadToken as refusal:
            await _turn_away(channel, refusal)
            return
        await hub.serve(channel, actor)

    return _SecurityHeaders(app)


async def _nothing_here(request: Request, error: HTTPException) -> Response:
    """What no route took, said as the relay says everything: a page for people, JSON for programs."""
    if error.status_code != 404:
        code = error.detail.lower().replace(" ", "-")
        return problem(error.status_code, code, error.detail, error.headers)
    as_html = "text/html" in request.headers.get("accept", "")
    host = request.headers.get("host", "")
    status, fields, body = answers.parts("not-found", as_html=as_html, host=host)
    return Response(body, status, fields)


def _subprotocol(websocket: WebSocket) -> str | None:
    return wire.SUBPROTOCOL if wire.SUBPROTOCOL in websocket.scope.get("subprotocols", []) else None


async def _who(websocket: WebSocket, tokens: Tokens, *, open_to_all: bool) -> Actor:
    """Whose session this is. A token that is sent must be good, also where none is needed."""
    sent = websocket.headers.getlist("authorization")
    if not sent and open_to_all:
        return ANONYMOUS
    return await tokens.authenticate(bearer(sent))


async def _turn_away(channel: WebSocketChannel, refusal: BadToken) -> None:
    error = wire.Error(refusal.code, refusal.message, fatal=True)
    try:
        async with asyncio.timeout(SEND_DEADLINE):
            await channel.send(wire.encode(error))
            await channel.close(1008, refusal.code)
    except (TimeoutError, ConnectionError):
        pass  # it did not wait for the reason


class _SecurityHeaders:
    """Adds to every answer what keeps browsers from doing more with it than showing it."""

    _HEADERS: Final = (
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"cache-control", b"no-store"),
    )

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = list(message.get("headers", ()))
                names = {name for name, _ in given}
                message["headers"] = given + [field for field in self._HEADERS if field[0] not in names]
            await send(message)

        await self._app(scope, receive, with_headers)


_ABOUT, _POLICY = answers.page(
    "This is a Doorstep relay",
    "It hands out public links to apps that run on people's own computers. "
    "Links live one name below this address.",
)
_ABOUT_HEADERS: Final = {"Content-Security-Policy": _POLICY}
