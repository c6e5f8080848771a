"""A database that fails, and errors of ours: one share or one session suffers."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from doorstep_client import wire
from doorstep_relay.control.opening import Grant
from tests.relay.sessions.desk import BOB, DEADLINE, Desk


async def test_a_share_that_cannot_be_written_down_leaves_the_sessions_others_alone(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    channel, _ = await desk.opened("demo")
    desk.shares.broken = True
    channel.say(wire.Open(1, "other"))
    error = await channel.hear(wire.Error)
    assert (error.code, error.fatal, error.share) == ("database", False, 1)
    assert desk.live("demo") is not None
    assert "the disk is full" in caplog.text
    channel.say(wire.Ping())
    await channel.hear(wire.Pong)


async def test_a_close_that_cannot_be_written_down_still_ends_the_share_for_its_visitors(desk: Desk) -> None:
    channel, _ = await desk.opened("demo")
    desk.shares.broken = True
    channel.say(wire.Close(0))
    assert (await channel.hear(wire.Ended)).code == "closed"
    assert desk.live("demo") is None
    channel.say(wire.Ping())
    await channel.hear(wire.Pong)


async def test_an_error_of_ours_is_logged_and_ends_that_session_alone(
    desk: Desk, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.opened("other", BOB)
    channel = await desk.welcomed()

    async def broken(*_words: Any, **_options: Any) -> Grant:
        raise ZeroDivisionError

    monkeypatch.setattr(desk.shares, "open", broken)
    channel.say(wire.Open(0, "hello"))
    async with asyncio.timeout(DEADLINE):
        while channel.closed is None:  # noqa: ASYNC110  # a fake has no event for it
            await asyncio.sleep(0.01)

    assert "a session of alice failed" in caplog.text
    assert desk.live("other") is not None
