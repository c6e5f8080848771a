"""Who may look, as `share()` takes it: nothing that was asked for is lost on the way."""

from __future__ import annotations

from typing import Any

import pytest

from doorstep_client import wire
from doorstep_client.errors import RefusedError, UsageError
from doorstep_client.policy import check_guarded, make_policy


@pytest.mark.parametrize(
    ("policy", "password", "said"),
    [
        (None, "", "empty"),
        ({"password": ""}, None, "password"),
        ({"password": None}, None, "password"),
        ({"networks": []}, None, "networks"),
        ({"networks": ()}, None, "networks"),
        ({"oidc": {}}, None, "oidc"),
        ({"key": None}, None, "key"),
        ({"password": "a"}, "b", "twice"),
        ({"password": 5}, None, "password"),
        ("password", None, "dict"),
    ],
)
def test_a_condition_that_was_meant_and_is_empty_is_an_error(policy: Any, password: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        make_policy(policy, password)


def test_nothing_said_is_not_the_same_as_open_to_all() -> None:
    assert make_policy(None, None) is None
    assert make_policy({}, None) == {}
    assert make_policy({"networks": ("10.0.0.0/8",)}, "sesame") == {
        "networks": ["10.0.0.0/8"],
        "password": "sesame",
    }


def test_a_key_is_made_when_one_is_wished_for() -> None:
    one, other = (make_policy({"key": True}, None) for _ in range(2))
    assert one is not None
    assert one != other
    assert len(one["key"]) >= 20


def test_row_05_a_relay_that_does_not_confirm_a_condition_is_not_trusted_with_the_link() -> None:
    check_guarded(None, ())
    check_guarded({"password": "x", "one_time": False, "index": True}, ("password",))
    with pytest.raises(RefusedError, match="password and networks"):
        check_guarded({"password": "x", "networks": ["10.0.0.0/8"], "key": "k"}, ("key",))


def test_row_19_a_message_with_a_password_does_not_show_it() -> None:
    message = wire.Open(0, "demo", policy={"password": "sesame"})
    assert "sesame" not in repr(message)
    assert "sesame" in wire.encode(message)
