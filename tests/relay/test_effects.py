"""What the audit trail tells takes effect once, and also on a client that was on its way."""

from __future__ import annotations

from typing import Any

import pytest

from doorstep_relay.control.effects import Effects
from doorstep_relay.store.audit import Change
from tests.relay.fake_hub import FakeHub


def change(number: int, action: str, epoch: int = 1, **detail: Any) -> Change:
    return Change(number, action, share_id=1, detail={"epoch": epoch, **detail})


@pytest.fixture
def hub() -> FakeHub:
    return FakeHub()


@pytest.fixture
def effects(hub: FakeHub) -> Effects:
    return Effects(hub)  # type: ignore[arg-type]  # a fake


async def test_what_the_api_did_is_not_done_again_when_the_trail_tells_of_it(
    hub: FakeHub, effects: Effects
) -> None:
    told: list[str] = []
    share = hub.arrive(1, told)
    for number, end in ((1, 200.0), (2, 300.0), (1, 200.0), (2, 300.0)):
        await effects.apply(change(number, "share.extend", expires_at=end))
    assert told == ["until 200.0", "until 300.0"]
    assert share.expires_at == 300.0


@pytest.mark.parametrize("action", ["share.revoke", "share.expire", "share.close"])
async def test_row_25_a_share_that_ended_while_its_client_was_on_its_way_ends_when_it_arrives(
    hub: FakeHub, effects: Effects, action: str
) -> None:
    told: list[str] = []
    await effects.apply(change(1, action))
    hub.arrive(1, told)
    assert hub.switchboard.find("demo") is None
    assert len(told) == 1


@pytest.mark.parametrize("action", ["share.revoke", "share.expire", "share.close"])
async def test_row_25_a_share_that_ended_while_somebody_took_it_over_ends_for_the_new_client_too(
    hub: FakeHub, effects: Effects, action: str
) -> None:
    told: list[str] = []
    hub.arrive(1, [])
    await effects.apply(change(1, action, epoch=2))
    hub.arrive(2, told)
    assert hub.switchboard.find("demo") is None
    assert len(told) == 1


async def test_row_25_a_share_that_was_paused_while_somebody_took_it_over_stays_paused(
    hub: FakeHub, effects: Effects
) -> None:
    hub.arrive(1, [])
    await effects.apply(change(1, "share.pause", epoch=2))
    share = hub.arrive(2, [])
    assert share.paused
    assert hub.switchboard.find("demo") is None


async def test_a_client_that_came_after_a_change_knows_of_it_already(hub: FakeHub, effects: Effects) -> None:
    told: list[str] = []
    await effects.apply(change(1, "share.pause"))
    await effects.apply(change(2, "share.transfer", epoch=2))
    share = hub.arrive(3, told)
    assert hub.switchboard.find("demo") is share
    await effects.apply(change(3, "share.pause", epoch=2))
    assert not share.paused
    await effects.apply(change(4, "share.pause", epoch=3))
    assert share.paused
    assert told == []


async def test_whose_share_was_given_away_loses_it_and_who_got_it_does_not(
    hub: FakeHub, effects: Effects
) -> None:
    told: list[str] = []
    hub.arrive(1, told)
    await effects.apply(change(1, "share.transfer", epoch=2))
    assert told == ["taken-over"]
    hub.arrive(3, told)
    assert told == ["taken-over"]


async def test_others_obey_what_is_theirs(effects: Effects) -> None:
    seen: list[int] = []

    async def obey(one: Change) -> None:
        seen.append(one.id)

    effects.on("domain.verify", obey)
    await effects.apply(Change(5, "domain.verify"))
    await effects.apply(Change(6, "domain.remove"))
    assert seen == [5]
