"""A change counts as obeyed once its effect has worked: what fails is tried again, and nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from doorstep_relay.control.effects import Effects
from doorstep_relay.control.following import Follower
from doorstep_relay.store.audit import Change
from tests.relay.fake_hub import FakeHub


class Feed:
    """An audit trail, and effects of which some fail for a while."""

    def __init__(self, *changes: Change) -> None:
        self.changes = list(changes)
        self.broken: set[int] = set()
        self.done: list[int] = []

    async def since(self, seen: int) -> Sequence[Change]:
        return [change for change in self.changes if change.id > seen][:2]

    async def apply(self, change: Change) -> None:
        if change.id in self.broken:
            raise OSError("the database is away")
        self.done.append(change.id)


def about(number: int, share: int) -> Change:
    return Change(number, "share.pause", share_id=share)


async def test_a_long_trail_is_obeyed_in_one_look() -> None:
    feed = Feed(*(about(number, number) for number in range(1, 8)))
    await Follower(feed.since, feed.apply, 0).look()
    assert feed.done == [1, 2, 3, 4, 5, 6, 7]


async def test_what_fails_is_tried_again_and_holds_up_only_what_follows_on_it() -> None:
    feed = Feed(about(1, 10), about(2, 20), about(3, 10), about(4, 20))
    feed.broken = {1}
    follower = Follower(feed.since, feed.apply, 0)
    await follower.look()
    assert feed.done == [2, 4]
    assert follower.waiting == 2
    await follower.look()
    assert feed.done == [2, 4]
    feed.broken = set()
    await follower.look()
    assert feed.done == [2, 4, 1, 3], "in their order"
    assert follower.waiting == 0


async def test_when_much_fails_the_trail_keeps_the_rest() -> None:
    feed = Feed(*(about(number, number) for number in range(1, 1500)))
    feed.broken = {change.id for change in feed.changes}
    follower = Follower(feed.since, feed.apply, 0)
    for _ in range(3):
        await follower.look()
    assert follower.waiting < 1010
    feed.broken = set()
    await follower.look()
    assert feed.done == list(range(1, 1500))


async def test_a_trail_that_cannot_be_read_loses_nothing() -> None:
    feed = Feed(about(1, 1))

    async def away(_seen: int) -> Sequence[Change]:
        raise OSError("the database is away")

    with pytest.raises(OSError, match="away"):
        await Follower(away, feed.apply, 0).look()
    await Follower(feed.since, feed.apply, 0).look()
    assert feed.done == [1]


# -- the effects themselves ------------------------------------------------------------------------


class Fragile:
    """An effect that fails some times first."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.worked: list[int] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, change: Change) -> None:
        await self.gate.wait()
        if self.failures:
            self.failures -= 1
            raise OSError("the database is away")
        self.worked.append(change.id)


def effects_with(effect: Fragile) -> Effects:
    effects = Effects(FakeHub())  # type: ignore[arg-type]  # a fake
    effects.on("token.revoke", effect)
    return effects


async def test_row_02_a_revocation_whose_effect_failed_is_not_taken_for_done() -> None:
    effect, change = Fragile(1), Change(5, "token.revoke", token_id=3)
    effects = effects_with(effect)
    await effects.at_once(change)  # the API's caller hears that it was revoked, which it was
    assert effect.worked == []
    await effects.apply(change)  # the trail tells of it
    await effects.apply(change)
    assert effect.worked == [5]


async def test_of_two_at_the_same_time_one_does_it() -> None:
    effect, change = Fragile(0), Change(5, "token.revoke", token_id=3)
    effects = effects_with(effect)
    effect.gate.clear()
    both = asyncio.gather(effects.at_once(change), effects.apply(change))
    await asyncio.sleep(0)
    effect.gate.set()
    await both
    assert effect.worked == [5]


async def test_the_other_does_it_when_the_first_has_failed() -> None:
    effect, change = Fragile(1), Change(5, "token.revoke", token_id=3)
    effects = effects_with(effect)
    effect.gate.clear()
    both = asyncio.gather(effects.at_once(change), effects.apply(change))
    await asyncio.sleep(0)
    effect.gate.set()
    await both
    assert effect.worked == [5]
