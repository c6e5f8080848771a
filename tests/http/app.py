"""The app behind the links: plain ASGI, a path for each thing that HTTP can do."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
from collections import defaultdict
from typing import Any

CHUNK = b"x" * 65536
TEXT = bytes(range(256)) * 64
"""What `/ranges` serves: 16 KiB."""
ETAG = b'"the-only-version"'


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    elif scope["type"] == "websocket":
        await _SOCKETS.get(scope["path"], _echo)(scope, receive, send)
    else:
        await _PATHS.get(scope["path"], _tell)(scope, receive, send)


async def _lifespan(receive: Any, send: Any) -> None:
    while True:
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
        if kind.endswith("shutdown"):
            return


# -- HTTP ------------------------------------------------------------------------------------------


async def _tell(scope: Any, receive: Any, send: Any) -> None:
    """The request as the app has seen it."""
    body = await _whole(receive)
    facts = {
        "method": scope["method"],
        "raw_path": scope["raw_path"].decode("latin-1"),
        "query": scope["query_string"].decode("latin-1"),
        "headers": [[name.decode("latin-1"), value.decode("latin-1")] for name, value in scope["headers"]],
        "body": body.decode("latin-1"),
        "client": scope["client"][0],
        "scheme": scope["scheme"],
    }
    await _answer(send, json.dumps(facts).encode(), (b"content-type", b"application/json"))


async def _upload(scope: Any, receive: Any, send: Any) -> None:
    """How much came, and its hash."""
    size, digest = 0, hashlib.sha256()
    async for part in _parts(receive):
        size += len(part)
        digest.update(part)
    await _answer(send, json.dumps({"size": size, "sha256": digest.hexdigest()}).encode())


async def _too_large(scope: Any, receive: Any, send: Any) -> None:
    """Refuses before it has read a byte."""
    await _answer(send, b"too large", status=413)


async def _refuse_in_the_middle(scope: Any, receive: Any, send: Any) -> None:
    """Refuses after the first piece."""
    await receive()
    await _answer(send, b"too large", status=413)


async def _status(scope: Any, receive: Any, send: Any) -> None:
    """`?204`: that status, with no body."""
    await _start(send, int(scope["query_string"]), (b"etag", ETAG))
    await send({"type": "http.response.body", "body": b""})


async def _cookies(scope: Any, receive: Any, send: Any) -> None:
    """`?N`: N cookies, and one name twice."""
    cookies = [(b"set-cookie", b"c%d=%d; Path=/" % (n, n)) for n in range(int(scope["query_string"]))]
    await _answer(send, b"ok", *cookies, (b"set-cookie", b"c0=again; Path=/; HttpOnly"))


async def _fields(scope: Any, receive: Any, send: Any) -> None:
    """`?N,SIZE`: N fields of that many bytes each."""
    count, size = map(int, scope["query_string"].split(b","))
    await _answer(send, b"ok", *((b"x-%d" % n, b"v" * size) for n in range(count)))


async def _stream(scope: Any, receive: Any, send: Any) -> None:
    """`?N`: N bytes in pieces of no announced length."""
    left = int(scope["query_string"])
    await _start(send, 200)
    while left > 0:
        await send({"type": "http.response.body", "body": CHUNK[:left], "more_body": True})
        left -= len(CHUNK)
    await send({"type": "http.response.body", "body": b""})


_turns: defaultdict[bytes, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(0))


async def _steps(scope: Any, receive: Any, send: Any) -> None:
    """`?NAME`: server-sent events, each of which is sent when `/step?NAME` was asked for."""
    await _start(send, 200, (b"content-type", b"text/event-stream"), (b"cache-control", b"no-cache"))
    for number in itertools.count():
        await _turns[scope["query_string"]].acquire()
        await send({"type": "http.response.body", "body": b"data: %d\n\n" % number, "more_body": True})


async def _step(scope: Any, receive: Any, send: Any) -> None:
    _turns[scope["query_string"]].release()
    await _answer(send, b"stepped")


async def _poll(scope: Any, receive: Any, send: Any) -> None:
    """`?S`: says nothing for S seconds."""
    await asyncio.sleep(float(scope["query_string"]))
    await _answer(send, b"news")


async def _ranges(scope: Any, receive: Any, send: Any) -> None:
    """One resource with one version, in ranges (RFC 9110 14)."""
    headers = dict(scope["headers"])
    wanted = headers.get(b"range", b"").removeprefix(b"bytes=")
    if not wanted or headers.get(b"if-range", ETAG) != ETAG:
        await _answer(send, TEXT, (b"etag", ETAG), (b"accept-ranges", b"bytes"))
        return
    spans = [_span(part) for part in wanted.split(b",")]
    if any(first >= len(TEXT) for first, _ in spans):
        await _answer(send, b"", (b"content-range", b"bytes */%d" % len(TEXT)), status=416)
    elif len(spans) == 1:
        await _answer(send, TEXT[slice(*spans[0])], (b"content-range", _content_range(*spans[0])), status=206)
    else:
        kind = (b"content-type", b"multipart/byteranges; boundary=cut")
        await _answer(send, b"".join(map(_part, spans)) + b"--cut--\r\n", kind, status=206)


def _span(text: bytes) -> tuple[int, int]:
    first, _, last = text.strip().partition(b"-")
    if not first:
        return len(TEXT) - int(last), len(TEXT)
    return int(first), int(last) + 1 if last else len(TEXT)


def _content_range(start: int, stop: int) -> bytes:
    return b"bytes %d-%d/%d" % (start, stop - 1, len(TEXT))


def _part(span: tuple[int, int]) -> bytes:
    return b"--cut\r\nContent-Range: %b\r\n\r\n%b\r\n" % (_content_range(*span), TEXT[slice(*span)])


async def _grpc_web(scope: Any, receive: Any, send: Any) -> None:
    """gRPC-Web: each message of the request comes back `?N` times, then the trailers as a frame."""
    body = await _whole(receive)
    assert dict(scope["headers"])[b"content-type"] == b"application/grpc-web+proto"
    await _start(send, 200, (b"content-type", b"application/grpc-web+proto"))
    for _ in range(int(scope["query_string"])):
        await send({"type": "http.response.body", "body": body, "more_body": True})
        await asyncio.sleep(0.05)
    trailers = b"grpc-status:0\r\ngrpc-message:fine\r\n"
    await send({"type": "http.response.body", "body": b"\x80" + len(trailers).to_bytes(4, "big") + trailers})


async def _start(send: Any, status: int, *headers: tuple[bytes, bytes]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})


async def _answer(send: Any, body: bytes, *headers: tuple[bytes, bytes], status: int = 200) -> None:
    await _start(send, status, (b"content-length", str(len(body)).encode()), *headers)
    await send({"type": "http.response.body", "body": body})


async def _whole(receive: Any) -> bytes:
    return b"".join([part async for part in _parts(receive)])


async def _parts(receive: Any) -> Any:
    while True:
        message = await receive()
        if body := message.get("body"):
            yield body
        if not message.get("more_body"):
            return


# -- WebSockets ------------------------------------------------------------------------------------


async def _echo(scope: Any, receive: Any, send: Any) -> None:
    """Echoes; takes the last subprotocol that was offered; `close CODE REASON` closes."""
    await receive()
    offered = scope["subprotocols"]
    await send({"type": "websocket.accept", "subprotocol": offered[-1] if offered else None})
    while (message := await receive())["type"] == "websocket.receive":
        text = message.get("text")
        if text and text.startswith("close "):
            _, code, reason = text.split(" ", 2)
            await send({"type": "websocket.close", "code": int(code), "reason": reason})
            return
        await send({"type": "websocket.send", "text": text, "bytes": message.get("bytes")})


async def _headers(scope: Any, receive: Any, send: Any) -> None:
    """Sends the handshake's header fields and who asks."""
    await receive()
    await send({"type": "websocket.accept", "headers": [(b"x-app", b"yes")]})
    pairs = [[name.decode("latin-1"), value.decode("latin-1")] for name, value in scope["headers"]]
    facts = {"headers": pairs, "client": scope["client"][0], "scheme": scope["scheme"]}
    await send({"type": "websocket.send", "text": json.dumps(facts)})
    await receive()


async def _refuse(scope: Any, receive: Any, send: Any) -> None:
    """Answers the handshake with a status and a body of its own."""
    await receive()
    status = int(scope["query_string"])
    headers = [(b"content-type", b"text/plain"), (b"www-authenticate", b'Basic realm="x"')]
    await send({"type": "websocket.http.response.start", "status": status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": b"not you"})


_SOCKETS = {"/ws/headers": _headers, "/ws/refuse": _refuse}
_PATHS = {
    "/upload": _upload,
    "/too-large": _too_large,
    "/refuse-in-the-middle": _refuse_in_the_middle,
    "/status": _status,
    "/cookies": _cookies,
    "/fields": _fields,
    "/stream": _stream,
    "/steps": _steps,
    "/step": _step,
    "/poll": _poll,
    "/ranges": _ranges,
    "/grpc-web": _grpc_web,
}
