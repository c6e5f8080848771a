"""Tokens and leases: random, recognisable, and stored as hashes only."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from doorstep_relay.domain.credentials import hash_secret, new_lease, new_token, parse_token, token_key


def test_a_token_says_what_it_is_and_carries_its_public_id() -> None:
    made = new_token()
    assert re.fullmatch(r"dst_[A-Za-z0-9]{8}_[A-Za-z0-9]{40}", made.raw)
    assert made.raw.startswith(f"dst_{made.key}_")


def test_a_token_is_recognised_by_its_id_and_the_hash_of_its_secret() -> None:
    made = new_token()
    shown = parse_token(made.raw)
    assert shown is not None
    assert (shown.key, shown.secret_hash) == (made.key, made.secret_hash)
    assert made.secret_hash == hash_secret(made.raw[13:])


@given(st.text())
def test_garbage_is_no_token(garbage: str) -> None:
    assert parse_token(garbage) is None


def test_a_token_with_something_around_it_is_no_token() -> None:
    raw = new_token().raw
    assert [parse_token(text) for text in (raw + "\n", " " + raw, raw + "x", raw[:-1])] == [None] * 4


def test_an_operator_may_name_a_token_by_its_id_or_by_all_of_it() -> None:
    made = new_token()
    assert token_key(made.raw) == token_key(made.key) == made.key


def test_leases_do_not_repeat() -> None:
    assert len({new_lease() for _ in range(1000)}) == 1000


@given(st.text(st.characters()))
def test_anything_can_be_hashed(secret: str) -> None:
    assert re.fullmatch(r"[0-9a-f]{64}", hash_secret(secret))
