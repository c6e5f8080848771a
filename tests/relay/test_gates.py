"""Which live shares get a gate, and when it becomes another one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from doorstep_relay.config import Settings
from doorstep_relay.control.gates import NOINDEX, Gatekeeper, Gates
from doorstep_relay.control.opening import Grant
from doorstep_relay.domain.gate import Gate
from doorstep_relay.switchboard.local import LiveShare, Switchboard
from doorstep_relay.switchboard.pool import Pool
from tests.relay.store.services import Services, open_services

SETTINGS = Settings(secret=b"s" * 32)


@pytest_asyncio.fixture
async def services(tmp_path: Path) -> AsyncIterator[Services]:
    async with open_services(tmp_path / "data") as found:
        yield found


def live(grant: Grant | None = None, owner: str = "ann") -> LiveShare:
    return LiveShare(
        share_id=grant.share_id if grant else 1,
        name="demo",
        host=b"demo.localhost",
        epoch=1,
        expires_at=None,
        account_id=1,
        token_id=1,
        pool=Pool(spares=0, limit=1, max_waiting=1, ask=lambda _: None),
        tell=lambda *_: None,
        owner=owner,
    )


def test_a_share_that_asks_for_nothing_has_no_gate_and_is_not_indexed() -> None:
    share = live()
    Gates(SETTINGS).put_before(share, {})
    assert share.gate is None
    assert share.marks == NOINDEX
    Gates(SETTINGS).put_before(share, {"index": True})
    assert share.marks == b""
    Gates(replace(SETTINGS, allow_indexing=True)).put_before(share, {})
    assert (share.gate, share.marks) == (None, b"")


@pytest.mark.parametrize("stored", [{"password": 5}, {"from_a_later_version": True}])
def test_row_05_a_policy_that_cannot_be_read_closes_the_share(stored: dict[str, object]) -> None:
    share = live()
    Gates(SETTINGS).put_before(share, stored)
    assert isinstance(share.gate, Gate)
    assert share.gate.policy is None


@pytest.mark.parametrize(
    ("setting", "owner", "policy", "told"),
    [
        ("off", "ann", {}, False),
        ("off", "ann", {"interstitial": True}, True),
        ("browsers", "ann", {}, True),
        ("browsers", "bob", {}, False),
        ("browsers", "bob", {"interstitial": True}, True),
        ("browsers", "ann", {"interstitial": False}, False),
    ],
)
def test_whom_people_are_told_of(setting: str, owner: str, policy: dict[str, object], told: bool) -> None:
    share = live(owner=owner)
    Gates(replace(SETTINGS, interstitial=setting, interstitial_exempt=("bob",))).put_before(share, policy)
    assert (share.gate is not None and share.gate.interstitial) is told


async def test_a_change_of_policy_or_settings_holds_for_who_is_live(services: Services) -> None:
    ann = await services.account("ann")
    share = live(await services.shares.open(ann, name="demo"))
    board, inside = Switchboard(), list[LiveShare]()
    board.connect(share)
    keeper = Gatekeeper(Gates(SETTINGS), services.policies, board)
    keeper.recheck = inside.append
    changed = await services.policies.replace(
        "demo", ann, {"networks": ["10.0.0.0/8"], "ends": services.clock.now}
    )
    await keeper.obey(changed.change)
    assert share.gate is not None
    assert share.gate.policy == changed.policy
    assert inside == [share]
    keeper.close_over(services.clock.now - 1)
    assert inside == [share]
    keeper.close_over(services.clock.now)
    keeper.close_over(services.clock.now)
    assert inside == [share, share]  # once
    assert not share.gate.interstitial
    keeper.use(replace(SETTINGS, interstitial="browsers"))
    assert share.gate.interstitial
    assert share.gate.policy == changed.policy
    cleared = await services.policies.amend(
        "demo", ann, {"networks": None, "ends": None, "interstitial": True}
    )
    assert cleared.policy.conditions == ("interstitial",)
