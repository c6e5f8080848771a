"""The gate before an app: everything behind it is for those who are known.

There are two: `LoginGate` asks for a name and a password, `DependencyGate` asks the app that this one is
mounted into. Both put the name into the scope, where `security.user_of` finds it, and answer everybody else
with 401.
"""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import parse_qsl, quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from doorstep.auth.attempts import Attempts, SlowDown
from doorstep.auth.logins import Logins
from doorstep.auth.page import closed_page, login_page
from doorstep.auth.passwords import Passwords
from doorstep.bodies import body_of
from doorstep.errors import RefusedError, UsageError
from doorstep.multipart import MultipartError, MultipartParser, Part
from doorstep.security import (
    USER,
    VISITOR_COOKIE,
    address_of,
    app_path,
    cookie_of,
    cookie_path,
    is_cross_site,
    is_secure,
    new_visitor,
    visitor_of,
)

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

MAX_FORM: Final = 8 * 1024
MAX_NAME: Final = 256
BY_ADDRESS: Final = (10, 60.0)
"""Failures of one address, and the seconds in which they are forgotten."""
BY_NAME: Final = (30, 300.0)
"""The same for one name at one address."""
SLOW_AFTER: Final = (100, 300.0)
"""Failures of all together, and the seconds in which they are forgotten, after which logins become slow."""
SLOW_STEP: Final = 0.02
SLOWEST: Final = 3.0
"""Seconds that each failure more adds to a login, and the most that one waits."""
WRONG: Final = "The name or the password is wrong."


