"""Who may stand before the SSH door, when many do."""

from __future__ import annotations

from doorstep_relay.ssh.knocking import Knocking


def test_row_29_who_comes_may_knock_and_the_crowded_network_pays_with_its_oldest() -> None:
    knocking: Knocking[str] = Knocking(6, 3)
    for client in ("a1", "a2", "a3", "b1", "b2", "c1"):
        assert knocking.come(client, client[0]) is None
    assert knocking.come("d1", "d") == "a1"
    assert knocking.come("e1", "e") == "a2"
    assert knocking.come("f1", "f") == "b1"
    assert len(knocking) == 6


def test_row_29_one_network_pays_for_itself() -> None:
    knocking: Knocking[str] = Knocking(6, 3)
    for client in ("b1", "a1", "a2", "a3"):
        knocking.come(client, client[0])
    assert knocking.come("a4", "a") == "a1"
    assert knocking.come("a5", "a") == "a2"


def test_row_29_of_networks_with_equally_many_the_oldest_client_goes() -> None:
    knocking: Knocking[str] = Knocking(3, 3)
    for client in ("a1", "b1", "c1"):
        knocking.come(client, client[0])
    assert knocking.come("d1", "d") == "a1"
    assert knocking.come("a2", "a") == "b1"


def test_row_29_who_is_in_or_gone_takes_no_place() -> None:
    knocking: Knocking[str] = Knocking(2, 1)
    knocking.come("a1", "a")
    knocking.leave("a1")
    knocking.leave("a1")
    assert knocking.come("a2", "a") is None
    assert knocking.come("b1", "b") is None
    assert len(knocking) == 2
