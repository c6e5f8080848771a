"""How a visitor's connection ends: the relay's own answers, and who was answered in the middle of a request.

To close a connection with bytes unread resets it, and a reset may overtake the answer (RFC 9112 9.6). So who
is still sending is answered, told that no more will come (the end of our side), and read for a while longer,
within the bounds of `Drain`. What comes is thrown away. Is little left of the request, that is read to its
end, and the connection goes on.

TLS has no end of one side here. There the visitor knows the end of the answer by its length; one without is
followed by `close_notify`, and its transport lingers by itself.
"""

from __future__ import annotations

import socket
import struct
from typing import Final

from doorstep_relay.edge.answers import ANSWERS
from doorstep_relay.edge.body import Body
from doorstep_relay.edge.connection import Connection
from doorstep_relay.edge.drain import Drain
from doorstep_relay.edge.rendering import render
from doorstep_relay.edge.states import State

Fields = tuple[tuple[str, str], ...]
_RESET: Final = struct.pack("ii", 1, 0)
_CLOSED, _DRAINING = State.CLOSED, State.DRAINING


class LingeringConnection(Connection):
    """The one place that ends a visitor's transport."""

    __slots__ = ("_bounds", "_rest")

    # Set when draining begins: most connections never do.
    _bounds: Drain
    _rest: Body | None
    """What is left of a request after which the connection goes on."""

    def _next(self) -> None:
        """Go on with the next request."""
        raise NotImplementedError

    # -- the relay's own answers -----------------------------------------------------------------

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

    # -- a request that was not read to its end -----------------------------------------------------

    def _start_draining(self, rest: Body | None = None, *, close: bool = False) -> None:
        """Read what still comes, and throw it away. After `rest` the connection goes on, if that is given.

        `close` tells that the end of the connection is the end of the answer.
        """
        self._state = _DRAINING
        if self._meter is not None or self.record is not None:
            self._request_over()
        self._rest = rest
        self._bounds = Drain(self.edge.limits, self.edge.now, brief=self.surplus)
        self.deadline = self.edge.now + self._patience()
        self._buffer = b""
        self._hold_buffer = self._hold_upstream = self._hold_pace = False
        self._settle_reading()
        if self._ended:
            self._close()
        elif rest is None:
            self._end_our_side(close=close)

    def _end_our_side(self, *, close: bool) -> None:
        if self.transport.can_write_eof():
            self.transport.write_eof()
        elif close:
            self._close()

    def _drain(self, data: bytes) -> None:
        """Throw bytes away. Those beyond the bound wait unread for the deadline.

        Not closed at once: that would reset the connection, maybe before the answer was read.
        """
        if not self._bounds.takes(len(data)):
            self.hold_reading(buffer=True)
            return
        if not self.write_paused:
            self.deadline = self._bounds.deadline(self.edge.now)
        if self._rest is not None:
            self._drain_rest(self._rest, data)

    def _drain_rest(self, rest: Body, data: bytes) -> None:
        """After the end of the request comes the next one."""
        taken = rest.feed(data)
        if rest.done:
            self._rest = None
            self._buffer = data[taken:]
            self._next()

    # -- the end ---------------------------------------------------------------------------------

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
