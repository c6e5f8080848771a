"""A visitor's connection: heads are read here, and each request finds its share by its own Host.

The states of a connection:

    HEAD ──▶ LOOKUP ──▶ answered by the relay, closing
      │  └─▶ WAITING ──▶ EXCHANGE ──▶ HEAD (keep-alive) | DRAINING | closed
      │                     └──▶ UPGRADED
      └─▶ handed over: to the relay's own app (apex) or to a tunnel connection

Every state has a deadline, checked by the edge's sweep (`overdue`); what is held for later is
bounded by `_HOLD`, beyond which the visitor is not read from.
"""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from enum import Enum, auto
from typing import TYPE_CHECKING, cast

from doorstep_client import wire
from doorstep_relay.edge import answers
from doorstep_relay.edge.apex import ApexConnection
from doorstep_relay.edge.body import BadBodyError
from doorstep_relay.edge.exchange import Exchange
from doorstep_relay.edge.hosts import Kind, Place
from doorstep_relay.edge.http1 import BadMessageError
from doorstep_relay.edge.request import RequestHead, read_request
from doorstep_relay.edge.tunnel import BUFFER, TunnelConnection

if TYPE_CHECKING:
    from doorstep_relay.edge.context import Edge
    from doorstep_relay.switchboard.local import LiveShare
    from doorstep_relay.switchboard.pool import Upstream

_HOLD = 64 * 1024
_DRAIN = 4 * 1024 * 1024
_RESET = struct.pack("ii", 1, 0)
_HEAD_END = b"\r\n\r\n"
_EMPTY_LINES = re.compile(rb"\A(?:\r\n)+")
_NOTHING = (b"", b"\r")
"""What may stand before a head without being the start of one: empty lines are skipped."""
_RESERVED = b"/.doorstep/"
_TUNNEL = wire.TUNNEL_PATH.encode()
_REVERSE = wire.TUNNEL_UPGRADE.encode()
_SESSION = wire.SESSION_PATH.encode()
_WEBSOCKET = b"websocket"


class _State(Enum):
    HEAD = auto()
    LOOKUP = auto()
    WAITING = auto()
    EXCHANGE = auto()
    UPGRADED = auto()
    DRAINING = auto()
    CLOSED = auto()


