"""An account that is called otherwise keeps its shares: they are shown by its new name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from doorstep_relay.config import Settings
from doorstep_relay.control.gates import Gates
from tests.relay.sessions.desk import ALICE, BOB, Desk


async def test_a_live_share_has_its_owners_new_name(desk: Desk) -> None:
    await desk.opened("hello")
    await desk.opened("other", BOB)
    desk.hub.adopt(replace(ALICE, account_name="ann"))
    owners = {share.name: share.owner for share in desk.switchboard}
    assert owners == {"hello": "ann", "other": "bob"}


@pytest.mark.parametrize(("name", "is_exempt"), [("ann", False), ("staff", True)])
async def test_who_is_exempt_from_the_interstitial_is_so_by_the_new_name(
    desk: Desk, name: str, is_exempt: bool
) -> None:
    desk.hub.gates = Gates(
        Settings(secret=b"s" * 32, interstitial="browsers", interstitial_exempt=("alice", "staff"))
    )
    await desk.opened("hello")
    desk.hub.adopt(replace(ALICE, account_name=name))
    (share,) = desk.switchboard
    assert (share.gate is None) is is_exempt
