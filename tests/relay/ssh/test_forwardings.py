"""What the relay says of a link while it is being opened, and what a terminal may fill."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import asyncssh
import pytest
import pytest_asyncio

from doorstep_client import wire
from doorstep_relay.control.actors import Actor
from doorstep_relay.ssh import bridge
from tests.security import test_ssh_memory as inside
from tests.support import eventually

DEADLINE = 30.0
ONE, TWO = 1, 2
"""The forwardings of a client, as its session numbers them."""


class SlowHub:
    """Answers when the test says so."""

    def __init__(self) -> None:
        self.heard: list[wire.FromClient] = []
        self.channel: Any = None

    async def serve(self, channel: Any, actor: Actor, address: str, spares: int) -> None:
        self.channel = channel
        while (frame := await channel.receive()) is not None:
            self.heard.append(wire.decode_from_client(frame))

    async def answer(self, number: int, answer: wire.FromRelay) -> None:
        await eventually(lambda: any(wish.share == number for wish in self.wishes), DEADLINE)
        await self.channel.send(wire.encode(answer))

    @property
    def wishes(self) -> list[wire.Open]:
        return [said for said in self.heard if isinstance(said, wire.Open)]

    def admit(self, name: str, ticket: bytes) -> None:
        return None


@pytest_asyncio.fixture
async def hub(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SlowHub]:
    made = SlowHub()
    monkeypatch.setattr(inside, "FakeHub", lambda: made)
    yield made


def opened(number: int) -> wire.Opened:
    return wire.Opened(number, f"demo{number}", "http://demo.localhost", "x", "x", 1, "x", 0)


async def ask(conn: asyncssh.SSHClientConnection, port: int) -> asyncssh.SSHListener:
    return await conn.create_server(lambda *_: cast(Any, None), "", port)


async def test_a_link_that_ends_before_it_is_open_is_refused_and_the_others_live_on(hub: SlowHub) -> None:
    """Its client came too late: a later one has it already."""
    async with inside.someone_inside() as (_, conn), asyncio.timeout(DEADLINE):
        first, _ = await asyncio.gather(ask(conn, 80), hub.answer(ONE, opened(ONE)))
        with pytest.raises(asyncssh.ChannelListenError):
            await asyncio.gather(ask(conn, 81), hub.answer(TWO, wire.Ended(TWO, "taken-over")))
        assert not conn.is_closed()
        first.close()
        await eventually(lambda: wire.Close(ONE) in hub.heard, DEADLINE)


async def test_a_link_that_opens_when_its_client_was_refused_already_is_closed(
    hub: SlowHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody would serve its visitors."""
    async with inside.someone_inside() as (_, conn), asyncio.timeout(DEADLINE):
        await asyncio.gather(ask(conn, 80), hub.answer(ONE, opened(ONE)))
        monkeypatch.setattr(bridge, "OPEN_DEADLINE", 0.2)
        with pytest.raises(asyncssh.ChannelListenError):
            await ask(conn, 81)
        await hub.answer(TWO, opened(TWO))
        await eventually(lambda: wire.Close(TWO) in hub.heard, DEADLINE)


async def test_row_21_nothing_of_a_clients_environment_is_kept(hub: SlowHub) -> None:
    async with inside.someone_inside() as (relay, conn), asyncio.timeout(DEADLINE):
        await conn.create_process("qr=no", env={f"X{number}": "x" * 1000 for number in range(20)})
        inner = cast(Any, relay)._bridge
        (terminal,) = await eventually(lambda: inner.terminals, DEADLINE)
        assert dict(terminal._chan.get_environment()) == {}
