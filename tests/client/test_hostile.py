"""A relay, or somebody between, that means no good: it ends in time and in memory, with a clear error."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest
from websockets.frames import Frame, Opcode
from websockets.server import ServerProtocol

from doorstep_client import wire
from doorstep_client.errors import UnreachableError, WireError
from doorstep_client.network.dial import Address, dial
from doorstep_client.network.fetch import MOST_HEAD, fetch
from doorstep_client.network.options import Network
from doorstep_client.sessions import handshake
from doorstep_client.sessions.websocket import WebSocket, connect
from doorstep_client.settings import RelaySettings, parse_relay
from tests.support.servers import end_server

Say = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


@asynccontextmanager
async def speaker(say: Say) -> AsyncIterator[RelaySettings]:
    """Somebody who answers every connection so. The request's head has been read."""
    jobs: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await say(reader, writer)
        finally:
            writer.transport.abort()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        jobs.add(asyncio.ensure_future(serve(reader, writer)))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield parse_relay(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    finally:
        await end_server(server)
        for job in jobs:
            job.cancel()
        await asyncio.gather(*jobs, return_exceptions=True)
        await asyncio.sleep(0)


def endless(first: bytes, piece: bytes, pause: float = 0.0) -> Say:
    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(first)
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)

    return say


# -- one request ------------------------------------------------------------------------------------


async def test_what_is_no_http_from_its_start_is_shown() -> None:
    async with speaker(endless(b"SSH-2.0-Door\x1b[31m\r\n", b"", 1.0)) as relay:
        with pytest.raises(WireError, match=r"is not HTTP: it begins with 'SSH-2\.0-Door \[31m'"):
            await fetch(relay, "GET", "/")


@pytest.mark.parametrize(
    ("first", "piece"),
    [
        (b"", b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\n", b"X-More: " + b"y" * 1000 + b"\r\n"),
        (b"HTTP/1.1 200 OK\r\nX-Huge: ", b"y" * 4096),
        (b"HTTP/1.1 200 ", b"K" * 4096),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n", b"X-Trailer: y\r\n"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;", b"extension=" + b"y" * 100 + b";"),
    ],
    ids=["103", "100", "fields", "field", "reason", "trailers", "extensions"],
)
async def test_what_is_no_body_has_a_bound(first: bytes, piece: bytes) -> None:
    async with speaker(endless(first, piece)) as relay, asyncio.timeout(20):
        with pytest.raises(WireError, match=f"more than {MOST_HEAD} bytes|not HTTP"):
            await fetch(relay, "GET", "/")


