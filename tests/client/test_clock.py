"""Countdowns go by the relay's date and by a clock that nobody sets."""

from __future__ import annotations

import time

import pytest

from doorstep_client import clock
from doorstep_client.clock import Countdown, awake


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """The computer's date, and the clock that goes on whatever it says."""
    hands = {"date": 1000.0, "awake": 50.0}
    monkeypatch.setattr(time, "time", lambda: hands["date"])
    monkeypatch.setattr(clock, "awake", lambda: hands["awake"])
    return hands


def test_a_wrong_date_here_does_not_change_what_is_left(clocks: dict[str, float]) -> None:
    countdown = Countdown()
    countdown.set(5_000_060.0, 5_000_000.0)
    assert countdown.left == 60.0
    clocks["date"] += 86400
    clocks["awake"] += 20
    assert countdown.left == 40.0


def test_a_relay_that_does_not_tell_its_date_is_taken_to_have_ours(clocks: dict[str, float]) -> None:
    countdown = Countdown()
    countdown.set(1060.0, None)
    clocks["awake"] += 100
    assert countdown.left == 0.0


def test_what_has_no_end_has_nothing_left_to_count(clocks: dict[str, float]) -> None:
    countdown = Countdown()
    assert countdown.left is None
    countdown.set(clocks["date"], None)
    countdown.set(None, 5.0)
    assert countdown.left is None


def test_the_clock_goes_on() -> None:
    began = awake()
    assert 0 <= awake() - began < 60
