"""Who may have a name."""

from __future__ import annotations

import pytest

from doorstep_relay.domain.claims import Claim, Holder, claim, owns
from doorstep_relay.domain.lifecycle import ACTIVE, State
from doorstep_relay.errors import NameRevoked, NameTaken

NOW, HOLD = 1000.0, 100.0
ANN, BOB = 1, 2


def _ask(holder: Holder | None, account_id: int | None) -> Claim:
    return claim("demo", holder, account_id, NOW, HOLD)


def test_nobody_owns_nothing_also_not_what_nobody_owns() -> None:
    assert owns(ANN, ANN)
    assert not owns(ANN, BOB)
    assert not owns(None, ANN)
    assert not owns(ANN, None)
    assert not owns(None, None)


@pytest.mark.parametrize("account_id", [ANN, None])
def test_a_name_that_nobody_ever_had_is_anybodys(account_id: int | None) -> None:
    assert _ask(None, account_id) is Claim.fresh


@pytest.mark.parametrize("state", sorted(ACTIVE))
def test_an_active_shares_name_is_its_owners_to_take_over(state: State) -> None:
    assert _ask(Holder(state, ANN), ANN) is Claim.takeover


@pytest.mark.parametrize("state", sorted(ACTIVE))
@pytest.mark.parametrize(("owner", "asking"), [(ANN, BOB), (ANN, None), (None, ANN), (None, None)])
def test_an_active_shares_name_is_nobody_elses(state: State, owner: int | None, asking: int | None) -> None:
    with pytest.raises(NameTaken):
        _ask(Holder(state, owner), asking)


@pytest.mark.parametrize("asking", [ANN, BOB, None])
def test_a_revoked_name_is_nobodys_its_owner_included(asking: int | None) -> None:
    with pytest.raises(NameRevoked, match="spam"):
        _ask(Holder(State.revoked, ANN, ended_at=0.0, reason="spam"), asking)


@pytest.mark.parametrize("asking", [ANN, BOB, None])
def test_a_released_name_is_anybodys(asking: int | None) -> None:
    assert _ask(Holder(State.revoked, ANN, ended_at=NOW, released=True), asking) is Claim.fresh


@pytest.mark.parametrize("state", [State.expired, State.closed])
def test_an_ended_shares_name_is_kept_for_its_owner_for_a_while(state: State) -> None:
    ended = Holder(state, ANN, ended_at=NOW - HOLD + 1)
    assert _ask(ended, ANN) is Claim.fresh
    for other in (BOB, None):
        with pytest.raises(NameTaken):
            _ask(ended, other)


@pytest.mark.parametrize("asking", [ANN, BOB, None])
def test_after_that_it_is_anybodys(asking: int | None) -> None:
    assert _ask(Holder(State.closed, ANN, ended_at=NOW - HOLD), asking) is Claim.fresh


@pytest.mark.parametrize("asking", [BOB, None])
def test_there_is_nobody_to_keep_an_ownerless_name_for(asking: int | None) -> None:
    assert _ask(Holder(State.closed, None, ended_at=NOW), asking) is Claim.fresh
