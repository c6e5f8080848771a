"""The process stops."""

from __future__ import annotations

import asyncio

import pytest

from doorstep_client import wire
from doorstep_relay.control import session as sessions
from tests.relay.sessions.desk import DEADLINE, Desk, a_desk


async def test_when_the_process_stops_clients_are_sent_away_to_come_back(desk: Desk) -> None:
    channels = [(await desk.opened(name))[0] for name in ("one", "two")]
    async with asyncio.timeout(DEADLINE):
        await desk.hub.stop()

    assert [channel.closed for channel in channels] == [(1012, ""), (1012, "")]
    assert desk.shares.told == []
    assert len(desk.switchboard) == 0


async def test_a_client_that_reads_nothing_does_not_keep_the_process_from_stopping(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sessions, "GOODBYE_DEADLINE", 0.2)
    async with a_desk() as desk:
        channel, _ = await desk.opened("hello")
        channel.reading.clear()
        began = asyncio.get_running_loop().time()
        await desk.hub.stop()

        assert asyncio.get_running_loop().time() - began < 4


async def test_a_session_that_is_ending_by_itself_does_not_keep_the_process_from_stopping(desk: Desk) -> None:
    """It waits for a share that is being opened, which may never be told now: as found in a relay."""
    channel = await desk.welcomed()
    desk.shares.gate.clear()
    channel.say(wire.Open(0, "hello"))
    await desk.shares.entered.wait()
    desk.hub.end_token(11)
    await asyncio.sleep(0.01)
    async with asyncio.timeout(DEADLINE):
        await desk.hub.stop()
    assert len(desk.hub) == 0
    desk.shares.gate.set()
