"""The ASGI app of one `Blocks`: pages, sessions, files, API. It runs on the first event loop that asks it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, Unpack

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route, Router, WebSocketRoute

from doorstep import stream
from doorstep.api.info import PREFIX
from doorstep.connection import Connection
from doorstep.errors import UsageError
from doorstep.events.scripts import author
from doorstep.file_routes import FileRoutes, refusal
from doorstep.files import MAX_SESSION_SIZE, FileStore, Paths, parse_size
from doorstep.framed import frame
from doorstep.lingering import answer_whole
from doorstep.look import LookOptions, merged_look
from doorstep.page import Page
from doorstep.prefix import rooted
from doorstep.queue.runner import Runner
from doorstep.queue.workers import Workers
from doorstep.security import (
    FILE_POLICY,
    VISITOR_COOKIE,
    app_path,
    cookie_path,
    has_visitor,
    is_same_origin,
    is_secure,
    new_visitor,
)
from doorstep.sessions import GRACE, MAX_SESSIONS, SessionStore
from doorstep.static import Assets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from starlette.types import Receive, Scope, Send

    from doorstep.api.routes import Api
    from doorstep.auth.gate import Gate
    from doorstep.auth.passwords import AuthLike
    from doorstep.blocks import Blocks

MAX_FILE_SIZE: Final = 1 << 30
"""Bytes of one upload, unless `launch(max_file_size=…)` says otherwise."""


class App:
    """Serve `blocks` with any ASGI server, or mount it into another app.

    `auth` is a name and a password, a list of such pairs, or a function of both that says True or False:
    people then log in first, on a page that says `auth_message`. `auth_dependency` is a function of the
    request that says who it is, or None: for an app that is mounted into one which knows its users.
    """

    def __init__(
        self,
        blocks: Blocks,
        *,
        root_path: str = "",
        show_error: bool = False,
        max_threads: int = 40,
        max_file_size: int | str | None = None,
        max_session_size: int | str | None = None,
        allowed_paths: Iterable[str | Path] = (),
        blocked_paths: Iterable[str | Path] = (),
        session_capacity: int = MAX_SESSIONS,
        session_grace: float = GRACE,
        assets: Assets | None = None,
        auth: AuthLike | None = None,
        auth_message: str | None = None,
        auth_dependency: Callable[..., Any] | None = None,
        **look: Unpack[LookOptions],
    ) -> None:
        """Raises `UsageError` for an app that cannot work, and for an `auth` that would let anybody in."""
        blocks.finish()
        self.blocks = blocks
        self.max_file_size = MAX_FILE_SIZE if max_file_size is None else parse_size(max_file_size)
        held = MAX_SESSION_SIZE if max_session_size is None else parse_size(max_session_size)
        self.files = FileStore(Paths(allowed_paths, blocked_paths), max(held, self.max_file_size))
        blocks.prepare(self.files.of_session(None))
        self.assets = assets or Assets()
        self.look = merged_look(blocks.look, look)
        self.page, *self.routes = (
            Page(
                blocks,
                self.files.of_session(None),
                self.assets,
                self.look,
                self.max_file_size,
                route,
                can_log_out=auth is not None,
            )
            for route in (None, *blocks.routes)
        )
        self.gate = _gate(auth, auth_message, auth_dependency, blocks.title, self._end_sessions)
        self.capacity = session_capacity
        self.file_routes = FileRoutes(self.files, self.max_file_size, self._session, blocks.delete_cache)
        self._root_path = root_path.rstrip("/")
        self._show_error = show_error
        self._workers = Workers(max_threads)
        self._grace = session_grace
        self._loop: asyncio.AbstractEventLoop | None = None
        self._runner: Runner | None = None
        self._sessions: SessionStore | None = None
        self._made_api: Api | None = None
        self._router = Router(
            [
                Route("/", self._page),
                Route("/config", self._config),
                Route("/doorstep/static/{name:path}", self._asset),
                Route("/doorstep/script/{name}.js", self._script),
                Route("/doorstep/icon", self._icon),
                Route("/doorstep/frame", _frame),
                Route("/doorstep/call", self._call, methods=["POST"]),
                Route("/doorstep/upload", self.file_routes.upload_of_page, methods=["POST"]),
                Route("/doorstep/file/{id}/{name}", self.file_routes.file_of_page),
                WebSocketRoute("/doorstep/session", _Endpoint(self)),
                *stream.routes(self.sessions),
                Route("/{route:path}", self._page),
            ],
            redirect_slashes=False,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        scope = rooted(scope, self._root_path)
        if scope["type"] == "http":
            await answer_whole(self._answer, scope, receive, send)
        else:
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in {"GET", "HEAD"} and not is_same_origin(scope):
            foreign = refusal(403, "foreign-origin", "This app takes requests from its own page only.")
            await foreign(scope, receive, send)
            return
        if self.gate is None:
            await self._serve(scope, receive, send)
        else:
            await self.gate(self._serve, scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = app_path(scope)
        if scope["type"] == "http" and path.startswith(_API):
            scope["doorstep.api_path"] = path[len(_API) :]
            await self.api(scope, receive, send)
        elif scope["type"] == "http" and path.startswith("/file="):  # where Gradio had it before
            answer = await self.file_routes.file_of_program(Request(scope), path[len("/file=") :])
            await answer(scope, receive, send)
        else:
            await self._router(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self._stop()
        await send({"type": "lifespan.shutdown.complete"})

    # -- life ----------------------------------------------------------------------------------

    def sessions(self) -> SessionStore:
        """The pages' sessions, on the loop that serves the app."""
        if self._sessions is None:
            self._loop = asyncio.get_running_loop()
            self._sessions = SessionStore(
                self.blocks, self.runner, self.files, grace=self._grace, capacity=self.capacity
            )
            self.file_routes.start()
        return self._sessions

    @property
    def runner(self) -> Runner:
        """What runs jobs, on the loop that serves the app."""
        if self._runner is None:
            self._loop = asyncio.get_running_loop()
            self._runner = Runner(
                self._workers,
                self.blocks.concurrency_limit_of,
                max_size=self.blocks.max_queue_size,
                show_error=self._show_error,
            )
        return self._runner

    @property
    def api(self) -> Api:
        """The API for programs: made when the first of them asks."""
        if self._made_api is None:
            from doorstep.api.routes import Api

            self._made_api = Api(self)
        return self._made_api

    def close(self) -> None:
        """Stop all jobs and delete all files. From any thread."""
        if self._loop is not None and self._loop.is_running():
            self._loop.call_soon_threadsafe(self._stop)
        else:
            self._stop()

    def _stop(self) -> None:
        if self._made_api is not None:
            self._made_api.close()
        if self._sessions is not None:
            self._sessions.close()
        if self._runner is not None:
            self._runner.close()
        self._workers.close()
        self.file_routes.stop()
        self.files.close()

    # -- answers -------------------------------------------------------------------------------

    async def _page(self, request: Request) -> Response:
        if request.query_params.get("view") == "api":
            from doorstep.api.page import respond

            return respond(self, request)
        path = request.path_params.get("route", "")
        page = self._page_at(path)
        if page is None:
            slashed = path.endswith("/") and self._page_at(path.rstrip("/")) is not None
            if slashed:  # the page's relative addresses count from where it is
                return RedirectResponse("../" + path.rstrip("/").rpartition("/")[2])
            return _no_such_page(request, self.blocks.title)
        response = page.respond(request)
        if not has_visitor(request.scope):
            path, secure = cookie_path(request.scope), is_secure(request.scope)
            response.set_cookie(
                VISITOR_COOKIE, new_visitor(), path=path, httponly=True, samesite="lax", secure=secure
            )
        return response

    async def _config(self, request: Request) -> Response:
        return self.api.config(request)

    def _page_at(self, path: str) -> Page | None:
        pages = (self.page, *self.routes)
        return next((page for page in pages if page.config["page"] == path), None)

    async def _script(self, request: Request) -> Response:
        name = request.path_params["name"]
        module = self.blocks.scripts.get(name) or author.get(name)
        if module is None:
            return refusal(404, "no-such-script", "There is no such script.")
        headers = {
            "Cache-Control": "private, max-age=31536000, immutable",
            "X-Content-Type-Options": "nosniff",
        }
        return Response(module, headers=headers, media_type="text/javascript")

    async def _call(self, request: Request) -> Response:
        """A component's own script calls a function."""
        from doorstep.component_calls import ComponentCalls

        return await ComponentCalls(self._session, show_error=self._show_error)(request)

    async def _icon(self, _request: Request) -> Response:
        if self.look.favicon is None:
            return refusal(404, "no-such-file", "The app has no icon of its own.")
        content, kind = self.look.favicon
        headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": FILE_POLICY}
        return Response(content, headers=headers, media_type=kind)

    async def _asset(self, request: Request) -> Response:
        return self.assets.respond(request.path_params["name"], request)

    def _end_sessions(self, visitor: str) -> None:
        """Who logged out leaves nothing open: pages, jobs, files."""
        self.sessions().remove_of(visitor)
        if self._made_api is not None:
            self._made_api.remove_of(visitor)

    def _session(self, session_id: str) -> Any:
        return self.sessions().get(session_id)


_API: Final = f"{PREFIX}/"


def _no_such_page(request: Request, title: str) -> Response:
    if "text/html" not in request.headers.get("accept", ""):
        return refusal(404, "no-such-page", "There is no such page.")
    from doorstep.plain_pages import notice

    home = cookie_path(request.scope)
    return notice(title, "There is no such page", f"The app is at {home}", home, "Open the app", status=404)


def _gate(
    auth: AuthLike | None,
    message: str | None,
    dependency: Callable[..., Any] | None,
    title: str,
    on_logout: Callable[[str], object],
) -> Gate | None:
    if auth is None and dependency is None:
        return None
    from doorstep.auth.gate import DependencyGate, LoginGate

    if auth is None:
        return DependencyGate(dependency, message, title=title)
    if dependency is not None:
        raise UsageError("give `auth` or `auth_dependency`, not both")
    return LoginGate(auth, message, title=title, on_logout=on_logout)


async def _frame(_request: Request) -> Response:
    return frame()


class _Endpoint:
    """The ASGI endpoint of the session's WebSocket."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await Connection(scope, receive, send, self._app.sessions()).serve()
