"""The app behind every share of a storm. Each answer says whose it is; each request is written down.

Requests carry `X-Token`, unique in the storm. The app appends it to its journal before anything else, so that
a request that reached an app twice is found there even when the app was killed meanwhile. Everything that
the app sends names the share, the token and the moment of sending.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from pathlib import Path
from typing import Any


def filler(token: str, size: int) -> bytes:
    """`size` bytes that only this token's answer may hold."""
    line = f"{token}/".encode()
    return (line * (size // len(line) + 1))[:size]


def piece(share: str, token: str, number: int) -> bytes:
    """A line of a stream: who, for whom, the how-manyth, when."""
    return f"{share} {token} {number} {time.time():.3f}\n".encode()


class App:
    """An ASGI app for one share."""

    def __init__(self, share: str, account: str, journal: Path) -> None:
        self._share = share
        self._account = account
        self._journal = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            return
        headers = dict(scope["headers"])
        token = headers.get(b"x-token", b"-").decode()
        self._note(token)
        if scope["type"] == "websocket":
            await self._echo(token, receive, send)
            return
        size = int(scope["query_string"] or 0)
        match scope["path"]:
            case "/bytes":
                await self._bytes(token, size, send)
            case "/upload":
                await self._upload(token, receive, send)
            case "/chunks":
                await self._stream(token, size, 0.0, send)
            case "/events":
                await self._stream(token, size, 0.05, send)
            case "/slow":
                await asyncio.sleep(size / 1000)
                await self._whole(token, piece(self._share, token, 0), send)
            case _:
                await self._whole(token, piece(self._share, token, 0), send)

    def _note(self, token: str) -> None:
        os.write(self._journal, f"{token}\n".encode())

    def _headers(self, token: str, *more: tuple[bytes, bytes]) -> list[tuple[bytes, bytes]]:
        stamp = f"{time.time():.3f}"
        facts = {"x-share": self._share, "x-account": self._account, "x-token": token, "x-stamp": stamp}
        return [(name.encode(), value.encode()) for name, value in facts.items()] + list(more)

    async def _start(self, token: str, send: Any, *more: tuple[bytes, bytes]) -> None:
        headers = self._headers(token, *more)
        await send({"type": "http.response.start", "status": 200, "headers": headers})

    async def _whole(self, token: str, body: bytes, send: Any) -> None:
        await self._start(token, send, (b"content-length", b"%d" % len(body)))
        await send({"type": "http.response.body", "body": body})

    async def _bytes(self, token: str, size: int, send: Any) -> None:
        await self._start(token, send, (b"content-length", b"%d" % size))
        body = filler(token, size)
        for at in range(0, size, 40_000):
            await send({"type": "http.response.body", "body": body[at : at + 40_000], "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _upload(self, token: str, receive: Any, send: Any) -> None:
        digest, more = hashlib.sha256(), True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            digest.update(message.get("body", b""))
            more = message.get("more_body", False)
        await self._whole(token, digest.hexdigest().encode(), send)

    async def _stream(self, token: str, count: int, pause: float, send: Any) -> None:
        await self._start(token, send, (b"content-type", b"text/event-stream"))
        for number in range(count):
            line = piece(self._share, token, number)
            await send({"type": "http.response.body", "body": line, "more_body": True})
            await asyncio.sleep(pause)
        await send({"type": "http.response.body", "body": b"end\n"})

    async def _echo(self, token: str, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept", "headers": self._headers(token)})
        number = 0
        while (message := await receive())["type"] == "websocket.receive":
            self._note(f"{token}/{message['text']}")
            line = piece(self._share, token, number).decode() + message["text"]
            await send({"type": "websocket.send", "text": line})
            number += 1
