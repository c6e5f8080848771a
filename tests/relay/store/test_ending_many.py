"""Why a share is paused, and the end of all shares of an account at once."""

from __future__ import annotations

import pytest

from doorstep_relay.control.actors import OPERATOR
from doorstep_relay.domain.lifecycle import State
from doorstep_relay.errors import NoSuchAccount
from doorstep_relay.store.audit import Filter
from tests.relay.store.services import Services


async def reason_of(services: Services, name: str) -> str:
    found = await services.shares.find(name)
    assert found is not None
    return found.reason


async def test_the_reason_of_a_pause_is_there_for_as_long_as_it_lasts(services: Services) -> None:
    ann = await services.account("ann")
    await services.shares.open(ann, name="demo")
    await services.shares.pause("demo", actor=ann, reason="maintenance\r\n")
    assert await reason_of(services, "demo") == "maintenance"
    (event,) = await services.trail.page(Filter(action="share.pause"))
    assert event.reason == "maintenance"
    await services.shares.unpause("demo", actor=ann)
    assert await reason_of(services, "demo") == ""


async def test_all_shares_of_an_account_end_at_once_and_nobody_elses(services: Services) -> None:
    ann, bob = await services.account("ann"), await services.account("bob")
    for name in ("one", "two"):
        await services.shares.open(ann, name=name)
    await services.shares.open(bob, name="other")
    changes = await services.shares.revoke_all("ann", actor=OPERATOR, reason="leaked")
    assert [change.action for change in changes] == ["share.revoke", "share.revoke"]
    assert await reason_of(services, "one") == "leaked"
    other = await services.shares.find("other")
    assert other is not None
    assert other.state is State.live
    await services.shares.open(ann, name="three")


async def test_only_an_admin_ends_them(services: Services) -> None:
    ann = await services.account("ann")
    with pytest.raises(NoSuchAccount):
        await services.shares.revoke_all("ann", actor=ann)
