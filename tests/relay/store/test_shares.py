"""Opening, resuming and ending shares, on a real database."""

from __future__ import annotations

import asyncio
from dataclasses import asdict

import pytest
from sqlalchemy import select

from doorstep_relay.control.actors import ANONYMOUS, OPERATOR
from doorstep_relay.control.shares import Shares
from doorstep_relay.domain.lifecycle import State
from doorstep_relay.errors import BadLifetime, NameRefused, NameTaken, NoSuchShare, ShareActive, ShareEnded
from doorstep_relay.store.audit import Change
from doorstep_relay.store.models import AuditEvent
from tests.relay.store.services import DAY, Services


async def _state(shares: Shares, name: str) -> State:
    found = await shares.find(name)
    assert found is not None
    return found.state


async def _actions(services: Services, after: int = 0) -> list[str]:
    return [change.action for change in await services.shares.changes_since(after)]


async def test_without_a_wish_the_name_is_random(services: Services) -> None:
    ann = await services.account("ann")
    first, second = await services.shares.open(ann), await services.shares.open(ann)
    assert len(first.name) == 16
    assert first.name != second.name
    assert (first.epoch, first.took_over) == (1, False)


async def test_a_name_is_given_as_asked_for_in_lower_case(services: Services) -> None:
    grant = await services.shares.open(ANONYMOUS, name="My-Demo")
    assert grant.name == "my-demo"
    assert await _state(services.shares, "MY-demo") is State.live


async def test_a_name_that_cannot_be_is_refused(services: Services) -> None:
    with pytest.raises(NameRefused):
        await services.shares.open(ANONYMOUS, name="admin")


# -- how long ------------------------------------------------------------------------------------


async def test_a_share_ends_when_its_client_asks_it_to(services: Services) -> None:
    grant = await services.shares.open(ANONYMOUS, expires_in=60)
    assert grant.expires_at == services.clock.now + 60


async def test_a_share_whose_client_does_not_say_lives_for_the_default_lifetime(services: Services) -> None:
    grant = await services.shares.open(ANONYMOUS)
    assert grant.expires_at == services.clock.now + 3 * DAY


async def test_without_a_default_it_has_no_end(services: Services) -> None:
    grant = await services.with_settings(default_lifetime=None).shares.open(ANONYMOUS)
    assert grant.expires_at is None


@pytest.mark.parametrize("asked", [None, 3600.0, 30 * DAY])
async def test_nobody_gets_more_than_the_longest_lifetime(services: Services, asked: float | None) -> None:
    short = services.with_settings(max_lifetime=600.0, default_lifetime=None)
    grant = await short.shares.open(ANONYMOUS, expires_in=asked)
    assert grant.expires_at == services.clock.now + 600


@pytest.mark.parametrize("wrong", [0, -1, float("nan"), float("inf"), -float("inf"), 1e300])
async def test_a_lifetime_that_means_nothing_is_refused(services: Services, wrong: float) -> None:
    with pytest.raises(BadLifetime, match="cannot live for"):
        await services.shares.open(ANONYMOUS, expires_in=wrong)


async def test_a_share_expires_when_its_time_is_over_and_not_before(services: Services) -> None:
    grant = await services.shares.open(ANONYMOUS, name="demo", expires_in=60)
    services.clock.advance(59.9)
    assert not await services.shares.expire(grant.share_id)
    assert await services.shares.expire_overdue(services.clock.now) == []
    services.clock.advance(0.1)
    assert await services.shares.expire(grant.share_id)
    assert await _state(services.shares, "demo") is State.expired
    assert await services.shares.expire(grant.share_id), "a second time changes nothing"


async def test_every_overdue_share_can_be_ended_at_once(services: Services) -> None:
    names = ["one", "two", "three"]
    for seconds, name in enumerate(names, start=1):
        await services.shares.open(ANONYMOUS, name=name, expires_in=seconds * 10)
    services.clock.advance(20)
    ended = await services.shares.expire_overdue(services.clock.now)
    assert [share.name for share in ended] == ["one", "two"]
    assert await _state(services.shares, "three") is State.live


# -- coming back ---------------------------------------------------------------------------------


