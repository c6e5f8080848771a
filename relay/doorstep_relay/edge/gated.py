"""A carrier that asks a share's gate first, and again when the share gets another one.

A verdict is obeyed here and decided elsewhere (`domain.gate`). A request that was let in is remembered as the
gate saw it, since its head goes on without what was meant for the relay.
"""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from doorstep_relay.domain.gate import Admit, AskPassword, Deny, Gate, Redirect, Verdict, Visit
from doorstep_relay.edge.carrier import Carrier
from doorstep_relay.edge.gatekeeper import admit, visit_of
from doorstep_relay.edge.hosts import Place
from doorstep_relay.edge.rendering import redirect
from doorstep_relay.edge.request import RequestHead
from doorstep_relay.edge.states import State

if TYPE_CHECKING:
    from doorstep_relay.edge.context import Edge
    from doorstep_relay.switchboard.local import LiveShare


class GatedCarrier(Carrier):
    """Lets in whom the gate admits."""

    __slots__ = ("_admitted", "_judged_as", "label")

    def __init__(self, edge: Edge) -> None:
        super().__init__(edge)
        self.label = ""
        """The share that it belongs to, from its first request on."""
        self._judged_as: tuple[RequestHead, Visit] | None = None
        """The last request that a gate was asked about."""
        self._admitted: RequestHead | None = None
        """The last request that was let in, without what was meant for the relay."""

    def _asker(self, head: RequestHead) -> tuple[str, bytes]:
        """Address and scheme of who asks."""
        raise NotImplementedError

    def _look_up(self, place: Place, rest: bytes) -> None:
        """Say why a share is not live."""
        raise NotImplementedError

    def _at_gate(self, share: LiveShare, gate: Gate, head: RequestHead, rest: bytes) -> None:
        match self._judged(gate, head):
            case Admit() as verdict:
                if self._admitted is not head:  # else it waits for a client for the second time
                    admit(head, verdict)
                    self._admitted = head
                self._visit(share, head, rest)
            case AskPassword(password):
                self._state = State.LOOKUP
                self.deadline = self.edge.now + self.edge.limits.connect_wait
                self._keep(rest)
                tell = partial(self._password_checked, share.share_id)
                self.edge.ask_password(gate, password, self._asker(head)[0], tell)
            case verdict:
                self._keep(rest)
                self._stop(verdict)

    def _judged(self, gate: Gate, head: RequestHead) -> Verdict:
        judged, visit = self._judged_as or (None, None)
        if visit is None or judged is not head:
            visit = visit_of(head, *self._asker(head))
            self._judged_as = head, visit
        return gate.judge(visit, time.time())

    def _password_checked(self, share_id: int, refusal: Deny | None) -> None:
        """It was right, or there is a refusal. Judged again: the gate may be another one by now."""
        head = self._head
        if self._state is not State.LOOKUP or head is None:
            return
        rest, self._buffer = self._buffer, b""
        share = self.edge.switchboard.find(self.label)
        if refusal is not None:
            self._keep(rest)
            self._stop(refusal)
        elif share is None or share.share_id != share_id:
            self._look_up(self.edge.hosts.place(head.host), rest)
        elif share.gate is None:
            self._visit(share, head, rest)
        else:
            self._at_gate(share, share.gate, head, rest)

    def _stop(self, verdict: Deny | Redirect | AskPassword) -> None:
        """The gate does not let the request in."""
        match verdict:
            case Redirect(location, cookie):
                self._send_last(redirect(location, cookie))
            case Deny(code, reason, fields):
                self._say(code, reason, fields=fields)
            case AskPassword():
                self._say("password-required")

    def recheck(self, share: LiveShare) -> None:
        """The share's gate is another one: what it would not let in any more ends now."""
        gate, head = share.gate, self._head
        if gate is None or head is None or self._share() is not share.whole:
            return
        judged, visit = self._judged_as or (None, None)
        if visit is None or judged is not head:
            visit = visit_of(head, *self._asker(head))
        verdict = gate.judge(replace(visit, top_level=False), time.time())  # what it shows is on its way
        if not isinstance(verdict, Admit):
            self._turn_out(verdict)

    def _share(self) -> LiveShare | None:
        """The share whose visitor this is at the moment."""
        found = self.exchange.upstream.share if self.exchange is not None else self._line
        return found.whole if found is not None else None

    def _turn_out(self, verdict: Deny | Redirect | AskPassword) -> None:
        exchange, self.exchange = self.exchange, None
        self._leave_line()
        if exchange is not None:
            exchange.visitor_lost()
        if exchange is not None and exchange.answered:
            self._cut()
        else:
            self._stop(verdict)
