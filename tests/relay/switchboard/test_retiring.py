"""A pool that retires takes nobody any more, and lets those finish who are being served."""

from __future__ import annotations

from doorstep_relay.switchboard.pool import Pool


class Connection:
    """A tunnel connection that notes its end."""

    def __init__(self, *, has_no_end: bool = False) -> None:
        self.idle_since = 0.0
        self.has_no_end = has_no_end
        self.ended = False

    def discard(self) -> None:
        self.ended = True


class Visitor:
    """Stands in line, and is told why there is nothing for it."""

    def __init__(self) -> None:
        self.told: tuple[str, str] | None = None

    def upstream_ready(self, upstream: object) -> None:
        raise AssertionError(f"{upstream} was given out by a pool that retires")

    def upstream_failed(self, code: str, reason: str) -> None:
        self.told = (code, reason)


def a_pool(*connections: Connection) -> Pool:
    pool = Pool(spares=0, limit=8, max_waiting=8, ask=lambda _count: None)
    for connection in connections:
        assert pool.add(connection, 0.0)
    return pool


def test_idle_connections_end_and_busy_ones_end_when_they_are_given_back() -> None:
    idle, busy = Connection(), Connection()
    pool = a_pool(idle, busy)
    assert pool.take() is busy
    pool.retire("closed", "")
    assert (idle.ended, busy.ended, pool.under_way) == (True, False, 1)
    pool.give_back(busy, 1.0)

    assert busy.ended
    assert pool.under_way == 0


def test_who_waits_is_told_and_nobody_new_is_let_in() -> None:
    pool, waiting = a_pool(), Visitor()
    assert pool.wait(waiting)
    pool.retire("closed", "because")

    assert waiting.told == ("closed", "because")
    assert not pool.wait(Visitor())
    assert not pool.add(Connection(), 1.0)
    assert pool.take() is None


def test_a_websocket_is_nothing_to_wait_for_and_is_cut_in_the_end() -> None:
    socket = Connection(has_no_end=True)
    pool = a_pool(socket)
    pool.take()
    pool.retire("closed", "")
    assert pool.under_way == 0
    assert not socket.ended
    pool.close("closed", "")

    assert socket.ended
