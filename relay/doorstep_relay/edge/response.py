"""An app's answer head: read, checked, and written for the visitor."""

from __future__ import annotations

import re
from typing import Final

from doorstep_relay.edge.body import Body, Chunked, Length, NoBody, UntilClose
from doorstep_relay.edge.http1 import (
    BadMessageError,
    Take,
    at_a_glance,
    content_length,
    drop_named,
    response_fields,
    tokens,
)

_START: Final = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9][0-9])(?: [\t\x20-\x7e\x80-\xff]*)?\r\n")


class ResponseHead:
    """An answer, checked. `failure` is the code of an answer that the client itself made."""

    __slots__ = (
        "_connection",
        "_encoding",
        "_length",
        "body",
        "dated",
        "failure",
        "host",
        "keep_alive",
        "lines",
        "method",
        "start",
        "status",
        "upgrade",
    )

    def __init__(self, status: int, start: bytes, method: bytes, host: bytes) -> None:
        self.status = status
        self.start = start
        self.method = method
        """The request's."""
        self.host = host
        self.lines: list[bytes] = []
        self.body: Body
        self.keep_alive = True
        """Whether the tunnel connection may be used again."""
        self.upgrade = b""
        self.failure = b""
        self.dated = False
        self._connection = b""
        self._length: bytes | None = None
        self._encoding: bytes | None = None

    @property
    def interim(self) -> bool:
        """A 1xx that another head follows (RFC 9110 15.2)."""
        return 100 <= self.status < 200 and self.status != 101

    def for_visitor(self, extra: bytes) -> bytes:
        """The head as the visitor gets it; `extra` are the relay's own field lines."""
        return b"%b%b%b\r\n" % (self.start, b"".join(self.lines), extra)

    # -- fields that mean something here -------------------------------------------------------

    def _take_length(self, _name: bytes, value: bytes) -> None:
        if self._length is not None:
            raise BadMessageError("two Content-Length in an answer", 502)
        self._length = value

    def _take_encoding(self, _name: bytes, value: bytes) -> None:
        if self._encoding is not None:
            raise BadMessageError("two Transfer-Encoding in an answer", 502)
        self._encoding = value

    def _take_connection(self, _name: bytes, value: bytes) -> None:
        self._connection = self._connection + b"," + value if self._connection else value

    def _take_upgrade(self, _name: bytes, value: bytes) -> None:
        self.upgrade = value.strip().lower()

    def _take_cookie(self, name: bytes, value: bytes) -> None:
        if cookie_stays_home(value, self.host):
            self.lines.append(b"%b: %b\r\n" % (name, value))

    def _take_date(self, name: bytes, value: bytes) -> None:
        self.dated = True
        self.lines.append(b"%b: %b\r\n" % (name, value))

    def _take_failure(self, _name: bytes, value: bytes) -> None:
        self.failure = value

    def _drop(self, name: bytes, value: bytes) -> None:
        """For this hop only."""

    _TAKES: Final[dict[bytes, Take[ResponseHead]]] = {  # noqa: RUF012  # never changed
        b"content-length": _take_length,
        b"transfer-encoding": _take_encoding,
        b"connection": _take_connection,
        b"upgrade": _take_upgrade,
        b"set-cookie": _take_cookie,
        b"date": _take_date,
        b"doorstep-error": _take_failure,
        b"keep-alive": _drop,
        b"proxy-authenticate": _drop,
        b"proxy-connection": _drop,
    }
    _KNOWN: Final = at_a_glance(
        _TAKES,
        (
            *(
                b"accept-ranges",
                b"cache-control",
                b"content-disposition",
                b"content-encoding",
                b"content-type",
            ),
            *(b"etag", b"expires", b"last-modified", b"location", b"server", b"vary"),
        ),
    )

    @classmethod
    def bars(cls, name: bytes) -> bool:
        """Whether a field means something to this relay, so that it may not come as a trailer."""
        return name.lower() in cls._TAKES

    def sort(self, fields: list[tuple[bytes, bytes]]) -> None:
        """Take the fields in, then settle what they mean together. Raises `BadMessageError`."""
        lines, known = self.lines, self._KNOWN
        for name, value in fields:
            take = known[name] if name in known else self._TAKES.get(name.lower())
            if take is None:
                lines.append(b"%b: %b\r\n" % (name, value))
            else:
                take(self, name, value)
        if self._connection:
            options = tokens(self._connection)
            if b"close" in options:
                self.keep_alive = False
            drop_named(lines, options)
        self.body = self._settle_body()

    def _settle_body(self) -> Body:
        """RFC 9112 6.3, in its order."""
        if self._encoding is not None and self._length is not None:
            raise BadMessageError("Transfer-Encoding beside Content-Length in an answer", 502)
        if self.status < 200 or self.status == 204:
            return NoBody()
        framing = self._framing()
        if self.method == b"HEAD" or self.status == 304:
            return NoBody()
        if isinstance(framing, UntilClose):
            self.keep_alive = False
        return framing

    def _framing(self) -> Body:
        if self._encoding is not None:
            if self._encoding.lower() != b"chunked":
                raise BadMessageError("an answer in a transfer coding other than chunked", 502)
            self.lines.append(b"Transfer-Encoding: chunked\r\n")
            return Chunked(self.bars)
        if self._length is None:
            return UntilClose()
        size = content_length(self._length)
        self.lines.append(b"Content-Length: %d\r\n" % size)
        return Length(size)


def read_response(raw: bytes, *, method: bytes, host: bytes) -> ResponseHead:
    """Read the head of the answer to a `method` request to `host`. Raises `BadMessageError`."""
    start = _START.match(raw)
    if start is None:
        raise BadMessageError("the status line is not HTTP/1.x SP CODE SP REASON", 502)
    head = ResponseHead(int(start[2]), b"HTTP/1.1" + raw[8 : start.end()], method, host)
    head.keep_alive = start[1] == b"1"
    head.sort(response_fields(raw))
    if isinstance(head.body, Chunked) and start[1] == b"0":
        raise BadMessageError("Transfer-Encoding in an answer of HTTP/1.0", 502)
    return head


def cookie_stays_home(cookie: bytes, host: bytes) -> bool:
    """Whether a `Set-Cookie` reaches no further than the link's own host.

    Links share a parent domain that is not on the Public Suffix List for most operators, so a
    cookie for the parent would reach every other link.
    """
    for attribute in cookie.split(b";")[1:]:
        name, _, value = attribute.partition(b"=")
        if name.strip().lower() == b"domain":
            domain = value.strip().lstrip(b".").lower()
            if domain and domain != host:
                return False
    return True
