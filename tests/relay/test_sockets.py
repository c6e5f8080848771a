"""A session's WebSocket on the relay's side, spoken to by websockets' own client, without a network."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.client import ClientProtocol
from websockets.frames import Frame
from websockets.http11 import Request, Response
from websockets.uri import parse_uri

from doorstep_client import wire
from doorstep_relay.control import sockets
from doorstep_relay.control.arrivals import Arrivals
from doorstep_relay.control.sockets import MOST_WAITING, SessionSocket
from doorstep_relay.control.turns import Turns
from tests.support import eventually

PING = wire.encode(wire.Ping()).encode()


class FakeTransport(asyncio.Transport):
    """Passes what is written to the client, and remembers the rest."""

    def __init__(self, client: Client) -> None:
        super().__init__()
        self.client = client
        self.closed = False
        self.reading = True

    def write(self, data: Any) -> None:
        self.client.hear(data)

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            asyncio.get_running_loop().call_soon(self.client.socket.connection_lost, None)

    abort = close

    def is_closing(self) -> bool:
        return self.closed

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None: ...

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True


async def test_a_lost_connection_is_let_go_without_the_garbage_collector() -> None:
    """A TLS transport has 260 KB of buffers, and the collector of a relay comes seldom."""

    class Held(asyncio.Transport):
        def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None: ...

        def is_closing(self) -> bool:
            return False

    socket = SessionSocket(lambda *_: asyncio.sleep(0), set(), Arrivals(), Turns())
    transport = Held({"protocol": socket})  # as real ones do, it knows its protocol
    seen = weakref.ref(transport)
    gc.disable()
    try:
        socket.connection_made(transport)
        socket.connection_lost(None)
        del transport
        assert seen() is None
    finally:
        gc.enable()
    assert await socket.receive() is None
    with pytest.raises(ConnectionError):
        await socket.send("late")
    await socket.close(1000, "over")


class Client:
    """The far end; `serve` holds the session as the test wants it."""

    def __init__(self, serve: Any, headers: dict[str, str], subprotocol: bool, arrivals: Arrivals) -> None:
        self.tasks: set[asyncio.Task[None]] = set()
        self.answer: Response | None = None
        self.heard: list[bytes] = []
        self.socket = SessionSocket(serve, self.tasks, arrivals, Turns())
        offered = [wire.SUBPROTOCOL] if subprotocol else None
        self.protocol = ClientProtocol(parse_uri("ws://localhost/.doorstep/session"), subprotocols=offered)  # type: ignore[arg-type]  # a NewType
        self.transport = FakeTransport(self)
        self.socket.connection_made(self.transport)
        request = self.protocol.connect()
        request.headers.update(headers)
        self.protocol.send_request(request)
        self.flush()

    def say(self, text: bytes, *, parts: int = 1) -> None:
        size = -(-len(text) // parts)
        for number in range(parts):
            part = text[number * size : (number + 1) * size]
            if number == 0:
                self.protocol.send_text(part, fin=parts == 1)
            else:
                self.protocol.send_continuation(part, fin=number == parts - 1)
        self.flush()

    def flush(self) -> None:
        for data in self.protocol.data_to_send():
            if data and not self.transport.closed:
                self.socket.data_received(data)

    def hear(self, data: bytes) -> None:
        self.protocol.receive_data(data)
        for event in self.protocol.events_received():
            if isinstance(event, Response):
                self.answer = event
            elif isinstance(event, Frame) and event.opcode == 1:
                self.heard.append(bytes(event.data))
        self.flush()


@asynccontextmanager
async def a_client(
    serve: Any, *, subprotocol: bool = True, arrivals: Arrivals | None = None, **headers: str
) -> AsyncIterator[Client]:
    client = Client(serve, headers, subprotocol, arrivals or Arrivals())
    try:
        yield client
    finally:
        client.transport.close()
        for task in client.tasks:
            task.cancel()
        await asyncio.gather(*client.tasks, return_exceptions=True)
        await asyncio.sleep(0)


class Session:
    """Takes every message, when it may."""

    def __init__(self) -> None:
        self.got: list[bytes | None] = []
        self.request: Request | None = None
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, socket: SessionSocket, request: Request) -> None:
        self.request = request
        while None not in self.got:
            await self.gate.wait()
            self.got.append(await socket.receive())


@pytest.mark.parametrize("subprotocol", [True, False])
async def test_the_upgrade_is_agreed_to_and_the_session_sees_the_request(subprotocol: bool) -> None:
    session = Session()
    async with a_client(session, subprotocol=subprotocol, Authorization="Bearer x") as client:
        await eventually(lambda: session.request is not None)

    assert client.answer is not None
    assert client.answer.status_code == 101
    assert client.answer.headers.get("Sec-WebSocket-Protocol") == ("doorstep.v1" if subprotocol else None)
    assert "Sec-WebSocket-Extensions" not in client.answer.headers
    assert session.request is not None
    assert session.request.headers["Authorization"] == "Bearer x"


async def test_a_browser_gets_no_session() -> None:
    session = Session()
    async with a_client(session, Origin="http://evil.test") as client:
        await asyncio.sleep(0)

    assert client.answer is not None
    assert client.answer.status_code == 403
    assert (session.request, client.transport.closed) == (None, True)


async def test_a_ping_is_answered_and_nobody_is_woken_for_it() -> None:
    session = Session()
    async with a_client(session) as client:
        heard = client.socket.heard
        await asyncio.sleep(0.01)
        client.say(wire.encode(wire.Ping()).encode())
        await eventually(lambda: client.heard)

        assert [wire.decode_from_relay(frame) for frame in client.heard] == [wire.Pong()]
        assert session.got == []
        assert client.socket.heard > heard


@pytest.mark.parametrize("size", [1, 7, 20, 21, 22, 42, 1000])
@pytest.mark.parametrize("first", [b"", b"x", b"x" * 200, b"x" * 65536, PING[:-1] + b" "])
async def test_pings_are_answered_however_the_network_cuts_them(first: bytes, size: int) -> None:
    """One that comes alone is known by its bytes: only where a frame begins, not in the middle of one."""
    session = Session()
    async with a_client(session) as client:
        said = [first, PING, PING, b"between", PING, PING[:7], PING]
        for text in said:
            client.protocol.send_text(text)
        stream = b"".join(client.protocol.data_to_send())
        for start in range(0, len(stream), size):
            client.socket.data_received(stream[start : start + size])
            await asyncio.sleep(0)
        rest = [text for text in said if text != PING]
        await eventually(lambda: [text for text in session.got if text != PING] == rest)
        await asyncio.sleep(0)

    answered = len(client.heard)
    assert answered + session.got.count(PING) == 4
    assert [wire.decode_from_relay(frame) for frame in client.heard] == [wire.Pong()] * answered


async def test_a_ping_does_not_overtake_what_came_before_it() -> None:
    session = Session()
    session.gate.clear()
    async with a_client(session) as client:
        client.say(b"first")
        client.say(wire.encode(wire.Ping()).encode())
        session.gate.set()
        await eventually(lambda: len(session.got) == 2)

    assert (session.got[:2], client.heard) == ([b"first", wire.encode(wire.Ping()).encode()], [])


async def test_a_message_in_parts_is_one_message() -> None:
    session = Session()
    async with a_client(session) as client:
        client.say(b"a message in parts", parts=3)
        await eventually(lambda: session.got == [b"a message in parts"])


async def test_a_message_beyond_the_limit_ends_the_session() -> None:
    session = Session()
    async with a_client(session) as client:
        client.say(b"x" * (wire.MAX_MESSAGE + 1))
        await eventually(lambda: session.got == [None])
        assert client.transport.closed


async def test_a_client_that_talks_faster_than_it_is_heard_has_to_wait() -> None:
    session = Session()
    session.gate.clear()
    async with a_client(session) as client:
        for _ in range(MOST_WAITING):
            client.say(b"more")
        assert not client.transport.reading
        session.gate.set()
        await eventually(lambda: len(session.got) == MOST_WAITING)
        assert client.transport.reading


async def test_closing_says_why_and_waits_for_the_client() -> None:
    async def serve(socket: SessionSocket, _request: Request) -> None:
        await socket.send("the last word")
        await socket.close(1008, "revoked")

    async with a_client(serve) as client:
        await eventually(lambda: client.transport.closed)

    assert client.heard == [b"the last word"]
    assert client.protocol.close_rcvd is not None
    assert (client.protocol.close_rcvd.code, client.protocol.close_rcvd.reason) == (1008, "revoked")


async def test_sending_waits_for_a_client_that_does_not_read_and_fails_when_it_is_gone() -> None:
    sent: list[str] = []

    async def serve(socket: SessionSocket, _request: Request) -> None:
        socket.pause_writing()
        try:
            await socket.send("x")
        except ConnectionError as error:
            sent.append(str(error))

    async with a_client(serve) as client:
        await asyncio.sleep(0.01)
        assert sent == []
        client.transport.close()
        await eventually(lambda: sent == ["the client is gone"])


async def test_clients_come_in_one_after_the_other_and_who_has_left_is_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sockets, "TURN", 60.0)  # nobody's is over by itself

    async def serve(socket: SessionSocket, _request: Request) -> None:
        await socket.send("welcome")
        await socket.receive()
        await socket.send("opened")
        await socket.receive()

    arrivals = Arrivals(1)
    async with (
        a_client(serve, arrivals=arrivals) as first,
        a_client(serve, arrivals=arrivals) as second,
        a_client(serve, arrivals=arrivals) as third,
    ):
        await eventually(lambda: first.heard == [b"welcome"])
        second.transport.close()
        await asyncio.sleep(0.01)
        assert (second.answer, third.answer) == (None, None)

        first.say(b"open")
        await eventually(lambda: third.heard == [b"welcome"])
        assert second.answer is None


async def test_a_client_that_says_nothing_keeps_the_next_waiting_for_a_moment_only() -> None:
    arrivals = Arrivals(1)
    async with a_client(Session(), arrivals=arrivals), a_client(Session(), arrivals=arrivals) as second:
        assert second.answer is None
        await eventually(lambda: second.answer is not None)


async def test_a_client_that_is_turned_away_makes_room_at_once() -> None:
    async def serve(socket: SessionSocket, _request: Request) -> None:
        await socket.send("no")
        await socket.close(1008, "bad-token")

    arrivals = Arrivals(1)
    async with a_client(serve, arrivals=arrivals), a_client(serve, arrivals=arrivals) as second:
        await eventually(lambda: second.heard == [b"no"])


async def test_who_talks_before_the_answer_to_its_upgrade_is_cut() -> None:
    arrivals = Arrivals(1)
    async with a_client(Session(), arrivals=arrivals), a_client(Session(), arrivals=arrivals) as second:
        second.socket.data_received(b"GET / HTTP/1.1\r\n\r\n")
        assert second.transport.closed
