"""A visitor's connection below its requests: what is written and held back, its deadline, its end.

What is held for later is bounded by `HOLD`, beyond which the visitor is not read from.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import TYPE_CHECKING, Final, cast

from doorstep_relay.edge.answers import ANSWERS
from doorstep_relay.edge.rendering import render
from doorstep_relay.edge.states import State, patience, patience_with_app
from doorstep_relay.edge.tunnel import BUFFER

if TYPE_CHECKING:
    from doorstep_relay.edge.context import Edge
    from doorstep_relay.edge.exchange import Exchange
    from doorstep_relay.edge.record import Record
    from doorstep_relay.edge.request import RequestHead
    from doorstep_relay.switchboard.meter import Meter

Fields = tuple[tuple[str, str], ...]
HOLD = 64 * 1024
"""Bytes that are kept of what comes before its time: a body without a tunnel, a pipeline."""
_DRAIN: Final = 4 * 1024 * 1024
_RESET: Final = struct.pack("ii", 1, 0)
_CLOSED, _DRAINING, _EXCHANGE = State.CLOSED, State.DRAINING, State.EXCHANGE


class Connection(asyncio.Protocol):
    """The transport of a visitor, and the one place that ends it."""

    __slots__ = (
        "_buffer",
        "_drained",
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
        "transport",
        "write_paused",
    )

    def __init__(self, edge: Edge) -> None:
        self.edge = edge
        self.transport: asyncio.Transport
        self.exchange: Exchange | None = None
        self.write_paused = False
        self.deadline = 0.0
        self._state = State.HEAD
        self._head: RequestHead | None = None
        """Of the request under way."""
        self._host = b""
        """The host that it is for, without its port."""
        self._buffer = b""
        self._drained = 0
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
        if self.exchange is not None:
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

    # -- the relay's own answers, and the end --------------------------------------------------

    def _say(self, code: str, reason: str = "", retry_after: int | None = None, fields: Fields = ()) -> None:
        """Answer in the relay's name, then end the connection once the visitor could read it."""
        if code not in ANSWERS:
            code, reason = "offline", ""  # an end that is the client's business: the page tries again
        if self.record is not None:
            self.record.code = code
        head = self._head
        self._send_last(
            render(
                code,
                as_html=head is not None and head.wants_html(),
                host=self._host.decode("ascii", "replace"),
                reason=reason,
                retry_after=retry_after,
                head_only=head is not None and head.method == b"HEAD",
                more=fields,
            )
        )

    def _send_last(self, answer: bytes) -> None:
        """The relay's own answer, after which the connection ends."""
        if self.record is not None:
            self.record.status = int(answer[9:12])
            answer = answer.replace(b"\r\n", b"\r\n" + self.record.line, 1)
        self.write(answer)
        head = self._head
        if head is None or not head.body.done or self._buffer:
            self._start_draining()
        else:
            self._close()

    def _start_draining(self) -> None:
        """Keep reading for a moment: closing on unread bytes would reset the answer away."""
        self._state = _DRAINING
        if self._meter is not None or self.record is not None:
            self._request_over()
        self.deadline = self.edge.now + self._patience()
        self._buffer = b""
        self._hold_buffer = self._hold_upstream = self._hold_pace = False
        self._settle_reading()
        if self._ended:
            self._close()
        elif self.transport.can_write_eof():
            self.transport.write_eof()

    def _drain(self, data: bytes) -> None:
        """Throw bytes away; after `_DRAIN` of them the rest waits unread for the deadline.

        Not closed at once: that would reset the connection, maybe before the answer was read.
        """
        self._drained += len(data)
        if self._drained > _DRAIN:
            self.hold_reading(buffer=True)

    def _request_over(self) -> None:
        """Whoever looked after the request under way hears of its end."""
        self._leave_meter()
        record, self.record = self.record, None
        if record is not None and self.edge.recorder is not None:
            self.edge.recorder.end(record)

    def _leave_meter(self) -> None:
        meter, self._meter = self._meter, None
        if meter is not None:
            meter.leave()

    def _close(self) -> None:
        self._state = _CLOSED
        if self._meter is not None or self.record is not None:
            self._request_over()
        self.deadline = self.edge.now + self.edge.limits.stall_timeout
        self.transport.close()

    def _cut(self) -> None:
        """End with a reset: an answer whose end is the connection's must not look complete."""
        self._state = _CLOSED
        if self._meter is not None or self.record is not None:
            self._request_over()
        sock = self.transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.transport.abort()
