"""How many sessions one client may hold, and how often it may ask for a share."""

from __future__ import annotations

import pytest

from doorstep_relay.control.actors import ANONYMOUS, Actor
from doorstep_relay.control.turnstile import Turnstile, client_of

ALICE = Actor(1, "alice", token_id=11)


def test_a_client_holds_so_many_sessions_and_others_as_many() -> None:
    gate = Turnstile(2, 1.0)

    assert [gate.enter("a", 0.0) for _ in range(3)] == [True, True, False]
    assert gate.enter("b", 0.0)
    gate.leave("a")
    assert gate.enter("a", 0.0)


def test_as_many_shares_as_sessions_are_opened_at_once_then_one_every_so_often() -> None:
    gate = Turnstile(3, 0.5)
    gate.enter("a", 0.0)

    assert [gate.wait("a", 0.0) for _ in range(4)] == [0, 0, 0, 2.0]
    assert gate.wait("a", 1.0) == 1.0
    assert gate.wait("a", 2.0) == 0
    assert gate.wait("a", 2.0) == 2.0


def test_leaving_and_coming_back_gains_nothing() -> None:
    gate = Turnstile(1, 0.1)
    gate.enter("a", 0.0)
    assert gate.wait("a", 0.0) == 0
    gate.leave("a")
    for number in range(2000):
        gate.enter(f"passer-by {number}", 0.0)
        gate.leave(f"passer-by {number}")
    gate.enter("a", 0.0)

    assert gate.wait("a", 0.0) == 10.0


def test_a_clock_that_goes_back_gives_nothing_and_breaks_nothing() -> None:
    gate = Turnstile(1, 1.0)
    gate.enter("a", 100.0)
    gate.wait("a", 100.0)

    assert gate.wait("a", 50.0) == 1.0


def test_clients_that_are_gone_are_forgotten() -> None:
    gate = Turnstile(1, 1.0)
    for number in range(10_000):
        gate.enter(f"passer-by {number}", 0.0)
        gate.leave(f"passer-by {number}")

    assert len(gate._clients) < 1000


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("fe80::1%eth0", "fe80::2", True),
        ("", "", True),
    ],
)
def test_without_accounts_a_client_is_an_address_of_ipv6_its_network(
    one: str, other: str, same: bool
) -> None:
    assert (client_of(ANONYMOUS, one) == client_of(ANONYMOUS, other)) is same
    assert client_of(ALICE, one) == client_of(ALICE, "203.0.113.9")
