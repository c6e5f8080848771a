"""The ASGI app of one `Blocks`: page, session, files. It runs on one event loop, the first that asks it."""

from __future__ import annotations

import asyncio
import tempfile
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route, Router, WebSocketRoute

from doorstep.connection import Connection
from doorstep.errors import FileTooBigError, NoRoomError, RefusedError
from doorstep.files import INLINE, FileStore, Paths, StoredFile, parse_size
from doorstep.page import Page
from doorstep.queue.runner import Runner
from doorstep.queue.workers import Workers
from doorstep.report import print_line
from doorstep.security import FILE_POLICY, VISITOR_COOKIE, is_same_origin, new_visitor, visitor_of
from doorstep.sessions import GRACE, MAX_SESSIONS, SessionStore
from doorstep.static import Assets
from doorstep.uploads import Upload

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from doorstep.blocks import Blocks

MAX_FILE_SIZE: Final = 1 << 30
"""Bytes of one upload, unless `launch(max_file_size=…)` says otherwise."""


class App:
    """Serve `blocks` with any ASGI server, or mount it into another app."""

    def __init__(
        self,
        blocks: Blocks,
        *,
        root_path: str = "",
        show_error: bool = False,
        max_threads: int = 40,
        max_file_size: int | str | None = None,
        allowed_paths: Iterable[str | Path] = (),
        blocked_paths: Iterable[str | Path] = (),
        session_capacity: int = MAX_SESSIONS,
        session_grace: float = GRACE,
        assets: Assets | None = None,
    ) -> None:
        blocks.finish()
        self.blocks = blocks
        self.files = FileStore(Paths(allowed_paths, blocked_paths))
        self.assets = assets or Assets()
        self.max_file_size = MAX_FILE_SIZE if max_file_size is None else parse_size(max_file_size)
        self.page, *self.routes = (
            Page(blocks, self.files.of_session(None), self.assets, self.max_file_size, route)
            for route in (None, *blocks.routes)
        )
        self._root_path = root_path.rstrip("/")
        self._show_error = show_error
        self._workers = Workers(max_threads)
        self._capacity = session_capacity
        self._grace = session_grace
        self._loop: asyncio.AbstractEventLoop | None = None
        self._runner: Runner | None = None
        self._sessions: SessionStore | None = None
        self._router = Router(
            [
                Route("/", self._page),
                Route("/config", self._config),
                Route("/doorstep/static/{name:path}", self._asset),
                Route("/doorstep/script/{name}.js", self._script),
                Route("/doorstep/upload", self._upload, methods=["POST"]),
                Route("/doorstep/file/{id}/{name}", self._file),
                WebSocketRoute("/doorstep/session", _Endpoint(self)),
                Route("/{route:path}", self._page),
            ],
            redirect_slashes=False,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        if self._root_path and not scope.get("root_path"):
            scope = {**scope, "root_path": self._root_path}
        if scope["type"] == "http" and scope["method"] not in {"GET", "HEAD"} and not is_same_origin(scope):
            await _refusal(403, "foreign-origin", "This app takes requests from its own page only.")(
                scope, receive, send
            )
            return
        await self._router(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self._stop()
        await send({"type": "lifespan.shutdown.complete"})

    # -- life ----------------------------------------------------------------------------------

    def sessions(self) -> SessionStore:
        """The sessions, on the loop that serves the app."""
        if self._sessions is None:
            self._loop = asyncio.get_running_loop()
            self._runner = Runner(
                self._workers,
                self.blocks.concurrency_limit_of,
                max_size=self.blocks.max_queue_size,
                show_error=self._show_error,
            )
            self._sessions = SessionStore(
                self.blocks, self._runner, self.files, grace=self._grace, capacity=self._capacity
            )
        return self._sessions

    def close(self) -> None:
        """Stop all jobs and delete all files. From any thread."""
        if self._loop is not None and self._loop.is_running():
            self._loop.call_soon_threadsafe(self._stop)
        else:
            self._stop()

    def _stop(self) -> None:
        if self._sessions is not None:
            self._sessions.close()
        if self._runner is not None:
            self._runner.close()
        self._workers.close()
        self.files.close()

    # -- answers -------------------------------------------------------------------------------

    async def _page(self, request: Request) -> Response:
        path = request.path_params.get("route", "")
        page = self._page_at(path)
        if page is None:
            slashed = path.endswith("/") and self._page_at(path.rstrip("/")) is not None
            if slashed:  # the page's relative addresses count from where it is
                return RedirectResponse("../" + path.rstrip("/").rpartition("/")[2])
            return _refusal(404, "no-such-page", "There is no such page.")
        response = page.respond(request)
        if visitor_of(request.scope) is None:
            path = request.scope.get("root_path") or "/"
            secure = request.url.scheme == "https"
            response.set_cookie(
                VISITOR_COOKIE, new_visitor(), path=path, httponly=True, samesite="lax", secure=secure
            )
        return response

    async def _config(self, _request: Request) -> Response:
        headers = {"Cache-Control": "private, no-cache", "X-Content-Type-Options": "nosniff"}
        return Response(self.page.config_json, headers=headers, media_type="application/json")

    def _page_at(self, path: str) -> Page | None:
        pages = (self.page, *self.routes)
        return next((page for page in pages if page.config["page"] == path), None)

    async def _script(self, request: Request) -> Response:
        module = self.blocks.scripts.get(request.path_params["name"])
        if module is None:
            return _refusal(404, "no-such-script", "There is no such script.")
        headers = {
            "Cache-Control": "private, max-age=31536000, immutable",
            "X-Content-Type-Options": "nosniff",
        }
        return Response(module, headers=headers, media_type="text/javascript")

    async def _asset(self, request: Request) -> Response:
        return self.assets.respond(request.path_params["name"], request)

    async def _upload(self, request: Request) -> Response:
        session = self.sessions().get(request.query_params.get("session", ""))
        if session is None or session.visitor != visitor_of(request.scope):
            return _refusal(404, "no-such-session", "The session is over. Reload the page.")
        upload = Upload(self.files, session.id, self.max_file_size)
        try:
            files = await upload.receive(request.headers.get("content-type", ""), request.stream())
        except RefusedError as error:
            return _upload_refused(error)
        return JSONResponse([stored.value() for stored in files])

    async def _file(self, request: Request) -> Response:
        stored = self.files.get(request.path_params["id"])
        if stored is None or stored.name != request.path_params["name"] or not self._may_see(stored, request):
            return _refusal(404, "no-such-file", "There is no such file, or it is gone.")
        return _Download(stored)

    def _may_see(self, stored: StoredFile, request: Request) -> bool:
        if stored.owner is None:
            return True
        session = self.sessions().get(stored.owner)
        return session is not None and session.visitor in {None, visitor_of(request.scope)}


class _Endpoint:
    """The ASGI endpoint of the session's WebSocket."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await Connection(scope, receive, send, self._app.sessions()).serve()


class _Download(FileResponse):
    """A stored file, with ranges; harmless whatever it holds."""

    chunk_size = 256 * 1024

    def __init__(self, stored: StoredFile) -> None:
        inline = stored.media_type in INLINE
        super().__init__(
            stored.path,
            media_type=stored.media_type,
            filename=stored.name,
            content_disposition_type="inline" if inline else "attachment",
            headers={
                "Cache-Control": "private, max-age=3600, immutable",
                "Content-Security-Policy": FILE_POLICY,
                "Cross-Origin-Resource-Policy": "same-origin",
                "X-Content-Type-Options": "nosniff",
            },
        )


def _upload_refused(error: RefusedError) -> JSONResponse:
    if isinstance(error, NoRoomError):
        print_line(f"An upload was refused: there is no room in {tempfile.gettempdir()}.")
        refusal = _refusal(507, "no-room", str(error))
    else:
        refusal = _refusal(413 if isinstance(error, FileTooBigError) else 400, "refused", str(error))
    refusal.headers["Connection"] = "close"  # the rest of the body is not waited for
    return refusal


def _refusal(status: int, code: str, message: str) -> JSONResponse:
    body: dict[str, Any] = {"error": code, "message": message}
    return JSONResponse(body, status, {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"})
