"""The app that the clients of these tests share: plain ASGI, one path for each kind of traffic."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
import os
from collections import defaultdict
from pathlib import Path
from typing import Any
from urllib.parse import unquote

CHUNK = b"x" * 65536


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    elif scope["type"] == "websocket":
        await _echo(receive, send)
    else:
        await _PATHS.get(scope["path"], _hello)(scope, receive, send)


async def _lifespan(receive: Any, send: Any) -> None:
    while True:
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
        if kind.endswith("shutdown"):
            return


async def _echo(receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message.get("text"), "bytes": message.get("bytes")})


async def _hello(scope: Any, receive: Any, send: Any) -> None:
    """Who answers, and whom."""
    facts = {"pid": os.getpid(), "path": scope["path"], "client": scope["client"], "scheme": scope["scheme"]}
    facts["host"] = next(value.decode() for name, value in scope["headers"] if name == b"host")
    await _answer(send, json.dumps(facts).encode())


async def _big(scope: Any, receive: Any, send: Any) -> None:
    """`?N`: N bytes."""
    left = int(scope["query_string"])
    await _start(send, [(b"content-length", str(left).encode())])
    while left > 0:
        await send({"type": "http.response.body", "body": CHUNK[:left], "more_body": left > len(CHUNK)})
        left -= len(CHUNK)


async def _upload(scope: Any, receive: Any, send: Any) -> None:
    """How much came, and its hash."""
    size, digest = 0, hashlib.sha256()
    async for part in _parts(receive):
        size += len(part)
        digest.update(part)
    await _answer(send, json.dumps({"size": size, "sha256": digest.hexdigest()}).encode())


async def _as_it_comes(scope: Any, receive: Any, send: Any) -> None:
    """Answers to each part of the body while the body is still on its way."""
    await _start(send, [(b"content-type", b"text/plain")])
    async for part in _parts(receive):
        await send({"type": "http.response.body", "body": b"seen %d\n" % len(part), "more_body": True})
    await send({"type": "http.response.body", "body": b"end\n"})


async def _events(scope: Any, receive: Any, send: Any) -> None:
    """`?N`: N server-sent events, one every 200 ms; without end for no N."""
    await _start(send, [(b"content-type", b"text/event-stream")])
    count = int(scope["query_string"] or 1_000_000)
    for number in range(count):
        await send({"type": "http.response.body", "body": b"data: %d\n\n" % number, "more_body": True})
        await asyncio.sleep(0.2)
    await send({"type": "http.response.body", "body": b""})


async def _slow(scope: Any, receive: Any, send: Any) -> None:
    """`?S`: answers after S seconds."""
    await asyncio.sleep(float(scope["query_string"]))
    await _answer(send, b"slow")


async def _held(scope: Any, receive: Any, send: Any) -> None:
    """`?PATH`: answers when there is such a file."""
    path = Path(unquote(scope["query_string"].decode()))
    while not path.exists():  # noqa: ASYNC110  # it is another process that makes it
        await asyncio.sleep(0.02)
    await _answer(send, b"held")


_turns: defaultdict[bytes, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(0))


async def _steps(scope: Any, receive: Any, send: Any) -> None:
    """`?NAME`: events, each of which is sent when `/step?NAME` was asked for."""
    await _start(send, [(b"content-type", b"text/event-stream")])
    for number in itertools.count():
        await _turns[scope["query_string"]].acquire()
        await send({"type": "http.response.body", "body": b"data: %d\n\n" % number, "more_body": True})


async def _step(scope: Any, receive: Any, send: Any) -> None:
    _turns[scope["query_string"]].release()
    await _answer(send, b"stepped")


async def _start(send: Any, headers: list[tuple[bytes, bytes]]) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": headers})


async def _answer(send: Any, body: bytes) -> None:
    await _start(send, [(b"content-length", str(len(body)).encode())])
    await send({"type": "http.response.body", "body": body})


async def _parts(receive: Any) -> Any:
    while True:
        message = await receive()
        if body := message.get("body"):
            yield body
        if not message.get("more_body"):
            return


_PATHS = {
    "/big": _big,
    "/upload": _upload,
    "/as-it-comes": _as_it_comes,
    "/events": _events,
    "/slow": _slow,
    "/held": _held,
    "/steps": _steps,
    "/step": _step,
}
