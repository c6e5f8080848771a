"""The inspector's page: only for who has its address, only from this computer.

The address holds a random key. `Host` is checked, so no name of somebody else's that leads here (DNS
rebinding) gets an answer; what changes something is taken from this page alone.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import secrets
from collections.abc import AsyncIterator
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from doorstep_client.errors import UsageError
from doorstep_client.inspector.records import Records, Watcher
from doorstep_client.inspector.replay import Replays
from doorstep_client.inspector.views import detail, summary
from doorstep_client.targets import AsgiApp

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

VIEWERS: Final = 8
"""Pages that may be open at a time."""
_PAUSE: Final = 0.1
"""Seconds between news: a busy link's changes are told together."""
_SIGN_OF_LIFE: Final = 15.0
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_FILES: Final = {
    "": ("page.html", "text/html; charset=utf-8"),
    "page.js": ("page.js", "text/javascript; charset=utf-8"),
    "page.css": ("page.css", "text/css; charset=utf-8"),
}


class Page:
    """Shows `records`; `open_at` tells it its port and gives the address."""

    def __init__(self, records: Records, replays: Replays) -> None:
        self._records = records
        self._replays = replays
        self._key = secrets.token_urlsafe(24)
        self._hosts: frozenset[str] = frozenset()

    def open_at(self, port: int) -> str:
        self._hosts = frozenset({f"127.0.0.1:{port}", f"localhost:{port}"})
        return f"http://127.0.0.1:{port}/{self._key}/"

    def app(self) -> AsgiApp:
        from starlette.applications import Starlette
        from starlette.routing import Route

        routes = [
            Route("/{key}/events", self._guarded(self._events)),
            Route("/{key}/requests/{number:int}", self._guarded(self._one)),
            Route("/{key}/requests/{number:int}/replay", self._guarded(self._replay), methods=["POST"]),
            Route("/{key}/{file:path}", self._guarded(self._file)),
        ]
        app = Starlette(routes=routes)
        app.router.redirect_slashes = False  # a redirect would be an answer to strangers
        return app

    # -- routes --------------------------------------------------------------------------------

    async def _file(self, request: Request) -> Response:
        from starlette.responses import Response

        known = _FILES.get(request.path_params["file"])
        if known is None:
            return _problem(404, "There is nothing here.")
        name, kind = known
        return Response(resources.files(__package__).joinpath(name).read_bytes(), media_type=kind)

    async def _events(self, request: Request) -> Response:
        from starlette.responses import StreamingResponse

        if self._records.watchers >= VIEWERS:
            return _problem(429, "Too many pages are open on this inspector.")
        return StreamingResponse(self._news(self._records.watch()), media_type="text/event-stream")

    async def _news(self, watcher: Watcher) -> AsyncIterator[str]:
        try:
            while True:
                try:
                    async with asyncio.timeout(_SIGN_OF_LIFE):
                        changed = await watcher.next()
                except TimeoutError:
                    yield ": here\n\n"
                    continue
                oldest = next(iter(self._records.exchanges), 0)
                news = {"oldest": oldest, "exchanges": [summary(exchange) for exchange in changed]}
                yield f"data: {json.dumps(news)}\n\n"
                await asyncio.sleep(_PAUSE)
        finally:
            watcher.close()

    async def _one(self, request: Request) -> Response:
        from starlette.responses import JSONResponse

        exchange = self._records.exchanges.get(request.path_params["number"])
        if exchange is None:
            return _problem(404, "This request is not kept any more.")
        return JSONResponse(detail(exchange, secrets=request.query_params.get("secrets") == "1"))

    async def _replay(self, request: Request) -> Response:
        from starlette.responses import JSONResponse

        exchange = self._records.exchanges.get(request.path_params["number"])
        if exchange is None:
            return _problem(404, "This request is not kept any more.")
        try:
            again = await self._replays.send(exchange)
        except UsageError as error:
            return _problem(409, str(error))
        return JSONResponse(summary(again))

    # -- who may ask ---------------------------------------------------------------------------

    def _guarded(self, answer: Any) -> Any:
        async def guarded(request: Request) -> Response:
            response: Response = await answer(request) if self._is_ours(request) else _stranger()
            response.headers.update(_HEADERS)
            return response

        return guarded

    def _is_ours(self, request: Request) -> bool:
        host = request.headers.get("host", "")
        key = request.path_params["key"].encode()
        if host not in self._hosts or not hmac.compare_digest(key, self._key.encode()):
            return False
        return request.method in ("GET", "HEAD") or request.headers.get("origin") == f"http://{host}"


def _stranger() -> Response:
    return _problem(404, "There is nothing here.")


def _problem(status: int, detail: str) -> Response:
    from starlette.responses import JSONResponse

    return JSONResponse({"detail": detail}, status)
