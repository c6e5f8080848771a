"""A session that asks without reading, or never comes to its point, fills no memory: threats 21 and 24."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from websockets.client import ClientProtocol
from websockets.uri import parse_uri

from doorstep_client import wire
from doorstep_client.errors import WireError
from doorstep_relay.control.arrivals import Arrivals
from doorstep_relay.control.sockets import MOST_UNREAD, MOST_WORDS, SessionSocket
from doorstep_relay.control.turns import Turns
from tests.support import eventually

EMPTY_PARTS = 500


class UnreadTransport(asyncio.Transport):
    """Keeps what is written, as for a peer that reads nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.unread = 0
        self.aborted = False
        self.protocol: SessionSocket

    def write(self, data: Any) -> None:
        was, self.unread = self.unread, self.unread + len(data)
        if was <= 16 * 1024 < self.unread:
            self.protocol.pause_writing()

    def get_write_buffer_size(self) -> int:
        return self.unread

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None: ...

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def is_closing(self) -> bool:
        return self.aborted

    def abort(self) -> None:
        self.aborted = True

    close = abort


async def _a_session(serve: Any, tasks: set[asyncio.Task[None]]) -> tuple[ClientProtocol, UnreadTransport]:
    transport = UnreadTransport()
    socket = transport.protocol = SessionSocket(serve, tasks, Arrivals(), Turns())
    socket.connection_made(transport)
    client = ClientProtocol(
        parse_uri("ws://localhost/.doorstep/session"),
        subprotocols=[cast(Any, wire.SUBPROTOCOL)],
    )
    client.send_request(client.connect())
    _flush(client, transport)
    client.state = client.state.OPEN  # its answer is not read, as nothing is
    return client, transport


def _flush(client: ClientProtocol, transport: UnreadTransport) -> None:
    for data in client.data_to_send():
        transport.protocol.data_received(data)


async def test_row_24_pings_whose_answers_nobody_reads_end_the_session() -> None:
    tasks: set[asyncio.Task[None]] = set()
    client, transport = await _a_session(_wait_for_ever, tasks)
    for number in range(MOST_UNREAD // 100):
        client.send_ping(str(number).encode().ljust(125))
        _flush(client, transport)
        if transport.aborted:
            break
    assert transport.aborted
    assert transport.unread < 2 * MOST_UNREAD
    await _end(tasks)


async def test_row_24_empty_parts_of_a_message_are_not_kept() -> None:
    tasks: set[asyncio.Task[None]] = set()
    got: list[bytes | None] = []

    async def serve(socket: SessionSocket, _request: object) -> None:
        got.append(await socket.receive())

    client, transport = await _a_session(serve, tasks)
    client.send_text(b"", fin=False)
    for _ in range(EMPTY_PARTS):
        client.send_continuation(b"", fin=False)
    client.send_continuation(b"he", fin=False)
    _flush(client, transport)
    assert len(transport.protocol._parts) == 1
    client.send_continuation(b"llo", fin=True)
    _flush(client, transport)
    async with asyncio.timeout(20):
        await asyncio.gather(*tasks)
    assert got == [b"hello"]


async def test_row_21_a_flood_of_empty_frames_ends_the_session() -> None:
    tasks: set[asyncio.Task[None]] = set()
    client, transport = await _a_session(_wait_for_ever, tasks)
    client.send_text(b"", fin=False)
    for _ in range(MOST_WORDS + 1):
        client.send_continuation(b"", fin=False)
    transport.protocol.data_received(b"".join(client.data_to_send()))
    await eventually(lambda: transport.aborted)
    await _end(tasks)


async def test_row_21_who_floods_messages_hears_why_by_its_session() -> None:
    tasks: set[asyncio.Task[None]] = set()
    heard: list[WireError] = []

    async def serve(socket: SessionSocket, _request: object) -> None:
        socket.carry(lambda _share: None, heard.append)
        while await socket.receive():
            pass

    client, transport = await _a_session(serve, tasks)
    await asyncio.sleep(0)
    for _ in range(MOST_WORDS + 1):
        client.send_text(b"{}")
    transport.protocol.data_received(b"".join(client.data_to_send()))
    await eventually(lambda: heard)
    assert "more than 1000 messages" in str(heard[0])
    assert not transport.aborted, "its session says so, and then ends"
    await _end(tasks)


async def _wait_for_ever(_socket: SessionSocket, _request: object) -> None:
    await asyncio.Event().wait()


async def _end(tasks: set[asyncio.Task[None]]) -> None:
    for task in list(tasks):
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
