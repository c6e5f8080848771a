"""A real HTTP proxy that knows CONNECT and nothing else."""

from __future__ import annotations

import asyncio
import base64
from contextlib import suppress
from typing import Self

from tests.support.servers import end_server


class ConnectProxy:
    """Listens on a free port of loopback; `asked` are the heads it got."""

    def __init__(self, *, user: str = "", password: str = "", answer: bytes | None = None) -> None:
        self.asked: list[str] = []
        self.port = 0
        self._credentials = base64.b64encode(f"{user}:{password}".encode()).decode() if user else None
        self._answer = answer
        self._jobs: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *exc: object) -> None:
        await end_server(self._server)
        for writer in self._writers:
            writer.transport.abort()
        for job in self._jobs:
            job.cancel()
        await asyncio.gather(*self._jobs, return_exceptions=True)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        self._jobs.add(asyncio.ensure_future(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.asked.append(head)
        refusal = self._refusal(head)
        if refusal:
            writer.write(refusal)
            await writer.drain()
            writer.close()
            return
        # Names that only this test knows all lead to loopback: the port is what counts.
        port = int(head.split(" ")[1].rpartition(":")[2])
        there, onward = await asyncio.open_connection("127.0.0.1", port)
        self._writers.append(onward)
        writer.write(b"HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n")
        await asyncio.gather(_pump(reader, onward), _pump(there, writer))

    def _refusal(self, head: str) -> bytes | None:
        if self._answer is not None:
            return self._answer
        if not head.startswith("CONNECT "):
            return b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n"
        if self._credentials and f"Proxy-Authorization: Basic {self._credentials}" not in head:
            return b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
        return None


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()
