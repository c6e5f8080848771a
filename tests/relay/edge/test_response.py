"""An app's answer head: how its body ends, what a visitor gets of it, and what it is refused for."""

from __future__ import annotations

import pytest

from doorstep_relay.edge.body import BadBodyError, Chunked, Length, NoBody, UntilClose
from doorstep_relay.edge.http1 import MAX_HEADERS, BadMessageError
from doorstep_relay.edge.response import ResponseHead, cookie_stays_home, read_response


def read(*fields: bytes, line: bytes = b"HTTP/1.1 200 OK", method: bytes = b"GET") -> ResponseHead:
    raw = line + b"\r\n" + b"".join(field + b"\r\n" for field in fields) + b"\r\n"
    return read_response(raw, method=method, host=b"a.localhost")


def for_visitor(*fields: bytes, line: bytes = b"HTTP/1.1 200 OK", method: bytes = b"GET") -> bytes:
    """What the visitor gets, without the status line."""
    written = read(*fields, line=line, method=method).for_visitor(b"")
    return written.split(b"\r\n", 1)[1].removesuffix(b"\r\n")


# -- the status line -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        b"HTTP/1.1 200 OK",
        b"HTTP/1.1 200 ",
        b"HTTP/1.1 200",
        b"HTTP/1.1 404 Not \xc3\xbcberhaupt",
        b"HTTP/1.1 599 Own",
    ],
)
def test_a_status_line_goes_on_as_it_is(line: bytes) -> None:
    assert read(line=line).for_visitor(b"").startswith(line + b"\r\n")


def test_an_answer_of_http_1_0_goes_on_as_1_1_and_ends_its_connection() -> None:
    head = read(b"Content-Length: 0", line=b"HTTP/1.0 200 OK")
    assert head.for_visitor(b"").startswith(b"HTTP/1.1 200 OK\r\n")
    assert not head.keep_alive


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"HTTP/1.1",
        b"HTTP/1.1 20 OK",
        b"HTTP/1.1 2000 OK",
        b"HTTP/1.1 099 OK",
        b"HTTP/1.1  200 OK",
        b"HTTP/1.1 +20 OK",
        b"HTTP/2 200 OK",
        b"HTTP/1.2 200 OK",
        b"ICY 200 OK",
        b"<html>",
        b"HTTP/1.1 200 O\x00K",
        b"HTTP/1.1 200 O\rK",
        b"HTTP/1.1 200 OK\nX: y",
        b"HTTP/1.1 200\tOK",
        b" HTTP/1.1 200 OK",
    ],
)
def test_a_malformed_status_line_is_refused(line: bytes) -> None:
    with pytest.raises(BadMessageError):
        read(line=line)


# -- framing: RFC 9112 6.3 -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "method", "fields", "body"),
    [
        (b"200 OK", b"GET", [b"Content-Length: 5"], Length),
        (b"200 OK", b"GET", [b"Transfer-Encoding: chunked"], Chunked),
        (b"200 OK", b"GET", [b"Transfer-Encoding: Chunked"], Chunked),
        (b"200 OK", b"GET", [], UntilClose),
        (b"500 No", b"POST", [], UntilClose),
        (b"200 OK", b"HEAD", [b"Content-Length: 5"], NoBody),
        (b"200 OK", b"HEAD", [b"Transfer-Encoding: chunked"], NoBody),
        (b"200 OK", b"HEAD", [], NoBody),
        (b"204 No Content", b"GET", [], NoBody),
        (b"204 No Content", b"GET", [b"Content-Length: 5"], NoBody),
        (b"204 No Content", b"GET", [b"Transfer-Encoding: chunked"], NoBody),
        (b"304 Not Modified", b"GET", [b"Content-Length: 5"], NoBody),
        (b"304 Not Modified", b"GET", [b"Transfer-Encoding: chunked"], NoBody),
        (b"304 Not Modified", b"GET", [], NoBody),
        (b"100 Continue", b"POST", [], NoBody),
        (b"103 Early Hints", b"GET", [b"Link: </a.css>"], NoBody),
        (b"101 Switching Protocols", b"GET", [b"Connection: upgrade", b"Upgrade: websocket"], NoBody),
    ],
)
def test_the_body_of_an_answer_ends_as_the_rfc_says(
    line: bytes, method: bytes, fields: list[bytes], body: type
) -> None:
    head = read(*fields, line=b"HTTP/1.1 " + line, method=method)
    assert isinstance(head.body, body)
    assert head.keep_alive is (body is not UntilClose)


def test_the_length_of_a_body_that_is_not_sent_stays() -> None:
    assert for_visitor(b"Content-Length: 5", method=b"HEAD") == b"Content-Length: 5\r\n"
    assert for_visitor(b"Content-Length: 5", line=b"HTTP/1.1 304 Not Modified") == b"Content-Length: 5\r\n"


def test_what_cannot_have_a_body_announces_none() -> None:
    for line in (b"HTTP/1.1 204 No Content", b"HTTP/1.1 103 Early Hints"):
        assert for_visitor(b"Content-Length: 5", line=line) == b""
        assert for_visitor(b"Transfer-Encoding: chunked", line=line) == b""


