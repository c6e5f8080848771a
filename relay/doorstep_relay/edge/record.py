"""What is noted of each request, when somebody wants to know: the access log, the metrics, the traces.

Nobody does by default, and then a request costs one look at `Edge.recorder`. A request gets an id, which
the app and the visitor are told; what a visitor sends as one counts only behind a trusted proxy.
"""

from __future__ import annotations

import itertools
import re
import secrets
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from opentelemetry.trace import Span

    from doorstep_relay.edge.tracing import Traces

_ID: Final = re.compile(rb"[A-Za-z0-9._\-]{1,128}")
_FIELD: Final = b"x-request-id:"


class Head(Protocol):
    """What is noted of a request's head. Of `lines` those that name the request are taken out."""

    @property
    def method(self) -> bytes: ...

    @property
    def target(self) -> bytes: ...

    @property
    def upgrade(self) -> bytes: ...

    @property
    def lines(self) -> list[bytes]: ...


class Record:
    """One request. Bytes are as they went over the visitor's connection, without TLS."""

    __slots__ = (
        "account",
        "began",
        "bytes_in",
        "bytes_out",
        "code",
        "head",
        "id",
        "name",
        "peer",
        "place",
        "seconds",
        "span",
        "status",
        "traced",
        "wall",
    )

    def __init__(self, number: bytes, name: str, peer: str, head: Head) -> None:
        self.id = number
        self.name = name
        """The share's; empty for the relay's own hosts."""
        self.place = ""
        """`relay` or `admin` for those."""
        self.account = ""
        """Who asks there, where that is known."""
        self.peer = peer
        self.head = head
        self.status = 0
        """0 when the visitor was gone before there was an answer."""
        self.code = ""
        """Of an answer that the relay made itself."""
        self.bytes_in = 0
        self.bytes_out = 0
        self.wall = time.time()
        self.began = time.perf_counter()
        self.seconds = 0.0
        self.span: Span | None = None
        """Of its trace, if there is one."""
        self.traced = b""
        """Field lines that tell the app of the trace."""

    @property
    def line(self) -> bytes:
        """The field that tells the id."""
        return b"X-Request-Id: %b\r\n" % self.id

    @property
    def told_app(self) -> bytes:
        """The fields that the app gets."""
        return self.line + self.traced


Sink = Callable[[Record], None]
"""Is told of a request that is over."""


class Recorder:
    """Follows requests, and tells each sink of their ends."""

    def __init__(self, sinks: Sequence[Sink], traces: Traces | None = None) -> None:
        self._sinks: list[Sink] = [*sinks] if traces is None else [*sinks, traces]
        self._traces = traces
        self._prefix = secrets.token_hex(4).encode()
        self._numbers = itertools.count(1)

    def begin(self, name: str, peer: str, head: Head, *, trusted: bool) -> Record:
        """A request's head was read."""
        record = Record(self._number(head, trusted=trusted), name, peer, head)
        if self._traces is not None:
            record.span, record.traced = self._traces.begin(record, trusted=trusted)
        return record

    def end(self, record: Record) -> None:
        """The request is over."""
        record.seconds = time.perf_counter() - record.began
        for sink in self._sinks:
            sink(record)

    def _number(self, head: Head, *, trusted: bool) -> bytes:
        """The proxy's id, or one of ours; the visitor's goes no further."""
        sent = [line for line in head.lines if line[: len(_FIELD)].lower() == _FIELD]
        for line in sent:
            head.lines.remove(line)
        if trusted and len(sent) == 1:
            number = sent[0].partition(b":")[2].strip()
            if _ID.fullmatch(number):
                return number
        return b"%b-%08x" % (self._prefix, next(self._numbers))


def without_ids(lines: list[bytes]) -> None:
    """Take an app's own ids out of its answer: the visitor gets one, the relay's."""
    lines[:] = [line for line in lines if line[: len(_FIELD)].lower() != _FIELD]
