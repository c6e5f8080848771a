"""A carrier whose request waits for a client that was here a moment ago.

Nothing of such a request was sent to anybody, so whenever the client is back it goes the way that it would go
if it came then: through the gate, as it is then. Each request has one such wait, however often clients leave.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from doorstep_relay.edge.connection import HOLD
from doorstep_relay.edge.gated import GatedCarrier
from doorstep_relay.edge.hosts import Place
from doorstep_relay.edge.request import RequestHead
from doorstep_relay.edge.states import State

if TYPE_CHECKING:
    from doorstep_relay.edge.context import Edge

_HELD: Final = State.HELD
_MAY_PASS: Final = frozenset({"offline", "taken-over"})
"""Why somebody in line gets no connection who may get one in a moment."""


class HeldCarrier(GatedCarrier):
    """Waits in `Absences`, and is served or answered when that is over."""

    __slots__ = ("_held",)

    def __init__(self, edge: Edge) -> None:
        super().__init__(edge)
        self._held: tuple[RequestHead, float] | None = None
        """The last request that has waited, and until when it may."""

    def _arrive(self, place: Place, head: RequestHead, rest: bytes) -> None:
        """Visit the share of this place, if it is here."""
        raise NotImplementedError

    def _say_why(self, label: str) -> None:
        """Answer with what the durable facts say of a share that is not here."""
        raise NotImplementedError

    def _look_up(self, place: Place, rest: bytes) -> None:
        """Nobody holds the share: its client may be back in a moment, else the durable facts say why."""
        self._keep(rest)
        if not self._wait_for_client(place.label):
            self._say_why(place.label)

    def upstream_failed(self, code: str, reason: str) -> None:
        """There will be no connection for the request that waits, of the client that it waited for."""
        self._line = None
        if code not in _MAY_PASS or not self._wait_for_client(self.label):
            super().upstream_failed(code, reason)

    def _wait_for_client(self, label: str) -> bool:
        edge, head = self.edge, self._head
        if head is None or self._ended or edge.is_draining:
            return False
        until = self._held[1] if self._held is not None and self._held[0] is head else None
        if until is not None and until <= edge.now:
            return False
        left = edge.switchboard.absent.wait(label, self, self._size(head))
        if not left:
            return False
        self._leave_meter()
        self.label = label
        self._state = _HELD
        self.deadline = edge.now + left if until is None else min(until, edge.now + left)
        self._held = head, self.deadline
        return True

    def _size(self, head: RequestHead) -> int:
        """The bytes that are held, or may be: of a body, what comes before reading is paused."""
        body = 0 if head.body.done else HOLD
        return len(head.target) + sum(map(len, head.lines)) + max(body, len(self._buffer))

    def resume_writing(self) -> None:
        """What was said before has gone out: that changes nothing for the request that waits."""
        super().resume_writing()
        if self._state is _HELD and self._held is not None:
            self.deadline = self._held[1]

    def client_back(self) -> None:
        """The share is here again."""
        if self._state is _HELD and self._head is not None:
            self._state = State.LOOKUP
            rest, self._buffer = self._buffer, b""
            self._arrive(self.edge.hosts.place(self._head.host), self._head, rest)

    def client_gone(self) -> None:
        """There is nothing to wait for any more."""
        if self._state is _HELD:
            self._say_why(self.label)

    def _leave_held(self) -> None:
        """Wait no longer."""
        self.edge.switchboard.absent.leave(self.label, self)
