"""The relay's own app, at the apex: the REST API, and a page that says what this is."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, FastAPI, Response
from fastapi import Request as HttpRequest
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from doorstep_relay.control.api import problem
from doorstep_relay.control.document import describe
from doorstep_relay.edge import rendering

MOST_BYTES: Final = 1024 * 1024
"""In the body of a request, which is held in memory."""
_METHODS: Final = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")


def build_app(
    api: APIRouter, *, version: str, home: tuple[str, str], pages: APIRouter | None = None
) -> ASGIApp:
    """The ASGI app that the edge hands apex connections to. `home` is a page and its policy."""
    about_page, policy = home
    app = FastAPI(
        title="Doorstep relay",
        version=version,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
    )
    describe(app)
    app.include_router(api)
    if pages is not None:
        app.include_router(pages)
    app.exception_handler(HTTPException)(_nothing_here)

    @app.get("/", include_in_schema=False)
    async def about() -> HTMLResponse:
        return HTMLResponse(about_page, headers={"Content-Security-Policy": policy})

    return _SecurityHeaders(_SmallBodies(app))


async def _nothing_here(request: HttpRequest, error: HTTPException) -> Response:
    """What no route took, said as the relay says everything: a page for people, JSON for programs."""
    if error.status_code == 400:  # FastAPI's word for a body that is not even text
        return problem(422, "bad-request", f"body: {error.detail}")
    if error.status_code == 413:
        return problem(413, "too-large", error.detail, {"Connection": "close"})
    if error.status_code != 404:
        code = error.detail.lower().replace(" ", "-")
        fields = {"Allow": _allowed(request)} if error.status_code == 405 else error.headers
        return problem(error.status_code, code, error.detail, fields)
    as_html = "text/html" in request.headers.get("accept", "")
    if request.url.path.startswith("/api/") and not as_html:
        fields = {"Doorstep-Error": "not-found"}
        return problem(404, "not-found", "the API has nothing at this path", fields)
    host = request.headers.get("host", "")
    status, fields, body = rendering.parts("not-found", as_html=as_html, host=host)
    return Response(body, status, fields)


def _allowed(request: HttpRequest) -> str:
    """Every method of a path: by itself the first route that has the path names its own alone."""
    taken = (
        method
        for method in _METHODS
        if any(
            route.matches({**request.scope, "method": method})[0] is Match.FULL
            for route in request.app.routes
        )
    )
    return ", ".join(taken)


class _SmallBodies:
    """Reads no more than `MOST_BYTES` of a request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        left = MOST_BYTES

        async def receive_little() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise HTTPException(413, f"A request to the relay holds at most {MOST_BYTES:,} bytes")
            return message

        await self._app(scope, receive_little, send)


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