@pytest.mark.parametrize("method", [b"GET", b"HEAD"])
@pytest.mark.parametrize(
    "fields",
    [
        (b"Content-Length: 5", b"Transfer-Encoding: chunked"),
        (b"Transfer-Encoding: chunked", b"Content-Length: 5"),
        (b"Content-Length: 5", b"Content-Length: 5"),
        (b"Content-Length: 5", b"content-length: 6"),
        (b"Content-Length: 5, 5",),
        (b"Content-Length: +5",),
        (b"Content-Length: ",),
        (b"Transfer-Encoding: gzip, chunked",),
        (b"Transfer-Encoding: identity",),
        (b"Transfer-Encoding: identity", b"Transfer-Encoding: chunked"),
        (b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"),
        (b"Transfer-Encoding : chunked",),
        (b"X: y\nTransfer-Encoding: chunked",),
        (b"X: y", b" folded"),
        (b"X: \x00",),
        (b"no colon",),
    ],
)
def test_an_answer_of_doubtful_framing_is_refused(fields: tuple[bytes, ...], method: bytes) -> None:
    with pytest.raises(BadMessageError):
        read(*fields, method=method)


def test_an_answer_of_http_1_0_has_no_transfer_encoding() -> None:
    with pytest.raises(BadMessageError):
        read(b"Transfer-Encoding: chunked", line=b"HTTP/1.0 200 OK")


def test_too_many_fields_are_refused() -> None:
    with pytest.raises(BadMessageError):
        read(*[b"X: y"] * (MAX_HEADERS + 1))


@pytest.mark.parametrize("name", [b"Content-Length", b"transfer-encoding", b"Set-Cookie", b"Doorstep-Error"])
def test_a_trailer_of_an_answer_cannot_be_a_field_of_its_head(name: bytes) -> None:
    body = read(b"Transfer-Encoding: chunked").body
    with pytest.raises(BadBodyError):
        body.feed(b"0\r\n" + name + b": 1\r\n\r\n")


# -- fields --------------------------------------------------------------------------------------


def test_other_fields_keep_their_bytes_and_order() -> None:
    fields = [b"Server: me", b"X-b: \xc3\xa4", b"Vary: a", b"Vary: b", b"Set-Cookie: a=b; Path=/", b"x-B: 2"]
    assert (
        for_visitor(*fields, b"Content-Length: 0")
        == b"".join(f + b"\r\n" for f in fields) + b"Content-Length: 0\r\n"
    )


@pytest.mark.parametrize(
    "field",
    [
        b"Connection: keep-alive",
        b"Keep-Alive: timeout=5",
        b"Proxy-Connection: close",
        b"Proxy-Authenticate: Basic",
        b"Upgrade: h2c",
        b"Doorstep-Error: revoked",
    ],
)
def test_hop_by_hop_fields_do_not_go_on(field: bytes) -> None:
    assert for_visitor(field, b"Content-Length: 0") == b"Content-Length: 0\r\n"


def test_fields_named_in_connection_are_dropped() -> None:
    fields = [b"X-A: 1", b"Connection: x-a, content-length", b"Content-Length: 0"]
    assert for_visitor(*fields) == b"Content-Length: 0\r\n"


def test_connection_close_ends_the_tunnel_connection() -> None:
    assert read(b"Content-Length: 0", b"Connection: keep-alive").keep_alive
    assert not read(b"Content-Length: 0", b"Connection: foo, Close").keep_alive


# -- cookies -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cookie",
    [
        b"a=b",
        b"a=b; Path=/; Secure; HttpOnly; SameSite=Lax",
        b"a=b; Domain=a.localhost",
        b"a=b; domain=.A.localhost; Path=/",
        b"a=b; Domain=",
        b"domain=localhost",
        b"a=b; xdomain=localhost",
        b"",
    ],
)
def test_a_cookie_of_the_links_own_host_stays(cookie: bytes) -> None:
    assert cookie_stays_home(cookie, b"a.localhost")
    assert for_visitor(b"Set-Cookie: " + cookie, b"Content-Length: 0").startswith(b"Set-Cookie: ")


@pytest.mark.parametrize(
    "cookie",
    [
        b"a=b; Domain=localhost",
        b"a=b; Domain=.localhost",
        b"a=b; DOMAIN = .LocalHost ;Path=/",
        b"a=b;domain=localhost",
        b"a=b; Domain=b.localhost",
        b"a=b; Domain=a.localhost; Domain=localhost",
        b"a=b; Domain=localhost; Domain=a.localhost",
        b"a=b; Domain=x.a.localhost",
        b'a=b; Domain="a.localhost"',
        b"a=b; Domain=example.com",
        b"a=b; Domain=localhost.",
        b"a=b; \tDomain\t=\tlocalhost",
        b"a; Domain=localhost",
    ],
)
def test_a_cookie_that_reaches_further_than_the_link_is_dropped(cookie: bytes) -> None:
    assert for_visitor(b"Set-Cookie: " + cookie, b"set-cookie: c=d", b"Content-Length: 0") == (
        b"set-cookie: c=d\r\nContent-Length: 0\r\n"
    )
