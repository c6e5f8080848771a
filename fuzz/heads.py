"""Heads: what is accepted and written anew must mean the same to other parsers."""

from __future__ import annotations

import re
from typing import Final

import h11
import httptools

from doorstep_relay.edge.body import Body, Chunked, Length, NoBody, UntilClose
from doorstep_relay.edge.hosts import Hosts, Kind
from doorstep_relay.edge.http1 import BadMessageError
from doorstep_relay.edge.request import RequestHead, read_request
from doorstep_relay.edge.response import ResponseHead, read_response

FORWARDING: Final = b"X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Host: h\r\nX-Forwarded-Proto: http\r\n"
HOP: Final = frozenset({b"keep-alive", b"proxy-connection", b"proxy-authenticate", b"proxy-authorization"})
CLAIMS: Final = frozenset(
    {b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto", b"x-real-ip", b"forwarded"}
)
METHODS: Final = (b"GET", b"HEAD", b"POST")
_HOSTS: Final = Hosts("localhost")
_LINE: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t -~\x80-\xff]*")
_ROOM: Final = 1 << 20


def request_head(data: bytes) -> None:
    """A visitor's head, and the head that goes on to the app."""
    raw = first_head(data)
    if raw is None:
        return
    try:
        head = read_request(raw)
    except BadMessageError as error:
        assert error.status in (400, 431, 501), error.status
        return
    if _HOSTS.place(head.host).kind is not Kind.BAD:  # which would be refused
        check_request(head.for_app(FORWARDING), head)


def response_head(data: bytes) -> None:
    """An app's head, and the head that goes on to the visitor. The first byte chooses the request."""
    raw = first_head(data[1:])
    if raw is None:
        return
    method = METHODS[data[0] % len(METHODS)]
    try:
        head = read_response(raw, method=method, host=b"demo.localhost")
    except BadMessageError:
        return
    check_response(head.for_visitor(b""), head)


def first_head(data: bytes) -> bytes | None:
    """What the edge would cut off as a head."""
    end = data.find(b"\r\n\r\n")
    return None if end < 0 else data[: end + 4]


def check_request(written: bytes, head: RequestHead) -> None:
    """llhttp, h11 and we ourselves read the same request from what goes to the app."""
    names = check_lines(written)
    assert names.count(b"host") == 1, "one Host goes on"
    assert not HOP & set(names), "fields of one hop go on"
    assert names[-3:] == [b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto"]
    claims = [name for name in names[:-3] if name.replace(b"_", b"-") in CLAIMS]
    assert not claims
    assert not [name for name in names if name.replace(b"_", b"-").startswith(b"doorstep-")]
    assert names.count(b"content-length") + names.count(b"transfer-encoding") <= 1
    _check_with_llhttp(written, head)
    _check_with_h11(written, head)
    again = read_request(written)
    assert (again.method, again.target, again.host) == (head.method, head.target, head.host)
    assert framing(again.body) == framing(head.body)


def check_lines(written: bytes) -> list[bytes]:
    """The names in a head that was written anew, in lower case, once each line is what it must be."""
    assert written.endswith(b"\r\n\r\n")
    assert written.count(b"\r\n\r\n") == 1
    _, *lines = written[:-4].split(b"\r\n")
    for line in lines:
        assert _LINE.fullmatch(line), line
    return [line.partition(b":")[0].lower() for line in lines]


class Llhttp:
    """What llhttp finds at the start of a stream of requests."""

    def __init__(self) -> None:
        self.heads: list[tuple[bytes, bytes]] = []
        self.complete = 0
        self.upgraded = False
        self.body = b""
        self._url = b""
        self._parser = httptools.HttpRequestParser(self)

    def on_message_begin(self) -> None:
        self._url = b""

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_headers_complete(self) -> None:
        self.heads.append((self._parser.get_method(), self._url))

    def on_body(self, data: bytes) -> None:
        self.body += data

    def on_message_complete(self) -> None:
        self.complete += 1

    def feed(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.upgraded = True


def _check_with_llhttp(written: bytes, head: RequestHead) -> None:
    other = Llhttp()
    other.feed(written)
    assert other.heads == [(head.method, head.target)]
    assert bool(other.complete) == head.body.done
    assert other.upgraded == bool(head.upgrade)


def _check_with_h11(written: bytes, head: RequestHead) -> None:
    server = h11.Connection(h11.SERVER, max_incomplete_event_size=_ROOM)
    server.receive_data(written)
    event = server.next_event()
    assert isinstance(event, h11.Request), event
    assert (event.method, event.target) == (head.method, head.target)
    following = server.next_event()
    assert isinstance(following, h11.EndOfMessage) == head.body.done, following


def check_response(written: bytes, head: ResponseHead) -> None:
    """Nothing of one hop goes on, and a framing is said once."""
    names = check_lines(written)
    assert not (HOP - {b"proxy-authorization"}) & set(names)
    assert names.count(b"content-length") + names.count(b"transfer-encoding") <= 1
    assert b"doorstep-error" not in names
    assert 100 <= head.status <= 999
    if head.status < 200 or head.status in (204, 304) or head.method == b"HEAD":
        assert isinstance(head.body, NoBody)
    httptools.HttpResponseParser(object()).feed_data(written[: written.index(b"\r\n") + 2])


def framing(body: Body) -> tuple[type, int]:
    """A framing, to be compared."""
    assert isinstance(body, NoBody | Length | Chunked | UntilClose)
    return type(body), body.left if isinstance(body, Length) else 0
