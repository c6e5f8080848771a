"""The API's routes, under `/gradio_api`: each answers one request. Plain ASGI, because programs ask often."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from doorstep.api import info, sse
from doorstep.api.endpoints import Endpoints, NoEndpointError
from doorstep.api.filevalues import ROUTE, from_program
from doorstep.api.sessions import ApiSession, ApiSessions, Busy
from doorstep.api.streams import EventStream, Gone
from doorstep.bodies import BodyTooBigError, body_of
from doorstep.errors import RefusedError
from doorstep.security import API_OWNER, root_url, user_of, visitor_of

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from doorstep.api.calls import Call
    from doorstep.api.endpoints import Endpoint
    from doorstep.server import App

MAX_BODY: Final = 10 << 20
"""Bytes of JSON in one request; files go through `upload`."""

Handler = Callable[[Request, str], Awaitable[Any]]


class _Body(msgspec.Struct):
    data: list[Any]
    session_hash: str | None = None
    fn_index: int | None = None
    event_data: Any = None
    trigger_id: int | None = None
    event_id: str | None = None


class _Which(msgspec.Struct):
    event_id: str | None = None
    session_hash: str | None = None


_decode_body: Final = msgspec.json.Decoder(_Body).decode
_decode_which: Final = msgspec.json.Decoder(_Which).decode
_decode_named: Final = msgspec.json.Decoder(dict[str, Any]).decode
_encode: Final = msgspec.json.Encoder().encode


class Refusal(Exception):  # noqa: N818  # an answer, not an error of ours
    """A request that is answered with a status and a reason."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


