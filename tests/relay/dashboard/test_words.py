"""How the dashboard says numbers, and that what comes from outside stays text."""

from __future__ import annotations

import pytest

from doorstep_relay.dashboard.pieces import facts, link
from doorstep_relay.dashboard.words import (
    NeedsReasonError,
    needed,
    sentence,
    size_text,
    sparkline,
    speed_text,
)
from doorstep_relay.markup import Html, fill


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (1234567, "1.2 MB"), (999_600, "1.0 MB"), (5e16, "50 PB")],
)
def test_sizes_have_two_digits_and_a_unit(size: float, text: str) -> None:
    assert size_text(size) == text


def test_no_traffic_is_no_text() -> None:
    assert speed_text(0) == ""
    assert speed_text(2500) == "2.5 kB/s"


def test_a_sparkline_is_as_high_as_its_highest_and_silent_where_nothing_was() -> None:
    assert sparkline([0] * 60) == ""
    bars = sparkline([0] * 30 + [1] * 27 + [8] * 3)
    assert len(bars) == 20
    assert bars[:10] == "·" * 10
    assert bars[-1] == "█"
    assert set(bars[10:-1]) == {"▁"}


def test_a_reason_is_needed() -> None:
    assert needed("  spam ") == "spam"
    with pytest.raises(NeedsReasonError):
        needed("  ")


def test_sentences_begin_high_and_end() -> None:
    assert sentence("no such link") == "No such link."


def test_whatever_is_filled_in_is_text() -> None:
    """Row 17."""
    hostile = "<img src=x onerror=alert(1)>\"'"
    for made in (
        fill("<p title='$text'>$text</p>", text=hostile),
        facts([(hostile, hostile)]),
        link(hostile),
    ):
        assert "<img" not in made
        assert "'\"" not in made
    assert fill("$piece", piece=Html("<b>")) == "<b>"
