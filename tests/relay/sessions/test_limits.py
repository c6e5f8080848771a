"""How many sessions and shares one client may have."""

from __future__ import annotations

from doorstep_client import wire
from doorstep_relay.control.outbox import MAX_SHARES
from tests.relay.sessions.desk import BOB, Desk, FakeUpstream, a_desk
from tests.support import eventually


async def test_a_session_may_hold_several_shares_but_not_without_end(desk: Desk) -> None:
    channel = await desk.welcomed()
    for number in range(MAX_SHARES):
        channel.say(wire.Open(number, f"n{number}"))
        assert (await channel.hear(wire.Opened)).share == number
    channel.say(wire.Open(MAX_SHARES, "one-more"))

    assert (await channel.hear(wire.Error)).code == "limit"
    assert len(desk.switchboard) == MAX_SHARES


async def test_shares_keep_fewer_connections_ready_when_files_run_short() -> None:
    async with a_desk(files=8) as desk:  # six of them for shares
        _, first = await desk.opened("one")
        share = desk.live("one")
        assert share is not None
        spares = [FakeUpstream(), FakeUpstream()]
        for upstream in spares:
            share.pool.add(upstream, 0.0)
        later = [(await desk.opened(name))[1].dial for name in ("two", "three", "four")]

    assert (first.dial, later) == (2, [2, 1, 0])
    assert [upstream.discarded for upstream in spares] == [True, True]


async def test_who_opens_shares_without_end_is_told_when_to_go_on() -> None:
    async with a_desk(max_sessions=2, open_every=5.0) as desk:
        channel = await desk.welcomed()
        for number in range(2):
            channel.say(wire.Open(number, f"n{number}"))
            await channel.hear(wire.Opened)
        channel.say(wire.Open(2, "one-more"))
        refusal = await channel.hear(wire.Error)

        assert (refusal.code, refusal.fatal, refusal.share, refusal.retry_after) == (
            "too-many",
            False,
            2,
            5.0,
        )
        desk.now += 5
        channel.say(wire.Open(2, "one-more"))
        assert (await channel.hear(wire.Opened)).share == 2


async def test_an_account_holds_so_many_sessions_and_no_other_pays_for_it() -> None:
    async with a_desk(max_sessions=1) as desk:
        first = await desk.welcomed()
        second = desk.connect()
        refusal = await second.hear(wire.Error)
        await eventually(lambda: second.closed == (1008, "too-many"))

        assert (refusal.code, refusal.fatal, refusal.retry_after) == ("too-many", False, 30.0)
        await desk.welcomed(BOB)
        first.leave()
        await eventually(lambda: len(desk.hub) == 1)
        await desk.welcomed()
