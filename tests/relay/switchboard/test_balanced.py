"""Several clients that hold one share: who gets which visitor, and what is left when one leaves."""

from __future__ import annotations

import pytest

from doorstep_relay.switchboard.local import LiveShare, Switchboard
from doorstep_relay.switchboard.pool import Pool

TERM = 3
"""The first epoch of those that hold it together."""


class FakeUpstream:
    """A tunnel connection."""

    idle_since = 0.0
    discarded = False

    def discard(self) -> None:
        self.discarded = True


class FakeVisitor:
    """A visitor in line, and what it was told."""

    def __init__(self) -> None:
        self.got: object = None
        self.failed: tuple[str, str] | None = None

    def upstream_ready(self, upstream: object) -> None:
        self.got = upstream

    def upstream_failed(self, code: str, reason: str) -> None:
        self.failed = (code, reason)


class Client:
    """What one client holds, and what it was told and asked for."""

    def __init__(self, epoch: int, *, term: int | None = TERM, idle: int = 0, paused: bool = False) -> None:
        self.told: list[object] = []
        self.asked = 0
        self.pool = Pool(spares=0, limit=8, max_waiting=2, ask=self._ask)
        self.pool.tag = b"%016x" % epoch
        self.share = LiveShare(
            share_id=1,
            name="demo",
            host=b"demo.localhost",
            epoch=epoch,
            expires_at=None,
            account_id=1,
            token_id=epoch,
            pool=self.pool,
            tell=lambda code, _reason: self.told.append(code),
            balanced_from=term,
            paused=paused,
            remind=self.told.append,
            tell_paused=lambda paused: self.told.append("paused" if paused else "goes on"),
        )
        self.upstreams = [FakeUpstream() for _ in range(idle)]
        for upstream in self.upstreams:
            self.pool.add(upstream, 0.0)

    def _ask(self, count: int) -> None:
        self.asked += count


@pytest.fixture
def board() -> Switchboard:
    return Switchboard()


def whole(board: Switchboard) -> LiveShare:
    found = board.find("demo")
    assert found is not None
    return found


def together(board: Switchboard, *clients: Client) -> None:
    for client in clients:
        assert board.connect(client.share)


def test_visitors_go_to_the_client_with_the_least_to_do(board: Switchboard) -> None:
    first, second = Client(3, idle=2), Client(4, idle=3)
    together(board, first, second)
    taken = [whole(board).pool.take() for _ in range(4)]
    assert sorted(upstream in first.upstreams for upstream in taken) == [False, False, True, True]
    assert whole(board).pool.take() in second.upstreams, "the only one that has one"
    assert whole(board).pool.take() is None


def test_who_waits_is_served_by_whichever_is_free_first(board: Switchboard) -> None:
    first, second = Client(3), Client(4)
    together(board, first, second)
    visitors = [FakeVisitor() for _ in range(3)]
    assert [whole(board).pool.wait(visitor) for visitor in visitors] == [True, True, False], (
        "the line is full"
    )
    assert (first.asked, second.asked) == (2, 2)
    for client, visitor in ((second, visitors[0]), (first, visitors[1])):
        upstream = FakeUpstream()
        assert client.pool.add(upstream, 0.0)
        assert visitor.got is upstream
    visitors[0].got = None
    second.pool.give_back(next(iter(second.pool._busy)), 0.0)
    assert (second.pool.idle, whole(board).pool.waiting) == (1, 0)


def test_one_that_leaves_takes_only_its_own_along(board: Switchboard) -> None:
    first, second = Client(3, idle=1), Client(4, idle=1)
    together(board, first, second)
    for_first, for_any = FakeVisitor(), FakeVisitor()
    whole(board).pool.take()
    whole(board).pool.take()
    first.pool.wait(for_first)
    whole(board).pool.wait(for_any)
    assert not board.leave(first.share)
    assert first.upstreams[0].discarded
    assert not second.upstreams[0].discarded
    assert (for_first.failed, for_any.failed) == (None, None)
    assert whole(board).pool.waiting == 2
    assert not board.leave(first.share), "once"
    assert len(board) == 1
    assert board.leave(second.share)
    assert board.find("demo") is None
    assert len(board) == 0


