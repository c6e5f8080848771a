"""What protects a small server unless its operator says otherwise, and what that costs a demo: nothing."""

from __future__ import annotations

import pytest

from doorstep_relay.config import read_settings
from doorstep_relay.domain.limits import NOTHING
from doorstep_relay.switchboard.meter import Gauge, Meter


def test_one_account_cannot_take_a_small_server_for_itself() -> None:
    limits = read_settings({}, {}).limits
    assert limits.requests_per_second == 5000
    assert limits.bytes_per_second == 64 * 1024**2


def test_where_nobody_has_an_account_nobody_is_kept_from_taking_it_all() -> None:
    limits = read_settings({"open": True}, {}).limits
    assert (limits.requests_per_second, limits.bytes_per_second) == (None, None)
    assert read_settings({"open": True, "limit_requests": "7"}, {}).limits.requests_per_second == 7


@pytest.mark.parametrize("text", ["none", "NONE"])
def test_an_operator_takes_the_defaults_away(text: str) -> None:
    limits = read_settings({"limit_requests": text, "limit_bytes": text}, {}).limits
    assert (limits.requests_per_second, limits.bytes_per_second) == (None, None)


def test_a_lecture_hall_opens_a_page_at_once() -> None:
    """Two hundred people, a page of twenty files and three megabytes each, within one second."""
    gauge = Gauge(read_settings({}, {}).limits, "This link's owner", 0.0)
    meter = Meter((gauge, Gauge(NOTHING, "This link", 0.0)), lambda: 0.0)
    for number in range(200 * 20):
        assert meter.enter(number / 4000) is None
        meter.leave()


def test_bytes_within_the_limit_wait_for_nobody() -> None:
    gauge = Gauge(read_settings({}, {}).limits, "This link's owner", 0.0)
    meter = Meter((gauge, Gauge(NOTHING, "This link", 0.0)), lambda: 0.0)
    assert meter.at_once(1.0, 3 * 1024**2)
    assert not meter.at_once(1.0, 64 * 1024**2), "nor does what is refused count as spent"
    assert meter.at_once(1.0, 1024**2)
