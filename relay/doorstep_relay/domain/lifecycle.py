"""The life of a share, as one table.

    requested ──open──▶ live ◀──resume── offline
                         │ └─disconnect──▶ │
                         ▼                 ▼
              expired · revoked · closed  (ended: for good)

Rules that the table holds:

- A share exists from its first `open`. `requested` is the state before there is one.
- `resume` is a new holder with a higher epoch. It also applies to a live share: the holder of a
  lease takes its name over at once, without waiting until the relay notices that the old
  connection is dead.
- `disconnect` takes nothing away: the name waits, offline, for its holder. Only `grace_over`
  ends that wait, so a live share never ends by it.
- `expire` and `revoke` are the relay's doing, and end a share whether its client is there or not.
- `close` is the client's own wish. A client that has just lost its connection may still say it.
- Nothing leads out of an ended state. The same name may be had again, as another share.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from doorstep_relay.errors import InvalidTransition


class State(StrEnum):
    """Where a share is in its life. All but `requested` are stored."""

    requested = "requested"
    live = "live"
    offline = "offline"
    expired = "expired"
    revoked = "revoked"
    closed = "closed"


class Event(StrEnum):
    """What happens to a share."""

    open = "open"
    resume = "resume"
    disconnect = "disconnect"
    grace_over = "grace_over"
    expire = "expire"
    revoke = "revoke"
    close = "close"


ACTIVE: Final = frozenset({State.live, State.offline})
"""The share holds its name."""

ENDED: Final = frozenset({State.expired, State.revoked, State.closed})
"""The share is over, for good."""

TRANSITIONS: Final[Mapping[State, Mapping[Event, State]]] = MappingProxyType(
    {
        State.requested: {Event.open: State.live},
        State.live: {
            Event.resume: State.live,
            Event.disconnect: State.offline,
            Event.expire: State.expired,
            Event.revoke: State.revoked,
            Event.close: State.closed,
        },
        State.offline: {
            Event.resume: State.live,
            Event.grace_over: State.closed,
            Event.expire: State.expired,
            Event.revoke: State.revoked,
            Event.close: State.closed,
        },
        State.expired: {},
        State.revoked: {},
        State.closed: {},
    }
)


def step(state: State, event: Event) -> State:
    """The state after `event`. Raises `InvalidTransition` when `state` has no such step."""
    try:
        return TRANSITIONS[state][event]
    except KeyError:
        raise InvalidTransition(f"a share that is {state} cannot {event}") from None
