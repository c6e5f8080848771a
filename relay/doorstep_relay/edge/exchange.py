"""One request of a visitor and its answer, between a visitor connection and a tunnel connection.

Bytes are passed on as they arrive; the framings only count them. The rules of reuse: a tunnel
connection goes back to its pool after an exchange that was framed cleanly on both sides and read to
its end; after an upgrade, an error, an unread body or a surplus byte it is discarded. A request
whose first byte was sent is never sent again.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from doorstep_relay.edge.body import (
    BREATH,
    BadBodyError,
    Body,
    Chunked,
    Length,
    TooLargeError,
    UntilClose,
    is_laborious,
)
from doorstep_relay.edge.http1 import BadMessageError
from doorstep_relay.edge.pacing import Pace
from doorstep_relay.edge.record import Record, without_ids
from doorstep_relay.edge.request import RequestHead
from doorstep_relay.edge.response import ResponseHead, read_response

if TYPE_CHECKING:
    from doorstep_relay.edge.carrier import Carrier
    from doorstep_relay.edge.tunnel import TunnelConnection
    from doorstep_relay.switchboard.meter import Meter

MOST_INTERIM = 256
"""Interim answers to one request (RFC 9110 15.2). Each is a head to be read, of some 20 bytes: without an end
to them an app could keep the relay from serving anybody else."""
_HEAD_END = b"\r\n\r\n"
_CHUNKED = b"Transfer-Encoding: chunked\r\n"
_SHORT_REST = 64 * 1024
"""Bytes of a request that are worth reading to keep a visitor's connection."""
_FAILURES = {code.encode(): code for code in ("app-refused", "app-failed", "app-timeout")}
"""What a client may say of its app; what the relay says of a share is not for it to say."""