def test_row_09_a_later_term_fences_them_all_and_an_earlier_one_joins_nobody(board: Switchboard) -> None:
    first, second = Client(3), Client(4)
    together(board, first, second)
    late = Client(2, term=None)
    assert not board.connect(late.share)
    alone = Client(5, term=None)
    assert board.connect(alone.share)
    assert (first.told, second.told) == (["taken-over"], ["taken-over"])
    assert not board.connect(Client(6).share), "its term began before"
    assert board.find("demo") is alone.share
    assert not board.leave(first.share)


def test_row_09_they_may_come_in_any_order_and_the_newest_epoch_is_remembered(board: Switchboard) -> None:
    together(board, Client(5), Client(3), Client(4))
    assert (whole(board).epoch, len(board)) == (5, 3)
    never_came = Client(7)
    assert board.missed(never_came.share)
    assert whole(board).epoch == 7
    assert not board.missed(Client(9, term=8).share)


def test_row_08_a_ticket_opens_the_pool_of_its_own_client(board: Switchboard) -> None:
    first, second = Client(3), Client(4)
    together(board, first, second)
    assert board.held("demo", 1, 3) is first.share
    assert board.held("demo", 1, 4) is second.share
    assert board.held("demo", 1, 5) is None
    assert board.held("demo", 2, 4) is None
    board.leave(first.share)
    assert board.held("demo", 1, 3) is None


def test_the_end_and_a_pause_are_told_to_each(board: Switchboard) -> None:
    first, second = Client(3, idle=2), Client(4, idle=1)
    together(board, first, second)
    share = whole(board)
    busy = share.pool.take()
    assert isinstance(busy, FakeUpstream)
    waiting = FakeVisitor()
    share.pool.wait(waiting)
    board.pause(share)
    assert board.find("demo") is None
    assert busy.discarded
    assert waiting.failed == ("paused", "")
    assert share.pool.idle == 2, "what carried nothing stays"
    assert board.by_id(1) is share
    board.unpause(share)
    assert board.find("demo") is share
    board.extend(share, 99.0)
    board.extend(share, 99.0)
    share.end("revoked", "enough")
    assert first.told == second.told == ["paused", "goes on", 99.0, "revoked"]
    assert share.pool.size == 0


def test_who_joins_a_paused_share_is_not_seen_either(board: Switchboard) -> None:
    together(board, Client(3, paused=True), Client(4))
    assert board.find("demo") is None


def test_a_client_is_reminded_once_of_an_end_that_comes_near(board: Switchboard) -> None:
    alone = Client(3, term=None)
    alone.share.since, alone.share.expires_at = 1000.0, 2000.0
    board.connect(alone.share)
    board.warn(1899.0)
    assert alone.told == []
    board.warn(1900.0)
    board.warn(1950.0)
    assert alone.told == [2000.0]
    board.extend(alone.share, 9000.0)
    board.warn(1960.0)
    assert alone.told == [2000.0, 9000.0]
    assert board.due(2000.0) == []
    board.warn(8700.0)
    assert alone.told[2:] == [9000.0]
    assert board.due(9000.0) == [alone.share]


def test_it_is_tended_as_any_other(board: Switchboard) -> None:
    first, second = Client(3, idle=1), Client(4, idle=2)
    together(board, first, second)
    for client in (first, second):
        client.pool.carried = 1
    pool = whole(board).pool
    pool.take()
    assert whole(board).pool.wait(FakeVisitor())
    assert pool.load == 2
    first.asked = second.asked = 0
    pool.trim(1.0)
    pool.renew(1.0, 1.0)
    pool.invite(100.0, 60.0)
    assert [client.pool.idle for client in (first, second)] == [0, 0]
    assert [client.pool._invited_at for client in (first, second)] == [100.0, 100.0]


def test_only_one_clients_part_has_connections_of_its_own(board: Switchboard) -> None:
    first = Client(3)
    together(board, first)
    assert first.share.own is first.pool
    with pytest.raises(TypeError, match="'demo' is held by several clients"):
        _ = whole(board).own
