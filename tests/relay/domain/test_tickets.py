"""A ticket says which share and epoch, and nobody but the relay can make one."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep_relay.domain.tickets import Ticket, TicketKey
from doorstep_relay.errors import BadTicket

KEY = TicketKey(b"k" * 32)
NOW = 1_800_000_000.0
SHARE_IDS = st.integers(0, 2**64 - 1)
EPOCHS = st.integers(0, 2**32 - 1)


@given(SHARE_IDS, EPOCHS)
def test_a_ticket_reads_as_it_was_issued(share_id: int, epoch: int) -> None:
    assert KEY.read(KEY.issue(share_id, epoch, NOW + 60), NOW) == Ticket(share_id, epoch)


def test_a_ticket_is_good_until_its_time_is_over() -> None:
    ticket = KEY.issue(1, 1, NOW + 60)
    assert KEY.read(ticket, NOW + 59.9)
    with pytest.raises(BadTicket):
        KEY.read(ticket, NOW + 60)


def test_another_relays_ticket_is_worth_nothing() -> None:
    with pytest.raises(BadTicket):
        KEY.read(TicketKey(b"other" * 8).issue(1, 1, NOW + 60), NOW)


@given(st.integers(0, 36 * 8 - 1))
def test_a_ticket_with_one_bit_changed_is_worth_nothing(bit: int) -> None:
    raw = bytearray(base64.urlsafe_b64decode(KEY.issue(7, 3, NOW + 60)))
    raw[bit // 8] ^= 1 << bit % 8
    with pytest.raises(BadTicket):
        KEY.read(base64.urlsafe_b64encode(raw).decode(), NOW)


@given(st.one_of(st.text(), st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode())))
def test_garbage_is_a_bad_ticket_and_nothing_else(garbage: str) -> None:
    with pytest.raises(BadTicket):
        KEY.read(garbage, NOW)


@given(st.text(min_size=48, max_size=48))
def test_garbage_of_the_right_length_is_a_bad_ticket_and_nothing_else(garbage: str) -> None:
    with pytest.raises(BadTicket):
        KEY.read(garbage, NOW)


@pytest.mark.parametrize("spelling", ["{}=", " {}", "{}\n", "{}\0"])
def test_a_ticket_has_one_spelling(spelling: str) -> None:
    with pytest.raises(BadTicket):
        KEY.read(spelling.format(KEY.issue(1, 1, NOW + 60)), NOW)


def test_the_standard_base64_alphabet_is_not_a_second_spelling() -> None:
    tickets = (KEY.issue(number, 1, NOW + 60) for number in range(1000))
    other = next(ticket for ticket in tickets if "-" in ticket or "_" in ticket)
    with pytest.raises(BadTicket):
        KEY.read(other.replace("-", "+").replace("_", "/"), NOW)


def test_the_secret_is_not_shown() -> None:
    assert "kkk" not in repr(KEY)
