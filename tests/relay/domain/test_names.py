"""A share's name is a DNS label that nobody mistakes for something else."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep_relay.domain.names import MAX_LENGTH, RESERVED, check_name, random_name
from doorstep_relay.errors import NameRefused


@pytest.mark.parametrize("name", ["abc", "my-demo", "a1b2", "x" * 48, "3d-model", "a--b"])
def test_a_plain_label_is_a_name(name: str) -> None:
    assert check_name(name) == name


def test_upper_case_means_the_same_name() -> None:
    assert check_name("My-Demo") == "my-demo"


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("", "letters"),
        ("ab", "3 to 48"),
        ("x" * 49, "3 to 48"),
        ("-abc", "hyphen at either end"),
        ("abc-", "hyphen at either end"),
        ("a_b_c", "letters"),
        ("_acme-challenge", "letters"),
        ("a.b.c", "letters"),
        ("abc.", "letters"),
        ("*", "letters"),
        ("abc\n", "letters"),
        (" abc", "letters"),
        ("büro", "letters"),
        ("\u212aelvin", "letters"),  # the Kelvin sign, which lower-cases to an ASCII k
        ("xn--bcher-kva", "internationalised"),
        ("XN--bcher-kva", "internationalised"),
        ("ab--cd", "internationalised"),
        ("admin", "reserved"),
        ("WWW", "reserved"),
        ("localhost", "reserved"),
        ("wpad", "reserved"),
    ],
)
def test_a_refusal_says_which_name_which_rule_and_what_to_do(name: str, rule: str) -> None:
    with pytest.raises(NameRefused) as refused:
        check_name(name)
    assert repr(name)[1:20] in str(refused.value)
    assert rule in str(refused.value)
    assert "Choose another" in str(refused.value)


def test_a_refusal_does_not_repeat_a_huge_name() -> None:
    with pytest.raises(NameRefused) as refused:
        check_name("x" * 100_000)
    assert len(str(refused.value)) < 300


@given(st.text())
def test_whatever_is_asked_for_the_answer_is_a_dns_label_or_a_refusal(asked: str) -> None:
    try:
        name = check_name(asked)
    except NameRefused:
        return
    assert re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", name, re.ASCII)
    assert 3 <= len(name) <= MAX_LENGTH
    assert name not in RESERVED
    assert check_name(name) == name


def test_random_names_are_names_and_do_not_repeat() -> None:
    names = [random_name() for _ in range(2000)]
    assert [check_name(name) for name in names] == names
    assert len(set(names)) == len(names)


def test_a_random_name_carries_eighty_bits() -> None:
    names = [random_name() for _ in range(2000)]
    signs = {sign for name in names for sign in name}
    assert {len(name) for name in names} == {16}
    assert len(signs) == 32
    assert not signs & set("l1o0")
