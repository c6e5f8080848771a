"""The trail names who really did it, and an admin's word on a link is not its owner's to change."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from doorstep_relay.control.actors import OPERATOR, Actor
from doorstep_relay.store.audit import Filter
from tests.relay.store.services import Services, open_services


@pytest_asyncio.fixture
async def services(tmp_path: Path) -> AsyncIterator[Services]:
    async with open_services(tmp_path / "data") as opened:
        yield opened


async def events(services: Services, action: str) -> list[tuple[str, Any]]:
    return [(event.actor, event.detail) for event in await services.trail.page(Filter(action=action))]


async def told(services: Services, ann: Actor) -> bool | None:
    return (await services.policies.of("demo", ann)).interstitial


async def test_a_host_that_the_operator_adds_for_an_account_is_recorded_as_the_operators_doing(
    services: Services,
) -> None:
    ann = await services.account("ann")
    await services.shares.open(ann, name="demo")
    made = await services.domains.add_for("ann", "app.example.net", "demo")
    assert made.account == "ann"
    ((actor, _),) = await events(services, "domain.add")
    assert actor == "operator"
    await services.domains.add("other.example.net", "demo", actor=ann)
    assert (await events(services, "domain.add"))[0][0] == "account:ann"


@pytest.mark.parametrize("said", [True, False])
async def test_what_an_admin_said_of_the_interstitial_stays(services: Services, said: bool) -> None:
    ann = await services.account("ann")
    first = await services.shares.open(ann, name="demo")
    await services.policies.replace("demo", OPERATOR, {"interstitial": said})
    assert (await events(services, "share.policy"))[0][1]["interstitial"] is said
    await services.policies.replace("demo", ann, {"key": "a-key-of-some-length"})
    assert await told(services, ann) is said
    await services.policies.amend("demo", ann, {"interstitial": None})
    assert await told(services, ann) is said
    await services.shares.open(ann, name="demo", policy=await services.policies.settle({}, ann, None))
    assert await told(services, ann) is said
    await services.shares.close(first.share_id, 2)
    await services.shares.open(ann, name="demo")
    assert await told(services, ann) is said, "nor does opening the name anew"
    await services.policies.amend("demo", OPERATOR, {"interstitial": None})
    assert await told(services, ann) is None


async def test_what_an_owner_said_of_it_is_the_owners(services: Services) -> None:
    ann = await services.account("ann")
    await services.shares.open(ann, name="demo")
    await services.policies.replace("demo", ann, {"interstitial": True})
    await services.policies.replace("demo", ann, {})
    assert await told(services, ann) is None
