"""Who may talk to the app: rules about `Origin`, `Host`, and what browsers may do with what they get."""

from __future__ import annotations

import ipaddress
import secrets
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import ASGIApp, Receive, Scope, Send

PAGE_POLICY: Final = "; ".join(  # noqa: FLY002  # one rule a line
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' http: https: data: blob:",
        "media-src 'self' http: https: data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "object-src 'none'",
    ]
)
FILE_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""For files of visitors: whatever they hold, it runs nothing."""

VISITOR_COOKIE: Final = "doorstep_visitor"


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
    """The random key that ties a browser to its sessions; None for programs."""
    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load("; ".join(Headers(scope=scope).getlist("cookie"))[:8192])
    except CookieError:
        return None
    morsel = jar.get(VISITOR_COOKIE)
    return morsel.value if morsel is not None and 16 <= len(morsel.value) <= 64 else None


def new_visitor() -> str:
    return secrets.token_urlsafe(18)
