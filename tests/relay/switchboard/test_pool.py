"""A share's tunnel connections: who gets one, when more are asked for, and that none is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from doorstep_relay.switchboard.growth import LOOK, PROMPT
from doorstep_relay.switchboard.pool import Pool, Upstream, fitting_spares


@dataclass(eq=False)
class Connection:
    """A tunnel connection that only remembers whether it was ended."""

    idle_since: float = 0.0
    discarded: bool = False

    def discard(self) -> None:
        assert not self.discarded
        self.discarded = True


@dataclass(eq=False)
class Visitor:
    """A visitor in line that remembers what it was given."""

    upstream: Upstream | None = None
    told: tuple[str, str] | None = None

    def upstream_ready(self, upstream: Upstream) -> None:
        assert self.upstream is None
        assert self.told is None
        self.upstream = upstream

    def upstream_failed(self, code: str, reason: str) -> None:
        assert self.upstream is None
        assert self.told is None
        self.told = (code, reason)


@dataclass
class World:
    pool: Pool
    asked: list[int] = field(default_factory=list)


def make(*, spares: int = 0, limit: int = 8, max_waiting: int = 8) -> World:
    asked: list[int] = []
    return World(Pool(spares=spares, limit=limit, max_waiting=max_waiting, ask=asked.append), asked)


def test_a_connection_is_taken_and_given_back() -> None:
    pool, connection = make().pool, Connection()
    assert pool.take() is None
    assert pool.add(connection, 1.0)
    assert pool.take() is connection
    assert (pool.size, pool.idle) == (1, 0)
    pool.give_back(connection, 2.0)
    assert (pool.size, pool.idle) == (1, 1)
    assert connection.idle_since == 2.0


def test_the_connection_used_last_is_taken_first() -> None:
    pool, old, new = make().pool, Connection(), Connection()
    pool.add(old, 1.0)
    pool.add(new, 2.0)
    assert pool.take() is new


def test_those_who_wait_are_served_in_their_order() -> None:
    pool, visitors = make().pool, [Visitor() for _ in range(3)]
    for visitor in visitors:
        assert pool.wait(visitor)
    connections = [Connection() for _ in range(2)]
    for connection in connections:
        pool.add(connection, 0.0)
    assert [visitor.upstream for visitor in visitors] == [*connections, None]
    pool.give_back(connections[1], 0.0)
    assert visitors[2].upstream is connections[1]
    assert pool.idle == 0


def test_who_leaves_the_line_is_passed_over() -> None:
    pool, first, second = make().pool, Visitor(), Visitor()
    pool.wait(first)
    pool.wait(second)
    pool.leave(first)
    pool.leave(first)
    pool.add(Connection(), 0.0)
    assert first.upstream is None
    assert second.upstream is not None


def test_a_full_line_takes_nobody() -> None:
    pool = make(max_waiting=1).pool
    assert pool.wait(Visitor())
    assert not pool.wait(Visitor())
    assert pool.waiting == 1


def test_each_who_waits_is_asked_for_once() -> None:
    world = make()
    for _ in range(3):
        world.pool.wait(Visitor())
    assert world.asked == [1, 1, 1]


def test_spares_are_asked_for_before_they_are_needed() -> None:
    world = make(spares=2)
    world.pool.expect(2)
    world.pool.add(Connection(), 0.0)
    world.pool.add(Connection(), 0.0)
    assert world.asked == []
    world.pool.take()
    assert world.asked == [1]


def test_no_more_are_asked_for_than_the_limit_lets_in() -> None:
    world = make(spares=4, limit=3)
    for _ in range(8):
        world.pool.wait(Visitor())
    assert sum(world.asked) == 3


def test_a_connection_beyond_the_limit_is_not_taken() -> None:
    pool = make(limit=1).pool
    assert pool.add(Connection(), 0.0)
    assert not pool.add(Connection(), 0.0)
    assert pool.size == 1


def test_a_dropped_connection_is_replaced_when_somebody_needs_one() -> None:
    world = make(limit=1)
    connection = Connection()
    world.pool.add(connection, 0.0)
    world.pool.take()
    world.pool.wait(Visitor())
    assert world.asked == []
    world.pool.drop(connection)
    assert world.asked == [1]


def test_a_connection_that_was_dropped_cannot_be_given_back() -> None:
    pool, connection = make().pool, Connection()
    pool.add(connection, 0.0)
    pool.take()
    pool.drop(connection)
    pool.give_back(connection, 0.0)
    assert pool.size == 0
    pool.drop(connection)


def test_an_idle_connection_cannot_be_given_back_into_two_places() -> None:
    pool, connection = make().pool, Connection()
    pool.add(connection, 0.0)
    pool.give_back(connection, 0.0)
    assert pool.size == 1


def test_only_old_connections_beyond_the_spares_are_trimmed() -> None:
    pool = make(spares=1).pool
    connections = [Connection() for _ in range(4)]
    for age, connection in enumerate(connections):
        pool.add(connection, float(age))
    pool.trim(1.5)
    assert [connection.discarded for connection in connections] == [True, True, False, False]
    pool.trim(100.0)
    assert [connection.discarded for connection in connections] == [True, True, True, False]


def test_what_never_came_is_asked_for_again_after_a_while() -> None:
    world = make()
    world.pool.wait(Visitor())
    for now in (10.0, 11.0, 14.9):
        world.pool.renew(now, 5.0)
    assert world.asked == [1]
    world.pool.renew(15.1, 5.0)
    assert world.asked == [1, 1]


def test_what_never_came_and_nobody_needs_is_not_asked_for_again() -> None:
    world, visitor = make(), Visitor()
    world.pool.wait(visitor)
    world.pool.renew(10.0, 5.0)
    world.pool.leave(visitor)
    world.pool.renew(20.0, 5.0)
    assert world.asked == [1]


def test_the_first_ask_of_a_busy_client_is_not_forgotten() -> None:
    world = make()
    for _ in range(2):
        world.pool.wait(Visitor())
    for second in range(20):  # one of two comes at once; the other is lost
        if second == 1:
            world.pool.add(Connection(), 1.0)
        world.pool.renew(float(second + 100), 5.0)
    assert sum(world.asked) > 2


def test_the_end_is_told_to_all_and_nothing_comes_after_it() -> None:
    world = make(spares=2)
    pool = world.pool
    idle, busy = Connection(), Connection()
    pool.add(busy, 0.0)
    pool.take()
    pool.add(idle, 0.0)
    pool.take()
    waiting = Visitor()
    pool.wait(waiting)
    pool.give_back(idle, 0.0)
    waiting = Visitor()
    pool.wait(waiting)
    asked = list(world.asked)
    pool.close("revoked", "because")
    assert waiting.told == ("revoked", "because")
    assert idle.discarded
    assert busy.discarded
    assert (pool.size, pool.waiting) == (0, 0)
    assert not pool.wait(Visitor())
    assert not pool.add(Connection(), 0.0)
    assert pool.take() is None
    pool.drop(busy)
    pool.renew(1e9, 0.0)
    assert world.asked == asked


def test_a_visitor_that_gives_up_its_connection_at_once_leaves_the_pool_in_order() -> None:
    """A malformed body is found when the connection is handed over: `drop` from within `add`."""
    pool = make().pool

    class Clumsy(Visitor):
        def upstream_ready(self, upstream: Upstream) -> None:
            pool.drop(upstream)
            upstream.discard()

    after = Visitor()
    pool.wait(Clumsy())
    pool.wait(after)
    pool.add(Connection(), 0.0)
    assert pool.size == 0
    pool.add(Connection(), 0.0)
    assert after.upstream is not None


class PoolInAnyOrder(RuleBasedStateMachine):
    """Whatever visitors and connections do, in any order."""

    @initialize(spares=st.integers(0, 3), limit=st.integers(1, 5), line=st.integers(0, 4))
    def begin(self, spares: int, limit: int, line: int) -> None:
        self.limit, self.line, self.now = limit, line, 1.0
        world = make(spares=spares, limit=limit, max_waiting=line)
        self.pool, self.asked = world.pool, world.asked
        self.connections: list[Connection] = []
        self.visitors: list[Visitor] = []
        self.served = 0

    def busy(self) -> list[Connection]:
        return [connection for connection in self.connections if connection in self.pool._busy]

    @rule()
    def dial(self) -> None:
        connection = Connection()
        if self.pool.add(connection, self.now):
            self.connections.append(connection)

    @rule()
    def visit(self) -> None:
        upstream = self.pool.take()
        if upstream is not None:
            assert isinstance(upstream, Connection)
            assert not upstream.discarded
            return
        visitor = Visitor()
        if self.pool.wait(visitor):
            self.visitors.append(visitor)
        else:
            assert self.pool.closed or self.pool.waiting == self.line

    @rule(which=st.integers(0, 10))
    def finish(self, which: int) -> None:
        if busy := self.busy():
            self.pool.give_back(busy[which % len(busy)], self.now)

    @rule(which=st.integers(0, 10))
    def lose(self, which: int) -> None:
        if self.connections:
            self.pool.drop(self.connections.pop(which % len(self.connections)))

    @rule(which=st.integers(0, 10))
    def give_up(self, which: int) -> None:
        if waiting := [v for v in self.visitors if v.upstream is None and v.told is None]:
            visitor = waiting[which % len(waiting)]
            self.visitors.remove(visitor)
            self.pool.leave(visitor)

    @rule(seconds=st.floats(0, 100))
    def wait_a_while(self, seconds: float) -> None:
        self.now += seconds
        self.pool.trim(self.now - 60)
        self.pool.renew(self.now, 5)

    @precondition(lambda self: not self.pool.closed)
    @rule(chance=st.integers(0, 9))
    def end(self, chance: int) -> None:
        if not chance:
            self.pool.close("revoked", "")

    @invariant()
    def nobody_waits_beside_an_idle_connection(self) -> None:
        assert not (self.pool.idle and self.pool.waiting)

    @invariant()
    def limits_hold(self) -> None:
        assert self.pool.size <= self.limit
        assert self.pool.waiting <= self.line

    @invariant()
    def those_who_wait_are_served_in_order_or_told(self) -> None:
        waiting = [visitor for visitor in self.visitors if visitor.upstream is None and visitor.told is None]
        assert list(self.pool._waiting) == waiting
        states = [visitor.upstream is not None or visitor.told is not None for visitor in self.visitors]
        assert states == sorted(states, reverse=True)

    @invariant()
    def a_connection_is_in_one_place_and_alive(self) -> None:
        held = [*self.pool._idle, *self.pool._busy]
        assert len(held) == len({id(connection) for connection in held})
        assert not any(connection.discarded for connection in held if isinstance(connection, Connection))

    @invariant()
    def who_waits_is_asked_for_unless_the_limit_is_reached(self) -> None:
        if self.pool.waiting:
            assert self.pool._coming > 0 or self.pool.size == self.limit

    @invariant()
    def no_ask_is_for_nothing(self) -> None:
        assert all(count > 0 for count in self.asked)

    @invariant()
    def nothing_is_left_after_the_end(self) -> None:
        if self.pool.closed:
            assert self.pool.size == self.pool.waiting == 0
            assert all(connection.discarded for connection in self.connections)


TestPoolInAnyOrder = PoolInAnyOrder.TestCase
TestPoolInAnyOrder.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)


# -- many shares, few files ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shares", "spares"), [(0, 2), (1, 2), (5000, 2), (5001, 1), (7500, 1), (7501, 0), (30_000, 0)]
)
def test_spares_get_fewer_when_shares_are_many_for_the_files(shares: int, spares: int) -> None:
    assert fitting_spares(2, shares, 20_000) == spares


def test_a_pool_that_may_keep_fewer_ends_the_surplus_at_once_and_asks_for_none() -> None:
    world, connections = make(spares=2), [Connection(), Connection()]
    for connection in connections:
        world.pool.add(connection, 0.0)
    world.pool.keep(1)

    assert [connection.discarded for connection in connections] == [True, False]
    assert (world.pool.idle, world.asked) == (1, [])
    world.pool.keep(0)
    world.pool.wait(Visitor())
    assert world.asked == [1]


def test_the_surplus_is_what_is_idle_beyond_the_spares_the_longest_idle_first() -> None:
    pool, connections = make(spares=1).pool, [Connection() for _ in range(3)]
    for connection in connections:
        pool.add(connection, 0.0)

    assert list(pool.surplus()) == connections[:2]
    pool.take()
    assert list(pool.surplus()) == connections[:1]
    pool.keep(1)
    assert list(pool.surplus()) == []


def test_a_visitor_whose_connection_will_not_come_is_told_at_once() -> None:
    asked: list[int] = []
    pool = Pool(spares=0, limit=10, max_waiting=10, ask=asked.append)
    first, second = Visitor(), Visitor()
    for visitor in (first, second):
        assert pool.wait(visitor)
    assert asked == [1, 1]
    pool.miss("app-refused", "")
    assert first.told == ("app-refused", "")
    assert second.told is None


def test_a_pool_keeps_no_more_spares_than_its_client_has_use_for() -> None:
    asked: list[int] = []
    pool = Pool(spares=0, limit=10, max_waiting=10, ask=asked.append, most_spares=0)
    pool.keep(2)
    pool.hurry()
    assert asked == []


# -- beyond so many connections, more only where they help ------------------------------------------


@dataclass
class Busy:
    """A pool with `PROMPT` connections, all of them busy, and looks at its line that the test lets happen."""

    pool: Pool
    asked: list[int]
    looks: list[tuple[float, Callable[[], None]]]
    connections: list[Connection] = field(default_factory=list)

    def look(self) -> None:
        self.looks.pop(0)[1]()

    def answer(self, count: int) -> None:
        """So many requests are over."""
        for connection in self.connections[:count]:
            self.pool.give_back(connection, 1.0)

    def dial(self, count: int) -> None:
        """The client dials what it was asked for."""
        for connection in [Connection() for _ in range(count)]:
            assert self.pool.add(connection, 0.0)
            self.connections.append(connection)


def busy(*, spares: int = 0, limit: int = 1024, max_waiting: int = 2048) -> Busy:
    asked: list[int] = []
    looks: list[tuple[float, Callable[[], None]]] = []
    pool = Pool(
        spares=spares,
        limit=limit,
        max_waiting=max_waiting,
        ask=asked.append,
        later=lambda seconds, look: looks.append((seconds, look)),
    )
    world = Busy(pool, asked, looks, [Connection() for _ in range(PROMPT)])
    for connection in world.connections:
        pool.wait(Visitor())
        pool.add(connection, 0.0)
    assert sum(asked) == PROMPT
    asked.clear()
    return world


def test_more_connections_wait_for_a_look_at_the_line() -> None:
    world = busy()

    for _ in range(10):
        world.pool.wait(Visitor())

    assert world.asked == []
    assert [seconds for seconds, _ in world.looks] == [LOOK]
    world.look()
    assert world.asked == [10]
    world.look()
    assert world.looks == []  # everybody has one on its way


def test_a_line_that_moves_fast_gets_none() -> None:
    world = busy()
    for _ in range(80):
        world.pool.wait(Visitor())

    world.answer(40)
    world.look()

    assert world.asked == []
    assert world.pool.waiting == 40
    world.look()  # and stands still since
    assert world.asked == [40]


def test_a_line_that_stands_still_gets_twice_as_many_at_each_look() -> None:
    world = busy()
    for _ in range(900):
        world.pool.wait(Visitor())

    for count in (64, 128, 256, 452):
        world.look()
        assert world.asked.pop() == count
        world.look()  # nothing more while they are on their way
        assert world.asked == []
        world.dial(count)

    assert world.looks == []


def test_a_line_that_more_connections_do_not_make_faster_gets_no_more() -> None:
    world = busy()
    for _ in range(900):
        world.pool.wait(Visitor())
    world.answer(50)
    world.look()
    world.dial(world.asked.pop())

    for _ in range(5):
        world.answer(60)
        world.look()

    assert world.asked == []


def test_a_line_that_more_connections_make_faster_gets_more() -> None:
    world = busy()
    for _ in range(900):
        world.pool.wait(Visitor())
    world.answer(40)
    world.look()
    world.dial(world.asked.pop())

    world.answer(80)
    world.look()

    assert world.asked == [128]


def test_who_would_wait_long_gets_more_whether_they_help_or_not() -> None:
    world = busy()
    for _ in range(900):
        world.pool.wait(Visitor())
    world.answer(20)
    world.look()
    world.dial(world.asked.pop())

    world.answer(20)
    world.look()

    assert world.asked == [128]


def test_spares_beyond_so_many_come_after_a_look() -> None:
    world = busy(spares=2)
    world.pool.drop(world.connections[0])

    while world.looks:
        world.look()

    assert world.pool.size + sum(world.asked) == PROMPT - 1 + 2


def test_a_line_that_is_half_full_does_not_wait_for_a_look() -> None:
    world = busy(max_waiting=10)

    for _ in range(6):
        world.pool.wait(Visitor())

    assert sum(world.asked) == 6


def test_nothing_is_asked_for_by_a_look_after_the_end() -> None:
    world = busy()
    world.pool.wait(Visitor())

    world.pool.close("expired", "")
    world.look()

    assert world.asked == []
    assert world.looks == []


def test_the_limit_holds_for_what_a_look_asks() -> None:
    world = busy(limit=PROMPT + 5)
    for _ in range(30):
        world.pool.wait(Visitor())

    world.look()

    assert world.asked == [5]
