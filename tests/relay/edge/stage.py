"""A stage for plays between a visitor, the edge and an app, on real sockets.

    app = await stage.app()                      # a tunnel connection of the share `demo`
    visitor = await stage.visitor()
    await visitor.send(GET)
    assert b"GET / HTTP/1.1" in await app.head()
    await app.send(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nhi")
    assert (await visitor.answer()).body == b"hi"

Every wait has a deadline. Visitor and app are plain sockets that say exactly what they are told.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Sequence
from typing import Any, Self, cast

from doorstep_relay.edge.context import Edge, Limits
from doorstep_relay.edge.forwarding import Network
from doorstep_relay.edge.visitor import VisitorConnection
from doorstep_relay.switchboard.absent import Absences
from doorstep_relay.switchboard.local import LiveShare, Switchboard
from doorstep_relay.switchboard.pool import Pool
from tests.support import Answer, eventually
from tests.support.http import parse
from tests.support.servers import end_server

DEADLINE = 20.0
TICKET = "good"
GET = b"GET / HTTP/1.1\r\nHost: demo.localhost\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
WEBSOCKET = b"GET /ws HTTP/1.1\r\nHost: demo.localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
SWITCHED = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"


class Peer:
    """One end of a connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def connect(cls, port: int) -> Peer:
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def send(self, data: bytes) -> None:
        async with asyncio.timeout(DEADLINE):
            self._writer.write(data)
            await self._writer.drain()

    async def head(self) -> bytes:
        """Everything up to and with the next empty line."""
        async with asyncio.timeout(DEADLINE):
            return await self._reader.readuntil(b"\r\n\r\n")

    async def exactly(self, size: int) -> bytes:
        async with asyncio.timeout(DEADLINE):
            return await self._reader.readexactly(size)

    async def some(self) -> bytes:
        """What is there, at least one byte; empty at the end."""
        async with asyncio.timeout(DEADLINE):
            return await self._reader.read(65536)

    async def rest(self) -> bytes:
        """Everything until the other side ends. Raises `ConnectionResetError` when that was no clean end."""
        async with asyncio.timeout(DEADLINE):
            return await self._reader.read()

    async def answer(self) -> Answer:
        """The next answer with a Content-Length, or none at all."""
        head = await self.head()
        parsed = parse(head)
        return parse(head + await self.exactly(int(parsed.header("Content-Length") or 0)))

    async def last_answer(self) -> Answer:
        """The next answer, which must also end the connection."""
        return parse(await self.rest())

    async def silent(self, seconds: float = 0.1) -> bool:
        """Whether nothing comes for a moment, not even the end."""
        try:
            async with asyncio.timeout(seconds):
                await self._reader.read(1)
        except TimeoutError:
            return True
        return False

    async def gone(self) -> bool:
        """Whether the connection ends, cleanly or not, within the deadline."""
        try:
            return await self.rest() == b""
        except ConnectionResetError:
            return True

    def half_close(self) -> None:
        self._writer.write_eof()

    def reset(self) -> None:
        """End it with a RST, as a crash does."""
        sock = cast(socket.socket, self._writer.get_extra_info("socket"))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    def stop_reading(self) -> None:
        """Take nothing more, so that what is sent here piles up."""
        self._writer.transport.pause_reading()  # type: ignore[attr-defined]

    def go_on_reading(self) -> None:
        self._writer.transport.resume_reading()  # type: ignore[attr-defined]

    async def close(self) -> None:
        self._writer.close()
        try:
            async with asyncio.timeout(DEADLINE):
                await self._writer.wait_closed()
        except (ConnectionError, TimeoutError):
            self._writer.transport.abort()


