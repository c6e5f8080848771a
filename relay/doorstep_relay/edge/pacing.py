"""Bytes per second: what a share's meter does not allow yet is held, and its sender is not read from.

What is held is what was read at once, so it is bounded by the transports' buffers. One timer serves all who
wait, and runs only while somebody does; each gets a fair part of what has come to be allowed since.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from doorstep_relay.edge.exchange import Exchange
    from doorstep_relay.switchboard.meter import Meter

TICK: Final = 0.05
"""Seconds between two turns."""
_LEAST: Final = 64
"""Bytes worth passing on by themselves, unless they are all there is."""


class Pacer:
    """Gives those who wait their turns."""

    def __init__(self) -> None:
        self.waiting: dict[Flow, None] = {}
        """In the order of their turns."""
        self._timer: asyncio.TimerHandle | None = None

    def add(self, flow: Flow) -> None:
        """It has bytes that wait."""
        self.waiting[flow] = None
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(TICK, self._turn)

    def discard(self, flow: Flow) -> None:
        """It has none any more."""
        self.waiting.pop(flow, None)

    def _turn(self) -> None:
        self._timer = None
        loop = asyncio.get_running_loop()
        now = loop.time()
        try:
            for flow in list(self.waiting):
                flow.step(now)
        finally:  # whatever one of them does, the others have their next turn
            if self.waiting:
                first = next(iter(self.waiting))  # who was first is last in the next turn
                self.waiting.pop(first)
                self.waiting[first] = None
                self._timer = loop.call_later(TICK, self._turn)


class Flow:
    """One direction of an exchange. `deliver` passes bytes on, `hold` stops and resumes their sender."""

    __slots__ = ("_choked", "_deliver", "_hold", "_meter", "_pacer", "held")

    def __init__(
        self,
        pacer: Pacer,
        meter: Meter,
        deliver: Callable[[bytes], None],
        hold: Callable[[bool], None],
        choked: Callable[[], bool],
    ) -> None:
        self._pacer = pacer
        self._meter = meter
        self._deliver = deliver
        self._hold = hold
        self._choked = choked
        """Whether the receiver takes nothing at the moment."""
        self.held = b""

    def feed(self, data: bytes) -> None:
        """Pass on what is allowed now, and the rest bit by bit."""
        if self.held:
            self.held += data
            self._hold(True)
            return
        now = asyncio.get_running_loop().time()
        if len(data) <= self._meter.grant(now):
            self._pass(now, data)
            return
        self.held = data
        self._meter.wait(1)
        self._pacer.add(self)
        self._hold(True)

    def step(self, now: float) -> None:
        """Its turn."""
        if not self.held or self._choked():  # an earlier turn may have ended the exchange
            return
        size = int(self._meter.grant(now)) if self._meter.paces else len(self.held)
        if size < min(_LEAST, len(self.held)):
            return
        piece = self.held[:size]
        self.held = self.held[size:]
        if not self.held:
            self._leave()
        self._pass(now, piece)

    def release(self) -> bytes:
        """What is held, which is the caller's from now on."""
        held, self.held = self.held, b""
        if held:
            self._leave()
        return held

    def _leave(self) -> None:
        self._meter.wait(-1)
        self._pacer.discard(self)
        self._hold(False)

    def _pass(self, now: float, data: bytes) -> None:
        self._meter.spend(now, len(data))
        self._deliver(data)


class Pace:
    """Both directions of one exchange."""

    __slots__ = ("_exchange", "down", "up")

    def __init__(self, exchange: Exchange, meter: Meter) -> None:
        self._exchange = exchange
        pacer = exchange.visitor.edge.pacer
        visitor, upstream = exchange.visitor, exchange.upstream
        self.down = Flow(
            pacer, meter, exchange.from_upstream, self._hold_upstream, lambda: visitor.write_paused
        )
        self.up = Flow(pacer, meter, self._sent, self._hold_visitor, lambda: upstream.write_paused)

    def end(self) -> None:
        """The exchange is over: what is held of it has nobody any more."""
        self.down.release()
        self.up.release()

    def flush(self) -> None:
        """Pass everything on at once: its sender has said all, or is gone."""
        for flow, deliver in ((self.down, self._exchange.from_upstream), (self.up, self._sent)):
            held = flow.release()
            if held:
                deliver(held)

    def _sent(self, data: bytes) -> None:
        exchange = self._exchange
        if exchange.upgraded:
            exchange.raw_passed(data)
            return
        exchange.visitor.take_body(exchange, data)
        if exchange.request_done:
            rest = self.up.release()
            if rest:
                exchange.visitor.data_received(rest)

    def _hold_visitor(self, hold: bool) -> None:
        self._exchange.visitor.hold_reading(pace=hold)

    def _hold_upstream(self, hold: bool) -> None:
        exchange = self._exchange
        if hold:
            exchange.upstream.transport.pause_reading()
        elif not (exchange.visitor.write_paused or exchange.upstream.transport.is_closing()):
            exchange.upstream.transport.resume_reading()
