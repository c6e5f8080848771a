"""What an owner or an admin changes of a share while it lives, and who is none of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from doorstep_relay.control.actors import ANONYMOUS, OPERATOR, Actor
from doorstep_relay.control.history import ShareFacts
from doorstep_relay.control.shares import Shares
from doorstep_relay.errors import (
    BadLifetime,
    NameRefused,
    NameTaken,
    NeedsAccount,
    NoSuchAccount,
    NoSuchShare,
    ShareEnded,
)
from tests.relay.store.services import DAY, Services

CHANGES: dict[str, Callable[[Shares, Actor], Awaitable[object]]] = {
    "extend": lambda shares, actor: shares.extend("demo", 60, actor=actor),
    "pause": lambda shares, actor: shares.pause("demo", actor=actor),
    "unpause": lambda shares, actor: shares.unpause("demo", actor=actor),
    "transfer": lambda shares, actor: shares.transfer("demo", "ann", actor=actor),
    "revoke": lambda shares, actor: shares.revoke("demo", actor=actor),
    "release": lambda shares, actor: shares.release("demo", actor=actor),
}


async def demo(services: Services) -> ShareFacts:
    found = await services.shares.find("demo")
    assert found is not None
    return found


# -- rows 2 and 3: whose share it is ---------------------------------------------------------------


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("owned", [True, False], ids=["another's", "nobody's"])
async def test_row_02_nothing_is_done_to_a_share_that_is_not_ones_own(
    services: Services, change: str, owned: bool
) -> None:
    ann, bob = await services.account("ann"), await services.account("bob")
    await services.shares.open(ann if owned else ANONYMOUS, name="demo", expires_in=DAY)
    before = await demo(services)
    for thief in (bob, ANONYMOUS):
        with pytest.raises(NoSuchShare):
            await CHANGES[change](services.shares, thief)
    assert await demo(services) == before


# -- the end ---------------------------------------------------------------------------------------


async def test_an_end_is_put_off_from_where_it_was(services: Services) -> None:
    ann = await services.account("ann")
    grant = await services.shares.open(ann, name="demo", expires_in=100)
    assert grant.expires_at is not None
    change = await services.shares.extend("demo", 3600, actor=ann)
    assert change.detail["expires_at"] == grant.expires_at + 3600 == (await demo(services)).expires_at
    services.clock.advance(200)
    assert not await services.shares.expire(grant.share_id)


async def test_an_end_is_put_off_no_further_than_a_life_lasts(services: Services) -> None:
    short = services.with_settings(max_lifetime=1000.0)
    ann = await services.account("ann")
    await short.shares.open(ann, name="demo", expires_in=900)
    await short.shares.extend("demo", DAY, actor=OPERATOR)
    assert (await demo(services)).expires_at == services.clock.now + 1000
    with pytest.raises(BadLifetime, match="as late as it may"):
        await short.shares.extend("demo", DAY, actor=ann)


@pytest.mark.parametrize("by", [0, -5, float("nan"), float("inf")])
async def test_a_time_that_means_nothing_puts_nothing_off(services: Services, by: float) -> None:
    await services.shares.open(await services.account("ann"), name="demo", expires_in=900)
    with pytest.raises(BadLifetime):
        await services.shares.extend("demo", by, actor=OPERATOR)


@pytest.mark.parametrize("change", ["extend", "pause", "unpause", "transfer"])
async def test_what_is_over_stays_as_it_is(services: Services, change: str) -> None:
    ann = await services.account("ann")
    await services.shares.open(ann, name="demo", expires_in=5)
    services.clock.advance(6)  # nobody has written that down yet
    with pytest.raises(ShareEnded, match="expired"):
        await CHANGES[change](services.shares, ann)


# -- pause -----------------------------------------------------------------------------------------


async def test_a_paused_share_stays_paused_when_its_client_comes_back(services: Services) -> None:
    ann = await services.account("ann")
    first = await services.shares.open(ann, name="demo")
    assert await services.shares.pause("demo", actor=ann) is not None
    assert await services.shares.pause("demo", actor=ann) is None
    by_lease = await services.shares.open(ann, lease=first.lease)
    by_name = await services.shares.open(ann, name="demo")
    assert (by_lease.paused, by_name.paused) == (True, True)
    assert await services.shares.unpause("demo", actor=OPERATOR) is not None
    assert not (await services.shares.open(ann, name="demo")).paused


# -- another owner ---------------------------------------------------------------------------------


async def test_who_gets_a_share_opens_it_and_who_gave_it_does_not(services: Services) -> None:
    ann, bob = await services.account("ann"), await services.account("bob")
    grant = await services.shares.open(ann, name="demo")
    await services.shares.transfer("demo", "bob", actor=ann)
    assert (await demo(services)).owner == "bob"
    assert not await services.shares.close(grant.share_id, grant.epoch), "a late word changes nothing"
    for again in ({"name": "demo"}, {"name": "demo", "lease": grant.lease}):
        with pytest.raises(NameTaken):
            await services.shares.open(ann, **again)  # type: ignore[arg-type]  # mypy knows no such call
    assert (await services.shares.open(bob, name="demo")).share_id == grant.share_id


async def test_a_share_is_given_to_nobody_unknown(services: Services) -> None:
    await services.shares.open(await services.account("ann"), name="demo")
    with pytest.raises(NoSuchAccount):
        await services.shares.transfer("demo", "nobody", actor=OPERATOR)


# -- several clients -------------------------------------------------------------------------------


async def test_clients_that_ask_for_it_hold_a_share_together(services: Services) -> None:
    ann = await services.account("ann")
    first, second = [await services.shares.open(ann, name="demo", balance=True) for _ in range(2)]
    assert (first.share_id, first.epoch, first.balanced_from) == (second.share_id, 1, 1)
    assert (second.epoch, second.balanced_from, second.took_over) == (2, 1, False)
    assert not await services.shares.disconnected(first.share_id, first.epoch), "the other is there"
    assert (await demo(services)).state == "live"
    assert await services.shares.disconnected(first.share_id, second.epoch)
    back = await services.shares.open(ann, name="demo", lease=second.lease, balance=True)
    assert (back.epoch, back.balanced_from) == (3, 3)


async def test_one_that_wants_a_share_alone_takes_it_from_all(services: Services) -> None:
    ann = await services.account("ann")
    several = [await services.shares.open(ann, name="demo", balance=True) for _ in range(2)]
    alone = await services.shares.open(ann, name="demo")
    assert (alone.took_over, alone.balanced_from) == (True, None)
    for late in several:
        with pytest.raises(ShareEnded, match="opened again elsewhere"):
            await services.shares.open(ann, name="demo", lease=late.lease, balance=True)


async def test_one_of_several_hears_of_the_end_although_its_lease_is_not_stored(services: Services) -> None:
    ann = await services.account("ann")
    several = [await services.shares.open(ann, name="demo", expires_in=50, balance=True) for _ in range(2)]
    services.clock.advance(60)
    for late in several:
        with pytest.raises(ShareEnded, match="expired"):
            await services.shares.open(ann, name="demo", lease=late.lease, balance=True)


async def test_nobody_joins_another_accounts_share_and_without_an_account_nobody_at_all(
    services: Services,
) -> None:
    await services.shares.open(await services.account("ann"), name="demo", balance=True)
    with pytest.raises(NameTaken):
        await services.shares.open(await services.account("bob"), name="demo", balance=True)
    with pytest.raises(NeedsAccount):
        await services.shares.open(ANONYMOUS, name="other", balance=True)


# -- rules about names -----------------------------------------------------------------------------


async def test_a_reserved_pattern_is_its_accounts_alone(services: Services) -> None:
    from doorstep_relay.control.names import Names

    names = Names(services.database, services.clock)
    ann, bob = await services.account("ann"), await services.account("bob")
    await names.reserve("team-*", "ann", actor=OPERATOR)
    await names.reserve("team-bob", "bob", actor=OPERATOR)
    for other in (bob, ANONYMOUS):
        with pytest.raises(NameTaken):
            await services.shares.open(other, name="team-one")
    assert (await services.shares.open(ann, name="team-one")).name == "team-one"
    assert (await services.shares.open(bob, name="team-bob")).name == "team-bob", "the most exact one counts"
    assert [(rule.pattern, rule.account) for rule in await names.reserved(owner=bob)] == [("team-bob", "bob")]
    await names.unreserve("team-*", actor=OPERATOR)
    await services.shares.open(bob, name="team-two")


async def test_a_denied_name_is_nobodys_and_says_why(services: Services) -> None:
    from doorstep_relay.control.names import Names

    names = Names(services.database, services.clock)
    await names.deny("*-bank", "looks like a bank", actor=OPERATOR)
    with pytest.raises(NameRefused, match="looks like a bank"):
        await services.shares.open(await services.account("ann"), name="my-bank")
    await names.allow("*-bank", actor=OPERATOR)
    await services.shares.open(await services.account("bob"), name="my-bank")


async def test_row_32_a_readable_name_is_made_up_when_asked_for_and_else_none(services: Services) -> None:
    ann = await services.account("ann")
    readable = await services.shares.open(ann, naming="readable")
    adjective, noun, number = readable.name.split("-")
    assert adjective.isalpha()
    assert noun.isalpha()
    assert len(number) == 4
    assert len((await services.shares.open(ann)).name) == 16
