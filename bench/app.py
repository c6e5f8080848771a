"""The app that every way leads to, with a path for each kind of traffic.

`GET /` small, `GET /download?bytes=N`, `POST /upload` answers how many bytes came,
`GET /events?count=N&every=S` server-sent events that carry the time of their sending,
and a WebSocket anywhere: an echo.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]

HELLO = b"Hello World!"
BLOCK = bytes(64 * 1024)


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Plain ASGI, with as little of its own as can be: what is measured is the way, not a framework."""
    if scope["type"] == "websocket":
        await echo(receive, send)
    elif scope["type"] != "http":
        return
    elif scope["path"] == "/":
        await answer(send, HELLO)
    else:
        await PATHS[scope["path"]](scope, receive, send)


async def download(scope: Scope, _receive: Receive, send: Send) -> None:
    left = int(query(scope)["bytes"])
    headers = [(b"content-type", b"application/octet-stream"), (b"content-length", b"%d" % left)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    while left > 0:
        block = BLOCK[: min(left, len(BLOCK))]
        left -= len(block)
        await send({"type": "http.response.body", "body": block, "more_body": left > 0})


async def upload(_scope: Scope, receive: Receive, send: Send) -> None:
    size, more = 0, True
    while more:
        message = await receive()
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    await answer(send, b"%d" % size)


async def events(scope: Scope, _receive: Receive, send: Send) -> None:
    """The count bounds it: a server that is not told of a visitor's leaving would never end."""
    asked = query(scope)
    every = float(asked["every"])
    headers = [(b"content-type", b"text/event-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for _ in range(int(asked["count"])):
        event = b"data: %.6f\n\n" % time.time()
        await send({"type": "http.response.body", "body": event, "more_body": True})
        await asyncio.sleep(every)
    await send({"type": "http.response.body", "body": b""})


async def echo(receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message.get("text"), "bytes": message.get("bytes")})


async def answer(send: Send, body: bytes) -> None:
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def query(scope: Scope) -> dict[str, str]:
    return {key: value[0] for key, value in parse_qs(scope["query_string"].decode()).items()}


PATHS = {"/download": download, "/upload": upload, "/events": events}
