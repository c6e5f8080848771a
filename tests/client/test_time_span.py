"""Time spans of the command line."""

from __future__ import annotations

import click
import pytest

from doorstep_client.commands.time_span import time_span


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("1.5m", 90), ("2h", 7200), ("3d", 259200), ("1w", 604800)]
)
def test_a_number_has_a_unit_or_is_of_seconds(text: str, seconds: float) -> None:
    assert time_span(text) == seconds


@pytest.mark.parametrize("text", ["", "h", "0", "-1h", "soon", "nan", "1e999", "2 hours"])
def test_what_is_no_span_is_answered_with_what_to_write(text: str) -> None:
    with pytest.raises(click.BadParameter, match="write 90s, 30m, 2h or 3d"):
        time_span(text)