@pytest.mark.parametrize(
    ("first", "piece"),
    [
        (b"", b"H"),
        (b"HTTP/1.1 200 OK\r\nX: ", b"y"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", b"z"),
        (b"HTTP/1.1 103 Early Hints\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    ],
    ids=["nothing", "field", "body", "103"],
)
async def test_an_answer_that_drips_ends_at_its_deadline(first: bytes, piece: bytes) -> None:
    async with speaker(endless(first, piece, 0.05)) as relay:
        with pytest.raises((TimeoutError, WireError)):
            async with asyncio.timeout(20):
                await fetch(relay, "GET", "/", deadline=0.4)


async def test_a_body_without_end_has_a_bound() -> None:
    async with speaker(endless(b"HTTP/1.1 200 OK\r\n\r\n", b"z" * 65536)) as relay:
        with pytest.raises(WireError, match="more than 100000 bytes"):
            await fetch(relay, "GET", "/", most=100_000)


async def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    asked: list[bytes] = []

    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n")
        await reader.read()

    async with speaker(say) as relay:
        answer = await fetch(relay, "GET", "/")
        with pytest.raises(UnreachableError, match="redirects to /again"):
            await handshake.connect(relay)

    assert (answer.status, len(asked)) == (302, 2)


async def test_fields_of_interim_answers_are_none_of_the_answers() -> None:
    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 103 Early Hints\r\nDoorstep-Error: x\r\n\r\n" + OK)
        await reader.read()

    async with speaker(say) as relay:
        answer = await fetch(relay, "GET", "/")

    assert (answer.status, answer.fields, bytes(answer.body)) == (200, {"content-length": "2"}, b"hi")


# -- a session --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "piece"),
    [
        (b"", b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"),
        (b"HTTP/1.1 101 Switching Protocols\r\n", b"X-More: y\r\n"),
        (b"HTTP/1.1 101 Switching Protocols\r\nX-Huge: ", b"y" * 4096),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"z" * 65536),
        (b"", b"\0" * 4096),
    ],
    ids=["103", "fields", "field", "body", "garbage"],
)
async def test_a_session_that_is_answered_without_end_does_not_begin(first: bytes, piece: bytes) -> None:
    async with speaker(endless(first, piece)) as relay, asyncio.timeout(20):
        with pytest.raises(UnreachableError):
            await handshake.connect(relay)


async def test_a_session_that_is_answered_in_drips_does_not_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handshake, "HANDSHAKE_DEADLINE", 0.4)
    async with speaker(endless(b"HTTP/1.1 101 Switching Protocols\r\nX: ", b"y", 0.05)) as relay:
        with pytest.raises(UnreachableError, match="no answer in time"):
            await handshake.connect(relay)


@asynccontextmanager
async def session(after: Say) -> AsyncIterator[WebSocket]:
    """A session that was agreed to; then the relay does this."""

    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server = ServerProtocol(subprotocols=[wire.SUBPROTOCOL])  # type: ignore[list-item]  # a NewType
        server.receive_data(await reader.readuntil(b"\r\n\r\n"))
        (request,) = server.events_received()
        server.send_response(server.accept(request))  # type: ignore[arg-type]  # it is a Request
        writer.write(b"".join(server.data_to_send()))
        await after(reader, writer)

    async with speaker(say) as relay:
        socket = await connect(relay)
        try:
            yield socket
        finally:
            socket.abort()


def frames(*them: Frame) -> bytes:
    return b"".join(frame.serialize(mask=False) for frame in them)


async def test_pings_of_a_relay_that_takes_no_answers_end_the_session() -> None:
    ping = frames(Frame(Opcode.PING, b"p" * 125)) * 500

    async def flood(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:  # the reader's own buffer is bounded: what is not read piles up at the client
            writer.write(ping)
            await writer.drain()

    async with session(flood) as socket, asyncio.timeout(30):
        with pytest.raises(WireError, match="pings without end"):
            await socket.receive()

    assert socket._transport.get_write_buffer_size() < 1024 * 1024


async def test_pings_of_a_relay_that_takes_the_answers_are_answered() -> None:
    count = 2000
    done = asyncio.Event()

    async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(count):
            writer.write(frames(Frame(Opcode.PING, b"x")))
            await writer.drain()
            await reader.readexactly(2 + 4 + 1)
        writer.write(frames(Frame(Opcode.TEXT, wire.encode(wire.Pong()).encode())))
        done.set()
        await reader.read()

    async with session(ask) as socket, asyncio.timeout(30):
        assert wire.decode_from_relay(await socket.receive()) == wire.Pong()
        assert done.is_set()


async def test_a_message_of_endless_empty_fragments_takes_no_memory() -> None:
    empty = frames(Frame(Opcode.CONT, b"", fin=False)) * 2000
    sent = 0

    async def dribble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(frames(Frame(Opcode.TEXT, b'{"type":', fin=False)))
        for _ in range(20):
            writer.write(empty)
            await writer.drain()
            sent += 2000
        writer.write(frames(Frame(Opcode.CONT, b'"pong"}')))
        await reader.read()

    async with session(dribble) as socket, asyncio.timeout(30):
        assert wire.decode_from_relay(await socket.receive()) == wire.Pong()

    assert (sent, len(socket._parts)) == (40_000, 0)


# -- a proxy ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "piece"),
    [(b"HTTP/1.1 200 OK\r\n", b"X-More: y\r\n"), (b"", b"\0" * 4096)],
    ids=["fields", "garbage"],
)
async def test_a_proxy_that_answers_without_end_is_given_up(first: bytes, piece: bytes) -> None:
    async with speaker(endless(first, piece)) as proxy, asyncio.timeout(20):
        address = Address("relay.test", 443, None, Network(proxy=proxy.url))
        with pytest.raises(UnreachableError, match="does not answer in HTTP"):
            await dial(address, asyncio.Protocol)
