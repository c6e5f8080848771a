"""Clients that leave, fall silent, or read nothing."""

from __future__ import annotations

import asyncio
import time

import pytest

from doorstep_client import wire
from doorstep_relay.control import session as sessions
from doorstep_relay.control.outbox import OUTBOX
from tests.relay.sessions.desk import Desk, FakeUpstream, a_desk
from tests.support import eventually


async def test_a_client_that_leaves_leaves_its_share_offline(desk: Desk) -> None:
    channel, _ = await desk.opened("hello")
    share = desk.live("hello")
    assert share is not None
    upstream = FakeUpstream()
    share.pool.add(upstream, 0.0)
    channel.leave()
    await desk.over()

    assert desk.live("hello") is None
    assert upstream.discarded
    assert share.ended == ("offline", "")
    assert desk.shares.told == [("disconnected", 1, 1)]


async def test_a_halt_of_the_relay_is_not_the_silence_of_a_client() -> None:
    async with a_desk(heartbeat=0.4) as desk:
        channel = desk.connect()
        await channel.hear(wire.Welcome)
        loop = asyncio.get_running_loop()
        loop.call_later(0.1, time.sleep, 1.2)  # the process stands still, beyond two heartbeats
        loop.call_later(0.9, setattr, channel, "heard", loop.time() + 1.3)  # then the loop reads

        await asyncio.sleep(1.4)

        assert channel.closed is None


async def test_silence_of_two_heartbeats_is_a_client_that_left() -> None:
    async with a_desk(heartbeat=0.4) as desk:
        channel, _ = await desk.opened("hello")
        await desk.over()

        assert 0.7 <= asyncio.get_running_loop().time() - channel.heard < 4
        assert channel.closed == (1000, "")
        assert desk.live("hello") is None


async def test_pings_keep_a_session() -> None:
    async with a_desk(heartbeat=0.6) as desk:
        channel, _ = await desk.opened("hello")
        for _ in range(8):
            await asyncio.sleep(0.2)
            channel.say(wire.Ping())
            await channel.hear(wire.Pong)

        assert desk.live("hello") is not None


async def test_a_client_that_reads_nothing_does_not_keep_its_visitors_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sessions, "GOODBYE_DEADLINE", 2.0)
    async with a_desk(heartbeat=0.4) as desk:
        channel, _ = await desk.opened("hello")
        channel.reading.clear()

        await eventually(lambda: desk.live("hello") is None)
        await eventually(lambda: desk.shares.told == [("disconnected", 1, 1)], 1.5)
        await desk.over()


async def test_a_record_that_fails_keeps_no_other_share_live(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    channel, _ = await desk.opened("one")
    channel.say(wire.Open(1, "two"))
    await channel.hear(wire.Opened)
    desk.shares.failing.add(1)
    channel.leave()
    await desk.over()

    assert (desk.live("one"), desk.live("two")) == (None, None)
    assert desk.shares.told == [("disconnected", 2, 1)]
    assert "could not record that one is offline" in caplog.text


async def test_a_client_that_floods_and_reads_nothing_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "SEND_DEADLINE", 0.3)
    monkeypatch.setattr(sessions, "GOODBYE_DEADLINE", 0.1)
    async with a_desk() as desk:
        channel = await desk.welcomed()
        channel.reading.clear()
        for _ in range(2 * OUTBOX):
            channel.say(wire.Ping())

        await desk.over()
        assert len(desk.hub) == 0


async def test_a_share_that_is_being_opened_when_its_session_ends_does_not_stay_live(desk: Desk) -> None:
    channel = await desk.welcomed()
    desk.shares.gate.clear()
    channel.say(wire.Open(0, "hello"))
    await desk.shares.entered.wait()
    desk.hub.end_token(11)
    await asyncio.sleep(0.05)
    desk.shares.gate.set()
    await desk.over()

    assert desk.live("hello") is None
    assert desk.shares.told == [("disconnected", 1, 1)]
