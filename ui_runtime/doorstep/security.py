"""Who may talk to the app: rules about `Origin`, `Host`, and what browsers may do with what they get."""

from __future__ import annotations

import ipaddress
import re
import secrets
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from starlette.types import ASGIApp, Receive, Scope, Send

_PAGE_RULES: Final = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' http: https: data: blob:",
    "media-src": "'self' http: https: data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self'",
    "worker-src": "'self' blob:",
    "manifest-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "object-src": "'none'",
}


def page_policy(more: Mapping[str, Iterable[str]] | None = None) -> str:
    """What the page may load and run; `more` is what an app's author added, by directive."""
    rules = dict(_PAGE_RULES)
    for directive, sources in (more or {}).items():
        rules[directive] = " ".join(dict.fromkeys([rules.get(directive, "'self'"), *sources]))
    return "; ".join(f"{directive} {sources}" for directive, sources in rules.items())


PAGE_POLICY: Final = page_policy()
FILE_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""For files of visitors: whatever they hold, it runs nothing."""

VISITOR_COOKIE: Final = "doorstep_visitor"
API_OWNER: Final = "api:"
"""How the owners of programs' sessions and files begin: the id of a page's session never does."""
USER: Final = "doorstep.user"
"""Where in the scope the name of who logged in stands."""


def is_same_origin(scope: Scope) -> bool:
    """Whether a request comes from the app's own page, or from a program (which sends no `Origin`).

    A proxy may have changed `Host`; it says so in `X-Forwarded-Host`, which a foreign page cannot set:
    not on a WebSocket, and elsewhere not without asking first.
    """
    headers = Headers(scope=scope)
    origins = headers.getlist("origin")
    if not origins:
        return headers.get("sec-fetch-site") not in {"cross-site", "same-site"}
    host = urlsplit(origins[0]).netloc.lower()
    ours = {headers.get("host", "").lower(), headers.get("x-forwarded-host", "").lower()}
    return len(origins) == 1 and host != "" and host in ours


def is_cross_site(scope: Scope) -> bool:
    """Whether another site led the browser here, also by a plain link."""
    return Headers(scope=scope).get("sec-fetch-site") in {"cross-site", "same-site"}


def is_secure(scope: Scope) -> bool:
    """Whether the visitor's side of the connection is encrypted."""
    return scope["scheme"] in {"https", "wss"}


def app_path(scope: Scope) -> str:
    """The path inside of the app, whatever prefix it is served under: servers leave that in or cut it off."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "").rstrip("/")
    return path[len(root) :] if root and (path == root or path.startswith(f"{root}/")) else path


def cookie_path(scope: Scope) -> str:
    """Where the app's cookies are sent to: its own path, and what is below."""
    return f"{scope.get('root_path', '').rstrip('/')}/"


class LoopbackGuard:
    """Keeps an app that listens on this machine only from being asked for under a foreign name.

    A page on the web can make its own name resolve to 127.0.0.1 (DNS rebinding) and would then be of the
    same origin as the app.
    """

    def __init__(self, app: ASGIApp, allowed: Iterable[str] = ()) -> None:
        self.app = app
        self.allowed = frozenset(name.lower() for name in allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or self._allows(Headers(scope=scope).getlist("host")):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": "foreign host"})
        else:
            await PlainTextResponse(_FOREIGN_HOST, status_code=403)(scope, receive, send)

    def _allows(self, hosts: list[str]) -> bool:
        if len(hosts) != 1:
            return False
        try:
            name = urlsplit(f"//{hosts[0]}").hostname or ""
        except ValueError:
            return False
        name = name.rstrip(".")
        return name == "localhost" or name.endswith(".localhost") or name in self.allowed or _is_address(name)


_FOREIGN_HOST: Final = (
    "This app was started for its own machine only, and was asked for under another name.\n"
    "If a proxy stands before it, start it with launch(root_path='https://the.name'), "
    "or with DOORSTEP_ALLOWED_HOSTS=the.name\n"
)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def visitor_of(scope: Scope) -> str | None:
    """What ties a browser, and who logged in there, to their sessions; None for programs without a login."""
    value = cookie_of(scope, VISITOR_COOKIE)
    browser = value if value is not None and 16 <= len(value) <= 64 else None
    user = user_of(scope)
    return browser if user is None else f"{user}\n{browser or ''}"


def has_visitor(scope: Scope) -> bool:
    """Whether the browser has its key already."""
    return 16 <= len(cookie_of(scope, VISITOR_COOKIE) or "") <= 64


def address_of(scope: Scope) -> str:
    """Of whom attempts and sessions are counted: an IPv6 network is one, all of it has the same owner."""
    host: str = (scope.get("client") or ("", 0))[0]
    if ":" not in host:
        return host
    try:
        return str(ipaddress.ip_network(f"{host.partition('%')[0]}/64", strict=False))
    except ValueError:
        return host


def user_of(scope: Scope) -> str | None:
    """The name of who logged in; None where nobody has to."""
    user: str | None = scope.get(USER)
    return user


def cookie_of(scope: Scope, name: str) -> str | None:
    """The value of a cookie, None without one.

    Read as browsers write it, not by the standard library's rules, which give up at the first cookie they
    do not know how to read: an app on the same host may set one such as `{"a": 1}`.
    """
    given = "; ".join(Headers(scope=scope).getlist("cookie"))[:8192]
    return cookie_parser(given).get(name) if name in given else None


def root_url(scope: Scope) -> str:
    """The app's own address as whoever asks knows it, without a slash at the end.

    Made for each request from that request alone: two visitors by two names each see their own.
    """
    headers = Headers(scope=scope)
    host = headers.get("x-forwarded-host", "").partition(",")[0].strip() or headers.get("host", "localhost")
    if not _HOST.fullmatch(host):
        host = "localhost"
    scheme = {"ws": "http", "wss": "https"}.get(scope["scheme"], scope["scheme"])
    return f"{scheme}://{host}{scope.get('root_path', '').rstrip('/')}"


_HOST: Final = re.compile(r"[A-Za-z0-9._-]{1,253}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?")


def new_visitor() -> str:
    return secrets.token_urlsafe(18)
