"""The life of a share is one table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep_relay.domain.lifecycle import ACTIVE, ENDED, TRANSITIONS, Event, State, step
from doorstep_relay.errors import InvalidTransition


def _walk(events: list[Event]) -> list[State]:
    """The states that these events lead through; what a state does not allow is skipped."""
    states = [State.requested]
    for event in events:
        if event in TRANSITIONS[states[-1]]:
            states.append(step(states[-1], event))
    return states


def test_the_table_has_a_row_for_every_state() -> None:
    assert set(TRANSITIONS) == set(State)


def test_a_state_is_active_or_ended_or_not_yet_begun() -> None:
    assert {State.requested} | ACTIVE | ENDED == set(State)
    assert not ACTIVE & ENDED


@pytest.mark.parametrize("state", sorted(ENDED))
@pytest.mark.parametrize("event", sorted(Event))
def test_nothing_leads_out_of_an_ended_state(state: State, event: Event) -> None:
    with pytest.raises(InvalidTransition, match=f"{state} cannot {event}"):
        step(state, event)


def test_a_share_that_loses_its_client_waits_and_comes_back() -> None:
    assert _walk([Event.open, Event.disconnect, Event.resume]) == ["requested", "live", "offline", "live"]


def test_a_live_share_can_be_taken_over_at_once() -> None:
    assert step(State.live, Event.resume) is State.live


def test_a_live_share_does_not_end_by_the_grace_period() -> None:
    with pytest.raises(InvalidTransition):
        step(State.live, Event.grace_over)


@pytest.mark.parametrize("state", sorted(ACTIVE))
@pytest.mark.parametrize(
    ("event", "end"), [(Event.expire, "expired"), (Event.revoke, "revoked"), (Event.close, "closed")]
)
def test_a_share_can_be_ended_whether_its_client_is_there_or_not(
    state: State, event: Event, end: str
) -> None:
    assert step(state, event) == end


@given(st.lists(st.sampled_from(Event)))
def test_whatever_happens_a_share_ends_at_most_once_and_then_stays_so(events: list[Event]) -> None:
    states = _walk(events)
    assert sum(state in ENDED for state in states) <= 1
    assert not any(state in ENDED for state in states[:-1])
