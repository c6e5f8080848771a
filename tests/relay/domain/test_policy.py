"""A policy is read strictly: what is not understood whole is refused whole."""

from __future__ import annotations

from typing import Any

import pytest

from doorstep_relay.domain import passwords
from doorstep_relay.domain.policy import Policy, new_key, policy, read, wish
from doorstep_relay.errors import BadPolicy

KEY = "k" * 16


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"password": ""}, "password"),
        ({"password": None}, "password"),
        ({"password": 1234}, "password"),
        ({"password": "x" * 257}, "password"),
        ({"passwrd": "x"}, "passwrd"),
        ({"key": ""}, "key"),
        ({"key": "short"}, "key"),
        ({"key": "with a blank in it"}, "key"),
        ({"networks": []}, "networks"),
        ({"networks": None}, "networks"),
        ({"networks": "10.0.0.0/8"}, "networks"),
        ({"networks": ["10.0.0.1/8"]}, "networks"),
        ({"networks": ["everywhere"]}, "networks"),
        ({"methods": []}, "methods"),
        ({"methods": ["GTE"]}, "methods"),
        ({"oidc": {}}, "oidc"),
        ({"oidc": {"domains": []}}, "oidc"),
        ({"oidc": {"groups": ["staff"]}}, "oidc"),
        ({"oidc": {"domains": ["exa mple"]}}, "oidc"),
        ({"oidc": {"emails": ["nobody"]}}, "oidc"),
        ({"one_time": "yes"}, "one_time"),
        ({"starts": "tomorrow"}, "starts"),
        ({"starts": "2030-01-01T00:00:00"}, "starts"),
        ({"ends": -1}, "ends"),
        ({"ends": None}, "ends"),
        ({"starts": 20, "ends": 10}, "starts"),
        ({"interstitial": None}, "interstitial"),
        ([], "object"),
        ("password", "object"),
        (None, "object"),
    ],
)
def test_what_is_malformed_empty_or_unknown_is_refused_by_name(raw: Any, said: str) -> None:
    with pytest.raises(BadPolicy, match=said):
        policy(wish(raw))


def test_a_refusal_shows_no_secret() -> None:
    with pytest.raises(BadPolicy) as refused:
        wish({"password": "sesame", "key": "tooshort"})
    assert "sesame" not in str(refused.value)
    assert "tooshort" not in str(refused.value)
    assert "sesame" not in repr(wish({"password": "sesame"}))


def test_a_policy_is_stored_and_read_back_without_its_secrets() -> None:
    asked = wish(
        {
            "password": "sesame",
            "key": KEY,
            "networks": ["10.0.0.0/8", "2001:db8::/32"],
            "methods": ["get", "HEAD"],
            "oidc": {"domains": ["@Example.org"], "emails": ["Ann@else.example"]},
            "one_time": True,
            "starts": "2030-01-01T00:00:00+01:00",
            "ends": 2_000_000_000,
        }
    )
    made = policy(asked, password=passwords.hash_password("sesame"))
    stored = made.stored()
    assert read(stored) == made
    assert "sesame" not in str(stored)
    assert KEY not in str(stored)
    assert made.methods == ("GET", "HEAD")
    assert made.starts == 1893452400
    assert made.shown()["password"] is True
    assert made.shown()["key"] is True
    assert passwords.matches("sesame", made.password)
    assert not passwords.matches("Sesame", made.password)
    assert "sesame" not in repr(made)
    assert made.password not in repr(made)


@pytest.mark.parametrize(
    "stored",
    [
        {"password": 1},
        {"password": "x", "from_a_later_version": True},
        {"networks": ["nowhere"]},
        {"oidc": {}},
        None,
        "",
        [],
    ],
)
def test_a_stored_policy_that_cannot_be_read_is_an_error_not_an_open_door(stored: Any) -> None:
    with pytest.raises(BadPolicy):
        read(stored)


def test_nothing_asked_for_is_open_to_all() -> None:
    assert policy(wish({})) == Policy() == read({})
    assert Policy().is_open
    assert Policy(interstitial=True).is_open
    assert Policy(index=True).conditions == ()


def test_people_are_told_by_their_whole_domain() -> None:
    people = policy(wish({"oidc": {"domains": ["example.org"], "emails": ["bob@else.example"]}})).oidc
    assert people is not None
    assert people.admit("Ann@Example.org")
    assert people.admit("bob@else.example")
    for stranger in ("ann@evil-example.org", "ann@sub.example.org", "example.org", "bob@else.example.evil"):
        assert not people.admit(stranger)


@pytest.mark.parametrize(
    "stored", ["", "scrypt$", "sesame", "scrypt$1$1$1$00$", "scrypt$9$x$1$00$00", "$$$$$"]
)
def test_what_is_no_password_hash_matches_nothing(stored: str) -> None:
    assert not passwords.matches("", stored)
    assert not passwords.matches("sesame", stored)


def test_keys_that_are_made_are_good_ones() -> None:
    assert len({policy(wish({"key": new_key()})).key for _ in range(50)}) == 50
