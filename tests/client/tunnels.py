"""The relay's end of a tunnel connection, and targets that serve it."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from doorstep_client.targets import Target
from tests.support import eventually
from tests.support.servers import end_server, is_closed

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def tunnel_to(target: Target) -> AsyncIterator[Streams]:
    """A connection on whose far end the target serves: the relay's end of a tunnel connection."""
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        theirs, _ = listener.accept()
    await loop.connect_accepted_socket(target.protocol, theirs)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()
        target.abort()
        await eventually(lambda: theirs.fileno() == -1)


async def to_the_end(reader: asyncio.StreamReader) -> bytes:
    """What comes until the connection ends, in order or by a reset."""
    got = b""
    try:
        while data := await reader.read(65536):
            got += data
    except ConnectionResetError:
        pass
    return got


async def ask(streams: Streams, head: str, body: bytes = b"") -> tuple[str, bytes]:
    """Send a request, read an answer with a Content-Length."""
    reader, writer = streams
    writer.write(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)
    async with asyncio.timeout(20):
        answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        length = next(line for line in answer.split("\r\n") if line.lower().startswith("content-length"))
        return answer, await reader.readexactly(int(length.split(":")[1]))


@asynccontextmanager
async def running(target: Target) -> AsyncIterator[Target]:
    await target.start()
    try:
        yield target
    finally:
        await target.stop()


class LifespanApp:
    """Notes its lifespan; answers with the state that it was given."""

    def __init__(self, *, failing: str = "") -> None:
        self.events: list[str] = []
        self.failing = failing

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
            return
        body = json.dumps(scope["state"]).encode()
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _lifespan(self, scope: Any, receive: Any, send: Any) -> None:
        while True:
            word = (await receive())["type"].removeprefix("lifespan.")
            self.events.append(word)
            if word == self.failing:
                await send({"type": f"lifespan.{word}.failed", "message": "no database"})
                return
            if word == "startup":
                scope["state"]["model"] = "loaded"
            await send({"type": f"lifespan.{word}.complete"})
            if word == "shutdown":
                return


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


@asynccontextmanager
async def local_server(handler: Handler, host: str = "127.0.0.1") -> AsyncIterator[int]:
    """Somebody else's server; its connections are cut at the end."""
    jobs: set[asyncio.Task[None]] = set()
    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handler(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        jobs.add(asyncio.ensure_future(serve(reader, writer)))

    server = await asyncio.start_server(connected, host, 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        await end_server(server)
        for writer in writers:
            writer.transport.abort()
        for job in jobs:
            job.cancel()
        await asyncio.gather(*jobs, return_exceptions=True)
        await eventually(lambda: all(is_closed(writer) for writer in writers))
