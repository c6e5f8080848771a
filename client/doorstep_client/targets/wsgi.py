"""A WSGI app (PEP 3333) as an ASGI app: each request runs in a thread of its own."""

from __future__ import annotations

import asyncio
import contextvars
import io
import sys
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from doorstep_client.targets.base import Scope

if TYPE_CHECKING:
    from _typeshed import OptExcInfo

THREADS: Final = 40
"""Requests that run at the same time; more wait for their turn."""
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Headers = list[tuple[str, str]]


class WsgiApp:
    """The adapter. WebSockets are refused, as WSGI knows none."""

    def __init__(self, app: Callable[..., Iterable[bytes]], threads: int = THREADS) -> None:
        self._app = app
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="doorstep-wsgi")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match scope["type"]:
            case "http":
                await self._answer(scope, receive, send)
            case "websocket":
                await receive()
                await send({"type": "websocket.close", "code": 1000})
            case "lifespan":
                await self._live(receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            kind = (await receive())["type"]
            if kind == "lifespan.shutdown":
                self._threads.shutdown(wait=False, cancel_futures=True)
            await send({"type": f"{kind}.complete"})
            if kind == "lifespan.shutdown":
                return

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        loop = asyncio.get_running_loop()
        body = _Body(loop, receive)
        await body.begin()
        call = _Call(loop, send, body)
        run = contextvars.copy_context().run
        try:
            await loop.run_in_executor(self._threads, run, call.run, self._app, environ(scope, body))
        except ConnectionResetError:
            return  # the visitor has gone, and the app was told
        finally:
            body.end()
        await call.finish()


class _Call:
    """One request of the app. `run` and what the app calls are in its thread, the rest is on the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, send: Send, body: _Body) -> None:
        self._loop = loop
        self._send = send
        self._body = body
        self._start: dict[str, Any] | None = None
        self._is_started = False

    def run(self, app: Callable[..., Iterable[bytes]], facts: dict[str, Any]) -> None:
        parts = app(facts, self._start_response)
        try:
            for part in parts:
                self._write(part)
        finally:
            if hasattr(parts, "close"):
                parts.close()

    def _start_response(
        self, status: str, headers: Headers, exc_info: OptExcInfo | None = None
    ) -> Callable[[bytes], None]:
        """Kept until the first byte: until then the app may change its mind."""
        if exc_info is not None and self._is_started and exc_info[1] is not None:
            raise exc_info[1].with_traceback(exc_info[2])
        fields = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        self._start = {"type": "http.response.start", "status": int(status[:3]), "headers": fields}
        return self._write

    def _write(self, data: bytes) -> None:
        if data:
            asyncio.run_coroutine_threadsafe(self._pass_on(data), self._loop).result()

    async def _pass_on(self, data: bytes) -> None:
        if self._body.is_gone:
            raise ConnectionResetError("the visitor has gone")
        await self._begin()
        await self._send({"type": "http.response.body", "body": data, "more_body": True})

    async def _begin(self) -> None:
        if self._is_started:
            return
        if self._start is None:
            raise RuntimeError("the WSGI app answered without start_response")
        self._is_started = True
        await self._send(self._start)

    async def finish(self) -> None:
        await self._begin()
        await self._send({"type": "http.response.body", "body": b""})


class _Body(io.RawIOBase):
    """A request's body, read by the app's thread and fetched by the loop; notices when the visitor goes."""

    def __init__(self, loop: asyncio.AbstractEventLoop, receive: Receive) -> None:
        super().__init__()
        self.is_gone = False
        self._loop = loop
        self._receive = receive
        self._data = memoryview(b"")
        self._more = True
        self._watch: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """The first part tells whether there is a body at all."""
        await self._fetch()

    def end(self) -> None:
        if self._watch is not None:
            self._watch.cancel()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._data and self._more:
            asyncio.run_coroutine_threadsafe(self._fetch(), self._loop).result()
        if self.is_gone:
            raise ConnectionResetError("the visitor has gone")
        part = self._data[: len(buffer)]
        self._data = self._data[len(part) :]
        buffer[: len(part)] = part
        return len(part)

    async def _fetch(self) -> None:
        message = await self._receive()
        self._take(message)
        if not self._more and not self.is_gone:
            self._watch = asyncio.ensure_future(self._wait_for_the_end())

    def _take(self, message: dict[str, Any]) -> None:
        self.is_gone = message["type"] == "http.disconnect"
        self._data = memoryview(message.get("body", b""))
        self._more = bool(message.get("more_body")) and not self.is_gone

    async def _wait_for_the_end(self) -> None:
        with suppress(asyncio.CancelledError):
            await self._receive()
            self.is_gone = True


def environ(scope: Scope, body: io.RawIOBase) -> dict[str, Any]:
    """What PEP 3333 wants of a request. Text is bytes as latin-1, as it asks for."""
    root = scope.get("root_path", "")
    client = scope.get("client") or ("", 0)
    found: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": _as_latin(root),
        "PATH_INFO": _as_latin(scope["path"].removeprefix(root)),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": client[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": io.BufferedReader(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "asgi.scope": scope,
    }
    _add_fields(found, scope["headers"])
    return found | _server(found.get("HTTP_HOST", ""), scope["scheme"])


def _add_fields(found: dict[str, Any], headers: Iterable[tuple[bytes, bytes]]) -> None:
    """A field with an underscore would pass for another one, X_Forwarded_For for the relay's: left out."""
    for name, value in headers:
        if b"_" in name:
            continue
        key = name.decode("latin-1").upper().replace("-", "_")
        key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
        text = value.decode("latin-1")
        joint = "; " if key == "HTTP_COOKIE" else ","
        found[key] = f"{found[key]}{joint}{text}" if key in found else text


def _server(host: str, scheme: str) -> dict[str, str]:
    name, colon, port = host.rpartition(":")
    if not colon or not port.isdecimal():
        name, port = host, "443" if scheme == "https" else "80"
    return {"SERVER_NAME": name or "localhost", "SERVER_PORT": port}


def _as_latin(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("latin-1")