class Api:
    """The ASGI app below `/gradio_api`."""

    def __init__(self, app: App) -> None:
        self._app = app
        self.endpoints = Endpoints(app.blocks, _defaults(app))
        self._sessions: ApiSessions | None = None
        self._gets: dict[str, Handler] = {
            "info": self._info,
            "openapi.json": self._openapi,
            "queue/data": self._data,
            "queue/status": self._status,
            "upload_progress": self._upload_progress,
            "startup-events": self._startup,
            "app_id": self._app_id,
        }
        self._posts: dict[str, Handler] = {
            "queue/join": self._join,
            "upload": self._upload,
            "cancel": self._cancel,
            "reset": self._cancel,
        }
        self._below: list[tuple[str, str, Handler]] = [
            ("POST", "call/v2/", self._call_named),
            ("POST", "call/", self._call),
            ("GET", "call/", self._result),
            ("POST", "run/", self._run),
            ("POST", "api/", self._run),
            ("GET", ROUTE, self._file),
            ("GET", "heartbeat/", self._heartbeat),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """`scope["path"]` is what stands after the prefix."""
        request = Request(scope, receive)
        try:
            response = await self._answer(request, scope["doorstep.api_path"])
        except Refusal as refusal:
            response = refused(refusal.status, refusal.code, refusal.message)
        except NoEndpointError as error:
            response = refused(404, "no-such-endpoint", str(error))
        except RefusedError as error:
            response = refused(422, "refused", str(error))
        except Busy:
            response = refused(503, "busy", "Too many calls at once. Try again in a moment.")
            response.headers["Retry-After"] = "1"
        await response(scope, receive, send)

    def close(self) -> None:
        if self._sessions is not None:
            self._sessions.close()

    def remove_of(self, visitor: str) -> None:
        """End the sessions of who logged out."""
        if self._sessions is not None:
            self._sessions.remove_of(f"{API_OWNER}{visitor}")

    async def _answer(self, request: Request, path: str) -> Any:
        method = "GET" if request.method == "HEAD" else request.method
        exact = (
            (self._gets if method == "GET" else self._posts).get(path) if method in {"GET", "POST"} else None
        )
        if exact is not None:
            return await exact(request, "")
        for wanted, prefix, handler in self._below:
            if method == wanted and path.startswith(prefix):
                return await handler(request, path[len(prefix) :])
        raise Refusal(404, "not-found", f"The API has no {request.method} {path[:200]}")

    @property
    def sessions(self) -> ApiSessions:
        if self._sessions is None:
            app = self._app
            self._sessions = ApiSessions(app.blocks, app.runner, app.files, capacity=app.capacity)
        return self._sessions

    # -- about the app -------------------------------------------------------------------------

    def config(self, request: Request) -> Response:
        """`GET /config`, which stands outside of the prefix."""
        app = self._app
        about = info.config(app.blocks, app.page.config, root_url(request.scope), user_of(request.scope))
        return answered(about)

    async def _info(self, request: Request, _rest: str) -> Response:
        everything = request.query_params.get("all_endpoints") in {"true", "True", "1"}
        endpoints = self.endpoints.listed(undocumented=everything)
        return answered(info.info(endpoints, root_url(request.scope), has_auth=self._app.gate is not None))

    async def _openapi(self, _request: Request, _rest: str) -> Response:
        return answered(info.openapi(self._app.blocks, self.endpoints))

    async def _startup(self, _request: Request, _rest: str) -> Response:
        return answered(False)

    async def _app_id(self, _request: Request, _rest: str) -> Response:
        return answered({"app_id": self._app.blocks.id})

    # -- one call at a time --------------------------------------------------------------------

    async def _call(self, request: Request, name: str) -> Response:
        body = await self._read(request, _decode_body)
        endpoint = self._endpoint(name, body.fn_index)
        return self._started(
            request, endpoint, endpoint.by_position(from_program(body.data)), body.session_hash
        )

    async def _call_named(self, request: Request, name: str) -> Response:
        given = await self._read(request, _decode_named)
        endpoint = self.endpoints.named(name)
        session_hash = (
            None
            if "session_hash" in {each.name for each in endpoint.parameters}
            else given.pop("session_hash", None)
        )
        if session_hash is not None and not isinstance(session_hash, str):
            raise Refusal(422, "refused", "`session_hash` is text")
        return self._started(request, endpoint, endpoint.by_name(from_program(given)), session_hash)

    def _started(
        self, request: Request, endpoint: Endpoint, data: list[Any], session_hash: str | None
    ) -> Response:
        session = self._session(request, session_hash)
        call = self.sessions.start(session, endpoint, data, _api(request))
        return answered({"event_id": call.event_id})

    async def _result(self, request: Request, rest: str) -> Any:
        event_id = rest.rpartition("/")[2]
        call = self._call_of(request, event_id)
        if call is None or call.feed is None:
            return EventStream.of(
                sse.no_call("404: there is no such call, or its result was read already"), 404
            )
        return EventStream(
            call.feed,
            lambda: call.is_over,
            sse.CALL_HEARTBEAT,
            at_end=lambda: self.sessions.forget(call),
            at_leave=lambda: self.sessions.left(call),
        )

    def _call_of(self, request: Request, event_id: str) -> Call | None:
        """The call of that id, of the browser and user that started it alone."""
        call = self.sessions.call(event_id)
        if call is None or call.job is None or call.job.visit.scope is None:
            return None
        return call if owner_of(dict(call.job.visit.scope)) == owner_of(request.scope) else None

    async def _run(self, request: Request, name: str) -> Response:
        body = await self._read(request, _decode_body)
        endpoint = self._endpoint(name, body.fn_index)
        data = endpoint.by_position(from_program(body.data))
        session = self._session(request, body.session_hash)
        call, ended = self.sessions.run(session, endpoint, data, _api(request))
        try:
            await Gone.before(ended, request)
        except Gone:
            self.sessions.cancel(call)
            return Response(status_code=499)
        return _outcome(call)

    def _endpoint(self, name: str, number: int | None) -> Endpoint:
        """By name; the names that old programs use stand for the first function."""
        try:
            return self.endpoints.named(name)
        except NoEndpointError:
            if name.strip("/") == "predict":
                return self.endpoints.numbered(number or 0)
            raise

    # -- the queue -----------------------------------------------------------------------------

    async def _join(self, request: Request, _rest: str) -> Response:
        body = await self._read(request, _decode_body)
        if not body.session_hash:
            raise Refusal(400, "refused", "queue/join needs a `session_hash`")
        if body.fn_index is None:
            raise Refusal(400, "refused", "queue/join needs a `fn_index`")
        endpoint = self.endpoints.numbered(body.fn_index)
        data = endpoint.by_position(from_program(body.data))
        session = self._session(request, body.session_hash)
        more = {"trigger": body.trigger_id, "event": body.event_data}
        call = self.sessions.join(session, endpoint, data, _api(request), **more)
        await session.end_was_read()
        return answered({"event_id": call.event_id})

    async def _data(self, request: Request, _rest: str) -> Any:
        name = request.query_params.get("session_hash")
        if not name:
            raise Refusal(422, "refused", "queue/data needs a `session_hash`")
        session = self.sessions.find(owner_of(request.scope), name)
        if session is None:
            return EventStream.of(sse.NO_SESSION)
        return EventStream(
            session.feed, lambda: not session.calls, sse.HEARTBEAT, last=sse.CLOSE, queue=session
        )

    async def _status(self, _request: Request, _rest: str) -> Response:
        return answered(
            {"msg": "estimation", "event_id": None, "rank": None, "queue_size": 0, "rank_eta": None}
        )

    async def _heartbeat(self, request: Request, name: str) -> Any:
        session = self._session(request, name)
        return EventStream.heartbeat(session, lambda: self.sessions.is_closed, sse.ALIVE)

    async def _cancel(self, request: Request, _rest: str) -> Response:
        which = await self._read(request, _decode_which)
        call = self._find(request, which)
        if call is not None:
            self.sessions.cancel(call)
        return answered({"success": True})

    def _find(self, request: Request, which: _Which) -> Call | None:
        """The call of that id, of this very program; without a `session_hash` by the id alone."""
        if which.event_id is None:
            return None
        owner = owner_of(request.scope)
        if which.session_hash is not None:
            session = self.sessions.find(owner, which.session_hash)
            return None if session is None else session.calls.get(which.event_id)
        return self._call_of(request, which.event_id) or self.sessions.joined(owner, which.event_id)

    # -- files ---------------------------------------------------------------------------------

    async def _upload(self, request: Request, _rest: str) -> Response:
        return await self._app.file_routes.upload_of_program(request, owner_of(request.scope))

    async def _upload_progress(self, request: Request, _rest: str) -> Any:
        return self._app.file_routes.progress(request.query_params.get("upload_id", ""))

    async def _file(self, request: Request, path: str) -> Any:
        return await self._app.file_routes.file_of_program(request, path)

    # -- pieces --------------------------------------------------------------------------------

    def _session(self, request: Request, session_hash: str | None) -> ApiSession:
        if session_hash is not None and not 0 < len(session_hash) <= 128:
            raise Refusal(422, "refused", "a `session_hash` has 1 to 128 characters")
        scope = request.scope
        return self.sessions.open(owner_of(scope), session_hash, scope, user_of(scope))

    async def _read(self, request: Request, decode: Callable[[bytes], Any]) -> Any:
        """The body. Raises `Refusal` when it is too big or not what it should be."""
        body = await _body(request)
        try:
            return decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Refusal(422, "refused", f"the body is not what this route takes: {error}") from None


def owner_of(scope: Scope) -> str:
    """To whom a program's sessions and files belong: a user and browser, or any program without either."""
    return f"{API_OWNER}{visitor_of(scope) or ''}"


def answered(value: Any, status: int = 200) -> Response:
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(_encode(value), status, headers, "application/json")


def refused(status: int, code: str, message: str) -> Response:
    """`detail` is where Gradio's clients look for the reason."""
    return answered({"error": code, "message": message, "detail": message}, status)


async def _body(request: Request) -> bytes:
    try:
        return await body_of(request, MAX_BODY)
    except BodyTooBigError:
        raise _too_big() from None
    except RefusedError as error:
        raise Refusal(408, "too-slow", str(error)) from None


def _too_big() -> Refusal:
    return Refusal(
        413, "too-big", f"a request holds at most {MAX_BODY >> 20} MiB; upload big values as files"
    )


def _outcome(call: Call) -> Response:
    if call.feed is None:
        raise Refusal(500, "error", "the call has no result")
    news = call.feed.last()
    failure = news.fields.get("failure")
    if failure is not None:
        status = {"busy": 503, "refused": 422}.get(failure.code, 500)
        return answered(sse.error(failure), status)
    return answered(sse.result(call, news.values or [], news.fields["seconds"]))


def _api(request: Request) -> str:
    return root_url(request.scope) + info.PREFIX


def _defaults(app: App) -> dict[int, Any]:
    return {each["id"]: each["props"].get("value") for each in app.page.config["components"]}
