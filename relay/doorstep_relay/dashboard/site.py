"""The dashboard's host as an ASGI app: who is signed in gets the dashboard, everybody else the sign-in page.

Every request is looked at here before the Doorstep app sees it: its session, and (for whatever could change
something, and for WebSockets) its exact origin. Links are on the same site, so `SameSite` lets them in.
"""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, RedirectResponse

from doorstep_relay.control.actors import Actor
from doorstep_relay.control.api.callers import OnChange
from doorstep_relay.control.here import Here
from doorstep_relay.control.pages import openid, sign_in
from doorstep_relay.control.pages.browser import Browser
from doorstep_relay.control.services import Services
from doorstep_relay.dashboard import audit_file
from doorstep_relay.domain.scopes import Scope

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Send
    from starlette.types import Scope as AsgiScope

_SAFE: Final = frozenset({"GET", "HEAD"})
_CLOSED_PATHS: Final = ("/gradio_api", "/config", "/file=")
"""The Doorstep app's API for programs: the relay has one of its own, for tokens."""
_HEADERS: Final = (
    (b"content-security-policy", b"frame-ancestors 'none'"),
    (b"x-frame-options", b"DENY"),
    (b"x-robots-tag", b"noindex"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
)


class Site:
    """Made once a process; the Doorstep apps in it are made when somebody first asks for them."""

    def __init__(self, services: Services, here: Here, on_change: OnChange) -> None:
        self._services = services
        self._here = here
        self._on_change = on_change
        self._browser = Browser(services.settings, services.web_sessions, services.clock)
        self._pages = _sign_in_pages(services, self._browser)
        self._origin = f"{services.settings.public_scheme}://"
        self._secure = services.settings.public_scheme == "https"
        self._making = threading.Lock()
        self._apps: dict[bool, ASGIApp] = {}

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        scope = self._as_asked(scope)
        path = scope["path"]
        if scope["type"] == "http" and path.startswith(("/sign-in", "/sign-out")):
            await self._pages(scope, receive, _with_headers(send))
        elif not self._is_own(scope):
            await _refuse(scope, receive, send, 403, "This page takes requests from itself only.\n")
        else:
            await self._for_viewer(scope, receive, send)

    async def _for_viewer(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        actor = await self._browser.who(HTTPConnection(scope))
        path = scope["path"]
        if actor is None:
            await self._ask_to_sign_in(scope, receive, send)
        elif path.startswith(_CLOSED_PATHS) or not actor.may(Scope.own):
            await _refuse(scope, receive, send, 404, "There is nothing here.\n")
        elif path == audit_file.PATH and scope["type"] == "http":
            response = await audit_file.answer(self._services.trail, actor, Request(scope))
            await response(scope, receive, _with_headers(send))
        else:
            app = await self._app(actor)
            try:
                await app(scope, receive, _with_headers(send))
            except asyncio.CancelledError:
                if scope["type"] != "websocket":
                    raise
                # The relay ends under an open page: that is no error for the log, and the page comes back.

    async def _ask_to_sign_in(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or "text/html" not in Headers(scope=scope).get("accept", ""):
            await _refuse(scope, receive, send, 401, "Sign in first.\n")
            return
        response = RedirectResponse(f"/sign-in?next={quote(scope['path'], safe='')}", 303)
        await response(scope, receive, _with_headers(send))

    async def _app(self, actor: Actor) -> ASGIApp:
        """What this viewer gets: admins see everybody's, members their own."""
        is_admin = actor.may(Scope.admin)
        app = self._apps.get(is_admin)
        return await asyncio.to_thread(self._make, is_admin) if app is None else app

    def _make(self, is_admin: bool) -> ASGIApp:
        """In a thread: importing and building it takes a good part of a second."""
        from doorstep_relay.dashboard.desk import Desk
        from doorstep_relay.dashboard.view import build

        with self._making:
            if is_admin not in self._apps:
                desk = Desk(self._services, self._here, self._on_change, self._browser.cookie)
                self._apps[is_admin] = build(desk, is_admin=is_admin)
            return self._apps[is_admin]

    def _is_own(self, scope: AsgiScope) -> bool:
        if scope["type"] == "http" and scope["method"] in _SAFE:
            return True
        headers = Headers(scope=scope)
        return headers.getlist("origin") == [self._origin + headers.get("host", "")]

    def _as_asked(self, scope: AsgiScope) -> AsgiScope:
        """The scope as the visitor's side has it: a proxy, or the edge, may speak plain HTTP to us."""
        kind = ("wss" if self._secure else "ws") if scope["type"] == "websocket" else None
        return {**scope, "scheme": kind or ("https" if self._secure else "http")}


def _sign_in_pages(services: Services, browser: Browser) -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(sign_in.routes(services, browser))
    if services.dashboard_openid is not None:
        app.include_router(openid.routes(services, services.dashboard_openid, browser))
    return app


async def _refuse(scope: AsgiScope, receive: Receive, send: Send, status: int, text: str) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": text.strip()})
        return
    await PlainTextResponse(text, status)(scope, receive, _with_headers(send))


def _with_headers(send: Send) -> Send:
    """Adds what keeps other pages from showing this one."""

    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *_HEADERS]
        await send(message)

    return wrapped
