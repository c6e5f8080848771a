"""What the dashboard's forms make of what somebody typed."""

from __future__ import annotations

import pytest

from doorstep_relay.control.limit_text import READERS, limit_text
from doorstep_relay.dashboard.policy_form import Written, changes
from doorstep_relay.domain.policy import People, Policy

GUARDED = Policy(
    password="hashed",
    networks=("192.0.2.0/24",),
    oidc=People(("example.org",), ("ann@else.where",)),
    interstitial=False,
)


def written(**fields: object) -> Written:
    """The form as it is for that policy, with these fields changed."""
    usual: dict[str, object] = {
        "password": "",
        "networks": "192.0.2.0/24",
        "people": "example.org ann@else.where",
        "methods": [],
        "starts": None,
        "ends": None,
        "first_page": "Never",
        "one_time": False,
        "new_key": False,
        "index": False,
        "away": [],
    }
    return Written(**{**usual, **fields})  # type: ignore[arg-type]


def test_what_was_not_changed_is_not_sent_so_an_owner_can_save_what_an_admin_set() -> None:
    assert changes(written(), GUARDED, None) == {}


@pytest.mark.parametrize(
    ("fields", "sent"),
    [
        ({"networks": ""}, {"networks": None}),
        ({"networks": "10.0.0.0/8, ::1"}, {"networks": ["10.0.0.0/8", "::1"]}),
        ({"people": "@example.org"}, {"oidc": {"domains": ["@example.org"]}}),
        ({"people": ""}, {"oidc": None}),
        ({"people": "* eve@x.test"}, {"oidc": {"domains": ["*"], "emails": ["eve@x.test"]}}),
        ({"password": "new"}, {"password": "new"}),
        ({"away": ["Password"]}, {"password": None}),
        ({"first_page": "As the relay has it"}, {"interstitial": None}),
        ({"one_time": True, "index": True}, {"one_time": True, "index": True}),
    ],
)
def test_what_was_changed_is_sent_and_what_was_emptied_is_taken_away(
    fields: dict[str, object], sent: dict[str, object]
) -> None:
    assert changes(written(**fields), GUARDED, None) == sent


def test_a_new_key_takes_the_place_of_the_one_that_goes() -> None:
    assert changes(written(away=["Key in the link"]), GUARDED, "fresh") == {"key": "fresh"}
    assert changes(written(away=["Key in the link"]), GUARDED, None) == {"key": None}


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("bytes_per_month", 50 * 1024**3, "50G"),
        ("bytes_per_second", 1536, "1536"),
        ("requests_per_second", 0.5, "0.5"),
        ("max_lifetime", 43200.0, "12h"),
        ("max_shares", 5, "5"),
        ("max_connections", None, "none"),
    ],
)
def test_a_limit_is_read_back_as_it_is_shown(name: str, value: float | None, text: str) -> None:
    assert limit_text(name, value) == text
    assert READERS[name](text) == value
