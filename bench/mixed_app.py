"""An app with a path for each kind of traffic, and the client process that shares it.

    python -m bench.mixed_app [--name NAME] [--expires SECONDS]

`GET /` small, `GET /download?bytes=N`, `POST /upload` answers how many bytes came,
`GET /events?count=N&every=S` server-sent events that carry the time of their sending,
and a WebSocket anywhere: an echo.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import time
from urllib.parse import parse_qs

import doorstep_client
from bench.app import HELLO, Receive, Scope, Send, download


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Plain ASGI: what is measured is the way, not a framework."""
    if scope["type"] == "websocket":
        await _echo(receive, send)
    elif scope["type"] == "http":
        query = {key: value[0] for key, value in parse_qs(scope["query_string"].decode()).items()}
        match scope["path"]:
            case "/download":
                await download(int(query["bytes"]), send)
            case "/upload":
                await _answer(send, b"%d" % await _count(receive))
            case "/events":
                await _events(send, int(query["count"]), float(query["every"]))
            case _:
                await _answer(send, HELLO)


async def _echo(receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message.get("text"), "bytes": message.get("bytes")})


async def _count(receive: Receive) -> int:
    size, more = 0, True
    while more:
        message = await receive()
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    return size


async def _events(send: Send, count: int, every: float) -> None:
    headers = [(b"content-type", b"text/event-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for _ in range(count):
        event = b"data: %.6f\n\n" % time.time()
        await send({"type": "http.response.body", "body": event, "more_body": True})
        await asyncio.sleep(every)
    await send({"type": "http.response.body", "body": b""})


async def _answer(send: Send, body: bytes) -> None:
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.mixed_app")
    parser.add_argument("--name")
    parser.add_argument("--expires", type=float)
    options = parser.parse_args()
    began = time.perf_counter()
    link = doorstep_client.share(app, name=options.name, expires_in=options.expires)
    print(link.url, f"{time.perf_counter() - began:.4f}", flush=True)
    signal.signal(signal.SIGTERM, lambda *_: link.close())
    link.wait()


if __name__ == "__main__":
    main()
