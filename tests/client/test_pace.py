"""When a client connects again."""

from __future__ import annotations

import pytest

from doorstep_client.sessions.pace import LONGEST_DELAY, QUICK_LEAST, QUICK_MOST, QUICK_PART, Pace, backoff


def test_the_wait_doubles_up_to_a_bound_for_ever() -> None:
    longest = [backoff(attempt, lambda: 1.0) for attempt in range(10)]

    assert longest == [0.5, 1, 2, 4, 8, 16, 30, 30, 30, 30]
    assert backoff(10_000, lambda: 1.0) == LONGEST_DELAY


def test_the_wait_is_spread_over_its_whole_range() -> None:
    assert backoff(3, lambda: 0.0) == 0
    assert {0 <= backoff(attempt) <= LONGEST_DELAY for attempt in range(1000)} == {True}


def test_a_relay_that_restarts_after_a_good_session_is_asked_soon_and_often() -> None:
    pace = Pace()
    waits = [pace.after(steady=True, refused=False)]
    while sum(waits) < 1:
        waits.append(pace.after(steady=False, refused=True))

    assert all(QUICK_LEAST <= wait <= QUICK_MOST for wait in waits)


def test_a_relay_that_stays_away_is_asked_ever_less_often_by_how_long_it_was_away() -> None:
    pace = Pace(lambda: 1.0)
    away = pace.after(steady=True, refused=False)
    while (wait := pace.after(steady=False, refused=True)) < LONGEST_DELAY:
        assert wait == max(QUICK_MOST, away / QUICK_PART)
        away += wait

    assert away == pytest.approx(QUICK_PART * LONGEST_DELAY, rel=0.25)
    assert pace.after(steady=False, refused=True) == LONGEST_DELAY


def test_a_relay_that_answers_but_fails_gets_no_quick_tries() -> None:
    pace = Pace(lambda: 1.0)
    pace.after(steady=True, refused=False)

    assert [pace.after(steady=False, refused=False) for _ in range(3)] == [0.5, 1, 2]
    assert pace.after(steady=False, refused=True) == 4


def test_another_good_session_makes_it_hope_again() -> None:
    pace = Pace(lambda: 1.0)
    for _ in range(9):
        pace.after(steady=False, refused=False)

    assert pace.after(steady=True, refused=False) == QUICK_MOST