class VisitorConnection(asyncio.Protocol):
    """One connection to the relay's port, until it is handed over or ends."""

    __slots__ = (
        "_buffer",
        "_drained",
        "_ended",
        "_forwarding",
        "_forwarding_for",
        "_head",
        "_hold_buffer",
        "_hold_upstream",
        "_label",
        "_peer",
        "_reading",
        "_scheme",
        "_share",
        "_state",
        "_surplus",
        "_trusted",
        "deadline",
        "edge",
        "exchange",
        "transport",
        "write_paused",
    )

    def __init__(self, edge: Edge) -> None:
        self.edge = edge
        self.transport: asyncio.Transport
        self.exchange: Exchange | None = None
        self.write_paused = False
        self.deadline = 0.0
        self._state = _State.HEAD
        self._buffer = b""
        self._head: RequestHead | None = None
        self._share: LiveShare | None = None
        self._label = ""
        self._drained = 0
        self._ended = False
        """Whether the visitor said that it will send no more."""
        self._hold_buffer = self._hold_upstream = False
        self._reading = True
        self._forwarding_for: bytes | None = None
        self._forwarding = b""

    # -- asyncio -------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.set_write_buffer_limits(high=BUFFER)
        peer = transport.get_extra_info("peername")
        self._peer = peer[0].removeprefix("::ffff:") if isinstance(peer, tuple) else ""
        self._trusted = self.edge.trusts(self._peer)
        self._surplus = self.edge.is_full()
        self._scheme = b"http" if transport.get_extra_info("sslcontext") is None else b"https"
        limits = self.edge.limits
        self.deadline = self.edge.now + (limits.surplus_timeout if self._surplus else limits.head_timeout)
        self.edge.visitors.add(self)

    def data_received(self, data: bytes) -> None:
        state = self._state
        if state is _State.EXCHANGE:
            self._more(data)
        elif state is _State.UPGRADED:
            self._moved(self.edge.limits.idle_stream)
            cast(Exchange, self.exchange).raw_from_visitor(data)
        elif state is _State.HEAD:
            self._read(self._buffer + data if self._buffer else data, len(self._buffer))
        elif state is _State.DRAINING:
            self._drain(data)
        elif state is not _State.CLOSED:
            self._keep(self._buffer + data)

    def eof_received(self) -> bool:
        self._ended = True
        if self.exchange is not None:
            return self.exchange.visitor_eof()
        return self._state in (_State.WAITING, _State.LOOKUP)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        self.edge.visitors.discard(self)
        self._leave_line()
        self._state = _State.CLOSED
        exchange, self.exchange = self.exchange, None
        if exchange is not None:
            exchange.visitor_lost()

    def pause_writing(self) -> None:
        self.write_paused = True
        self.deadline = self.edge.now + self.edge.limits.stall_timeout
        if self.exchange is not None:
            self.exchange.upstream.transport.pause_reading()

    def resume_writing(self) -> None:
        self.write_paused = False
        self._moved(self._patience())
        if self.exchange is not None:
            self.exchange.upstream.transport.resume_reading()

    # -- reading heads -------------------------------------------------------------------------

    def _read(self, data: bytes, seen: int = 0) -> None:
        """Read a head at the start of `data`, of which `seen` bytes were searched before."""
        if data[:2] == b"\r\n":
            data, seen = _EMPTY_LINES.sub(b"", data, count=1), 0  # RFC 9112 2.2: before a request
        end = data.find(_HEAD_END, max(0, seen - 3))
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
            if self._buffer in _NOTHING and not self._surplus:
                self._moved(self.edge.limits.head_timeout)
            self._buffer = data

    @property
    def is_between_requests(self) -> bool:
        """Whether nothing would be lost but a connection: no whole request, no answer still on its way."""
        return self._state is _State.HEAD and not self.transport.get_write_buffer_size()

    def _refuse(self, error: BadMessageError) -> None:
        self._say(answers.code_for(error.status), str(error))

    # -- finding the share ---------------------------------------------------------------------

    def _route(self, head: RequestHead, rest: bytes) -> None:
        place = self.edge.hosts.place(head.host)
        if place.kind is Kind.SHARE:
            self._route_share(head, place, rest)
        elif place.kind is Kind.APEX:
            self._route_apex(head, rest)
        elif place.kind is Kind.BAD:
            self._say("bad-request", "Host is not a host name")
        else:
            self._say("no-such-share")

    def _route_apex(self, head: RequestHead, rest: bytes) -> None:
        if self._label and not self._trusted:
            self._say("misdirected")
            return
        if self._surplus and head.upgrade != b"websocket":
            self._say("busy")
            return
        if head.upgrade and (head.upgrade != _WEBSOCKET or head.target != _SESSION):
            head.upgrade = b""
        if head.upgrade and rest:
            self._say("bad-request", "bytes came before the session was agreed to")
            return
        protocol = self.edge.apex()
        forwarding = self._forwarding_lines(head)
        if not head.upgrade:
            forwarding += b"Connection: close\r\n"  # one request: the next may be for another host
            protocol = ApexConnection(self.edge, protocol, head.body)
        self._hand_over(protocol)
        # The relay's own app reads the head again: it is written anew from what was checked.
        protocol.data_received(head.for_app(forwarding))
        if rest:
            protocol.data_received(rest)

    def _route_share(self, head: RequestHead, place: Place, rest: bytes) -> None:
        if self._label and self._label != place.label and not self._trusted:
            self._say("misdirected")
            return
        self._label = place.label
        if head.target.startswith(_RESERVED):
            self._route_reserved(head, place, rest)
            return
        if self._surplus:
            self._say("busy")
            return
        if head.upgrade == _REVERSE:
            head.upgrade = b""  # between clients and relays only: no app is asked for it
        share = self.edge.switchboard.find(place.label)
        if share is None:
            self._look_up(place, rest)
        else:
            self._visit(share, head, rest)

    def _route_reserved(self, head: RequestHead, place: Place, rest: bytes) -> None:
        """The relay's own paths on a share's host: so far there is one."""
        if head.upgrade != _REVERSE or head.target != _TUNNEL:
            self._say("not-found")
            return
        share = self.edge.admit(head, place)
        if share is None or rest or not head.body.done:
            self._say("ticket-refused")
            return
        self.write(
            b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: doorstep-reverse\r\n\r\n"
        )
        self._hand_over(TunnelConnection(self.edge, share))

    def _hand_over(self, protocol: asyncio.BaseProtocol) -> None:
        self.edge.visitors.discard(self)
        self._state = _State.CLOSED
        self.transport.set_protocol(protocol)
        protocol.connection_made(self.transport)

    def _look_up(self, place: Place, rest: bytes) -> None:
        """Not live: the durable facts say why, and that takes a moment."""
        self._state = _State.LOOKUP
        self.deadline = self.edge.now + self.edge.limits.connect_wait
        self._keep(rest)
        self.edge.look_up(place.label, self._looked_up)

    def _looked_up(self, code: str, reason: str) -> None:
        if self._state is _State.LOOKUP:
            self._say(code, reason)

    # -- exchanges -----------------------------------------------------------------------------

    def _visit(self, share: LiveShare, head: RequestHead, rest: bytes) -> None:
        upstream = share.pool.take()
        if upstream is not None:
            self._begin(cast(TunnelConnection, upstream), head, rest)
            return
        self._state = _State.WAITING
        self._share = share
        self.deadline = self.edge.now + self.edge.limits.connect_wait
        self._keep(rest)
        if not share.pool.wait(self):
            self._share = None
            self._say("limit")

    def upstream_ready(self, upstream: Upstream) -> None:
        """The share's pool has a connection for the request that waits."""
        self._share = None
        rest, self._buffer = self._buffer, b""
        self._begin(cast(TunnelConnection, upstream), cast(RequestHead, self._head), rest)

    def upstream_failed(self, code: str, reason: str) -> None:
        """There will be no connection for the request that waits."""
        self._share = None
        self._say(code, reason)

    def _begin(self, upstream: TunnelConnection, head: RequestHead, rest: bytes) -> None:
        exchange = Exchange(self, upstream, head, self._host())
        self.exchange = upstream.exchange = exchange
        self._state = _State.EXCHANGE
        if self.write_paused:
            upstream.transport.pause_reading()
        if head.upgrade:
            exchange.held, rest = rest, b""
        try:
            rest = exchange.begin(self._forwarding_lines(head), rest)
        except BadBodyError as error:
            self._bad_body(error)
            return
        limits = self.edge.limits
        self._moved(limits.app_timeout if exchange.request_done else limits.body_timeout)
        self._keep(rest)
        if self._ended and not exchange.request_done:
            self._bad_body(BadBodyError("the request ended before its body was complete"))

    def _more(self, data: bytes) -> None:
        """Bytes while an exchange is under way: its body, or what comes after it."""
        exchange = cast(Exchange, self.exchange)
        if not exchange.request_done:
            self._more_body(exchange, data)
        elif exchange.head.upgrade:
            exchange.held += data
            self.hold_reading(buffer=len(exchange.held) > _HOLD)
        else:
            self._keep(self._buffer + data)

    def _more_body(self, exchange: Exchange, data: bytes) -> None:
        try:
            rest = exchange.from_visitor(data)
        except BadBodyError as error:
            self._bad_body(error)
            return
        self._moved(self._patience())
        self._keep(rest)

    def _bad_body(self, error: BadBodyError) -> None:
        exchange, self.exchange = self.exchange, None
        if exchange is not None:
            exchange.visitor_lost()
            if exchange.answered:
                self._cut()  # a page of ours would be read as more of the app's answer
                return
        self._say("bad-request", str(error))

    def upgraded(self) -> None:
        """The app agreed: bytes pass as they are from now on."""
        self._state = _State.UPGRADED
        self.deadline = self.edge.now + self.edge.limits.idle_stream
        self.hold_reading(buffer=False)

    def exchange_over(self, *, keep_alive: bool) -> None:
        """The answer is complete."""
        exchange, self.exchange = self.exchange, None
        if self._hold_upstream:
            self.hold_reading(upstream=False)
        if exchange is not None and not exchange.request_done:
            self._start_draining()
        elif not keep_alive or (exchange is not None and exchange.held):
            self._close()  # bytes after a refused upgrade: a request, or the protocol that was hoped for?
        else:
            self._next()

    def _next(self) -> None:
        self._state = _State.HEAD
        self._head = None
        self.deadline = self.edge.now + self.edge.limits.idle_timeout
        data, self._buffer = self._buffer, b""
        if self._hold_buffer:
            self.hold_reading(buffer=False)
        if data:
            self._read(data)
        if self._ended and self._state is _State.HEAD:
            self._close()

    def exchange_failed(self, code: str, reason: str) -> None:
        """No answer came: the relay answers in the app's place."""
        self.exchange = None
        self._say(code, reason)

    def exchange_cut(self, *, clean: bool) -> None:
        """The answer broke off in the middle: the visitor must see that, so nothing is made up."""
        self.exchange = None
        if clean:
            self._close()
        else:
            self._cut()

    # -- the relay's own answers, and the end --------------------------------------------------

    def _say(self, code: str, reason: str = "") -> None:
        """Answer in the relay's name, then end the connection once the visitor could read it."""
        if code not in answers.ANSWERS:
            code, reason = "offline", ""  # an end that is the client's business: the page tries again
        head = self._head
        self.write(
            answers.render(
                code,
                as_html=head is not None and head.wants_html(),
                host=self._host().decode("ascii", "replace"),
                reason=reason,
                head_only=head is not None and head.method == b"HEAD",
            )
        )
        if head is None or not head.body.done or self._buffer:
            self._start_draining()
        else:
            self._close()

    def _start_draining(self) -> None:
        """Keep reading for a moment: closing on unread bytes would reset the answer away."""
        self._state = _State.DRAINING
        self.deadline = self.edge.now + self._patience()
        self._buffer = b""
        self._hold_buffer = self._hold_upstream = False
        self._settle_reading()
        if self._ended:
            self._close()
        elif self.transport.can_write_eof():
            self.transport.write_eof()

    def _drain(self, data: bytes) -> None:
        self._drained += len(data)
        if self._drained > _DRAIN:
            self._close()

    def _close(self) -> None:
        self._state = _State.CLOSED
        self.deadline = self.edge.now + self.edge.limits.stall_timeout
        self.transport.close()

    def _cut(self) -> None:
        """End with a reset: an answer whose end is the connection's must not look complete."""
        self._state = _State.CLOSED
        sock = self.transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.transport.abort()

    def write(self, data: bytes) -> None:
        """Send to the visitor; progress moves the deadline on."""
        self.transport.write(data)
        if not self.write_paused:
            self.deadline = self.edge.now + self.edge.limits.idle_stream

    def still_waits(self) -> None:
        """What was written was no answer yet: the next step has the time that it had before."""
        self._moved(self._patience())

    def _moved(self, patience: float) -> None:
        """Something happened: the deadline is `patience` seconds away, unless the visitor takes nothing."""
        if not self.write_paused:
            self.deadline = self.edge.now + patience

    def _patience(self) -> float:
        """How long the next step of this state may take."""
        limits = self.edge.limits
        if self.write_paused or self._state is _State.CLOSED:
            return limits.stall_timeout
        match self._state:
            case _State.HEAD:
                return limits.head_timeout if self._buffer else limits.idle_timeout
            case _State.EXCHANGE:
                return self._patience_with_app()
            case _State.UPGRADED:
                return limits.idle_stream
            case _State.DRAINING:
                return limits.drain_timeout
            case _:
                return limits.connect_wait

    def _patience_with_app(self) -> float:
        limits = self.edge.limits
        exchange = self.exchange
        if exchange is None or exchange.answered:
            return limits.idle_stream
        waits_for_visitor = not exchange.request_done and not self._hold_upstream
        return limits.body_timeout if waits_for_visitor else limits.app_timeout

    def overdue(self) -> None:
        """The state's deadline has passed."""
        match self._state:
            case _State.HEAD if self._buffer:
                self._say("head-timeout")
            case _State.WAITING:
                self._leave_line()
                self._say("app-timeout", "The app's computer opened no connection for this request in time.")
            case _State.LOOKUP:
                self._say("app-timeout")
            case _State.EXCHANGE if not self.write_paused:
                self._give_up()
            case _:
                self.transport.abort()

    def _give_up(self) -> None:
        exchange, self.exchange = self.exchange, None
        if exchange is None:
            return
        exchange.visitor_lost()
        if exchange.answered:
            self._cut()
        elif exchange.request_done or self._hold_upstream:
            self._say("app-timeout")
        else:
            self._say("body-timeout")

    def _leave_line(self) -> None:
        share, self._share = self._share, None
        if share is not None:
            share.pool.leave(self)

    def _keep(self, data: bytes) -> None:
        self._buffer = data
        if data or self._hold_buffer:
            self.hold_reading(buffer=len(data) > _HOLD)

    def hold_reading(self, *, upstream: bool | None = None, buffer: bool | None = None) -> None:
        """Stop or go on reading, for either of two reasons: the app is slow, or enough is held."""
        if upstream is not None:
            self._hold_upstream = upstream
        if buffer is not None:
            self._hold_buffer = buffer
        self._settle_reading()

    def _settle_reading(self) -> None:
        reading = not (self._hold_upstream or self._hold_buffer)
        if reading is not self._reading:
            self._reading = reading
            if reading:
                self.transport.resume_reading()
            else:
                self.transport.pause_reading()

    # -- who asks ------------------------------------------------------------------------------

    def _host(self) -> bytes:
        return b"" if self._head is None else self.edge.hosts.place(self._head.host).host

    def _forwarding_lines(self, head: RequestHead) -> bytes:
        """Who asks, in the relay's words; the same for all requests of a connection, but behind a proxy."""
        if self._forwarding_for == head.host and not self._trusted:
            return self._forwarding
        peer, scheme = self._peer, self._scheme
        if self._trusted:
            peer, scheme = self.edge.behind_proxy(head, peer, scheme)
        self._forwarding_for = head.host
        self._forwarding = b"X-Forwarded-For: %b\r\nX-Forwarded-Host: %b\r\nX-Forwarded-Proto: %b\r\n" % (
            peer.encode("ascii", "replace"),
            head.host,
            scheme,
        )
        return self._forwarding
