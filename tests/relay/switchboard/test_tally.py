"""What goes through live shares is counted once a second, and every byte is written down once."""

from __future__ import annotations

from doorstep_relay.domain.limits import NOTHING, Limits
from doorstep_relay.switchboard.local import LiveShare, Switchboard
from doorstep_relay.switchboard.meter import Gauge, Meter
from doorstep_relay.switchboard.pool import Pool
from doorstep_relay.switchboard.tally import MINUTE, Spent, Tallies


class FakeUpstream:
    """A connection that notes its end."""

    has_no_end = False

    def __init__(self) -> None:
        self.idle_since = 0.0
        self.ended = False

    def discard(self) -> None:
        self.ended = True


def a_share(number: int = 1, epoch: int = 1) -> LiveShare:
    pool = Pool(spares=0, limit=8, max_waiting=8, ask=lambda _count: None)
    return LiveShare(
        share_id=number,
        name=f"share-{number}",
        host=b"",
        epoch=epoch,
        expires_at=None,
        account_id=7,
        token_id=1,
        pool=pool,
        tell=lambda _code, _reason: None,
    )


def a_board(*shares: LiveShare) -> tuple[Switchboard, Tallies]:
    board = Switchboard()
    tallies = Tallies(board)
    for share in shares:
        board.connect(share)
        tallies.add(share)
    return board, tallies


def test_a_look_tells_the_rates_of_the_second_before_it() -> None:
    share = a_share()
    _, tallies = a_board(share)
    share.requests, share.bytes_in, share.bytes_out = 3, 10, 200
    tallies.look()
    tally = tallies.of(share)
    assert (tally.rate, tally.bytes) == (3, 210)
    tallies.look()
    assert (tally.rate, tally.bytes) == (0, 0)
    requests, sizes = tally.last_minute(tallies.looks)
    assert requests == [0] * 58 + [3, 0]
    assert sizes == [0] * 58 + [210, 0]


def test_after_a_quiet_minute_nothing_is_kept() -> None:
    share = a_share()
    _, tallies = a_board(share)
    share.requests = 1
    for _ in range(MINUTE):
        tallies.look()
    assert tallies.of(share).last_minute(tallies.looks)[0] == [1] + [0] * 59
    tallies.look()
    assert tallies.of(share).minute is None
    assert tallies.of(share).last_minute(tallies.looks)[0] == [0] * 60


def test_what_came_is_told_once_also_of_a_share_that_is_gone() -> None:
    first, second = a_share(1), a_share(2)
    board, tallies = a_board(first, second)
    first.requests, first.bytes_out = 2, 50
    tallies.look()
    assert tallies.unwritten() == [Spent(1, 7, 2, 0, 50)]
    assert tallies.unwritten() == []
    first.bytes_out = 60
    board.disconnect(first)
    assert [tally.share for tally in tallies.live()] == [second]
    assert tallies.unwritten() == [Spent(1, 7, 0, 0, 10)]
    tallies.look()
    assert (tallies.requests, tallies.bytes_out) == (2, 60)
    assert tallies.unwritten() == []


def test_what_all_have_seen_together_only_grows() -> None:
    first, second = a_share(1), a_share(2)
    board, tallies = a_board(first, second)
    first.requests, second.requests, second.bytes_in = 2, 3, 9
    tallies.look()
    board.disconnect(first)
    tallies.unwritten()
    tallies.look()
    assert (tallies.requests, tallies.bytes_in, tallies.bytes_out) == (5, 9, 0)


def test_a_month_that_is_used_up_ends_what_is_under_way() -> None:
    share = a_share()
    _, tallies = a_board(share)
    gauge = Gauge(Limits(bytes_per_month=100), "This link", 0.0)
    share.meter = Meter((Gauge(NOTHING, "x", 0.0), gauge), lambda: 5.0)
    busy, idle = FakeUpstream(), FakeUpstream()
    for upstream in (busy, idle):
        share.pool.add(upstream, 0.0)
    assert share.pool.take() is idle
    share.bytes_out = 99
    tallies.look()
    assert not idle.ended
    share.bytes_out = 100
    tallies.look()
    assert idle.ended
    assert not busy.ended, "idle connections serve others when the month is over"
    refused = share.meter.enter(0.0)
    assert refused is not None
    assert (refused.code, refused.wait) == ("quota", 5.0)


def test_several_clients_of_a_share_are_counted_together() -> None:
    first, second = a_share(1, epoch=1), a_share(1, epoch=2)
    first.balanced_from = second.balanced_from = 1
    board, tallies = a_board(first, second)
    first.requests, second.requests = 1, 2
    tallies.look()
    (tally,) = tallies.live()
    assert tally.rate == 3
    board.leave(first)
    second.requests = 4
    tallies.look()
    assert tallies.unwritten() == [Spent(1, 7, 5, 0, 0)]
    assert tally.rate == 2
