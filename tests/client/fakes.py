"""A relay that follows a script, word by word; and what stands in for the app.

    async def script(session):
        await session.welcome()
        await session.open()
        await session.send(wire.Ended(0, "revoked", "spam"))

    async with FakeRelay(script) as relay: ...

The n-th session gets the n-th script, later ones the last. Tunnel connections are answered with
`101` (or with `tunnel_answer`) and wait in `tunnels`.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Self

from websockets.frames import Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol

from doorstep_client import wire
from doorstep_client.settings import RelaySettings, parse_relay
from tests.support import eventually
from tests.support.servers import end_server, is_closed

DEADLINE = 20.0
SWITCHING = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: doorstep-reverse\r\n\r\n"

Script = Callable[["FakeSession"], Awaitable[None]]


class FakeSession:
    """One session's WebSocket, on the relay's side."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes) -> None:
        self.head = head
        self.closed = asyncio.Event()
        self._reader = reader
        self._writer = writer
        self._socket = ServerProtocol(subprotocols=[wire.SUBPROTOCOL])  # type: ignore[list-item]  # a NewType
        self._frames: asyncio.Queue[wire.FromClient] = asyncio.Queue()

    async def welcome(self, heartbeat: float = 30.0) -> None:
        await self.send(wire.Welcome(heartbeat))

    async def open(self, **changes: Any) -> wire.Open:
        """Wait for `open` and grant it."""
        asked: wire.Open = await self.expect(wire.Open)
        await self.send(opened(**changes))
        return asked

    async def send(self, message: wire.FromRelay | str) -> None:
        text = message if isinstance(message, str) else wire.encode(message)
        self._socket.send_text(text.encode(errors="surrogatepass"))
        await self._flush()

    async def say_at_once(self, *messages: wire.FromRelay) -> None:
        """Send all of them and hang up, in one segment."""
        for message in messages:
            self._socket.send_text(wire.encode(message).encode())
        self._socket.send_close(1008)
        await self._flush()

    async def expect(self, kind: type[Any]) -> Any:
        """The next message that is not a ping, which has to be of this kind."""
        while True:
            async with asyncio.timeout(DEADLINE):
                message = await self._frames.get()
            if isinstance(message, kind):
                return message
            assert isinstance(message, wire.Ping), message

    async def over(self) -> None:
        """Wait until the client is gone."""
        async with asyncio.timeout(DEADLINE):
            await self.closed.wait()

    def drop(self) -> None:
        """The connection breaks."""
        self._writer.transport.abort()

    async def serve(self) -> None:
        self._socket.receive_data(self.head)
        (request,) = self._socket.events_received()
        self._socket.send_response(self._socket.accept(request))  # type: ignore[arg-type]  # it is a Request
        await self._flush()
        try:
            while data := await self._reader.read(65536):
                self._take(data)
                await self._flush()
        except ConnectionError:
            pass
        finally:
            self.closed.set()

    def _take(self, data: bytes) -> None:
        self._socket.receive_data(data)
        for frame in self._socket.events_received():
            if getattr(frame, "opcode", None) is Opcode.TEXT:
                self._frames.put_nowait(wire.decode_from_client(bytes(frame.data)))  # type: ignore[union-attr]

    async def _flush(self) -> None:
        if data := b"".join(self._socket.data_to_send()):
            self._writer.write(data)
        if self._socket.state is State.CLOSED:
            self._writer.close()
        else:
            await self._writer.drain()


class FakeRelay:
    """Listens on a free port of loopback."""

    def __init__(
        self,
        *scripts: Script,
        tls: ssl.SSLContext | None = None,
        tunnel_answer: bytes | None = SWITCHING,
        answer: bytes | None = None,
    ) -> None:
        self.sessions: list[FakeSession] = []
        self.tunnels: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
        self.tunnel_heads: list[bytes] = []
        self.open_tunnels = 0
        self.port = 0
        self._scripts = scripts
        self._tls = tls
        self._tunnel_answer = tunnel_answer
        self._answer = answer
        self._jobs: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://localhost:{self.port}"

    def settings(self, token: str | None = None) -> RelaySettings:
        parsed = parse_relay(self.url)
        return RelaySettings(parsed.url, parsed.host, parsed.port, parsed.tls, token)

    async def tunnel(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """The next tunnel connection."""
        async with asyncio.timeout(DEADLINE):
            return await self.tunnels.get()

    async def session(self, number: int) -> FakeSession:
        """The session of that number (from 0), once it is there."""
        async with asyncio.timeout(DEADLINE):
            while len(self.sessions) <= number:  # noqa: ASYNC110  # a test may look a little late
                await asyncio.sleep(0.01)
        return self.sessions[number]

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await end_server(self._server)
        for writer in self._writers:
            writer.transport.abort()
        for job in self._jobs:
            job.cancel()
        failed = [
            result
            for result in await asyncio.gather(*self._jobs, return_exceptions=True)
            if isinstance(result, Exception)
        ]
        await eventually(lambda: all(is_closed(writer) for writer in self._writers))
        if failed and error is None:
            raise failed[0]

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        self._jobs.add(asyncio.ensure_future(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        if self._answer is not None:
            writer.write(self._answer)
            writer.close()
        elif wire.TUNNEL_PATH.encode() in head.split(b"\r\n")[0]:
            await self._serve_tunnel(reader, writer, head)
        else:
            await self._serve_session(FakeSession(reader, writer, head))

    async def _serve_tunnel(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes
    ) -> None:
        self.tunnel_heads.append(head)
        self.open_tunnels += 1
        if self._tunnel_answer is not None:
            writer.write(self._tunnel_answer)
        self.tunnels.put_nowait((reader, writer))

    async def _serve_session(self, session: FakeSession) -> None:
        script = self._scripts[min(len(self.sessions), len(self._scripts) - 1)]
        self.sessions.append(session)
        reading = asyncio.ensure_future(session.serve())
        try:
            await asyncio.sleep(0)
            await script(session)
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            session.drop()


def opened(**changes: Any) -> wire.Opened:
    """What a relay grants."""
    granted: dict[str, Any] = {
        "share": 0,
        "name": "hello",
        "url": "http://hello.localhost",
        "host": "hello.localhost",
        "lease": "lease-1",
        "epoch": 1,
        "ticket": "ticket-1",
        "dial": 0,
    }
    return wire.Opened(**(granted | changes))


async def hello_app(scope: Any, receive: Any, send: Any) -> None:
    """Answers everything with what it was asked for; has no lifespan."""
    assert scope["type"] == "http"
    body = f"{scope['method']} {scope['path']}".encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def stay(session: FakeSession) -> None:
    """The script of a relay that does its work until the client leaves."""
    await session.welcome()
    await session.open()
    await session.over()


async def polite(session: FakeSession) -> None:
    """A relay that opens, and closes when asked."""
    await session.welcome()
    await session.open(dial=1)
    await session.expect(wire.Close)
    await session.send(wire.Ended(0, "closed"))
    await session.over()