async def test_a_lease_brings_the_share_back_in_its_next_epoch(services: Services) -> None:
    grant = await services.shares.open(ANONYMOUS, name="demo")
    await services.shares.disconnected(grant.share_id, 1)
    assert await _state(services.shares, "demo") is State.offline
    again = await services.shares.open(ANONYMOUS, name="demo", lease=grant.lease)
    assert (again.share_id, again.epoch, again.lease) == (grant.share_id, 2, grant.lease)
    assert not again.took_over
    assert await _state(services.shares, "demo") is State.live


async def test_a_lease_needs_no_name(services: Services) -> None:
    grant = await services.shares.open(ANONYMOUS)
    again = await services.shares.open(ANONYMOUS, lease=grant.lease)
    assert (again.name, again.epoch) == (grant.name, 2)


async def test_a_lease_takes_over_a_share_that_still_seems_live(services: Services) -> None:
    grant = await services.shares.open(ANONYMOUS)
    again = await services.shares.open(ANONYMOUS, lease=grant.lease)
    assert again.took_over


async def test_reconnecting_does_not_put_the_end_off(services: Services) -> None:
    grant = await services.shares.open(ANONYMOUS, expires_in=100)
    services.clock.advance(50)
    again = await services.shares.open(ANONYMOUS, lease=grant.lease, expires_in=100)
    assert again.expires_at == grant.expires_at


async def test_the_lease_of_a_share_that_is_over_says_how_it_ended(services: Services) -> None:
    grant = await services.shares.open(ANONYMOUS, name="demo")
    await services.shares.revoke("demo", actor=OPERATOR, reason="spam")
    with pytest.raises(ShareEnded, match="spam") as ended:
        await services.shares.open(ANONYMOUS, name="demo", lease=grant.lease)
    assert ended.value.code == "revoked"


async def test_a_share_whose_time_was_over_while_nobody_looked_ends_when_its_lease_comes(
    services: Services,
) -> None:
    grant = await services.shares.open(ANONYMOUS, name="demo", expires_in=60)
    services.clock.advance(61)
    with pytest.raises(ShareEnded) as ended:
        await services.shares.open(ANONYMOUS, lease=grant.lease)
    assert ended.value.code == "expired"
    assert await _state(services.shares, "demo") is State.expired, "and that was written down"


async def test_a_lease_that_nobody_knows_leaves_the_name_to_decide(services: Services) -> None:
    ann = await services.account("ann")
    named = await services.shares.open(ann, name="demo", lease="dsl_forgotten")
    assert (named.name, named.epoch) == ("demo", 1)
    assert len((await services.shares.open(ann, lease="dsl_forgotten")).name) == 16


async def test_a_lease_of_another_name_does_not_beat_the_name_in_the_request(services: Services) -> None:
    first = await services.shares.open(ANONYMOUS, name="first")
    second = await services.shares.open(ANONYMOUS, name="second", lease=first.lease)
    assert (second.name, second.epoch) == ("second", 1)
    assert await _state(services.shares, "first") is State.live


async def test_who_was_taken_over_while_it_was_away_does_not_take_the_share_back(services: Services) -> None:
    ann = await services.account("ann")
    home = await services.shares.open(ann, name="demo")
    work = await services.shares.open(ann, name="demo")
    with pytest.raises(ShareEnded) as ended:
        await services.shares.open(ann, name="demo", lease=home.lease)
    assert ended.value.code == "taken-over"
    assert (await services.shares.open(ann, name="demo", lease=work.lease)).epoch == 3


async def test_its_owner_takes_a_name_over_from_another_machine(services: Services) -> None:
    ann = await services.account("ann")
    home = await services.shares.open(ann, name="demo", expires_in=600)
    services.clock.advance(10)
    work = await services.shares.open(ann, name="demo")
    assert (work.share_id, work.epoch, work.took_over) == (home.share_id, 2, True)
    assert work.expires_at == home.expires_at
    assert work.lease != home.lease


async def test_an_owner_who_takes_a_name_over_may_put_its_end_off(services: Services) -> None:
    ann = await services.account("ann")
    await services.shares.open(ann, name="demo", expires_in=600)
    services.clock.advance(10)
    again = await services.shares.open(ann, name="demo", expires_in=1200)
    assert again.expires_at == services.clock.now + 1200


async def test_an_owner_opens_an_ended_name_again_as_a_new_share(services: Services) -> None:
    ann = await services.account("ann")
    first = await services.shares.open(ann, name="demo")
    await services.shares.close(first.share_id, first.epoch)
    second = await services.shares.open(ann, name="demo")
    assert second.share_id != first.share_id
    assert second.epoch == 1


