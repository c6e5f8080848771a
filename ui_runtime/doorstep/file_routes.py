"""The routes that take and hand out files: for the page, and for programs."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.responses import JSONResponse, RedirectResponse, Response

from doorstep.downloads import Download
from doorstep.errors import FileTooBigError, NoRoomError, RefusedError
from doorstep.files import StoredFile
from doorstep.security import API_OWNER, visitor_of
from doorstep.uploads import Progress, Upload

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from doorstep.files import FileStore
    from doorstep.sessions import Session

MAX_AGE: Final = 24 * 3600.0
"""Seconds that files of programs are kept: their sessions do not say when they end."""
PERIOD: Final = 600.0
"""Seconds between two looks at what is too old."""


class FileRoutes:
    """`session_of` finds a page's session; files are bound to its browser and to who logged in there."""

    def __init__(
        self,
        store: FileStore,
        max_file_size: int,
        session_of: Callable[[str], Session | None],
        delete_cache: tuple[float, float] | None = None,
    ) -> None:
        self._store = store
        self._max_file_size = max_file_size
        self._session_of = session_of
        self._delete_cache = delete_cache
        self._progress = Progress()
        self._cleaning: asyncio.TimerHandle | None = None
        self._deleting: asyncio.Future[None] | None = None

    # -- uploads -------------------------------------------------------------------------------

    async def upload_of_page(self, request: Request) -> Response:
        """Answers file values."""
        session = self._session_of(request.query_params.get("session", ""))
        if session is None or session.visitor != visitor_of(request.scope):
            return refusal(404, "no-such-session", "The session is over. Reload the page.")
        if "stream" in request.query_params:  # a recording in pieces has no end: the first ones are over
            self._store.make_room_if_full(session.id)
        files = await self._receive(request, session.id)
        if self._session_of(session.id) is None:  # it ended meanwhile: nobody would ever delete them
            for path in self._store.forget(session.id):
                shutil.rmtree(path, ignore_errors=True)
            return refusal(404, "no-such-session", "The session is over. Reload the page.")
        return files if isinstance(files, Response) else JSONResponse([each.value() for each in files])

    async def upload_of_program(self, request: Request, owner: str) -> Response:
        """Answers paths, to be used in file values."""
        self._clean_later()
        self._store.make_room_if_full(owner)
        files = await self._receive(request, owner)
        if isinstance(files, Response):
            return files
        return JSONResponse([f"{each.id}/{each.name}" for each in files])

    async def _receive(self, request: Request, owner: str) -> list[StoredFile] | Response:
        upload_id = request.query_params.get("upload_id", "")[:128]
        told = self._progress.begin(upload_id) if upload_id else None
        upload = Upload(self._store, owner, self._max_file_size, told)
        try:
            return await upload.receive(request.headers.get("content-type", ""), request.stream())
        except RefusedError as error:
            return _upload_refused(error)
        finally:
            self._progress.end(upload_id)

    def progress(self, upload_id: str) -> _ProgressStream:
        """How far an upload is, as server-sent events."""
        return _ProgressStream(self._progress, upload_id)

    # -- downloads -----------------------------------------------------------------------------

    async def file_of_page(self, request: Request) -> Any:
        stored = self._store.get(request.path_params["id"])
        if (
            stored is None
            or stored.name != request.path_params["name"]
            or not self._may_see(stored, request.scope)
        ):
            return refusal(404, "no-such-file", "There is no such file, or it is gone.")
        return _sent(stored)

    async def file_of_program(self, request: Request, path: str) -> Any:
        """A file by `id/name`; or one of the app's folders by its path, if it is allowed or static."""
        file_id, _, name = path.partition("/")
        stored = self._store.get(file_id)
        if stored is None or (name and stored.name != name) or not self._may_see(stored, request.scope):
            stored = await asyncio.to_thread(self._served, path)
        if stored is None:
            return refusal(404, "no-such-file", "There is no such file, it is gone, or it may not be shown.")
        return _sent(stored)

    def _served(self, path: str) -> StoredFile | None:
        real = self._store.paths.served(path)
        if real is None:
            return None
        mark = hashlib.blake2b(str(real).encode(), digest_size=12).hexdigest()
        return StoredFile(mark, None, real, real.name, real.stat().st_size)

    def _may_see(self, stored: StoredFile, scope: Scope) -> bool:
        if stored.owner is None:
            return True
        if stored.owner.startswith(API_OWNER):
            return stored.owner in {API_OWNER, f"{API_OWNER}{visitor_of(scope) or ''}"}
        session = self._session_of(stored.owner)
        return session is not None and session.visitor in {None, visitor_of(scope)}

    # -- cleaning ------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to delete old files, on the loop that serves the app."""
        if self._delete_cache is not None:
            self._clean_later()

    def stop(self) -> None:
        if self._cleaning is not None:
            self._cleaning.cancel()

    def _clean_later(self) -> None:
        if self._cleaning is None:
            period = PERIOD if self._delete_cache is None else self._delete_cache[0]
            self._cleaning = asyncio.get_running_loop().call_later(period, self._clean)

    def _clean(self) -> None:
        self._cleaning = None
        self._deleting = asyncio.get_running_loop().run_in_executor(None, self._delete_old)
        self._clean_later()

    def _delete_old(self) -> None:
        if self._delete_cache is not None:
            self._store.expire(self._delete_cache[1])
        self._store.expire(MAX_AGE, API_OWNER)


def _sent(stored: StoredFile) -> Any:
    """The file; of one that is in the web still, its address there."""
    return Download(stored) if stored.address is None else RedirectResponse(stored.address)


class _ProgressStream:
    """Tells every tenth of a second how many bytes came, until the upload is over or nobody reads."""

    PERIOD: Final = 0.1
    DEADLINE: Final = 30.0
    """Seconds without any news after which nothing more is expected."""

    def __init__(self, progress: Progress, upload_id: str) -> None:
        self.headers: dict[str, str] = {}
        self._progress = progress
        self._upload_id = upload_id

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        leaving = asyncio.ensure_future(receive())
        headers = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        try:
            await self._tell(send, leaving)
        finally:
            leaving.cancel()

    async def _tell(self, send: Send, leaving: asyncio.Future[Any]) -> None:
        silent = 0.0
        is_over = False
        while not is_over and silent < self.DEADLINE and not _has_left(leaving):
            steps, is_over = self._progress.take(self._upload_id)
            messages = [{"msg": "update", "orig_name": name, "chunk_size": size} for name, size in steps]
            messages += [{"msg": "done"}] if is_over else []
            body = b"".join(b"data: %b\n\n" % msgspec.json.encode(each) for each in messages)
            if body and not is_over:
                await send({"type": "http.response.body", "body": body, "more_body": True})
            silent = 0.0 if body else silent + self.PERIOD
            if is_over:
                await send({"type": "http.response.body", "body": body})
                return
            await asyncio.sleep(self.PERIOD)
        await send({"type": "http.response.body", "body": b""})


def _has_left(leaving: asyncio.Future[Any]) -> bool:
    return leaving.done() and leaving.result()["type"] == "http.disconnect"


def _upload_refused(error: RefusedError) -> Response:
    if isinstance(error, NoRoomError):
        return refusal(507, "no-room", str(error))
    return refusal(413 if isinstance(error, FileTooBigError) else 400, "refused", str(error))


def refusal(status: int, code: str, message: str) -> JSONResponse:
    """Why a request is refused; `detail` is where Gradio's clients look for it."""
    body = {"error": code, "message": message, "detail": message}
    return JSONResponse(body, status, {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"})
