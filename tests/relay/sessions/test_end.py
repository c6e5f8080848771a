"""How shares end."""

from __future__ import annotations

import asyncio

from doorstep_client import wire
from tests.relay.sessions.desk import Desk


async def test_close_ends_the_share_for_good_and_tells_so(desk: Desk) -> None:
    channel, _ = await desk.opened("hello")
    channel.say(wire.Close(0))

    assert await channel.hear(wire.Ended) == wire.Ended(0, "closed")
    assert desk.live("hello") is None
    channel.say(wire.Close(0))
    channel.leave()
    await desk.over()
    assert desk.shares.told == [("closed", 1, 1)]


async def test_the_client_is_told_once_how_its_share_ended(desk: Desk) -> None:
    channel, _ = await desk.opened("hello")
    share = desk.live("hello")
    assert share is not None
    desk.hub.end(share, "revoked", "spam")
    desk.hub.end(share, "expired", "")

    assert await channel.hear(wire.Ended) == wire.Ended(0, "revoked", "spam")
    channel.say(wire.Ping())
    await channel.hear(wire.Pong)
    channel.leave()
    await desk.over()
    assert desk.shares.told == []


async def test_opened_again_elsewhere_the_first_session_loses_the_share_and_cannot_harm_it(
    desk: Desk,
) -> None:
    first, _ = await desk.opened("hello")
    second, _ = await desk.opened("hello")
    now_live = desk.live("hello")

    assert (await first.hear(wire.Ended)).code == "taken-over"
    first.say(wire.Close(0))
    first.leave()
    await asyncio.sleep(0.05)
    assert desk.live("hello") is now_live
    assert desk.shares.told == []
    second.say(wire.Ping())
    await second.hear(wire.Pong)


async def test_the_same_share_twice_in_one_session_is_the_newer_one(desk: Desk) -> None:
    channel, _ = await desk.opened("hello", number=1)
    channel.say(wire.Open(2, "hello"))

    assert (await channel.hear(wire.Ended)).share == 1
    assert (await channel.hear(wire.Opened)).share == 2