async def test_of_two_who_want_a_free_name_at_once_one_gets_it(services: Services) -> None:
    accounts = [await services.account(f"account-{number}") for number in range(8)]
    outcomes = await asyncio.gather(
        *(services.shares.open(account, name="demo") for account in accounts), return_exceptions=True
    )
    assert sum(isinstance(outcome, NameTaken) for outcome in outcomes) == 7
    assert len(await services.shares.list()) == 1


async def test_an_owner_who_opens_a_name_many_times_at_once_gets_as_many_epochs(services: Services) -> None:
    ann = await services.account("ann")
    grants = await asyncio.gather(*(services.shares.open(ann, name="demo") for _ in range(8)))
    assert sorted(grant.epoch for grant in grants) == list(range(1, 9))
    assert len({grant.share_id for grant in grants}) == 1


# -- going away ----------------------------------------------------------------------------------


async def test_what_an_older_epoch_says_changes_nothing(services: Services) -> None:
    grant = await services.shares.open(ANONYMOUS, name="demo")
    await services.shares.open(ANONYMOUS, lease=grant.lease)
    before = await services.shares.last_change()
    assert not await services.shares.disconnected(grant.share_id, 1)
    assert not await services.shares.close(grant.share_id, 1)
    assert await _state(services.shares, "demo") is State.live
    assert await services.shares.last_change() == before


async def test_what_is_said_twice_counts_once(services: Services) -> None:
    grant = await services.shares.open(ANONYMOUS, name="demo")
    assert await services.shares.disconnected(grant.share_id, 1)
    assert not await services.shares.disconnected(grant.share_id, 1)
    assert await services.shares.close(grant.share_id, 1)
    assert not await services.shares.close(grant.share_id, 1)


async def test_a_share_waits_for_its_client_for_the_grace_period(services: Services) -> None:
    grant = await services.shares.open(ANONYMOUS, name="demo")
    await services.shares.disconnected(grant.share_id, 1)
    services.clock.advance(3599)
    assert await services.shares.grace_over(services.clock.now) == []
    services.clock.advance(1)
    assert [share.name for share in await services.shares.grace_over(services.clock.now)] == ["demo"]
    found = await services.shares.find("demo")
    assert found is not None
    assert (found.state, found.reason) == ("closed", "its app did not come back in time")


async def test_a_live_share_outlives_every_grace_period(services: Services) -> None:
    grant = await services.shares.open(ANONYMOUS, name="demo", expires_in=30 * DAY)
    await services.shares.disconnected(grant.share_id, 1)
    await services.shares.open(ANONYMOUS, lease=grant.lease)
    services.clock.advance(10 * DAY)
    assert await services.shares.grace_over(services.clock.now) == []


async def test_when_the_relay_starts_every_live_share_waits_for_its_client(services: Services) -> None:
    ann = await services.account("ann")
    for name in ("one", "two"):
        await services.shares.open(ann, name=name)
    waiting = await services.shares.open(ANONYMOUS, name="three")
    await services.shares.disconnected(waiting.share_id, 1)
    services.clock.advance(100)
    assert [share.name for share in await services.shares.all_offline()] == ["one", "two"]
    offline = {share.name: share for share in await services.shares.list()}
    assert {share.state for share in offline.values()} == {"offline"}
    assert offline["one"].offline_since == services.clock.now
    assert offline["three"].offline_since == services.clock.now - 100
    assert await services.shares.all_offline() == [], "a second time changes nothing"


# -- revoking and releasing ----------------------------------------------------------------------


async def test_a_revoked_share_is_over_and_says_why(services: Services) -> None:
    grant = await services.shares.open(await services.account("ann"), name="demo")
    change = await services.shares.revoke("demo", actor=OPERATOR, reason="spam")
    assert (change.action, change.share_id, change.reason) == ("share.revoke", grant.share_id, "spam")
    found = await services.shares.find("demo")
    assert found is not None
    assert (found.state, found.reason, found.ended_at) == ("revoked", "spam", services.clock.now)


async def test_an_offline_share_can_be_revoked(services: Services) -> None:
    grant = await services.shares.open(ANONYMOUS, name="demo")
    await services.shares.disconnected(grant.share_id, 1)
    await services.shares.revoke("demo", actor=OPERATOR)
    assert await _state(services.shares, "demo") is State.revoked


