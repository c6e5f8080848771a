"""What an SSH client does not read, or never finishes, fills no memory of the relay: threats 21 and 24."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast

import asyncssh

from doorstep_client import wire
from doorstep_relay.config import Settings
from doorstep_relay.control.actors import Actor
from doorstep_relay.edge.listen import bind
from doorstep_relay.ssh.client import Client
from doorstep_relay.ssh.desk import Desk
from doorstep_relay.ssh.door import SshDoor
from doorstep_relay.ssh.terminal import Terminal
from doorstep_relay.ssh.tunnel import TunnelChannel
from tests.support import eventually

TOKEN = "dst_" + "good" * 3
ALICE = Actor(1, "alice", token_id=1)
PIECE = bytes(64 * 1024)
BOUND = 8 * 1024 * 1024
"""Bytes: far more than may wait, far less than an endless sender brings."""


class FakeTokens:
    """Everybody is Alice."""

    generation = 0

    async def recognise(self, raw: str) -> Actor:
        return ALICE


class FakeSeats:
    """Nothing waits for anybody."""

    async def waiting(self, seat: str, owner_id: int | None) -> list[object]:
        return []


class FakeHub:
    """Opens whatever is asked for."""

    async def serve(self, channel: Any, actor: Actor, address: str, spares: int) -> None:
        while (frame := await channel.receive()) is not None:
            match wire.decode_from_client(frame):
                case wire.Open(share=number, name=name):
                    url = f"http://{name}.localhost"
                    await channel.send(wire.encode(wire.Opened(number, name, url, "x", "x", 1, "x", 0)))

    def admit(self, name: str, ticket: bytes) -> None:
        return None


class FakeTunnel:
    """A tunnel connection that writes as long as it may."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport
        self.paused = False
        self.written = 0

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport

    def pause_writing(self) -> None:
        self.paused = True

    def resume_writing(self) -> None:
        self.paused = False

    def connection_lost(self, exc: Exception | None) -> None:
        pass

    def flood(self) -> None:
        while not self.paused and self.written < BOUND:
            self.transport.write(PIECE)
            self.written += len(PIECE)


class FullWire:
    """A transport with very much that its peer has not read."""

    def get_write_buffer_size(self) -> int:
        return 1 << 30


class Sink(asyncssh.SSHTCPSession[bytes]):
    """An app that takes everything."""


@asynccontextmanager
async def someone_inside() -> AsyncIterator[tuple[Client, asyncssh.SSHClientConnection]]:
    """Both ends of an SSH connection: the relay's, and that of a client that is in."""
    nothing = cast(Any, None)
    desk = Desk(
        Settings(), cast(Any, FakeHub()), nothing, cast(Any, FakeTokens()), nothing, cast(Any, FakeSeats())
    )
    door = SshDoor(desk, asyncssh.generate_private_key("ssh-ed25519"))
    sock = bind("127.0.0.1", 0)
    await door.open(sock)
    try:
        async with asyncssh.connect(
            "127.0.0.1",
            sock.getsockname()[1],
            username=TOKEN,
            known_hosts=None,
            config=None,
            client_keys=None,
            agent_path=None,
        ) as conn:
            (inside,) = await eventually(lambda: desk._seated.get("ssh-token 1"))
            yield inside, conn
    finally:
        door.close()


async def tunnel_to(inside: Any, conn: asyncssh.SSHClientConnection) -> FakeTunnel:
    """A tunnel connection through SSH, whose far end takes whatever comes."""
    await conn.create_server(lambda *_: Sink(), "demo", 80, window=2**31)
    tunnel = FakeTunnel()
    channel = TunnelChannel(cast(Any, tunnel), inside.conn)
    await inside.conn.create_connection(lambda: channel, "demo", 80)
    return tunnel


async def test_row_21_a_client_that_stops_reading_stops_what_is_sent_to_it() -> None:
    async with someone_inside() as (relay, conn):
        tunnel = await tunnel_to(relay, conn)
        transport = cast(SimpleNamespace, conn)._transport
        transport.pause_reading()
        tunnel.flood()
        assert tunnel.paused
        assert tunnel.written < BOUND
        transport.resume_reading()
        await eventually(lambda: not tunnel.paused)


async def test_row_24_a_client_that_wants_answers_and_reads_none_is_cut() -> None:
    async with someone_inside() as (relay, conn):
        relay.conn._wire = cast(Any, FullWire())
        conn.send_debug("hello?")
        await eventually(relay.conn.is_closed, 10)  # who shares nothing is sent away after 15 s


async def test_row_24_terminals_that_ask_for_nothing_are_counted_too() -> None:
    async with someone_inside() as (relay, _conn):
        opened = [relay.session_requested() for _ in range(8)]
        assert all(opened)
        assert not relay.session_requested()
        cast(Terminal, opened[0]).connection_lost(None)
        assert relay.session_requested()


def test_row_6_a_links_key_is_its_owners_and_not_its_names() -> None:
    nothing = cast(Any, None)
    desk = Desk(Settings(), nothing, nothing, nothing, nothing, nothing)
    bob, guest = Actor(2, "bob", token_id=2), Actor(None, "anonymous")
    keys = [
        desk.link_key("demo", ALICE, "ssh-token 1"),
        desk.link_key("demo", bob, "ssh-token 2"),
        desk.link_key("demo", guest, "ssh-guest a"),
        desk.link_key("demo", guest, "ssh-guest b"),
        desk.link_key("other", ALICE, "ssh-token 1"),
    ]
    assert len(set(keys)) == len(keys)
    assert desk.link_key("demo", ALICE, "ssh-key 5") == keys[0]
