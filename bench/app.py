"""The app that every way leads to: a small answer at `/`, a long one at `/download?bytes=N`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]

HELLO = b"Hello World!"
BLOCK = bytes(64 * 1024)


async def app(scope: Scope, _receive: Receive, send: Send) -> None:
    """An ASGI app with as little of its own as can be."""
    if scope["type"] != "http":
        return
    if scope["path"] == "/download":
        await download(int(parse_qs(scope["query_string"])[b"bytes"][0]), send)
        return
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(HELLO))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": HELLO})


async def download(size: int, send: Send) -> None:
    headers = [(b"content-type", b"application/octet-stream"), (b"content-length", b"%d" % size)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    left = size
    while left > 0:
        block = BLOCK[: min(left, len(BLOCK))]
        left -= len(block)
        await send({"type": "http.response.body", "body": block, "more_body": left > 0})
