"""Message heads: read strictly, written for the next hop. No I/O.

Reading is llhttp's (through `httptools`), with its leniencies off, after the start line was
checked byte for byte; what llhttp lets through and a proxy must not is refused here (RFC 9112
sections 3, 5 and 6, RFC 9110 section 7.6). Whoever doubts how a message is framed refuses it:
a request with a 400 and the end of its connection, an answer with a 502 and the end of its tunnel
connection.

Heads are written anew, never passed through: hop-by-hop fields and those named in `Connection`
go, forwarding fields are replaced by ours, everything else keeps its bytes and its order.
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import Final

import httptools

from doorstep_relay.edge.body import Body, Chunked, Length, NoBody, UntilClose

MAX_HEADERS: Final = 128

_REQUEST_LINE: Final = re.compile(rb"([A-Z][A-Z\-]{0,23}) ([!-\"$-~]+) HTTP/1\.([01])\r\n")
_STATUS_LINE: Final = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9][0-9])(?: [\t\x20-\x7e\x80-\xff]*)?\r\n")
_LENGTH: Final = re.compile(rb"[0-9]{1,18}\Z")
_ABSOLUTE: Final = re.compile(rb"https?://([^/?#@\\]+)(.*)\Z", re.IGNORECASE | re.DOTALL)


class BadMessage(Exception):
    """A head that must not be passed on. `status` is the answer that a visitor gets for it."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class _Kind(IntEnum):
    """What the edge does with a field of this name."""

    PASS = 0
    DROP = 1
    HOST = 2
    LENGTH = 3
    ENCODING = 4
    CONNECTION = 5
    UPGRADE = 6
    TE = 7
    COOKIE = 8
    FORWARDED_FOR = 9
    FORWARDED_PROTO = 10
    AUTHORIZATION = 11
    FAILURE = 12
    ACCEPT = 13
    DATE = 14


_REQUEST_KINDS: Final = {
    b"host": _Kind.HOST,
    b"content-length": _Kind.LENGTH,
    b"transfer-encoding": _Kind.ENCODING,
    b"connection": _Kind.CONNECTION,
    b"upgrade": _Kind.UPGRADE,
    b"te": _Kind.TE,
    b"keep-alive": _Kind.DROP,
    b"proxy-connection": _Kind.DROP,
    b"proxy-authorization": _Kind.DROP,
    b"http2-settings": _Kind.DROP,
    b"forwarded": _Kind.DROP,
    b"x-forwarded-for": _Kind.FORWARDED_FOR,
    b"x-forwarded-proto": _Kind.FORWARDED_PROTO,
    b"x-forwarded-host": _Kind.DROP,
    b"x-forwarded-port": _Kind.DROP,
    b"x-forwarded-server": _Kind.DROP,
    b"x-forwarded-prefix": _Kind.DROP,
    b"x-forwarded-ssl": _Kind.DROP,
    b"x-real-ip": _Kind.DROP,
    b"x-client-ip": _Kind.DROP,
    b"true-client-ip": _Kind.DROP,
    b"accept": _Kind.ACCEPT,
    b"authorization": _Kind.AUTHORIZATION,
}
_RESPONSE_KINDS: Final = {
    b"content-length": _Kind.LENGTH,
    b"transfer-encoding": _Kind.ENCODING,
    b"connection": _Kind.CONNECTION,
    b"upgrade": _Kind.UPGRADE,
    b"keep-alive": _Kind.DROP,
    b"proxy-connection": _Kind.DROP,
    b"proxy-authenticate": _Kind.DROP,
    b"set-cookie": _Kind.COOKIE,
    b"doorstep-error": _Kind.FAILURE,
    b"date": _Kind.DATE,
}

INTERNAL_PREFIX: Final = b"doorstep-"
"""Fields of this prefix are the relay's own; from outside they are dropped."""


def _with_usual_spellings(kinds: dict[bytes, _Kind]) -> dict[bytes, _Kind]:
    """Found at once as `Content-Length` too, so that `lower()` is for unusual names only."""
    return kinds | {b"-".join(part.capitalize() for part in name.split(b"-")): kind for name, kind in kinds.items()}


