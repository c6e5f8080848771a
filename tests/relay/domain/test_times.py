"""Times as people write and read them."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep_relay.domain.times import parse_duration, relative_text, write_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("30m", 1800),
        ("12h", 43200),
        ("30d", 2592000),
        ("2w", 1209600),
        ("45", 45),
        ("1.5H", 5400),
    ],
)
def test_a_duration_is_a_number_and_a_unit(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "h", "-1h", "1h30m", "inf", "nan", "1e400", "9" * 400, "3 parsecs"])
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="30m"):
        parse_duration(text)


@given(st.integers(1, 10**7))
def test_a_written_duration_reads_back_exactly(seconds: int) -> None:
    assert parse_duration(write_duration(seconds)) == seconds


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.25, "0.25s"), (75, "75s"), (4500, "75m"), (259200, "3d"), (90000, "25h")]
)
def test_a_duration_is_written_in_its_shortest_form(seconds: float, text: str) -> None:
    assert write_duration(seconds) == text


@given(st.text())
def test_garbage_is_a_value_error_and_nothing_else(text: str) -> None:
    with suppress(ValueError):
        assert parse_duration(text) >= 0


@pytest.mark.parametrize(
    ("delta", "text"),
    [
        (0, "now"),
        (-0.4, "now"),
        (5, "in 5 s"),
        (3 * 3600, "in 3 h"),
        (-90, "2 min ago"),
        (86400, "in 1 day"),
        (30 * 86400 - 2, "in 30 days"),
        (-2 * 86400, "2 days ago"),
    ],
)
def test_a_time_is_told_from_now(delta: float, text: str) -> None:
    assert relative_text(1000 + delta, 1000) == text


def test_no_time_is_never() -> None:
    assert relative_text(None, 0) == "never"
