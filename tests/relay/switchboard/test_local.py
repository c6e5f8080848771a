"""Who holds which name: one share at a time, the newest epoch, until its time is up."""

from __future__ import annotations

import pytest

from doorstep_relay.switchboard.local import LiveShare, Switchboard
from doorstep_relay.switchboard.pool import Pool

Told = list[tuple[str, str]]


def live(
    name: str = "demo", *, share_id: int = 1, epoch: int = 1, expires_at: float | None = None
) -> tuple[LiveShare, Told]:
    told: Told = []
    pool = Pool(spares=0, limit=8, max_waiting=8, ask=lambda _count: None)
    share = LiveShare(
        share_id=share_id,
        name=name,
        host=f"{name}.localhost".encode(),
        epoch=epoch,
        expires_at=expires_at,
        account_id=1,
        token_id=1,
        pool=pool,
        tell=lambda code, reason: told.append((code, reason)),
    )
    return share, told


@pytest.fixture
def board() -> Switchboard:
    return Switchboard()


def test_a_connected_share_is_found_by_name_and_id(board: Switchboard) -> None:
    share, _ = live()
    assert board.connect(share)
    assert board.find("demo") is share
    assert board.by_id(1) is share
    assert list(board) == [share]
    assert board.disconnect(share)
    assert board.find("demo") is None
    assert board.by_id(1) is None
    assert len(board) == 0


def test_a_newer_epoch_takes_the_name_and_the_older_is_cut_and_told(board: Switchboard) -> None:
    old, told = live(epoch=1)
    new, _ = live(epoch=2)
    board.connect(old)
    assert board.connect(new)
    assert board.find("demo") is new
    assert board.by_id(1) is new
    assert old.pool.closed
    assert not new.pool.closed
    assert [code for code, _ in told] == ["taken-over"]


def test_an_older_epoch_cannot_take_the_name_from_a_newer(board: Switchboard) -> None:
    old, _ = live(epoch=1)
    new, told = live(epoch=2)
    board.connect(new)
    assert not board.connect(old)
    assert board.find("demo") is new
    assert not new.pool.closed
    assert told == []


def test_the_late_end_of_an_older_epoch_does_nothing(board: Switchboard) -> None:
    old, _ = live(epoch=1)
    new, _ = live(epoch=2)
    board.connect(old)
    board.connect(new)
    assert not board.disconnect(old)
    assert board.find("demo") is new


def test_a_share_is_due_when_its_time_is_up_and_once(board: Switchboard) -> None:
    soon, _ = live("soon", share_id=1, expires_at=10.0)
    late, _ = live("late", share_id=2, expires_at=20.0)
    never, _ = live("never", share_id=3)
    for share in (late, never, soon):
        board.connect(share)
    assert board.due(9.9) == []
    assert board.due(10.0) == [soon]
    assert board.due(15.0) == []
    assert board.due(1e9) == [late]


def test_an_extended_share_is_due_at_its_new_time_only(board: Switchboard) -> None:
    share, _ = live(expires_at=10.0)
    board.connect(share)
    share.expires_at = 20.0
    board.schedule(share)
    assert board.due(15.0) == []
    assert board.due(20.0) == [share]


def test_a_shortened_share_is_due_earlier(board: Switchboard) -> None:
    share, _ = live(expires_at=20.0)
    board.connect(share)
    share.expires_at = 10.0
    board.schedule(share)
    assert board.due(10.0) == [share]


def test_the_expiry_of_an_older_epoch_does_not_end_the_newer(board: Switchboard) -> None:
    old, _ = live(epoch=1, expires_at=10.0)
    new, _ = live(epoch=2, expires_at=20.0)
    board.connect(old)
    board.connect(new)
    assert board.due(15.0) == []


def test_a_share_that_is_not_connected_is_never_due(board: Switchboard) -> None:
    share, _ = live(expires_at=10.0)
    board.connect(share)
    board.disconnect(share)
    assert board.due(1e9) == []


def test_the_end_of_a_share_closes_its_pool_then_tells_its_client() -> None:
    share, told = live()
    share.end("revoked", "because")
    assert share.ended == ("revoked", "because")
    assert share.pool.closed
    assert told == [("revoked", "because")]


def test_a_share_that_comes_back_a_thousand_times_leaves_no_thousand_ends_behind(board: Switchboard) -> None:
    for epoch in range(1, 1001):
        assert board.connect(live(epoch=epoch, expires_at=100.0)[0])
    assert len(board._ends) < 200
    assert [share.epoch for share in board.due(100.0)] == [1000]
