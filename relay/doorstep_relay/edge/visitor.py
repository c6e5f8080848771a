"""A visitor's connection: heads are read here, and each request finds its share by its own Host.

The states that a connection goes through are in `states`; every one of them has a deadline, and
`overdue` says what happens when it has passed.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from doorstep_client import wire
from doorstep_relay.edge.answers import code_for
from doorstep_relay.edge.apex import ApexConnection
from doorstep_relay.edge.exchange import Exchange
from doorstep_relay.edge.forwarding import forwarding_lines, peer_address
from doorstep_relay.edge.held import HeldCarrier
from doorstep_relay.edge.hosts import Place
from doorstep_relay.edge.http1 import BadMessageError
from doorstep_relay.edge.request import RequestHead, read_request
from doorstep_relay.edge.routing import Goal, Refusal, route
from doorstep_relay.edge.states import State
from doorstep_relay.edge.tunnel import TunnelConnection
from doorstep_relay.edge.unproven import UnprovenTunnel

if TYPE_CHECKING:
    from doorstep_relay.edge.context import Edge

_HEAD_END = b"\r\n\r\n"
_EMPTY_LINES = re.compile(rb"\A(?:\r\n){1,16}")
"""Before a request some clients send one (RFC 9112 2.2). More than these are no request."""
_NOTHING = (b"", b"\r")
"""What may stand before a head without being the start of one: empty lines are skipped."""
_PINGED = wire.PINGED_PATH.encode()
_SWITCHED = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: doorstep-reverse\r\n\r\n"
_SHARE = Goal.SHARE
_HEAD, _HELD, _EXCHANGE = State.HEAD, State.HELD, State.EXCHANGE
_UPGRADED, _CLOSED = State.UPGRADED, State.CLOSED


class VisitorConnection(HeldCarrier):
    """One connection to the relay's port, until it is handed over or ends."""

    __slots__ = ("_forwarding", "_forwarding_for", "_peer", "_scheme", "trusted")

    def __init__(self, edge: Edge) -> None:
        super().__init__(edge)
        self.trusted = False
        self._peer = ""
        self._scheme = b"http"
        self._forwarding_for: bytes | None = None
        self._forwarding = b""

    # -- asyncio -------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        edge = self.edge
        super().connection_made(transport)
        self.surplus = edge.is_full()
        edge.visitors.add(self)
        self._peer = peer_address(transport.get_extra_info("peername"))
        self.trusted = edge.proxies.trusts(self._peer)
        if transport.get_extra_info("sslcontext") is not None:
            self._scheme = b"https"
        self.deadline = edge.now + (edge.limits.surplus_timeout if self.surplus else edge.limits.head_timeout)

    def data_received(self, data: bytes) -> None:
        state = self._state
        if state is _HEAD:
            self._read(self._buffer + data if self._buffer else data, len(self._buffer))
        elif state is _EXCHANGE:
            self._more(data)
        elif state is _UPGRADED:
            self._moved(self.edge.limits.idle_stream)
            cast(Exchange, self.exchange).raw_from_visitor(data)
        elif state is State.DRAINING:
            self._drain(data)
        elif state is not _CLOSED:
            self._keep(self._buffer + data)

    def eof_received(self) -> bool:
        self._ended = True
        if self.exchange is not None:
            return self.exchange.visitor_eof()
        if self._state is _HELD:  # most often somebody who has gone; who has not may ask again
            self._leave_held()
            self._say("offline")
        return self._state in (State.WAITING, State.LOOKUP)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        self.edge.visitors.discard(self)
        self._leave_line()
        if self._state is _HELD:
            self._leave_held()
        self._state = _CLOSED
        if self._meter is not None or self.record is not None:
            self._request_over()
        exchange, self.exchange = self.exchange, None
        if exchange is not None:
            exchange.visitor_lost()

    # -- reading heads -------------------------------------------------------------------------

    def _read(self, data: bytes, seen: int = 0) -> None:
        """Read a head at the start of `data`, of which `seen` bytes were searched before."""
        if data[:2] == b"\r\n":
            data, seen = _EMPTY_LINES.sub(b"", data, count=1), 0  # RFC 9112 2.2: before a request
        end = data.find(_HEAD_END, seen - 3 if seen > 3 else 0)
        if end < 0 or end + 4 > self.edge.limits.max_head:
            self._incomplete(data)
            return
        try:
            head = read_request(data[: end + 4])
        except BadMessageError as error:
            self._refuse(error)
            return
        self._buffer = b""
        self._head = head
        self._route(head, data[end + 4 :])

    def _incomplete(self, data: bytes) -> None:
        if len(data) > self.edge.limits.max_head:
            self._refuse(BadMessageError("the head is too large", 431))
        elif data in _NOTHING:
            self._buffer = data  # the deadline stays: empty lines are no reason to wait longer
        elif not 65 <= data[0] <= 90:
            self._refuse(BadMessageError("not a request line"))
        else:
            if self._buffer in _NOTHING and not self.surplus:
                self._moved(self.edge.limits.head_timeout)
            self._buffer = data

    def _refuse(self, error: BadMessageError) -> None:
        self._host = b""
        self._say(code_for(error.status), str(error))

    # -- where a request goes ------------------------------------------------------------------

    def _route(self, head: RequestHead, rest: bytes) -> None:
        place = self.edge.hosts.place(head.host)
        self._host = place.host
        goal = route(self, head, place, rest)
        if self.edge.recorder is not None and (goal is _SHARE or isinstance(goal, Refusal)):
            self.record = self.edge.recorder.begin(
                place.label, self._asker(head)[0], head, trusted=self.trusted
            )
        if goal is _SHARE:
            self.label = place.label
            share = self.edge.switchboard.find(place.label)
            if share is None:
                self._look_up(place, rest)
            elif share.gate is None:
                self._visit(share, head, rest)
            else:
                self._at_gate(share, share.gate, head, rest)
        elif isinstance(goal, Refusal):
            self._say(goal.code, goal.reason)
        elif goal is Goal.APEX:
            self._visit_apex(head, rest)
        elif goal is Goal.ADMIN:
            self._visit_admin(head, rest)
        elif goal is Goal.PAGE:
            self._visit_page(place, head, rest)
        elif goal is Goal.CUSTOM:
            self._visit_custom(place, head, rest)
        else:
            self._become_tunnel(head, place)

    def _visit_page(self, place: Place, head: RequestHead, rest: bytes) -> None:
        """A page of the relay's own, which learns here on whose host it is."""
        share = self.edge.switchboard.find(place.label)
        if place.owner is not None and share is not None and share.account_id != place.owner:
            self._say("no-such-share")
        else:
            self._visit_apex(head, rest, b"Doorstep-Share: %b\r\n" % place.label.encode("ascii"))

    def _visit_custom(self, place: Place, head: RequestHead, rest: bytes) -> None:
        """An account's own host shows its own share, not what another account has under that name since."""
        self.label = place.label
        self._arrive(place, head, rest)

    def _arrive(self, place: Place, head: RequestHead, rest: bytes) -> None:
        share = self.edge.switchboard.find(place.label)
        if share is None:
            self._look_up(place, rest)
        elif place.owner is not None and share.account_id != place.owner:
            self._say("no-such-share")
        elif share.gate is None:
            self._visit(share, head, rest)
        else:
            self._at_gate(share, share.gate, head, rest)

    def leave_host(self, host: bytes) -> None:
        """The host leads nowhere any more: what it carries is cut, and what waits."""
        if self._host == host and (self.exchange is not None or self.waits):
            self.transport.abort()

    def _say_why(self, label: str) -> None:
        """Not live: the durable facts say why, and that takes a moment."""
        self._state = State.LOOKUP
        self.deadline = self.edge.now + self.edge.limits.connect_wait
        self.edge.look_up(label, self._looked_up)

    def _looked_up(self, code: str, reason: str) -> None:
        if self._state is State.LOOKUP:
            self._say(code, reason)

    def _visit_apex(self, head: RequestHead, rest: bytes, more: bytes = b"") -> None:
        forwarding = self._forwarding_lines(head) + more + head.told_line()
        self._visit_own(head, rest, forwarding, self.edge.session if head.upgrade else self.edge.apex)

    def _visit_admin(self, head: RequestHead, rest: bytes) -> None:
        self._visit_own(head, rest, self._forwarding_lines(head), self.edge.admin)

    def _visit_own(
        self, head: RequestHead, rest: bytes, forwarding: bytes, serve: Callable[[], asyncio.Protocol]
    ) -> None:
        """Hand over to an app of the relay's own. One that agreed to a WebSocket watches its time itself."""
        if head.upgrade:
            protocol = serve()
        else:
            forwarding += b"Connection: close\r\n"  # one request: the next may be for another host
            protocol = ApexConnection(self.edge, serve(), head.body)
        self._hand_over(protocol)
        # The relay's own app reads the head again: it is written anew from what was checked.
        protocol.data_received(head.for_app(forwarding))
        if rest:
            protocol.data_received(rest)

    def _become_tunnel(self, head: RequestHead, place: Place) -> None:
        share = self.edge.admit(head, place)
        if share is None:
            self._say("ticket-refused")
            return
        self.write(_SWITCHED)
        kind = UnprovenTunnel if head.target == _PINGED else TunnelConnection
        self._hand_over(kind(self.edge, share))

    def _hand_over(self, protocol: asyncio.BaseProtocol) -> None:
        self.edge.visitors.discard(self)
        self._state = _CLOSED
        self.transport.set_protocol(protocol)
        protocol.connection_made(self.transport)

    def _forwarding_lines(self, head: RequestHead) -> bytes:
        """Who asks; the same for all requests of a connection, but behind a proxy."""
        if self._forwarding_for == head.host and not self.trusted:
            return self._forwarding
        peer, scheme = self._asker(head)
        self._forwarding_for = head.host
        self._forwarding = forwarding_lines(peer, head.host, scheme)
        return self._forwarding

    def _asker(self, head: RequestHead) -> tuple[str, bytes]:
        """Address and scheme of who asks."""
        if self.trusted:
            return self.edge.proxies.behind(head, self._peer, self._scheme)
        return self._peer, self._scheme

    @property
    def is_new(self) -> bool:
        """Whether it has had no request yet; one may be on its way."""
        return self._state is _HEAD and not self.label

    @property
    def is_last_call(self) -> bool:
        """Whether its next request is its last one here."""
        return self.edge.is_last_call

    def last_call(self) -> None:
        """Its next request is its last one, or the one under way if that is not answered yet."""
        self.surplus = True
        if self.is_new:
            self.deadline = min(self.deadline, self.edge.now + self.edge.limits.surplus_timeout)
        if self._head is not None and (self.exchange is None or not self.exchange.answered):
            self._head.keep_alive = False

    def overdue(self) -> None:
        """The state's deadline has passed."""
        match self._state:
            case State.HEAD if self._buffer:
                self._say("head-timeout")
            case State.WAITING:
                self._leave_line()
                self._say("app-timeout", "The app's computer opened no connection for this request in time.")
            case State.HELD:
                self._leave_held()
                self._say_why(self.label)
            case State.LOOKUP:
                self._say("app-timeout")
            case State.EXCHANGE if not self.write_paused:
                self._give_up()
            case State.DRAINING if not self.transport.can_write_eof():
                self._close()  # of TLS: the transport takes leave, within a deadline of its own
            case _:
                self.transport.abort()
