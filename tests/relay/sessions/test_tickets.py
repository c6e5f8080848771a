"""What a ticket opens, and how long."""

from __future__ import annotations

from doorstep_client import wire
from tests.relay.sessions.desk import Desk, FakeUpstream


async def test_a_ticket_opens_its_own_share_in_its_own_epoch_and_time(desk: Desk) -> None:
    _, hello = await desk.opened("hello")
    await desk.opened("other")

    assert desk.hub.admit("other", hello.ticket.encode()) is None
    assert desk.hub.admit("nobody", hello.ticket.encode()) is None
    for garbage in (b"", b"A" * 48, b"\xff\xfe", hello.ticket.encode() + b"A", hello.ticket.lower().encode()):
        assert desk.hub.admit("hello", garbage) is None
    desk.now += 61
    assert desk.hub.admit("hello", hello.ticket.encode()) is None


async def test_a_ticket_of_an_epoch_that_is_over_opens_nothing(desk: Desk) -> None:
    _, first = await desk.opened("hello")
    _, second = await desk.opened("hello")

    assert second.epoch == first.epoch + 1
    assert desk.hub.admit("hello", first.ticket.encode()) is None
    assert desk.hub.admit("hello", second.ticket.encode()) is not None


async def test_more_connections_are_asked_for_with_a_fresh_ticket(desk: Desk) -> None:
    channel, opened = await desk.opened("hello")
    share = desk.live("hello")
    assert share is not None
    for _ in range(2):
        share.pool.add(FakeUpstream(), 0.0)
    desk.now += 59
    share.pool.take()
    share.pool.take()
    dial = await channel.hear(wire.Dial)

    assert (dial.share, dial.count) == (0, 2)
    assert dial.ticket != opened.ticket
    desk.now += 30
    assert desk.hub.admit("hello", dial.ticket.encode()) is share
