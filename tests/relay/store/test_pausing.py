"""Whose a pause is: an owner lifts its own, an admin's is an admin's to lift."""

from __future__ import annotations

import pytest

from doorstep_relay.control.actors import OPERATOR, Actor
from doorstep_relay.domain.scopes import EVERY, Role
from doorstep_relay.errors import PausedByAdmin
from tests.relay.store.services import Services


async def an_admin(services: Services) -> Actor:
    await services.accounts.create("root", by=OPERATOR, role=Role.admin)
    return (await services.tokens.create("root", scopes=EVERY)).actor


async def whose(services: Services) -> str | None:
    found = await services.shares.find("demo")
    assert found is not None
    return found.paused_by


async def test_an_owner_cannot_resume_what_an_admin_paused(services: Services) -> None:
    ann, root = await services.account("ann"), await an_admin(services)
    await services.shares.open(ann, name="demo")
    await services.shares.pause("demo", actor=root)
    with pytest.raises(PausedByAdmin, match="only an admin"):
        await services.shares.unpause("demo", actor=ann)
    assert await whose(services) == "admin"
    assert await services.shares.unpause("demo", actor=root) is not None
    assert await whose(services) is None


async def test_an_admin_may_resume_what_its_owner_paused(services: Services) -> None:
    ann, root = await services.account("ann"), await an_admin(services)
    await services.shares.open(ann, name="demo")
    await services.shares.pause("demo", actor=ann)
    assert await whose(services) == "owner"
    assert await services.shares.unpause("demo", actor=root) is not None


async def test_an_admins_pause_on_top_of_its_owners_is_the_admins(services: Services) -> None:
    ann = await services.account("ann")
    await services.shares.open(ann, name="demo")
    await services.shares.pause("demo", actor=ann)
    assert await services.shares.pause("demo", actor=OPERATOR) is not None
    assert await services.shares.pause("demo", actor=ann) is None, "its owner takes nothing over"
    with pytest.raises(PausedByAdmin):
        await services.shares.unpause("demo", actor=ann)


async def test_an_admin_pauses_a_link_of_its_own_as_its_owner(services: Services) -> None:
    root = await an_admin(services)
    await services.shares.open(root, name="demo")
    await services.shares.pause("demo", actor=root)
    assert await whose(services) == "owner"
    assert await services.shares.unpause("demo", actor=root) is not None


async def test_opening_the_name_anew_does_not_lift_an_admins_pause(services: Services) -> None:
    ann = await services.account("ann")
    first = await services.shares.open(ann, name="demo")
    await services.shares.pause("demo", actor=OPERATOR)
    await services.shares.close(first.share_id, first.epoch)
    second = await services.shares.open(ann, name="demo")
    assert second.share_id != first.share_id
    assert second.paused
    assert await whose(services) == "admin"


async def test_a_name_that_an_admin_gave_free_begins_anew(services: Services) -> None:
    ann = await services.account("ann")
    first = await services.shares.open(ann, name="demo")
    await services.shares.pause("demo", actor=OPERATOR)
    await services.shares.close(first.share_id, first.epoch)
    await services.shares.release("demo", actor=OPERATOR)
    assert not (await services.shares.open(ann, name="demo")).paused


async def test_its_owners_own_pause_ends_with_the_share(services: Services) -> None:
    ann = await services.account("ann")
    first = await services.shares.open(ann, name="demo")
    await services.shares.pause("demo", actor=ann)
    await services.shares.close(first.share_id, first.epoch)
    assert not (await services.shares.open(ann, name="demo")).paused
