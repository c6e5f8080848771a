"""The states of a visitor's connection, and how long each of them may last.

    HEAD ──▶ LOOKUP ──▶ answered by the relay, closing
      │  │  HELD ──▶ as from HEAD
      │  └─▶ WAITING ──▶ EXCHANGE ──▶ HEAD (keep-alive) | DRAINING | CLOSED
      │                     └──▶ UPGRADED
      └─▶ handed over: to the relay's own app (apex) or to a tunnel connection

No state sets a timer: a connection notes its deadline, and the edge's sweep looks at all of them.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from doorstep_relay.edge.context import Limits


class State(Enum):
    """Where a connection stands. Hot code binds the members to names: looking one up costs a call."""

    HEAD = auto()
    """A request is awaited, or its head is not yet whole."""
    LOOKUP = auto()
    """The share is not live: the database is asked why."""
    HELD = auto()
    """The share's client was here a moment ago, and may be back in another."""
    WAITING = auto()
    """The share has no tunnel connection to spare."""
    EXCHANGE = auto()
    """A request is with the app."""
    UPGRADED = auto()
    """Bytes pass as they are."""
    DRAINING = auto()
    """Answered before the request was read: what still comes is thrown away."""
    CLOSED = auto()
    """Closing, closed, or handed over."""


def patience(state: State, limits: Limits, *, begun: bool) -> float:
    """Seconds that the next step of a state may take; `begun` tells whether a part of a head is there."""
    match state:
        case State.HEAD:
            return limits.head_timeout if begun else limits.idle_timeout
        case State.UPGRADED | State.EXCHANGE:
            return limits.idle_stream
        case State.DRAINING:
            return limits.linger_idle
        case State.CLOSED:
            return limits.stall_timeout
        case State.LOOKUP | State.HELD | State.WAITING:
            return limits.connect_wait


def patience_with_app(limits: Limits, *, answered: bool, for_body: bool) -> float:
    """The same during an exchange: for the app's next byte, or `for_body`, the visitor's."""
    if answered:
        return limits.idle_stream
    return limits.body_timeout if for_body else limits.app_timeout
