"""A token that ends takes its sessions with it."""

from __future__ import annotations

from doorstep_client import wire
from doorstep_relay.control.actors import Actor
from tests.relay.sessions.desk import BOB, Desk
from tests.support import eventually


async def test_a_revoked_token_ends_its_sessions_and_no_others(desk: Desk) -> None:
    alice, _ = await desk.opened("hello")
    bob, _ = await desk.opened("other", BOB)
    share = desk.live("hello")
    assert share is not None
    desk.hub.end_token(11)

    assert desk.live("hello") is None
    assert share.ended == ("offline", "")
    assert (await alice.hear(wire.Error)).code == "bad-token"
    bob.say(wire.Ping())
    await bob.hear(wire.Pong)
    await eventually(lambda: alice.closed is not None)
    assert alice.closed == (1008, "bad-token")
    assert desk.shares.told == [("disconnected", 1, 1)]


async def test_a_token_revoked_while_its_session_was_on_its_way_opens_nothing(desk: Desk) -> None:
    desk.hub.end_token(11)
    channel = desk.connect()
    channel.say(wire.Open(0, "hello"))
    await desk.over()

    told = [channel.from_relay.get_nowait() for _ in range(channel.from_relay.qsize())]
    assert [message.code for message in told if isinstance(message, wire.Error)] == ["bad-token"]
    assert not [message for message in told if isinstance(message, wire.Opened)]
    assert desk.live("hello") is None
    assert desk.shares.owners == {}


async def test_a_token_that_expires_during_a_session_ends_it(desk: Desk) -> None:
    brief = Actor(3, "carol", token_id=33, token_expires_at=desk.now + 10)
    channel, _ = await desk.opened("brief", brief)
    await desk.opened("hello")
    desk.now += 9
    desk.hub.end_expired()
    assert desk.live("brief") is not None
    desk.now += 2
    desk.hub.end_expired()

    assert desk.live("brief") is None
    assert desk.live("hello") is not None
    assert (await channel.hear(wire.Error)).code == "bad-token"
