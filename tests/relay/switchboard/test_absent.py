"""Who waits for a client that was here a moment ago, for how long, and how many may."""

from __future__ import annotations

import pytest

from doorstep_relay.switchboard import absent
from doorstep_relay.switchboard.absent import Absences, Missed

DEMO = Missed(1, "demo")


class Visitor:
    """What it was told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def client_back(self) -> None:
        self.told.append("back")

    def client_gone(self) -> None:
        self.told.append("gone")


class House:
    """Absences with a clock of the test's, where a client is waited for three seconds."""

    def __init__(self) -> None:
        self.now = 100.0
        self.absences = Absences(lambda: self.now)
        self.absences.patience = 3.0

    def visitor(self, name: str = "demo", size: int = 10) -> Visitor | None:
        """One who waits; None when it may not."""
        visitor = Visitor()
        return visitor if self.absences.wait(name, visitor, size) else None

    def waiting(self, name: str = "demo", size: int = 10) -> Visitor:
        found = self.visitor(name, size)
        assert found is not None
        return found


@pytest.fixture
def house() -> House:
    made = House()
    made.absences.left([DEMO])
    return made


def test_visitors_wait_for_a_client_that_has_just_left_and_are_told_when_it_is_back(house: House) -> None:
    visitors = [house.waiting() for _ in range(3)]
    house.absences.back(1, "demo")
    assert [visitor.told for visitor in visitors] == [["back"]] * 3
    assert len(house.absences) == 0
    assert house.visitor() is None, "it is here"


def test_nobody_waits_for_a_client_that_was_never_here(house: House) -> None:
    assert house.visitor("other") is None


def test_the_wait_counts_from_when_the_client_left_however_late_a_visitor_comes(house: House) -> None:
    house.now += 2
    assert house.absences.wait("demo", Visitor(), 0) == pytest.approx(1.0)
    house.now += 1
    assert house.visitor() is None


def test_a_share_is_not_waited_for_beyond_its_own_end(house: House) -> None:
    house.absences.left([Missed(2, "ends", 0.5), Missed(3, "over", -1.0)])
    assert house.absences.wait("ends", Visitor(), 0) == pytest.approx(0.5)
    assert house.visitor("over") is None


def test_without_patience_nobody_waits() -> None:
    house = House()
    house.absences.patience = 0.0
    house.absences.left([DEMO])
    assert house.visitor() is None


def test_row_09_a_request_goes_to_the_share_that_it_was_meant_for_and_to_no_later_one(house: House) -> None:
    visitor = house.waiting()
    house.absences.back(2, "demo")
    assert visitor.told == ["gone"]


def test_a_share_that_ends_meanwhile_is_waited_for_no_longer(house: House) -> None:
    visitor = house.waiting()
    house.absences.over(7)
    assert visitor.told == []
    house.absences.over(1)
    assert visitor.told == ["gone"]
    assert house.visitor() is None


def test_all_are_told_when_the_process_ends(house: House) -> None:
    house.absences.left([Missed(2, "other")])
    visitors = [house.waiting(), house.waiting("other")]
    house.absences.dismiss()
    assert [visitor.told for visitor in visitors] == [["gone"], ["gone"]]
    assert house.visitor() is None


def test_a_visitor_who_left_is_told_nothing_and_its_place_is_free(house: House) -> None:
    visitor = house.waiting()
    house.absences.leave("demo", visitor)
    house.absences.leave("demo", visitor)
    assert len(house.absences) == 0
    house.absences.back(1, "demo")
    assert visitor.told == []


def test_a_client_that_leaves_again_is_waited_for_again(house: House) -> None:
    house.now += 2.5
    house.absences.back(1, "demo")
    house.absences.left([DEMO])
    assert house.absences.wait("demo", Visitor(), 0) == pytest.approx(3.0)


def test_visitors_of_one_share_leave_room_for_those_of_others(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(absent, "MOST_OF_ONE", 2)
    monkeypatch.setattr(absent, "MOST_VISITORS", 3)
    house.absences.left([Missed(2, "other")])
    found = [house.visitor(name) for name in ("demo", "demo", "demo", "other", "other")]
    assert [visitor is not None for visitor in found] == [True, True, False, True, False]


def test_what_is_held_for_them_is_bounded(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(absent, "MOST_BYTES", 100)
    first = house.waiting(size=60)
    assert house.visitor(size=60) is None
    assert house.visitor(size=40)
    house.absences.leave("demo", first)
    assert house.visitor(size=60)


def test_who_was_waited_for_in_vain_is_forgotten(house: House) -> None:
    visitor = house.waiting()
    house.now += 3
    house.absences.tidy()
    assert house.absences._by_name, "somebody still waits, and leaves by its own deadline"
    house.absences.leave("demo", visitor)
    house.absences.tidy()
    assert not house.absences._by_name
    assert not house.absences._names