class Apex(asyncio.Protocol):
    """The relay's own app: tells what it was asked."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._stage.at_apex += data
        if b"\r\n\r\n" in data and b"GET /silent" not in data:
            self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\napex")
            if self._stage.closes_at_apex:
                self.transport.close()


class Stage:
    """An edge with one share, `demo`; more on demand."""

    def __init__(
        self, *, trusted: Sequence[Network] = (), share: dict[str, Any] | None = None, **limits: Any
    ) -> None:
        self.board = Switchboard()
        self.facts: dict[str, tuple[str, str]] = {}
        self.asked: list[tuple[str, int]] = []
        """The share and how many connections its client was asked for, in order."""
        self.told: list[tuple[str, str, str]] = []
        """The share, code and reason of each end that a client was told."""
        self.at_apex = b""
        self.closes_at_apex = False
        self.port = 0
        self.lookup_gate = asyncio.Event()
        self.lookup_gate.set()
        self._trusted = trusted
        self._limits = Limits(**limits)
        self._share = share or {}
        self.peers: list[Peer] = []
        self.edge: Edge
        self._epoch = 0

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self.edge = Edge(
            domain="localhost",
            limits=self._limits,
            switchboard=self.board,
            facts=self._look_up,
            admit=self._admit,
            apex=lambda: Apex(self),
            trusted_proxies=self._trusted,
        )
        self.board.absent = Absences(lambda: self.edge.now)
        self._server = await loop.create_server(
            lambda: VisitorConnection(self.edge), "127.0.0.1", 0, backlog=4096
        )
        self.port = self._server.sockets[0].getsockname()[1]
        self._sweep = loop.create_task(self.edge.sweep())
        self.add_share("demo", **self._share)
        return self

    async def __aexit__(self, *exc: object) -> None:
        failed = self._sweep.done() and not self._sweep.cancelled() and self._sweep.exception()
        self._sweep.cancel()
        await end_server(self._server)
        self.edge.close()
        for peer in self.peers:
            await peer.close()
        await asyncio.sleep(0)
        assert not failed, f"the sweep ended: {failed!r}"

    def add_share(self, name: str, *, spares: int = 0, limit: int = 8, max_waiting: int = 16) -> LiveShare:
        self._epoch += 1
        pool = Pool(
            spares=spares,
            limit=limit,
            max_waiting=max_waiting,
            ask=lambda count: self.asked.append((name, count)),
        )
        share = LiveShare(
            share_id=self._epoch,
            name=name,
            host=f"{name}.localhost".encode(),
            epoch=self._epoch,
            expires_at=None,
            account_id=1,
            token_id=1,
            pool=pool,
            tell=lambda code, reason: self.told.append((name, code, reason)),
        )
        self.board.connect(share)
        return share

    @property
    def share(self) -> LiveShare:
        found = self.board.find("demo")
        assert found is not None
        return found

    async def visitor(self, data: bytes = b"") -> Peer:
        """A new connection to the edge; `data` is sent at once."""
        peer = await Peer.connect(self.port)
        self.peers.append(peer)
        if data:
            await peer.send(data)
        return peer

    async def app(self, name: str = "demo") -> Peer:
        """A tunnel connection, dialled and upgraded as a client does it."""
        peer = await self.visitor(tunnel_request(name))
        assert (await peer.head()).startswith(b"HTTP/1.1 101 ")
        return peer

    async def pair(self, request: bytes = GET) -> tuple[Peer, Peer]:
        """A visitor whose `request` has reached an app that has not answered yet."""
        app = await self.app()
        visitor = await self.visitor(request)
        await app.head()
        return visitor, app

    async def empty(self) -> None:
        """Wait until the edge holds no connection any more."""
        await eventually(
            lambda: not self.edge.visitors and not self.edge.tunnels and not self.share.pool.size,
            DEADLINE,
            "the edge to be empty",
        )

    async def _look_up(self, name: str) -> tuple[str, str]:
        await self.lookup_gate.wait()
        return self.facts.get(name, ("no-such-share", ""))

    def _admit(self, name: str, ticket: bytes) -> LiveShare | None:
        return self.board.find(name) if ticket == TICKET.encode() else None


def tunnel_request(name: str = "demo", ticket: str = TICKET, extra: bytes = b"") -> bytes:
    return (
        b"GET /.doorstep/tunnel HTTP/1.1\r\nHost: %b.localhost\r\nConnection: Upgrade\r\n"
        b"Upgrade: doorstep-reverse\r\nAuthorization: Doorstep %b\r\n\r\n%b"
    ) % (name.encode(), ticket.encode(), extra)


def request(
    path: str = "/", *fields: str, method: str = "GET", version: str = "1.1", host: str = "demo.localhost"
) -> bytes:
    lines = [f"{method} {path} HTTP/{version}", f"Host: {host}", *fields, "", ""]
    return "\r\n".join(lines).encode()