class Gate(Protocol):
    """Lets known people through to `app`, with their name in the scope."""

    async def __call__(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None: ...


class LoginGate:
    """Names and passwords, a login page, and cookies."""

    def __init__(
        self,
        auth: Any,
        message: str | None = None,
        *,
        title: str = "",
        on_logout: Callable[[str], object] | None = None,
    ) -> None:
        """`auth` is what `Passwords` takes. Raises `UsageError`.

        `on_logout` is called with the key of the browser that logged out (see `security.visitor_of`).
        """
        self.title = title
        self.message = message
        self.on_logout = on_logout
        self._passwords = Passwords(auth)
        self._logins = Logins()
        self._by_address = Attempts(*BY_ADDRESS)
        self._by_name = Attempts(*BY_NAME)
        self._slow_down = SlowDown(*SLOW_AFTER, step=SLOW_STEP, longest=SLOWEST)

    async def __call__(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        user = self._logins.user_of(cookie_of(scope, cookie_name(scope)))
        path = app_path(scope)
        if scope["type"] == "http" and path in {"/login", "/login/"}:
            await (await self._login(Request(scope, receive)))(scope, receive, send)
        elif scope["type"] == "http" and path in {"/logout", "/logout/"}:
            await self._logout(Request(scope), user)(scope, receive, send)
        elif user is not None:
            await app({**scope, USER: user}, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": "log in first"})
        else:
            await self._closed(Request(scope))(scope, receive, send)

    # -- answers -------------------------------------------------------------------------------

    def _closed(self, request: Request) -> Response:
        if not _is_for_people(request):
            return _refused(401, "login-required", "Not authenticated", auth_message=self.message)
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return self._form(request, 401, here if request.method == "GET" else "")

    async def _login(self, request: Request) -> Response:
        if request.method in {"GET", "HEAD"}:
            return self._form(request, 200, request.query_params.get("next", ""))
        if request.method != "POST":
            return _refused(405, "method", "POST a name and a password")
        try:
            form = await _form_of(request)
        except (ValueError, RefusedError) as error:
            return _refused(400, "refused", f"this is no login: {error}")
        name, password = form.get("username", ""), form.get("password", "")
        wait = self._wait(request, name)
        if wait:
            return self._refuse(request, form, 429, f"Too many attempts. Try again in {wait} seconds.", wait)
        self._note_failure(request, name)  # before the check, which takes time: many at once are many
        await asyncio.sleep(self._slow_down.seconds(time.monotonic()))
        if len(name) > MAX_NAME or not await self._passwords.fit(name, password):
            return self._refuse(request, form, 400, WRONG)
        self._note_success(request, name)
        return self._welcome(request, name, form.get("next", ""))

    def _welcome(self, request: Request, user: str, following: str) -> Response:
        """A new token, and a new key of the browser: nobody can have planted either before."""
        scope = request.scope
        self._logins.end(cookie_of(scope, cookie_name(scope)))
        if _is_for_people(request):
            response: Response = RedirectResponse(safe_path(following, scope), 303)
        else:
            response = JSONResponse({"success": True})
        path, secure = cookie_path(scope), is_secure(scope)
        token = self._logins.begin(user)
        options: dict[str, Any] = {"path": path, "httponly": True, "samesite": "lax", "secure": secure}
        response.set_cookie(cookie_name(scope), token, **options)
        response.set_cookie(VISITOR_COOKIE, new_visitor(), **options)
        response.headers["Cache-Control"] = "no-store"
        return response

    def _logout(self, request: Request, user: str | None) -> Response:
        scope = request.scope
        if is_cross_site(scope):
            return _refused(403, "foreign-origin", "Only the app's own page can log out.")
        if user is not None:
            self._logins.end(cookie_of(scope, cookie_name(scope)))
            visitor = visitor_of({**scope, USER: user})
            if self.on_logout is not None and visitor is not None:
                self.on_logout(visitor)
        response = RedirectResponse(cookie_path(scope), 303)
        for name in (cookie_name(scope), VISITOR_COOKIE):
            response.delete_cookie(
                name, path=cookie_path(scope), httponly=True, samesite="lax", secure=is_secure(scope)
            )
        response.headers["Cache-Control"] = "no-store"
        return response

    def _refuse(
        self, request: Request, form: dict[str, str], status: int, problem: str, wait: int = 0
    ) -> Response:
        if _is_for_people(request):
            name = form.get("username", "")[:MAX_NAME]
            response = self._form(request, status, form.get("next", ""), problem=problem, name=name)
        else:
            response = _refused(status, "login-refused", problem)
        if wait:
            response.headers["Retry-After"] = str(wait)
        return response

    def _form(
        self, request: Request, status: int, following: str, *, problem: str = "", name: str = ""
    ) -> Response:
        action = f"{request.scope.get('root_path', '').rstrip('/')}/login"
        after = safe_path(following, request.scope)
        return login_page(self.title, self.message, action, after, status=status, problem=problem, name=name)

    # -- attempts ------------------------------------------------------------------------------

    def _wait(self, request: Request, name: str) -> int:
        now = time.monotonic()
        address = address_of(request.scope)
        return max(self._by_address.wait(address, now), self._by_name.wait(_name_at(name, address), now))

    def _note_failure(self, request: Request, name: str) -> None:
        now = time.monotonic()
        address = address_of(request.scope)
        self._by_address.failed(address, now)
        self._by_name.failed(_name_at(name, address), now)
        self._slow_down.failed(now)

    def _note_success(self, request: Request, name: str) -> None:
        address = address_of(request.scope)
        self._by_address.succeeded(address)
        self._by_name.succeeded(_name_at(name, address))
        self._slow_down.succeeded()


def _name_at(name: str, address: str) -> str:
    return f"{address} {name[:MAX_NAME]}"


class DependencyGate:
    """`auth_dependency`: a function of the request says who it is, or None."""

    def __init__(
        self, dependency: Callable[[Request], Any] | None, message: str | None = None, *, title: str = ""
    ) -> None:
        if not callable(dependency):
            raise UsageError(f"auth_dependency is a function that takes a request, not {dependency!r}")
        self.title = title
        self.message = message
        self._dependency = dependency

    async def __call__(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            user = await self._user(scope)
        except HTTPException as error:
            answer: Response = _refused(error.status_code, "login-required", str(error.detail))
            answer.headers.update(error.headers or {})
        else:
            if user is not None:
                await app({**scope, USER: user}, receive, send)
                return
            answer = self._closed(Request(_as_http(scope)))
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": "log in first"})
        else:
            await answer(scope, receive, send)

    async def _user(self, scope: Scope) -> str | None:
        """Only text that says something is a name: anything else lets nobody in."""
        request = Request(_as_http(scope))
        if inspect.iscoroutinefunction(self._dependency):
            said = await self._dependency(request)
        else:
            said = await asyncio.to_thread(self._dependency, request)
        return said if isinstance(said, str) and said else None

    def _closed(self, request: Request) -> Response:
        if _is_for_people(request):
            return closed_page(self.title, self.message)
        return _refused(401, "login-required", "Not authenticated", auth_message=self.message)


def cookie_name(scope: Scope) -> str:
    """Of its own for each port and path: browsers send cookies to every port of a host.

    Over https at the root it has the prefix that no other site can forge.
    """
    host = Request(_as_http(scope)).url
    root = scope.get("root_path", "").strip("/")
    mark = "".join(each if each.isalnum() else "_" for each in f"{host.port or ''}_{root}").strip("_")
    prefix = "__Host-" if is_secure(scope) and not root else ""
    return f"{prefix}doorstep_login_{mark}".rstrip("_")


def safe_path(given: str, scope: Scope) -> str:
    """A path of this very app, to go to after a login; the app's own page for anything else."""
    root = scope.get("root_path", "").rstrip("/")
    home = f"{root}/"
    is_plain = given.isascii() and given.isprintable() and not set(given) & set('\\<>"')
    is_local = given.startswith("/") and not given.startswith("//") and given.startswith(home)
    if not (is_plain and is_local) or len(given) > 2048:
        return home
    path = app_path({**scope, "path": given.partition("?")[0]})
    return home if path.rstrip("/") in {"/login", "/logout"} else quote(given, safe="/?=&%+:;,@!$'()*~-._#")


async def _form_of(request: Request) -> dict[str, str]:
    """The fields of a login, as browsers send them or as programs do. Raises `ValueError`, `RefusedError`."""
    body = await body_of(request, MAX_FORM)
    kind = request.headers.get("content-type", "")
    if kind.lower().startswith("multipart/"):
        return _multipart_fields(kind, body)
    text = body.decode("utf-8", "replace")
    return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=20))


def _multipart_fields(kind: str, body: bytes) -> dict[str, str]:
    fields: dict[str, bytearray] = {}
    value = bytearray()
    parser = MultipartParser(kind)
    for event in parser.feed(body):
        if isinstance(event, Part):
            value = fields[event.name] = bytearray()
        elif isinstance(event, memoryview):
            value += event
    if not parser.is_complete:
        raise MultipartError("it ended too early")
    return {name: each.decode("utf-8", "replace") for name, each in fields.items()}


def _is_for_people(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


def _as_http(scope: Scope) -> Scope:
    """A WebSocket's scope, for what reads headers and cookies of requests only."""
    if scope["type"] == "http":
        return scope
    return {
        **scope,
        "type": "http",
        "method": "GET",
        "scheme": "https" if scope["scheme"] == "wss" else "http",
    }


def _refused(status: int, code: str, message: str, **more: Any) -> JSONResponse:
    detail: Any = {"error": message, **more} if more else message
    body = {"error": code, "message": message, "detail": detail}
    return JSONResponse(body, status, {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"})