_REQUEST_LOOKUP: Final = _with_usual_spellings(_REQUEST_KINDS)
_RESPONSE_LOOKUP: Final = _with_usual_spellings(_RESPONSE_KINDS)
for _name in (b"User-Agent", b"Accept-Encoding", b"Accept-Language", b"Cookie", b"Content-Type", b"Referer", b"Origin"):
    _REQUEST_LOOKUP[_name] = _REQUEST_LOOKUP[_name.lower()] = _Kind.PASS
for _name in (b"Content-Type", b"Server", b"Cache-Control", b"ETag", b"etag", b"Vary", b"Last-Modified"):
    _RESPONSE_LOOKUP[_name] = _RESPONSE_LOOKUP[_name.lower()] = _Kind.PASS


class _Collector:
    """What llhttp calls back: the fields, in order."""

    __slots__ = ("fields",)

    def __init__(self) -> None:
        self.fields: list[tuple[bytes, bytes]] = []

    def on_header(self, name: bytes, value: bytes) -> None:
        self.fields.append((name, value))


def _fields(parser: httptools.HttpRequestParser | httptools.HttpResponseParser, collector: _Collector, raw: bytes) -> list[tuple[bytes, bytes]]:
    try:
        parser.feed_data(raw)
    except httptools.HttpParserUpgrade:
        pass
    except httptools.HttpParserError as error:
        raise BadMessage(str(error) or type(error).__name__) from None
    if len(collector.fields) > MAX_HEADERS:
        raise BadMessage(f"{len(collector.fields)} header fields; at most {MAX_HEADERS} are allowed", 431)
    return collector.fields


class RequestHead:
    """A visitor's request, checked. `lines` are the fields that go on, each ending in CRLF."""

    __slots__ = (
        "accept",
        "authorization",
        "body",
        "forwarded_for",
        "forwarded_proto",
        "host",
        "keep_alive",
        "lines",
        "method",
        "target",
        "upgrade",
        "version",
    )

    def __init__(self, method: bytes, target: bytes, version: int) -> None:
        self.method = method
        self.target = target
        self.version = version
        """10 or 11."""
        self.host = b""
        self.lines: list[bytes] = []
        self.body: Body
        self.keep_alive = version == 11
        self.upgrade = b""
        """The protocol asked for, in lower case; empty when none is."""
        self.accept = b""
        self.authorization = b""
        self.forwarded_for = b""
        self.forwarded_proto = b""

    def wants_html(self) -> bool:
        """Whether a person's browser asks, and not a program."""
        return b"text/html" in self.accept

    def for_app(self, forwarding: bytes) -> bytes:
        """The head as the app gets it; `forwarding` are the relay's own field lines."""
        upgrade = b""
        if self.upgrade:
            upgrade = b"Connection: Upgrade\r\nUpgrade: %b\r\n" % self.upgrade
        return b"%b %b HTTP/1.1\r\n%b%b%b\r\n" % (self.method, self.target, b"".join(self.lines), upgrade, forwarding)


def read_request(raw: bytes) -> RequestHead:
    """Read the head of a request, up to and with its empty line. Raises `BadMessage`."""
    line = _REQUEST_LINE.match(raw)
    if line is None:
        raise BadMessage("the request line is not METHOD SP TARGET SP HTTP/1.x")
    method, target, minor = line.groups()
    head = RequestHead(method, target, 11 if minor == b"1" else 10)
    collector = _Collector()
    fields = _fields(httptools.HttpRequestParser(collector), collector, raw)
    _sort_request(head, fields)
    return head