async def test_what_is_over_cannot_be_revoked(services: Services) -> None:
    grant = await services.shares.open(ANONYMOUS, name="demo")
    await services.shares.close(grant.share_id, 1)
    with pytest.raises(ShareEnded):
        await services.shares.revoke("demo", actor=OPERATOR)
    with pytest.raises(NoSuchShare):
        await services.shares.revoke("nothing", actor=OPERATOR)


async def test_releasing_gives_a_revoked_or_kept_name_to_anybody(services: Services) -> None:
    ann, bob = await services.account("ann"), await services.account("bob")
    await services.shares.open(ann, name="demo")
    await services.shares.revoke("demo", actor=OPERATOR)
    await services.shares.release("demo", actor=OPERATOR)
    grant = await services.shares.open(bob, name="demo")
    await services.shares.close(grant.share_id, 1)
    await services.shares.release("demo", actor=OPERATOR)
    assert (await services.shares.open(ann, name="demo")).epoch == 1


async def test_a_name_in_use_cannot_be_released(services: Services) -> None:
    await services.shares.open(ANONYMOUS, name="demo")
    with pytest.raises(ShareActive, match="revoke it"):
        await services.shares.release("demo", actor=OPERATOR)


# -- looking -------------------------------------------------------------------------------------


async def test_a_list_shows_what_holds_a_name_now_newest_first(services: Services) -> None:
    ann, bob = await services.account("ann"), await services.account("bob")
    for actor, name in ((ann, "one"), (bob, "two"), (ann, "three")):
        await services.shares.open(actor, name=name)
    await services.shares.revoke("one", actor=ann)
    assert [share.name for share in await services.shares.list()] == ["three", "two"]
    assert [share.name for share in await services.shares.list(owner=ann)] == ["three"]
    assert [share.name for share in await services.shares.list(owner=ann, ended=True)] == ["three", "one"]


async def test_nobodys_list_is_empty(services: Services) -> None:
    await services.shares.open(ANONYMOUS)
    assert await services.shares.list(owner=ANONYMOUS) == []


async def test_facts_hold_no_lease(services: Services) -> None:
    grant = await services.shares.open(ANONYMOUS, name="demo")
    assert grant.lease not in str(asdict((await services.shares.list())[0]))


async def test_a_name_that_nobody_ever_had_is_not_found(services: Services) -> None:
    assert await services.shares.find("nothing") is None


# -- the trail -----------------------------------------------------------------------------------


async def test_everything_that_happens_is_recorded_in_order(services: Services) -> None:
    ann = await services.account("ann")
    grant = await services.shares.open(ann, name="demo", expires_in=10)
    await services.shares.disconnected(grant.share_id, 1)
    await services.shares.open(ann, lease=grant.lease)
    services.clock.advance(10)
    await services.shares.expire(grant.share_id)
    assert await _actions(services) == [
        "account.create",
        "token.create",
        "share.open",
        "share.disconnect",
        "share.resume",
        "share.expire",
    ]


async def test_what_is_refused_leaves_no_trace(services: Services) -> None:
    await services.shares.open(await services.account("ann"), name="demo")
    before = await services.shares.last_change()
    for name in ("demo", "admin"):
        with pytest.raises((NameTaken, NameRefused)):
            await services.shares.open(ANONYMOUS, name=name)
    assert await services.shares.last_change() == before


async def test_the_trail_tells_who_did_what_to_which_share(services: Services) -> None:
    ann = await services.account("ann")
    grant = await services.shares.open(ann, name="demo")
    await services.shares.revoke("demo", actor=OPERATOR, reason="spam")
    events = await services.database.read(lambda session: session.scalars(select(AuditEvent)).all())
    told = [(event.actor, event.action, event.subject, event.share_id) for event in events[-2:]]
    assert told == [
        ("account:ann", "share.open", "demo", grant.share_id),
        ("operator", "share.revoke", "demo", grant.share_id),
    ]
    assert events[-1].detail == {"epoch": 1, "reason": "spam"}


async def test_the_feed_gives_what_came_after_an_event(services: Services) -> None:
    ann = await services.account("ann")
    grant = await services.shares.open(ann, name="demo")
    seen = await services.shares.last_change()
    assert await services.shares.changes_since(seen) == []
    change = await services.shares.revoke("demo", actor=OPERATOR, reason="spam")
    assert await services.shares.changes_since(seen) == [change]
    told = Change(seen + 1, "share.revoke", grant.share_id, None, ann.account_id, "spam", change.detail)
    assert change == told
