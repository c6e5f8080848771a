"""An app's answer head: read, checked, and written for the visitor."""

from __future__ import annotations

import re
from typing import Final

import httptools

from doorstep_relay.domain.passes import COOKIE, FORM_COOKIE
from doorstep_relay.edge.body import NO_BODY, Body, Chunked, Length, UntilClose
from doorstep_relay.edge.http1 import (
    BadMessageError,
    Take,
    at_a_glance,
    cached_if_short,
    check,
    connection_options,
    content_length,
    drop_named,
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
        if cookie_stays_home(value, self.host) and not is_ours(value):
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

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a field in: llhttp calls this for each, in order."""
        try:
            take = self._KNOWN[name]
        except KeyError:
            take = self._TAKES.get(name.lower())
        if take is None:
            self.lines.append(b"%b: %b\r\n" % (name, value))
        else:
            take(self, name, value)

    def settle(self) -> None:
        """What the fields mean together. Raises `BadMessageError`."""
        if self._connection:
            options, named = connection_options(self._connection)
            if b"close" in options:
                self.keep_alive = False
            if named:
                drop_named(self.lines, named)
        self.body = self._settle_body()

    def _settle_body(self) -> Body:
        """RFC 9112 6.3, in its order."""
        if self._encoding is not None and self._length is not None:
            raise BadMessageError("Transfer-Encoding beside Content-Length in an answer", 502)
        if self.status < 200 or self.status == 204:
            return NO_BODY
        framing = self._framing()
        if self.method == b"HEAD" or self.status == 304:
            return NO_BODY
        return framing

    def _framing(self) -> Body:
        if self._length is not None:
            size = content_length(self._length)
            self.lines.append(b"Content-Length: %d\r\n" % size)
            return Length(size)
        if self._encoding is None:
            return self._until_close()
        if self._encoding.lower() != b"chunked":
            raise BadMessageError("an answer in a transfer coding other than chunked", 502)
        self.lines.append(b"Transfer-Encoding: chunked\r\n")
        return Chunked(self.bars)

    def _until_close(self) -> Body:
        if self.method != b"HEAD" and self.status != 304:
            self.keep_alive = False
        return UntilClose()


def read_response(raw: bytes, *, method: bytes, host: bytes) -> ResponseHead:
    """Read the head of the answer to a `method` request to `host`. Raises `BadMessageError`."""
    status, start, version = _status_line(raw[: raw.index(b"\n") + 1])
    head = ResponseHead(status, start, method, host)
    head.keep_alive = version == 11
    check(httptools.HttpResponseParser(head), raw)
    head.settle()
    if version == 10 and isinstance(head.body, Chunked):
        raise BadMessageError("Transfer-Encoding in an answer of HTTP/1.0", 502)
    return head


@cached_if_short
def _status_line(line: bytes) -> tuple[int, bytes, int]:
    """Status, the line as the visitor gets it, and the app's version: 10 or 11."""
    start = _START.fullmatch(line)
    if start is None:
        raise BadMessageError("the status line is not HTTP/1.x SP CODE SP REASON", 502)
    return int(start[2]), b"HTTP/1.1" + line[8:], 11 if start[1] == b"1" else 10


def is_ours(cookie: bytes) -> bool:
    """Whether a `Set-Cookie` is for a name of the relay's: an app must not hand out passes, or end them."""
    name = cookie.partition(b"=")[0].strip().removeprefix(b"__Host-")
    return name in (COOKIE, FORM_COOKIE)


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
