"""WebSockets through a link, in the manner of Autobahn's cases, by client libraries of others.

The echo answers behind three kinds of links: an app in the client's process (uvicorn with websockets),
an app on a port (uvicorn with wsproto), and a server of the `websockets` library on a port.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from typing import Any

import aiohttp
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.frames import CloseCode, Frame, Opcode
from websockets.typing import Subprotocol

from tests.http.stage import Stage
from tests.http.wire import Wire

DEADLINE = 60
BOUNDARIES = [0, 1, 125, 126, 127, 128, 65535, 65536, 65537, 1 << 20]


@pytest.fixture(params=["app", "port", "sockets"])
def echo(request: pytest.FixtureRequest) -> str:
    """A link whose WebSockets echo."""
    chosen: str = request.param
    return chosen


@asynccontextmanager
async def opened(
    stage: Stage, name: str, path: str = "/ws", **options: Any
) -> AsyncIterator[ClientConnection]:
    how = {"proxy": None, "ping_interval": None, "max_size": 4 << 20, "compression": None}
    how |= {"open_timeout": DEADLINE, "close_timeout": DEADLINE, **options}
    async with asyncio.timeout(DEADLINE), connect(f"ws://{stage.host(name)}{path}", **how) as connection:
        yield connection


# -- messages --------------------------------------------------------------------------------------


async def test_messages_of_every_size_come_back_as_they_were(stage: Stage, echo: str) -> None:
    async with opened(stage, echo) as connection:
        for size in BOUNDARIES:
            for message in ("ü" * (size // 2), os.urandom(size)):
                await connection.send(message)
                assert await connection.recv() == message


async def test_fragments_are_one_message(stage: Stage, echo: str) -> None:
    async with opened(stage, echo) as connection:
        for pieces in (["a"], ["a", "b", "", "c"], ["é"] * 100, ["", "", ""]):
            await connection.send(pieces)
            assert await connection.recv() == "".join(pieces)
        await connection.send([b"x" * 1000] * 70)
        assert await connection.recv() == b"x" * 70_000


async def test_10_000_small_messages_stay_in_order(stage: Stage, echo: str) -> None:
    async with opened(stage, echo) as connection:
        for burst in range(20):
            sent = [f"{burst} {number}" for number in range(500)]
            for message in sent:
                await connection.send(message)
            assert [await connection.recv() for _ in sent] == sent


async def test_aiohttp_speaks_with_every_app_too(stage: Stage, echo: str) -> None:
    async with (
        asyncio.timeout(DEADLINE),
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{stage.urls[echo]}/ws", max_msg_size=4 << 20) as connection,
    ):
        for size in BOUNDARIES:
            await connection.send_bytes(b"b" * size)
            assert await connection.receive_bytes() == b"b" * size
            await connection.send_str("s" * size)
            assert await connection.receive_str() == "s" * size
        await connection.close(code=4000, message=b"done")
        assert connection.close_code == 4000


# -- pings -----------------------------------------------------------------------------------------


async def test_pings_of_the_visitor_are_answered_with_their_bytes(stage: Stage, echo: str) -> None:
    async with opened(stage, echo) as connection:
        for payload in (b"", b"x", bytes(range(125))):
            await (await connection.ping(payload))
        for number in range(10):
            await connection.pong(b"nobody asked %d" % number)
        await connection.send("still here")
        assert await connection.recv() == "still here"


async def test_pings_and_pongs_of_the_app_reach_the_visitor(stage: Stage) -> None:
    async with opened(stage, "sockets") as connection:
        for message, told in (("ping", "ponged"), ("pong", "sent")):
            await connection.send(message)
            assert await connection.recv() == told


# -- closing ---------------------------------------------------------------------------------------

CLOSES = [(1000, ""), (1000, "bye"), (1001, "away"), (3000, "ü" * 61), (4999, "x" * 123)]


@pytest.mark.parametrize(("code", "reason"), CLOSES)
async def test_a_close_of_the_visitor_is_answered_in_kind(
    stage: Stage, echo: str, code: int, reason: str
) -> None:
    async with opened(stage, echo) as connection:
        await connection.close(code, reason)

        assert connection.close_code == code
        assert connection.protocol.close_rcvd_then_sent is False


@pytest.mark.parametrize(("code", "reason"), [(1000, "bye"), (1001, "away"), (3000, "ü"), (4999, "x" * 100)])
async def test_a_close_of_the_app_arrives_with_its_code_and_reason(
    stage: Stage, echo: str, code: int, reason: str
) -> None:
    async with opened(stage, echo) as connection:
        await connection.send(f"close {code} {reason}")
        with pytest.raises(ConnectionClosed):
            await connection.recv()

        assert (connection.close_code, connection.close_reason) == (code, reason)


# -- what is not allowed ---------------------------------------------------------------------------


def handshaken(stage: Stage, name: str, port: int) -> Wire:
    """A raw connection after its handshake, for frames that no library would send."""
    wire = Wire(socket.create_connection(("127.0.0.1", port)))
    wire.send(
        f"GET /ws HTTP/1.1\r\nHost: {stage.host(name)}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    assert wire.next_head().startswith(b"HTTP/1.1 101 ")
    return wire


@pytest.fixture
def raw(stage: Stage, echo: str) -> Iterator[Wire]:
    """Such a connection through the link."""
    with closing(handshaken(stage, echo, stage.relay.port)) as wire:
        yield wire


def frame(opcode: int, data: bytes, *, fin: bool = True, rsv: int = 0) -> bytes:
    """A masked frame of up to 65535 bytes."""
    mask = b"\x01\x02\x03\x04"
    size = bytes([0x80 | len(data)]) if len(data) < 126 else b"\xfe" + len(data).to_bytes(2, "big")
    masked = bytes(byte ^ key for byte, key in zip(data, itertools.cycle(mask), strict=False))
    return bytes([(0x80 if fin else 0) | rsv << 4 | opcode]) + size + mask + masked


def end_of(wire: Wire) -> bytes:
    """What comes to the end; a reset is an end too."""
    try:
        return wire.rest()
    except ConnectionError:
        return b""


BAD = {
    "reserved opcode 3": (frame(3, b""), CloseCode.PROTOCOL_ERROR),
    "reserved control 11": (frame(11, b"x"), CloseCode.PROTOCOL_ERROR),
    "reserved bit": (frame(1, b"x", rsv=1), CloseCode.PROTOCOL_ERROR),
    "continuation of nothing": (frame(0, b"x"), CloseCode.PROTOCOL_ERROR),
    "text within a message": (frame(1, b"a", fin=False) + frame(1, b"b"), CloseCode.PROTOCOL_ERROR),
    "fragmented ping": (frame(9, b"x", fin=False), CloseCode.PROTOCOL_ERROR),
    "ping of 126 bytes": (frame(9, b"x" * 126), CloseCode.PROTOCOL_ERROR),
    "close of one byte": (frame(8, b"x"), CloseCode.PROTOCOL_ERROR),
    "close with 1005": (frame(8, (1005).to_bytes(2, "big")), CloseCode.PROTOCOL_ERROR),
    "no UTF-8": (frame(1, b"\xce\xba\xed\xa0\x80"), CloseCode.INVALID_DATA),
    "no UTF-8 over fragments": (frame(1, b"\xce", fin=False) + frame(0, b"\xff"), CloseCode.INVALID_DATA),
}


@pytest.mark.parametrize("bad", BAD)
def test_a_frame_that_is_not_allowed_is_answered_with_the_apps_own_close(
    stage: Stage, echo: str, raw: Wire, bad: str
) -> None:
    data, code = BAD[bad]
    raw.send(data)
    through = end_of(raw)

    if echo == "port":  # wsproto under uvicorn just ends the connection, with a link and without
        with closing(handshaken(stage, echo, stage.direct[echo])) as direct:
            direct.send(data)
            assert through == end_of(direct)
    else:
        assert (through[:1], int.from_bytes(through[2:4], "big")) == (b"\x88", code)


def test_a_character_split_over_fragments_is_whole_again(raw: Wire) -> None:
    text = "κόσμε 🚪".encode()
    for number, byte in enumerate(text[:-1]):
        raw.send(frame(0 if number else 1, bytes([byte]), fin=False))
    raw.send(frame(0, text[-1:]))

    assert raw.exactly(2 + len(text)) == bytes([0x81, len(text)]) + text


def test_a_ping_within_a_message_is_answered_and_cuts_nothing(raw: Wire) -> None:
    raw.send(frame(1, b"sl", fin=False) + frame(9, b"p"))
    assert raw.exactly(3) == b"\x8a\x01p"
    for byte in frame(0, b"owly"):
        raw.send(bytes([byte]))
    assert raw.exactly(8) == b"\x81\x06slowly"


# -- handshakes ------------------------------------------------------------------------------------


async def test_compression_is_agreed_between_visitor_and_app(stage: Stage, echo: str) -> None:
    deflate = ClientPerMessageDeflateFactory(client_max_window_bits=True)
    async with opened(stage, echo, compression=None, extensions=[deflate]) as connection:
        assert [extension.name for extension in connection.protocol.extensions] == ["permessage-deflate"]
        for message in ("again " * 20_000, b"\x00" * 100_000, ""):
            await connection.send(message)
            assert await connection.recv() == message


async def test_an_app_and_a_visitor_agree_on_a_subprotocol(stage: Stage, echo: str) -> None:
    offered = [Subprotocol("chat.v9"), Subprotocol("chat.v1")]
    async with opened(stage, echo, subprotocols=offered) as connection:
        assert connection.subprotocol == "chat.v1"


@pytest.mark.parametrize("name", ["app", "port"])
async def test_many_header_fields_pass_in_both_directions(stage: Stage, name: str) -> None:
    many = [(f"X-{number}", "v" * 300) for number in range(100)] + [("Cookie", "c=" + "k" * 6000)]
    async with opened(stage, name, "/ws/headers", additional_headers=many) as connection:
        facts = json.loads(await connection.recv())
        answer = connection.response

    assert [value for key, value in facts["headers"] if key.startswith("x-") and "forw" not in key] == [
        "v" * 300
    ] * 100
    assert dict(facts["headers"])["cookie"] == "c=" + "k" * 6000
    assert (facts["client"], facts["scheme"]) == ("127.0.0.1", "ws")
    assert answer is not None
    assert answer.headers["x-app"] == "yes"


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("name", ["app", "sockets"])
async def test_a_refused_handshake_shows_the_apps_own_answer(stage: Stage, name: str, status: int) -> None:
    path = f"/ws/refuse?{status}" if name == "app" else f"/refuse/{status}"
    with pytest.raises(InvalidStatus) as refused:
        async with opened(stage, name, path):
            pass

    assert refused.value.response.status_code == status
    assert refused.value.response.body.strip() == b"not you"
    if name == "app":
        assert refused.value.response.headers["WWW-Authenticate"] == 'Basic realm="x"'


async def test_a_visitor_that_just_goes_away_ends_the_apps_socket(stage: Stage, echo: str) -> None:
    async with opened(stage, echo) as connection:
        connection.transport.abort()
        await connection.wait_closed()
        assert connection.close_code == CloseCode.ABNORMAL_CLOSURE


def test_frame_makes_what_the_library_makes() -> None:
    ours = frame(1, b"hello")

    assert ours[:2] == Frame(Opcode.TEXT, b"hello").serialize(mask=True)[:2]
