"""What the relay remembers of those who come and go has an end, however many they are."""

from __future__ import annotations

from doorstep_relay.control import pace
from doorstep_relay.control.pace import Pace


def test_row_16_a_crowd_of_addresses_does_not_fill_the_memory() -> None:
    paced = Pace(1, 1e9)
    for number in range(2 * pace._MOST + 5):
        assert paced.take(number, 0.0) == 0.0
    assert len(paced._free_at) <= pace._MOST
    assert paced.take(2 * pace._MOST + 4, 0.0) > 0, "who came last is still held back"