def _sort_request(head: RequestHead, fields: list[tuple[bytes, bytes]]) -> None:
    hosts = 0
    length = encoding = None
    connection = b""
    asked = b""
    lines = head.lines
    for name, value in fields:
        kind = _REQUEST_LOOKUP.get(name)
        if kind is None:
            lower = name.lower()
            kind = _REQUEST_KINDS.get(lower, _Kind.PASS)
            if kind == _Kind.PASS and lower.startswith(INTERNAL_PREFIX):
                continue
        if kind == _Kind.PASS:
            lines.append(b"%b: %b\r\n" % (name, value))
        elif kind == _Kind.HOST:
            hosts += 1
            head.host = value
        elif kind == _Kind.ACCEPT:
            head.accept = value
            lines.append(b"%b: %b\r\n" % (name, value))
        elif kind == _Kind.CONNECTION:
            connection = connection + b"," + value if connection else value
        elif kind == _Kind.LENGTH:
            length = value
        elif kind == _Kind.ENCODING:
            encoding = value
        elif kind == _Kind.UPGRADE:
            asked = value
        elif kind == _Kind.TE:
            if b"trailers" in value.lower():
                lines.append(b"TE: trailers\r\n")
        elif kind == _Kind.AUTHORIZATION:
            head.authorization = value
            lines.append(b"%b: %b\r\n" % (name, value))
        elif kind == _Kind.FORWARDED_FOR:
            head.forwarded_for = head.forwarded_for + b"," + value if head.forwarded_for else value
        elif kind == _Kind.FORWARDED_PROTO:
            head.forwarded_proto = value
    if hosts != 1 and (hosts or head.version == 11):
        raise BadMessage("a request needs exactly one Host")
    _settle_target(head)
    lines.insert(0, b"Host: %b\r\n" % head.host)
    head.body = _request_body(head, length, encoding)
    if connection or asked:
        _settle_connection(head, connection, asked)


def _settle_target(head: RequestHead) -> None:
    """Origin form only goes on; absolute form must agree with Host (RFC 9112 3.2.2)."""
    target = head.target
    if target[0] == 0x2F:
        return
    if target == b"*" and head.method == b"OPTIONS":
        return
    absolute = _ABSOLUTE.match(target)
    if absolute is None or head.method == b"CONNECT":
        raise BadMessage("the request target is neither a path nor a URL of this host")
    authority, rest = absolute.groups()
    if authority.lower() != head.host.lower():
        raise BadMessage("the request target names another host than Host does")
    head.target = rest if rest.startswith(b"/") else b"/" + rest


def _request_body(head: RequestHead, length: bytes | None, encoding: bytes | None) -> Body:
    if encoding is not None:
        if length is not None or head.version == 10:
            raise BadMessage("Transfer-Encoding beside Content-Length, or in HTTP/1.0")
        if encoding.lower() != b"chunked":
            raise BadMessage("a transfer coding other than chunked", 501)
        head.lines.append(b"Transfer-Encoding: chunked\r\n")
        return Chunked()
    if length is None:
        return NoBody()
    size = _content_length(length)
    head.lines.append(b"Content-Length: %d\r\n" % size)
    return Length(size)


def _content_length(value: bytes) -> int:
    value = value.rstrip(b" \t")
    if not _LENGTH.match(value):
        raise BadMessage("Content-Length is not a number")
    return int(value)


def _settle_connection(head: RequestHead, connection: bytes, asked: bytes) -> None:
    tokens = _tokens(connection)
    if b"close" in tokens:
        head.keep_alive = False
    elif b"keep-alive" in tokens:
        head.keep_alive = True
    if asked and b"upgrade" in tokens and head.version == 11:
        head.upgrade = _allowed_upgrade(asked)
    _drop_named(head.lines, tokens)


def _allowed_upgrade(asked: bytes) -> bytes:
    """The protocols that may be switched to; others (h2c above all) are ignored, as RFC 9110 7.8 allows."""
    asked = asked.strip().lower()
    return asked if asked in {b"websocket", b"doorstep-reverse"} else b""


_NEVER_DROPPED: Final = frozenset({b"host", b"content-length", b"transfer-encoding"})
_USUAL: Final = frozenset({b"close", b"keep-alive", b"upgrade"})


def _drop_named(lines: list[bytes], tokens: set[bytes]) -> None:
    named = tokens - _USUAL - _NEVER_DROPPED
    if named:
        lines[:] = [line for line in lines if line.partition(b":")[0].lower() not in named]


def _tokens(value: bytes) -> set[bytes]:
    return {token.strip(b" \t").lower() for token in value.split(b",")}


