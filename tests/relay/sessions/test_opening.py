"""Opening shares in a session, with the relay's words."""

from __future__ import annotations

import logging

import pytest

from doorstep_client import wire
from doorstep_relay.control import hub
from tests.relay.sessions.desk import BOB, Desk


async def test_a_session_begins_with_the_heartbeat(desk: Desk) -> None:
    assert await desk.connect().hear(wire.Welcome) == wire.Welcome(30.0, "test", pings=True)
    assert len(desk.hub) == 1


async def test_a_crowd_gives_its_signs_of_life_less_often(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "MOST_PINGS", 0.02)
    heartbeats = [(await desk.connect().hear(wire.Welcome)).heartbeat for _ in range(5)]

    assert heartbeats == [30.0, 50.0, 60.0, 60.0, 60.0]


async def test_open_makes_the_share_live_and_tells_all_that_the_client_needs(desk: Desk) -> None:
    _, opened = await desk.opened("hello", number=7)

    assert (opened.share, opened.name, opened.url) == (7, "hello", "http://hello.localhost")
    assert (opened.host, opened.epoch, opened.dial) == ("hello.localhost", 1, 2)
    live = desk.live("hello")
    assert live is not None
    assert desk.hub.admit("hello", opened.ticket.encode()) is live


async def test_a_refusal_is_told_with_its_code_and_the_session_goes_on(desk: Desk) -> None:
    await desk.opened("hello")
    other = await desk.welcomed(BOB)
    other.say(wire.Open(3, "hello"))
    refusal = await other.hear(wire.Error)

    assert (refusal.code, refusal.fatal, refusal.share) == ("name-taken", True, 3)
    other.say(wire.Open(4, "mine"))
    assert (await other.hear(wire.Opened)).share == 4


async def test_a_number_stands_for_one_share(desk: Desk) -> None:
    channel, _ = await desk.opened("hello")
    channel.say(wire.Open(0, "other"))

    refusal = await channel.hear(wire.Error)
    assert (refusal.code, refusal.share) == ("bad-message", 0)
    assert desk.live("other") is None
    assert desk.live("hello") is not None


@pytest.mark.parametrize(
    "nonsense",
    [
        "",
        "hello",
        "{}",
        '{"type":"welcome","heartbeat":1}',
        '{"type":"ping","x":' + "[" * 9000 + "]" * 9000 + "}",
    ],
    ids=lambda text: text[:20],
)
async def test_nonsense_ends_the_session_with_a_reason(
    desk: Desk, nonsense: str, caplog: pytest.LogCaptureFixture
) -> None:
    channel, _ = await desk.opened("hello")
    channel.say(nonsense)
    refusal = await channel.hear(wire.Error)
    await desk.over()

    assert (refusal.code, refusal.fatal) == ("bad-message", True)
    assert channel.closed == (1008, "bad-message")
    assert desk.live("hello") is None
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_ping_is_answered_with_pong(desk: Desk) -> None:
    channel = await desk.welcomed()
    channel.say(wire.Ping())

    await channel.hear(wire.Pong)