class Exchange:
    """A request on its way. `visitor` and `upstream` each know it as their `exchange`."""

    __slots__ = (
        "_interim",
        "_pace",
        "_partial",
        "_received",
        "_response",
        "_upstream_ended",
        "_visitor_ended",
        "head",
        "held",
        "host",
        "others_turn",
        "request_done",
        "stick",
        "upgraded",
        "upstream",
        "visitor",
    )

    def __init__(self, visitor: Carrier, upstream: TunnelConnection, head: RequestHead, host: bytes) -> None:
        self.visitor = visitor
        self.upstream = upstream
        self.head = head
        self.host = host
        self.request_done = False
        self.upgraded = False
        self.held = b""
        """What a visitor sent after an upgrade request, kept until the app agreed to it."""
        self._pace: Pace | None = None
        """What holds its bytes back, on a share with a limit of bytes a second."""
        self._received = 0
        """Bytes of the request's body, counted on a share that has limits."""
        self.stick = b""
        """A field line by which the visitor comes back to this one of several clients."""
        self._partial = b""
        self._interim = 0
        self.others_turn = False
        """Whether the app is not read from for a moment, whoever would take more of it."""
        self._response: ResponseHead | None = None
        self._upstream_ended = self._visitor_ended = False

    @property
    def answered(self) -> bool:
        """Whether bytes of the final answer went to the visitor."""
        return self.upgraded or self._response is not None

    @property
    def status(self) -> int:
        """Of the app's answer; 0 while there is none."""
        if self.upgraded:
            return 101
        return 0 if self._response is None else self._response.status

    @property
    def has_pace(self) -> bool:
        """Whether a limit of bytes a second says when more is read."""
        return self._pace is not None

    @property
    def holds_visitor(self) -> bool:
        """Whether a limit does, until what waits has been passed on."""
        return self._pace is not None and bool(self._pace.up.held)

    @property
    def short_rest(self) -> Body | None:
        """What is left of the request, if it is little and certain to come.

        Who expects a `100` may never send it, nor say so: what came next would be taken for it.
        """
        body = self.head.body
        if not isinstance(body, Length) or body.left > _SHORT_REST or _expects(self.head):
            return None
        return body if self._pace is None else None  # what that held is lost, and was not counted

    @property
    def ends_with_connection(self) -> bool:
        """Whether the visitor knows the end of the answer by the end of its connection alone."""
        body = None if self._response is None else self._response.body
        return isinstance(body, UntilClose) or (isinstance(body, Chunked) and body.payload is not None)

    # -- from the visitor ----------------------------------------------------------------------

    def begin(self, forwarding: bytes, data: bytes) -> bytes:
        """Send the head and what is there of the body; what comes after the body is given back."""
        self.upstream.share.requests += 1
        self.upstream.transport.write(self.head.for_app(forwarding))
        if self.head.body.done:
            self.request_done = True
            return data
        return self.from_visitor(data) if data else b""

    def from_visitor(self, data: bytes) -> bytes:
        """Pass body bytes on; what comes after the body is given back. Raises `BadBodyError`."""
        taken = self.head.body.feed(data)
        if taken:
            share = self.upstream.share
            if share.meter is not None:
                self._measure(share.meter, taken)
            if self.visitor.record is not None:
                self.visitor.record.bytes_in += taken
            share.bytes_in += taken
            self.upstream.transport.write(data if taken == len(data) else data[:taken])
        if self.head.body.done:
            self.request_done = True
        return data[taken:]

    def raw_from_visitor(self, data: bytes) -> None:
        """Bytes of an upgraded connection."""
        meter = self.upstream.share.meter
        if meter is None or not self.is_paced(meter, len(data)):
            self.raw_passed(data)
        else:
            self.pace(meter).up.feed(data)

    def raw_passed(self, data: bytes) -> None:
        """The same, when it is their turn."""
        if self.visitor.record is not None:
            self.visitor.record.bytes_in += len(data)
        self.upstream.share.bytes_in += len(data)
        self.upstream.transport.write(data)

    def visitor_eof(self) -> bool:
        """The visitor will send no more. True keeps its connection open for what comes back."""
        if self._pace is not None:
            self._pace.flush()
        self._visitor_ended = True
        if not self.upgraded:
            return self.request_done
        upstream = self.upstream.transport
        if not upstream.can_write_eof():
            return False
        upstream.write_eof()
        if self._upstream_ended:
            upstream.close()  # both have said all; this writes what is left, then ends the visitor's too
        return True

    def visitor_lost(self) -> None:
        """Nobody waits for the answer any more: the app is told by the end of its connection."""
        self._give_up_upstream()

    # -- held to limits ------------------------------------------------------------------------

    def is_paced(self, meter: Meter, size: int) -> bool:
        """Whether so many bytes go through `pace`: once some have had to wait, all that come after them do.

        Most exchanges never wait, so they never have a `Pace`.
        """
        if self._pace is None:
            return meter.paces and not meter.at_once(asyncio.get_running_loop().time(), size)
        return True

    def pace(self, meter: Meter) -> Pace:
        """What holds bytes back until they are allowed."""
        if self._pace is None:
            self._pace = Pace(self, meter)
        return self._pace

    def paced_from_upstream(self, data: bytes) -> None:
        """From the app of a share that has limits."""
        meter = self.upstream.share.meter
        if meter is None or not self.is_paced(meter, len(data)):
            self.from_upstream(data)
        else:
            self.pace(meter).down.feed(data)

    def _measure(self, meter: Meter, size: int) -> None:
        self._received += size
        if self._received > meter.max_request_bytes:
            raise TooLargeError(meter.max_request_bytes)

    def _end_pace(self) -> None:
        if self._pace is not None:
            self._pace.end()

    # -- from the app --------------------------------------------------------------------------

    def from_upstream(self, data: bytes) -> None:
        if self.upgraded:
            self._to_visitor(data)
            return
        try:
            if self._response is None:
                self._answer(data)
            else:
                self._body(self._response, data)
        except (BadMessageError, BadBodyError):
            self._fail("app-failed")

    def _answer(self, data: bytes) -> None:
        """Read heads until the final one; pass it on with what is there of its body."""
        while True:
            if self._partial:
                data = self._partial + data
            end = data.find(_HEAD_END)
            if end < 0 or end + 4 > self.visitor.edge.limits.max_head:
                self._keep_partial(data)
                return
            self._partial = b""
            head = read_response(data[: end + 4], method=self.head.method, host=self.host)
            data = data[end + 4 :]
            if head.status >= 200 or head.status == 101:
                break  # else it is interim, and another follows (RFC 9110 15.2)
            self._interim += 1
            if self._interim > MOST_INTERIM:
                raise BadMessageError("interim answers without end", 502)
            if self.head.version == 11:
                self._to_visitor(head.for_visitor(b""))
                self.visitor.still_waits()
        self._final(head, data)

    def _keep_partial(self, data: bytes) -> None:
        if len(data) > self.visitor.edge.limits.max_head:
            raise BadMessageError("the answer's head is too large", 502)
        self._partial = data

    def _final(self, head: ResponseHead, data: bytes) -> None:
        if head.failure:
            self._fail(_FAILURES.get(head.failure, "app-failed"))
        elif head.status == 101:
            self._switch(head, data)
        else:
            self._start_answer(head, data)
            self._response = head

    def _switch(self, head: ResponseHead, data: bytes) -> None:
        """`101`: from here on the bytes are the new protocol's (RFC 9110 7.8)."""
        if not self.head.upgrade or head.upgrade != self.head.upgrade:
            raise BadMessageError("the app switched to a protocol that was not asked for", 502)
        self.upgraded = True
        extra = b"Connection: Upgrade\r\nUpgrade: %b\r\n" % head.upgrade
        if self.visitor.record is not None:
            extra += self._noted(self.visitor.record, head)
        self._to_visitor(head.for_visitor(extra) + data)
        held, self.held = self.held, b""
        self.visitor.upgraded()
        if held:
            self.raw_from_visitor(held)
        if self._visitor_ended:
            self.visitor_eof()

    def _start_answer(self, head: ResponseHead, data: bytes) -> None:
        request, body = self.head, head.body
        if (
            self.held
            or isinstance(body, UntilClose)
            or (not self.request_done and self._is_refusal(body, data))
        ):
            request.keep_alive = False
        if request.version == 10 and _CHUNKED in head.lines:
            _unchunk(request, head)
        usual = head.dated and request.keep_alive and request.version == 11 and not self.stick
        marks = self.upstream.share.marks
        if self.visitor.record is not None:
            marks += self._noted(self.visitor.record, head)
        start = head.for_visitor(marks if usual else marks + self._own_lines(head))
        if body.done:
            self._to_visitor(start)
            self._finish(head, surplus=bool(data))
        elif data:
            self._body(head, data, start)
        else:
            self._to_visitor(start)

    def _is_refusal(self, body: Body, data: bytes) -> bool:
        """Whether the answer comes so early that nobody will read the rest only to keep the connection.

        Of a request in chunks nobody knows how much that is: it may go on beside its answer.
        """
        if self.short_rest is not None:
            return False
        return isinstance(self.head.body, Length) or _is_whole(body, data)

    def _noted(self, record: Record, head: ResponseHead) -> bytes:
        """Note the answer; the field that tells the visitor the request's id."""
        record.status = head.status
        without_ids(head.lines)
        return record.line

    def _own_lines(self, head: ResponseHead) -> bytes:
        """What the relay adds: a missing Date (RFC 9110 6.6.1) and the state of the visitor's connection."""
        date = self.stick if head.dated else self.stick + self.visitor.edge.date
        if not self.head.keep_alive:
            return date + b"Connection: close\r\n"
        return date + b"Connection: keep-alive\r\n" if self.head.version == 10 else date

    def _body(self, head: ResponseHead, data: bytes, start: bytes = b"") -> None:
        body = head.body
        size = len(data)
        taken = body.feed(data)
        part = data if taken == size else data[:taken]
        if isinstance(body, Chunked) and body.payload is not None:
            part = b"".join(body.payload)
            body.payload.clear()
        self._to_visitor(start + part if start else part)
        if body.done:
            self._finish(head, surplus=taken != size)
        elif is_laborious(body) and self._pace is None:
            self._let_others()

    def _let_others(self) -> None:
        """Read on a little later: a loop reads megabytes of one connection in one turn."""
        self.others_turn = True
        self.upstream.transport.pause_reading()
        asyncio.get_running_loop().call_later(BREATH, self._go_on)

    def _go_on(self) -> None:
        self.others_turn = False
        upstream = self.upstream
        served = upstream.exchange  # this one, another by now, or none
        if not (upstream.transport.is_closing() or (served is not None and served.visitor.write_paused)):
            upstream.transport.resume_reading()

    def _to_visitor(self, data: bytes) -> None:
        if data:
            self.upstream.share.bytes_out += len(data)
            self.visitor.write(data)

    def upstream_eof(self) -> bool:
        """The app will send no more. True keeps the connection open for what still goes to it."""
        if self._pace is not None:
            self._pace.flush()
        self._upstream_ended = True
        if self.upgraded and self.visitor.transport.can_write_eof():
            self.visitor.transport.write_eof()
            return not self._visitor_ended
        return False

    def upstream_lost(self, *, clean: bool) -> None:
        """The tunnel connection ended under the exchange."""
        self._end_pace()
        response = self._response
        if self.upgraded:
            self.visitor.exchange_cut(clean=clean)
        elif response is None:
            code, reason = self.upstream.share.ended or ("app-failed", "")
            self.visitor.exchange_failed(code, reason)
        elif isinstance(response.body, UntilClose) and clean:
            self.visitor.exchange_over(keep_alive=False)
        else:
            self.visitor.exchange_cut(clean=False)

    # -- the end -------------------------------------------------------------------------------

    def _finish(self, head: ResponseHead, *, surplus: bool) -> None:
        self._response = head  # of an answer in one piece nobody knows yet
        upstream = self.upstream
        clean = head.keep_alive and self.request_done and not surplus and not self.head.upgrade
        if self._pace is not None:
            clean = clean and not self._pace.down.held
            self._pace.end()
        if clean and not upstream.write_paused:
            upstream.exchange = None
            if self.visitor.write_paused:
                upstream.transport.resume_reading()
            upstream.pool.give_back(upstream, self.visitor.edge.now)
        else:
            self._give_up_upstream()
        self.visitor.exchange_over(keep_alive=self.head.keep_alive)

    def _fail(self, code: str) -> None:
        self._give_up_upstream()
        if self._response is None:
            self.visitor.exchange_failed(code, "")
        else:
            self.visitor.exchange_cut(clean=False)

    def _give_up_upstream(self) -> None:
        self._end_pace()
        upstream = self.upstream
        upstream.exchange = None
        upstream.pool.drop(upstream)
        upstream.discard()


def _is_whole(body: Body, data: bytes) -> bool:
    if isinstance(body, Length):
        return body.left <= len(data)
    return body.done or data.endswith(b"0\r\n\r\n")


def _expects(request: RequestHead) -> bool:
    return any(line[:7].lower() == b"expect:" for line in request.lines)


def _unchunk(request: RequestHead, answer: ResponseHead) -> None:
    """HTTP/1.0 knows no chunks: the end of the connection is the end of the answer."""
    answer.lines.remove(_CHUNKED)
    if isinstance(answer.body, Chunked):
        answer.body.payload = []
        request.keep_alive = False
