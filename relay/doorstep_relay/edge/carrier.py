"""A connection and its exchange: the wait for a tunnel connection, the request's body, the answer's end."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, cast

from doorstep_relay.edge.body import BREATH, BadBodyError, Length, TooLargeError, is_laborious
from doorstep_relay.edge.exchange import Exchange
from doorstep_relay.edge.lingering import LingeringConnection
from doorstep_relay.edge.request import RequestHead
from doorstep_relay.edge.states import State
from doorstep_relay.edge.sticking import chosen, sticking

if TYPE_CHECKING:
    from doorstep_relay.edge.context import Edge
    from doorstep_relay.edge.tunnel import TunnelConnection
    from doorstep_relay.switchboard.local import LiveShare
    from doorstep_relay.switchboard.meter import Meter
    from doorstep_relay.switchboard.pool import Upstream

_HEAD, _EXCHANGE = State.HEAD, State.EXCHANGE


class Carrier(LingeringConnection):
    """Carries one exchange at a time. What starts one, a head that was read and routed, is `visitor`'s."""

    __slots__ = ("_line",)

    def __init__(self, edge: Edge) -> None:
        super().__init__(edge)
        self._line: LiveShare | None = None
        """The share for whose tunnel connections it stands in line."""

    def _read(self, data: bytes) -> None:
        """Read the next head."""
        raise NotImplementedError

    def _forwarding_lines(self, head: RequestHead) -> bytes:
        """The relay's own fields of a request."""
        raise NotImplementedError

    def _visit(self, share: LiveShare, head: RequestHead, rest: bytes) -> None:
        if share.meter is not None and not self._enter(share.meter, head):
            return
        pool = share.pool if share.balanced is None else chosen(share.balanced, head)
        upstream = pool.take()
        if upstream is not None:
            self._begin(cast("TunnelConnection", upstream), head, rest)
            return
        self._state = State.WAITING
        self._line = share
        self.deadline = self.edge.now + self.edge.limits.connect_wait
        self._keep(rest)
        if not pool.wait(self):
            self._line = None
            self._say("limit")

    def _enter(self, meter: Meter, head: RequestHead) -> bool:
        """Let a request in as far as limits go; False when it was refused."""
        body = head.body
        if isinstance(body, Length) and body.left > meter.max_request_bytes:
            self._say("too-large", str(TooLargeError(meter.max_request_bytes)))
            return False
        refused = meter.enter(asyncio.get_running_loop().time())
        if refused is not None:
            self._say(refused.code, refused.reason, math.ceil(refused.wait))
            return False
        self._meter = meter
        return True

    def upstream_ready(self, upstream: Upstream) -> None:
        """The share's pool has a connection for the request that waits."""
        self._line = None
        rest, self._buffer = self._buffer, b""
        self._begin(cast("TunnelConnection", upstream), cast(RequestHead, self._head), rest)

    def upstream_failed(self, code: str, reason: str) -> None:
        """There will be no connection for the request that waits."""
        self._line = None
        self._say(code, reason)

    def _leave_line(self) -> None:
        share, self._line = self._line, None
        if share is not None:
            share.pool.leave(self)

    def _begin(self, upstream: TunnelConnection, head: RequestHead, rest: bytes) -> None:
        exchange = Exchange(self, upstream, head, self._host)
        self.exchange = upstream.exchange = exchange
        if upstream.pool.tag:
            exchange.stick = sticking(upstream.pool, head)
        self._state = _EXCHANGE
        if self.write_paused:
            upstream.transport.pause_reading()
        if head.upgrade:
            exchange.held, rest = rest, b""
        try:
            told = self._forwarding_lines(head)
            if self.record is not None:
                told += self.record.told_app
            rest = exchange.begin(told, rest)
        except BadBodyError as error:
            self._bad_body(error)
            return
        limits = self.edge.limits
        self._moved(limits.app_timeout if exchange.request_done else limits.body_timeout)
        if rest or self._hold_buffer:
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
            self._hold_beyond(exchange.held)
        else:
            self._keep(self._buffer + data)

    def _more_body(self, exchange: Exchange, data: bytes) -> None:
        meter = exchange.upstream.share.meter
        if meter is None or not exchange.is_paced(meter, len(data)):
            self.take_body(exchange, data)
        else:
            exchange.pace(meter).up.feed(data)

    def take_body(self, exchange: Exchange, data: bytes) -> None:
        """Bytes of a request's body, when it is their turn."""
        try:
            rest = exchange.from_visitor(data)
        except BadBodyError as error:
            self._bad_body(error)
            return
        self._moved(self._patience())
        self._keep(rest)
        if is_laborious(exchange.head.body) and not exchange.has_pace:
            self.hold_reading(pace=True)
            asyncio.get_running_loop().call_later(BREATH, self._go_on)

    def _go_on(self) -> None:
        """The others had their turn."""
        if self.exchange is None or not self.exchange.holds_visitor:
            self.hold_reading(pace=False)

    def _bad_body(self, error: BadBodyError) -> None:
        exchange, self.exchange = self.exchange, None
        if exchange is not None:
            exchange.visitor_lost()
            if exchange.answered:
                self._cut()  # a page of ours would be read as more of the app's answer
                return
        self._say(error.code, str(error))

    def upgraded(self) -> None:
        """The app agreed: bytes pass as they are from now on."""
        self._state = State.UPGRADED
        self.deadline = self.edge.now + self.edge.limits.idle_stream
        self.hold_reading(buffer=False)

    # -- the end ------------------------------------------------------------------------------

    def exchange_over(self, *, keep_alive: bool) -> None:
        """The answer is complete."""
        exchange, self.exchange = self.exchange, None
        if self._hold_upstream:
            self.hold_reading(upstream=False)
        if exchange is not None and not exchange.request_done:
            rest = exchange.short_rest if keep_alive else None
            self._start_draining(rest, close=exchange.ends_with_connection)
        elif not keep_alive or (exchange is not None and exchange.held):
            self._close()  # bytes after a refused upgrade: a request, or the protocol that was hoped for?
        else:
            self._next()

    def _next(self) -> None:
        self._state = _HEAD
        if self._meter is not None or self.record is not None:
            self._request_over()
        self._head = None
        self.deadline = self.edge.now + self.edge.limits.idle_timeout
        data, self._buffer = self._buffer, b""
        if self._hold_buffer:
            self.hold_reading(buffer=False)
        if data:
            self._read(data)
        if self._ended and self._state is _HEAD:
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
