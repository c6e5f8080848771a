"""A relay that means harm."""

from __future__ import annotations

import asyncio

import pytest

from doorstep_client import wire
from doorstep_client.errors import DoorstepError, EndedError, WireError
from tests.client.fakes import FakeRelay, FakeSession, opened, stay
from tests.client.sessions.held import held


@pytest.mark.parametrize(
    "nonsense",
    [
        "hello",
        "{}",
        '{"type":"opened"}',
        '{"type":"pong","x":' + "[" * 20_000 + "]" * 20_000 + "}",
        '{"type":"pong","x":"' + "x" * wire.MAX_MESSAGE + '"}',
        '{"type":"dial","share":0,"count":-5,"ticket":"t"}',
        '{"type":"expiring","share":0,"expires_at":1e999}',
    ],
    ids=lambda text: text[:30],
)
async def test_nonsense_ends_the_session_not_the_client(nonsense: str) -> None:
    async def script(session: FakeSession) -> None:
        await session.welcome()
        await session.open()
        await session.send(nonsense)
        await session.over()

    async with FakeRelay(script, stay) as relay, held(relay.settings()) as one:
        await one.saw("opened", "lost", "opened")


@pytest.mark.parametrize("nonsense", ["hello", '{"type":"welcome","heartbeat":0}', "\ud800"])
async def test_nonsense_at_the_start_is_an_error_in_words(nonsense: str) -> None:
    async def script(session: FakeSession) -> None:
        await session.send(nonsense)
        await session.over()

    async with FakeRelay(script) as relay, held(relay.settings()) as one:
        with pytest.raises(DoorstepError, match=r"doorstep\.v1|Cannot reach"):
            await one.end()


async def test_a_share_is_opened_once_a_session() -> None:
    async def endless(session: FakeSession) -> None:
        await session.welcome()
        await session.open(dial=1)
        for number in range(1000):
            await session.send(opened(dial=1, name=f"n{number}"))
        await session.over()

    async with FakeRelay(endless, stay) as relay, held(relay.settings()) as one:
        await one.saw("opened", "lost", "opened")
        assert relay.open_tunnels <= 1


async def test_nothing_is_dialled_before_the_share_is_open() -> None:
    async def hasty(session: FakeSession) -> None:
        await session.welcome()
        await session.send(wire.Dial(0, 5, "t"))
        await session.over()

    async with FakeRelay(hasty) as relay, held(relay.settings()) as one:
        with pytest.raises(WireError, match="before it opened"):
            await one.end()
        assert relay.open_tunnels == 0


async def test_dials_beyond_every_bound_leave_the_client_working(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("doorstep_client.tunnels.tunnel.most_tunnels", lambda: 8)

    async def greedy(session: FakeSession) -> None:
        await session.welcome()
        await session.open(dial=1_000_000)
        for _ in range(50):
            await session.send(wire.Dial(0, 1_000_000, "t"))
        await session.over()

    async with FakeRelay(greedy) as relay, held(relay.settings()) as one:
        reader, writer = await relay.tunnel()
        writer.write(b"GET / HTTP/1.1\r\nHost: hello.localhost\r\n\r\n")
        assert (await reader.readuntil(b"GET /")).startswith(b"HTTP/1.1 200 OK")
        await asyncio.sleep(0.2)

        assert relay.open_tunnels <= 8
        assert one.events == ["opened"]


async def test_the_user_is_told_when_no_visitor_can_be_served() -> None:
    async def script(session: FakeSession) -> None:
        await session.welcome()
        await session.open(dial=2)
        await session.over()

    refusing = b"HTTP/1.1 403 Forbidden\r\n\r\n"
    async with FakeRelay(script, tunnel_answer=refusing) as relay, held(relay.settings()) as one:
        await one.saw("opened", "failing")

        assert "403 Forbidden" in one.holder.failure


async def test_a_relay_whose_messages_wait_behind_what_it_carries_is_not_given_up() -> None:
    """Any byte is a sign of life: pongs may come late where the session carries a big answer."""

    async def script(session: FakeSession) -> None:
        await session.welcome(heartbeat=0.4)
        await session.open()
        for _ in range(15):
            session._socket.send_ping(b"")  # what is no message of ours
            await session._flush()
            await asyncio.sleep(0.1)
        await session.send(wire.Ended(0, "closed", "in the end"))
        await session.over()

    async with FakeRelay(script) as relay, held(relay.settings()) as one:
        await one.end()

    assert len(relay.sessions) == 1
    assert isinstance(one.holder.error, EndedError)
