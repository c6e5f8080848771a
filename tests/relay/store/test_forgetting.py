"""What is over for long is forgotten, but never what a name or a running relay still depends on."""

from __future__ import annotations

import pytest

from doorstep_relay.control import forgetting
from doorstep_relay.control.actors import OPERATOR
from doorstep_relay.errors import NameRevoked, NameTaken
from tests.relay.store.services import DAY, Services


async def forget_all(services: Services) -> int:
    """As the relay does it, one batch after the other."""
    deleted = 0
    while batch := await services.shares.forget(services.clock.now):
        deleted += batch
        services.clock.advance(forgetting.LOOK_EVERY)
    return deleted


async def names(services: Services) -> set[str]:
    return {share.name for share in await services.shares.list(ended=True)}


async def ended(services: Services, name: str, owner: str = "ann") -> None:
    grant = await services.shares.open(await services.account(owner), name=name, expires_in=3650 * DAY)
    await services.shares.close(grant.share_id, grant.epoch)


async def test_an_ended_share_is_forgotten_after_the_retention_and_not_before(services: Services) -> None:
    await ended(services, "over")
    services.clock.advance(89 * DAY)
    await forget_all(services)
    assert await names(services) == {"over"}

    services.clock.advance(2 * DAY)
    assert await forget_all(services) > 0
    assert await services.shares.find("over") is None


async def test_a_share_that_has_not_ended_is_never_forgotten(services: Services) -> None:
    ann = await services.account("ann")
    await services.shares.open(ann, name="live", expires_in=3650 * DAY)
    waiting = await services.shares.open(ann, name="waiting", expires_in=3650 * DAY)
    await services.shares.disconnected(waiting.share_id, waiting.epoch)

    services.clock.advance(1000 * DAY)
    await forget_all(services)

    assert await names(services) == {"live", "waiting"}


async def test_a_kept_name_stays_its_owners_however_short_the_retention_is(services: Services) -> None:
    short = services.with_settings(retention=DAY, name_hold=30 * DAY)
    await ended(short, "kept")
    bob = await services.account("bob")

    short.clock.advance(29 * DAY)
    await forget_all(short)
    with pytest.raises(NameTaken):
        await short.shares.open(bob, name="kept")

    short.clock.advance(2 * DAY)
    await forget_all(short)
    assert await names(short) == set()
    await short.shares.open(bob, name="kept")


async def test_a_revoked_name_stays_nobodys_until_it_was_released(services: Services) -> None:
    ann = await services.account("ann")
    await services.shares.open(ann, name="bad")
    await services.shares.revoke("bad", actor=OPERATOR, reason="spam")

    services.clock.advance(1000 * DAY)
    await forget_all(services)
    with pytest.raises(NameRevoked, match="spam"):
        await services.shares.open(ann, name="bad")

    await services.shares.release("bad", actor=OPERATOR)
    services.clock.advance(2 * DAY)
    await forget_all(services)
    assert await names(services) == set()


async def test_a_retention_of_none_forgets_nothing(services: Services) -> None:
    for_ever = services.with_settings(retention=None)
    await ended(for_ever, "over")
    for_ever.clock.advance(10_000 * DAY)

    assert await forget_all(for_ever) == 0
    assert await names(for_ever) == {"over"}


async def test_old_events_go_and_a_follower_misses_nothing_new_and_sees_nothing_twice(
    services: Services,
) -> None:
    await ended(services, "old")
    seen = await services.shares.last_change()
    services.clock.advance(91 * DAY)

    await forget_all(services)

    assert await services.shares.last_change() == seen
    assert [change.id for change in await services.shares.changes_since(0)] == [seen]
    assert await services.shares.changes_since(seen) == []
    await ended(services, "new")
    fresh = await services.shares.changes_since(seen)
    assert [change.action for change in fresh] == ["token.create", "share.open", "share.close"]
    assert all(change.id > seen for change in fresh)


async def test_a_new_share_never_gets_the_id_of_a_forgotten_one(services: Services) -> None:
    ann = await services.account("ann")
    old = await services.shares.open(ann, name="old")
    await services.shares.close(old.share_id, old.epoch)
    services.clock.advance(91 * DAY)
    await forget_all(services)

    assert (await services.shares.open(ann, name="old")).share_id > old.share_id


async def test_much_is_forgotten_in_batches_and_then_nobody_looks_for_an_hour(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "BATCH", 2)
    ann = await services.account("ann")
    for _ in range(5):
        grant = await services.shares.open(ann)
        await services.shares.close(grant.share_id, grant.epoch)
    services.clock.advance(91 * DAY)
    now = services.clock.now

    batches = []
    while batch := await services.shares.forget(now):
        batches.append(batch)

    assert max(batches) == 4  # two of each table
    assert await names(services) == set()
    assert len(await services.shares.changes_since(0)) == 1
    await ended(services, "over")
    later = now + 1000 * DAY
    assert await services.shares.forget(now + forgetting.LOOK_EVERY - 1) == 0
    assert await services.shares.forget(later) > 0
