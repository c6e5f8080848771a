"""A visitor's connection below its requests: what is written and held back, and its deadline.

What is held for later is bounded by `HOLD`, beyond which the visitor is not read from.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from doorstep_relay.edge.states import State, patience, patience_with_app
from doorstep_relay.edge.tunnel import BUFFER

if TYPE_CHECKING:
    from doorstep_relay.edge.context import Edge
    from doorstep_relay.edge.exchange import Exchange
    from doorstep_relay.edge.record import Record
    from doorstep_relay.edge.request import RequestHead
    from doorstep_relay.switchboard.meter import Meter

HOLD = 64 * 1024
"""Bytes that are kept of what comes before its time: a body without a tunnel, a pipeline."""
_EXCHANGE = State.EXCHANGE


class Connection(asyncio.Protocol):
    """The transport of a visitor. How it ends is `lingering`'s."""

    __slots__ = (
        "_buffer",
        "_ended",
        "_head",
        "_hold_buffer",
        "_hold_pace",
        "_hold_upstream",
        "_host",
        "_meter",
        "_reading",
        "_state",
        "deadline",
        "edge",
        "exchange",
        "record",
        "surplus",
        "transport",
        "write_paused",
    )

    def __init__(self, edge: Edge) -> None:
        self.edge = edge
        self.transport: asyncio.Transport
        self.exchange: Exchange | None = None
        self.surplus = False
        self.write_paused = False
        self.deadline = 0.0
        self._state = State.HEAD
        self._head: RequestHead | None = None
        """Of the request under way."""
        self._host = b""
        """The host that it is for, without its port."""
        self._buffer = b""
        self._ended = False
        """Whether the visitor said that it will send no more."""
        self._hold_buffer = self._hold_upstream = self._hold_pace = False
        self._reading = True
        self._meter: Meter | None = None
        """What has let the request under way in, and waits to hear that it is over."""
        self.record: Record | None = None
        """What is noted of the request under way, if anybody wants to know."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.set_write_buffer_limits(high=BUFFER)

    @property
    def is_between_requests(self) -> bool:
        """Whether nothing would be lost but a connection: no whole request, no answer still on its way."""
        return self._state is State.HEAD and not self.transport.get_write_buffer_size()

    @property
    def is_idle(self) -> bool:
        """The same, with not even a part of a head."""
        return self.is_between_requests and not self._buffer

    @property
    def waits(self) -> bool:
        """Whether its request has not gone anywhere yet."""
        return self._state in (State.LOOKUP, State.HELD, State.WAITING)

    # -- writing -------------------------------------------------------------------------------

    def write(self, data: bytes) -> None:
        """Send to the visitor; progress moves the deadline on."""
        if self.record is not None:
            self.record.bytes_out += len(data)
        self.transport.write(data)
        if not self.write_paused:
            edge = self.edge
            self.deadline = edge.now + edge.limits.idle_stream

    def still_waits(self) -> None:
        """What was written was no answer yet: the next step has the time that it had before."""
        self._moved(self._patience())

    def pause_writing(self) -> None:
        self.write_paused = True
        self.deadline = self.edge.now + self.edge.limits.stall_timeout
        if self.exchange is not None:
            self.exchange.upstream.transport.pause_reading()

    def resume_writing(self) -> None:
        self.write_paused = False
        self._moved(self._patience())
        if self.exchange is not None and not self.exchange.others_turn:
            self.exchange.upstream.transport.resume_reading()

    # -- the deadline --------------------------------------------------------------------------

    def _moved(self, seconds: float) -> None:
        """Something happened: the deadline is `seconds` away, unless the visitor takes nothing."""
        if not self.write_paused:
            self.deadline = self.edge.now + seconds

    def _patience(self) -> float:
        """How long the next step of this state may take, in seconds."""
        limits = self.edge.limits
        if self.write_paused:
            return limits.stall_timeout
        exchange = self.exchange
        if self._state is not _EXCHANGE or exchange is None:
            return patience(self._state, limits, begun=bool(self._buffer))
        waits_for_visitor = not exchange.request_done and not self._hold_upstream
        return patience_with_app(limits, answered=exchange.answered, for_body=waits_for_visitor)

    # -- holding back --------------------------------------------------------------------------

    def hold_reading(
        self, *, upstream: bool | None = None, buffer: bool | None = None, pace: bool | None = None
    ) -> None:
        """Stop or go on reading, for any of three reasons: the app is slow, enough is held, or a limit."""
        if pace is not None:
            self._hold_pace = pace
        if upstream is not None:
            self._hold_upstream = upstream
        if buffer is not None:
            self._hold_buffer = buffer
        self._settle_reading()

    def _keep(self, data: bytes) -> None:
        """Hold what came before its time."""
        self._buffer = data
        if data or self._hold_buffer:
            self._hold_beyond(data)

    def _hold_beyond(self, held: bytes) -> None:
        self.hold_reading(buffer=len(held) > HOLD)

    def _settle_reading(self) -> None:
        reading = not (self._hold_upstream or self._hold_buffer or self._hold_pace)
        if reading is not self._reading and not self.transport.is_closing():
            self._reading = reading
            if reading:
                self.transport.resume_reading()
            else:
                self.transport.pause_reading()
