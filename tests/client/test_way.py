"""Which way tunnel connections take: what it is decided by, with a clock and dice of the test's own."""

from __future__ import annotations

import pytest

from doorstep_client.tunnels.way import CUT, FIRST_WAIT, LONGEST_WAIT, PROVED, STEADY, UNTRIED, YOUNG, Way


def way(*, pings: bool = True, chance: float = 0.5) -> Way:
    return Way(0.0, pings=pings, chance=lambda: chance)


def test_two_failures_are_enough_where_nothing_was_ever_good() -> None:
    one = way()

    assert [one.failed() for _ in range(UNTRIED)] == [False, True]


def test_where_it_was_good_it_takes_many_in_a_row() -> None:
    one = way()
    one.opened(pinged=True)
    for _ in range(3):
        assert [one.failed() for _ in range(PROVED - 1)] == [False] * (PROVED - 1)
        one.used()

    assert [one.failed() for _ in range(PROVED)][-1] is True


def test_to_be_agreed_to_proves_nothing_where_a_word_can_be_had() -> None:
    asked, older = way(), way(pings=False)
    asked.opened(pinged=False)
    older.opened(pinged=False)

    assert (asked.is_good, older.is_good) == (False, True)
    assert asked.wants_ping(0)
    assert not older.wants_ping(0)


def test_of_the_first_ones_every_second_proves_itself_and_later_none() -> None:
    one = way()
    assert [one.wants_ping(turn) for turn in range(4)] == [True, False, True, False]
    one.opened(pinged=True)
    assert not one.wants_ping(0)


def test_connections_that_are_cut_young_and_unused_are_once_too_often() -> None:
    one = way()
    one.opened(pinged=True)

    assert [one.ended_unused(0.1) for _ in range(CUT)] == [False] * (CUT - 1) + [True]


def test_those_that_grew_old_or_come_after_a_request_are_no_reason() -> None:
    old, used = way(), way()
    used.used()

    assert not any(old.ended_unused(YOUNG + 1) for _ in range(20))
    assert not any(used.ended_unused(0.1) for _ in range(20))


def test_it_is_tried_again_ever_more_seldom_and_never_twice_at_a_time() -> None:
    one, now, waits = way(), 0.0, []
    one.carry(now)
    for _ in range(12):
        began = now
        while not one.wants_try(now):
            now += 1
        waits.append(now - began)
        one.trying()
        assert not one.wants_try(now + 10_000)
        one.tried(now, good=False)

    assert waits[:3] == [FIRST_WAIT, 2 * FIRST_WAIT, 4 * FIRST_WAIT]
    assert waits[-1] == LONGEST_WAIT


@pytest.mark.parametrize("chance", [0.0, 1.0])
def test_clients_do_not_try_all_at_once(chance: float) -> None:
    one = way(chance=chance)
    one.carry(0.0)

    assert one.wants_try(FIRST_WAIT * (0.5 + chance))
    assert not one.wants_try(FIRST_WAIT * (0.5 + chance) - 1)


def test_a_try_that_is_good_changes_over_and_a_short_while_of_it_does_not_count() -> None:
    one = way()
    one.carry(0.0)
    one.trying()
    one.tried(30.0, good=True)
    assert (one.is_carried, one.is_good) == (False, True)
    one.carry(60.0)
    assert not one.wants_try(60.0 + FIRST_WAIT)
    assert one.wants_try(60.0 + 2 * FIRST_WAIT)


def test_after_a_long_while_of_good_ones_the_waits_begin_anew() -> None:
    one = way()
    one.carry(0.0)
    one.trying()
    one.tried(30.0, good=True)
    later = 31.0 + STEADY
    one.carry(later)

    assert one.wants_try(later + FIRST_WAIT)


def test_without_a_relay_that_gives_its_word_it_stays() -> None:
    one = way(pings=False)
    one.carry(0.0)

    assert not one.wants_try(1e9)