class ResponseHead:
    """An app's answer, checked. `failure` is the code of an answer that the client itself made."""

    __slots__ = ("body", "dated", "failure", "keep_alive", "lines", "start", "status", "upgrade")

    def __init__(self, status: int, start: bytes) -> None:
        self.status = status
        self.start = start
        self.lines: list[bytes] = []
        self.body: Body
        self.keep_alive = True
        """Whether the tunnel connection may be used again."""
        self.upgrade = b""
        self.failure = b""
        self.dated = False

    @property
    def interim(self) -> bool:
        """A 1xx that another head follows (RFC 9110 15.2)."""
        return 100 <= self.status < 200 and self.status != 101

    def for_visitor(self, extra: bytes) -> bytes:
        """The head as the visitor gets it; `extra` are the relay's own field lines."""
        return b"%b%b%b\r\n" % (self.start, b"".join(self.lines), extra)


def read_response(raw: bytes, *, method: bytes, host: bytes) -> ResponseHead:
    """Read the head of the answer to a `method` request. Raises `BadMessage`."""
    line = _STATUS_LINE.match(raw)
    if line is None:
        raise BadMessage("the status line is not HTTP/1.x SP CODE SP REASON", 502)
    minor, status = line[1], int(line[2])
    head = ResponseHead(status, b"HTTP/1.1" + raw[8 : line.end()])
    head.keep_alive = minor == b"1"
    collector = _Collector()
    fields = _fields(httptools.HttpResponseParser(collector), collector, raw)
    _sort_response(head, fields, method, host)
    return head


def _sort_response(head: ResponseHead, fields: list[tuple[bytes, bytes]], method: bytes, host: bytes) -> None:
    length = encoding = None
    connection = b""
    lines = head.lines
    for name, value in fields:
        kind = _RESPONSE_LOOKUP.get(name)
        if kind is None:
            kind = _RESPONSE_KINDS.get(name.lower(), _Kind.PASS)
        if kind == _Kind.PASS:
            lines.append(b"%b: %b\r\n" % (name, value))
        elif kind == _Kind.LENGTH:
            if length is not None:
                raise BadMessage("two Content-Length in an answer", 502)
            length = value
        elif kind == _Kind.CONNECTION:
            connection = connection + b"," + value if connection else value
        elif kind == _Kind.ENCODING:
            if encoding is not None:
                raise BadMessage("two Transfer-Encoding in an answer", 502)
            encoding = value
        elif kind == _Kind.COOKIE:
            if cookie_stays_home(value, host):
                lines.append(b"%b: %b\r\n" % (name, value))
        elif kind == _Kind.UPGRADE:
            head.upgrade = value.strip().lower()
        elif kind == _Kind.DATE:
            head.dated = True
            lines.append(b"%b: %b\r\n" % (name, value))
        elif kind == _Kind.FAILURE:
            head.failure = value
    if connection:
        tokens = _tokens(connection)
        if b"close" in tokens:
            head.keep_alive = False
        _drop_named(lines, tokens)
    head.body = _response_body(head, method, length, encoding)


def _response_body(head: ResponseHead, method: bytes, length: bytes | None, encoding: bytes | None) -> Body:
    """RFC 9112 6.3, in its order."""
    if encoding is not None and length is not None:
        raise BadMessage("Transfer-Encoding beside Content-Length in an answer", 502)
    if head.status < 200 or head.status == 204:
        return NoBody()
    if encoding is not None:
        if encoding.lower() != b"chunked":
            raise BadMessage("an answer in a transfer coding other than chunked", 502)
        head.lines.append(b"Transfer-Encoding: chunked\r\n")
        return NoBody() if _bodyless(head, method) else Chunked()
    if length is not None:
        size = _content_length(length)
        head.lines.append(b"Content-Length: %d\r\n" % size)
        return NoBody() if _bodyless(head, method) else Length(size)
    if _bodyless(head, method):
        return NoBody()
    head.keep_alive = False
    return UntilClose()


def _bodyless(head: ResponseHead, method: bytes) -> bool:
    return method == b"HEAD" or head.status == 304


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
