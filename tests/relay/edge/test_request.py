"""A visitor's request head: what is refused, what goes on, and in which words."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doorstep_relay.edge.body import Chunked, Length, NoBody
from doorstep_relay.edge.http1 import MAX_HEADERS, BadMessageError
from doorstep_relay.edge.request import RequestHead, read_request

HOST = b"Host: a.localhost\r\n"


def read(*fields: bytes, line: bytes = b"GET / HTTP/1.1", host: bytes = HOST) -> RequestHead:
    return read_request(line + b"\r\n" + host + b"".join(field + b"\r\n" for field in fields) + b"\r\n")


def for_app(*fields: bytes, line: bytes = b"GET / HTTP/1.1", host: bytes = HOST) -> bytes:
    """What the app gets, without the request line and Host."""
    return read(*fields, line=line, host=host).for_app(b"").split(b"\r\n", 2)[2].removesuffix(b"\r\n")


def refusal(raw: bytes) -> int:
    with pytest.raises(BadMessageError) as caught:
        read_request(raw)
    return caught.value.status


# -- the request line ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"GET",
        b"GET /",
        b"GET / HTTP/1.1 ",
        b" GET / HTTP/1.1",
        b"GET  / HTTP/1.1",
        b"GET\t/ HTTP/1.1",
        b"GET / HTTP/1.1\r",
        b"GET / x HTTP/1.1",
        b"GET / HTTP/0.9",
        b"GET / HTTP/1.2",
        b"GET / HTTP/2.0",
        b"GET / HTTP/1.10",
        b"GET / http/1.1",
        b"GET / HTTPS/1.1",
        b"GET /\x00 HTTP/1.1",
        b"GET /\x7f HTTP/1.1",
        b"GET /\xc3\xbc HTTP/1.1",
        b"GET /#top HTTP/1.1",
        b"get / HTTP/1.1",
        b"GE\xc3\x89T / HTTP/1.1",
        b"G(T / HTTP/1.1",
        b"MADEUPMETHODTHATISMUCHTOOLONG / HTTP/1.1",
        b"PRI * HTTP/2.0",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"SSH-2.0-OpenSSH_9.2",
    ],
)
def test_a_malformed_request_line_is_refused(line: bytes) -> None:
    assert refusal(line + b"\r\n" + HOST + b"\r\n") == 400


def test_a_method_that_http_does_not_know_is_not_implemented() -> None:
    assert refusal(b"NOSUCHMETHOD / HTTP/1.1\r\n" + HOST + b"\r\n") == 501


@pytest.mark.parametrize("method", [b"QUERY", b"PROPFIND", b"M-SEARCH", b"PATCH", b"TRACE"])
def test_methods_that_http_knows_go_on(method: bytes) -> None:
    head = read_request(method + b" / HTTP/1.1\r\n" + HOST + b"\r\n")
    assert head.for_app(b"").startswith(method + b" / HTTP/1.1\r\n")


def test_a_request_line_that_ends_in_a_bare_lf_is_refused() -> None:
    assert refusal(b"GET / HTTP/1.1\n" + HOST + b"\r\n") == 400


@pytest.mark.parametrize(
    "method", [b"GET", b"POST", b"PUT", b"DELETE", b"PATCH", b"OPTIONS", b"HEAD", b"M-SEARCH"]
)
def test_the_usual_methods_pass(method: bytes) -> None:
    assert read(line=method + b" / HTTP/1.1").method == method


# -- the target ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        b"/%2F",
        b"/%2e%2e/",
        b"/../x",
        b"//x",
        b"//evil.example/x",
        b"/a;b=1",
        b"/?q=//..",
        b"/%00",
        b"/\\evil.example",
        b"/a//b/./c/",
        b"/%ZZ",
        b'/{}|^`"<>',
    ],
)
def test_a_path_goes_on_byte_for_byte(path: bytes) -> None:
    assert read(line=b"GET " + path + b" HTTP/1.1").for_app(b"").startswith(b"GET " + path + b" HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("target", "path"),
    [
        (b"http://a.localhost/x?y", b"/x?y"),
        (b"HTTP://A.LOCALHOST/x", b"/x"),
        (b"https://a.localhost", b"/"),
        (b"http://a.localhost?y", b"/?y"),
        (b"http://a.localhost//b", b"//b"),
    ],
)
def test_an_absolute_target_of_the_same_host_becomes_its_path(target: bytes, path: bytes) -> None:
    assert read(line=b"GET " + target + b" HTTP/1.1").target == path


@pytest.mark.parametrize(
    "target",
    [
        b"http://b.localhost/",
        b"http://a.localhost:81/",
        b"http://169.254.169.254/latest/meta-data/",
        b"http://a.localhost@evil.example/",
        b"http://evil.example@a.localhost/",
        b"http://a.localhost\\@evil.example/",
        b"http://a.localhost\\x",
        b"http:///x",
        b"http:/x",
        b"http://",
        b"ftp://a.localhost/",
        b"file:///etc/passwd",
        b"gopher://a.localhost/",
        b"\\\\evil.example\\x",
        b"evil.example",
        b"a.localhost:80",
        b"?x",
        b"*",
        b"x",
    ],
)
def test_a_target_that_is_not_of_this_host_is_refused(target: bytes) -> None:
    assert refusal(b"GET " + target + b" HTTP/1.1\r\n" + HOST + b"\r\n") == 400


@pytest.mark.parametrize(
    "target", [b"evil.example:443", b"a.localhost:80", b"/", b"http://a.localhost/", b"*"]
)
def test_connect_is_refused(target: bytes) -> None:
    """No tunnels to elsewhere; and its answer would be framed unlike any other (RFC 9110 9.3.6)."""
    assert refusal(b"CONNECT " + target + b" HTTP/1.1\r\n" + HOST + b"\r\n") == 400


def test_options_of_the_whole_server_passes() -> None:
    assert read(line=b"OPTIONS * HTTP/1.1").target == b"*"


# -- Host ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        b"",
        b"Host: a.localhost\r\nHost: a.localhost\r\n",
        b"Host: a.localhost\r\nhost: b.localhost\r\n",
        b"Host : a.localhost\r\n",
        b" Host: a.localhost\r\n",
        b"Host\r\n",
        b"X: y\r\n Host: a.localhost\r\n",
    ],
)
def test_a_request_without_exactly_one_host_is_refused(host: bytes) -> None:
    assert refusal(b"GET / HTTP/1.1\r\n" + host + b"\r\n") == 400


def test_http_1_0_needs_no_host_to_be_read() -> None:
    assert read(line=b"GET / HTTP/1.0", host=b"").host == b""


def test_whitespace_around_host_is_no_part_of_it() -> None:
    assert read(host=b"hOsT: \t a.localhost \t\r\n").host == b"a.localhost"


# -- framing -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        (b"Content-Length: 5", b"Transfer-Encoding: chunked"),
        (b"Transfer-Encoding: chunked", b"Content-Length: 5"),
        (b"Content-Length: 5", b"Content-Length: 6"),
        (b"Content-Length: 5", b"Content-Length: 5"),
        (b"content-length: 5", b"CONTENT-LENGTH: 5"),
        (b"Content-Length: 5, 5",),
        (b"Content-Length: +5",),
        (b"Content-Length: -5",),
        (b"Content-Length: 0x5",),
        (b"Content-Length: 5_0",),
        (b"Content-Length: 5 5",),
        (b"Content-Length: ",),
        (b"Content-Length: 99999999999999999999",),
        (b"Content-Length : 5",),
        (b"Content-Length: 5\x0b",),
        (b"Content-Length: \xd9\xa5",),
        (b"Transfer-Encoding: identity", b"Transfer-Encoding: chunked"),
        (b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"),
        (b"Transfer-Encoding: chunked", b"transfer-encoding: identity"),
        (b"Transfer-Encoding : chunked",),
        (b"Transfer-Encoding:\x0bchunked",),
        (b"Transfer-Encoding\x00: chunked",),
        (b"X: y\r", b"Transfer-Encoding: chunked"),
        (b"X: y\rTransfer-Encoding: chunked",),
        (b"X: y\nTransfer-Encoding: chunked",),
        (b"X: y", b" Transfer-Encoding: chunked"),
        (b"X: y", b"\tfolded"),
    ],
)
def test_a_request_of_doubtful_framing_is_refused(fields: tuple[bytes, ...]) -> None:
    with pytest.raises(BadMessageError):
        read(*fields, line=b"POST / HTTP/1.1")


@pytest.mark.parametrize(
    "coding",
    [
        b"gzip, chunked",
        b"identity",
        b"chunked, identity",
        b"xchunked",
        b"chunked;q=1",
        b'"chunked"',
        b"chunke",
        b"",
    ],
)
def test_another_transfer_coding_than_chunked_is_refused(coding: bytes) -> None:
    with pytest.raises(BadMessageError) as caught:
        read(b"Transfer-Encoding: " + coding, line=b"POST / HTTP/1.1")
    assert caught.value.status in (400, 501)


def test_http_1_0_has_no_transfer_encoding() -> None:
    with pytest.raises(BadMessageError):
        read(b"Transfer-Encoding: chunked", line=b"POST / HTTP/1.0")


def test_the_body_is_what_the_head_announces() -> None:
    assert isinstance(read().body, NoBody)
    assert isinstance(read(b"Transfer-Encoding: Chunked", line=b"POST / HTTP/1.1").body, Chunked)
    length = read(b"Content-Length: 0005 ", line=b"POST / HTTP/1.1").body
    assert isinstance(length, Length)
    assert length.left == 5


def test_framing_fields_are_written_anew() -> None:
    assert for_app(b"content-LENGTH:  007") == b"Content-Length: 7\r\n"
    assert for_app(b"tRANSFER-encoding: CHUNKED") == b"Transfer-Encoding: chunked\r\n"


# -- fields --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "field",
    [
        b"no colon",
        b": no name",
        b"na me: v",
        b"name : v",
        b"na\x00me: v",
        b"name: a\x00b",
        b"name: a\x01b",
        b"name: a\x7fb",
        b"name: a\rb",
        b"name: a\nb",
        b"n\xc3\xa4me: v",
        b"(name): v",
        b"name\t: v",
    ],
)
def test_a_malformed_field_is_refused(field: bytes) -> None:
    with pytest.raises(BadMessageError):
        read(field)


def test_other_fields_keep_their_bytes_and_order() -> None:
    fields = [b"X-b: \xc3\xa4 1", b"x-A:", b"Cookie: a=b; c=d", b"X-b: 2", b"User-Agent: Mozilla/5.0 (X11)"]
    assert (
        for_app(*fields)
        == b"X-b: \xc3\xa4 1\r\nx-A: \r\nCookie: a=b; c=d\r\nX-b: 2\r\nUser-Agent: Mozilla/5.0 (X11)\r\n"
    )


def test_too_many_fields_are_refused_with_431() -> None:
    read(*[b"X: y"] * (MAX_HEADERS - 1))
    with pytest.raises(BadMessageError) as caught:
        read(*[b"X: y"] * MAX_HEADERS)
    assert caught.value.status == 431


@pytest.mark.parametrize(
    "field",
    [
        b"Keep-Alive: timeout=5",
        b"Proxy-Connection: keep-alive",
        b"Proxy-Authorization: Basic eDp5",
        b"Proxy: http://evil.example/",
        b"HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA",
        b"Upgrade: h2c",
        b"Connection: close",
        b"Forwarded: for=1.2.3.4",
        b"X-Forwarded-For: 1.2.3.4",
        b"x-forwarded-for: 1.2.3.4",
        b"X-FORWARDED-FOR: 1.2.3.4",
        b"X_Forwarded_For: 1.2.3.4",
        b"x_forwarded-for: 1.2.3.4",
        b"X-Forwarded-Host: evil.example",
        b"X-Forwarded-Proto: https",
        b"X-Forwarded-Port: 443",
        b"X-Forwarded-Server: evil.example",
        b"X-Forwarded-Prefix: /admin",
        b"X-Forwarded-Ssl: on",
        b"X-Real-IP: 1.2.3.4",
        b"X_REAL_IP: 1.2.3.4",
        b"X-Client-IP: 1.2.3.4",
        b"True-Client-IP: 1.2.3.4",
        b"Doorstep-Visitor: admin",
        b"doorstep-error: expired",
        b"DOORSTEP_ANYTHING: x",
        b"Transfer_Encoding: chunked",
        b"Content_Length: 5",
    ],
)
def test_hop_by_hop_forwarding_and_internal_fields_never_reach_the_app(field: bytes) -> None:
    assert for_app(field) == b""


def test_te_is_reduced_to_trailers() -> None:
    assert for_app(b"TE: trailers, deflate;q=0.5") == b"TE: trailers\r\nConnection: TE\r\n"
    assert for_app(b"TE: deflate") == b""
    assert for_app(b"TE: xtrailers") == b""


def test_fields_named_in_connection_are_dropped() -> None:
    assert for_app(b"X-A: 1", b"Connection: close, x-a ,X-B", b"x-b: 2", b"X-C: 3") == b"X-C: 3\r\n"


def test_all_connection_fields_count() -> None:
    assert for_app(b"X-A: 1", b"Connection: x-a", b"Connection: x-c", b"X-C: 3") == b""


def test_connection_cannot_drop_what_frames_or_routes_a_request() -> None:
    named = b"Connection: content-length, host, transfer-encoding"
    assert read(named, b"Content-Length: 5").for_app(b"") == (
        b"GET / HTTP/1.1\r\nHost: a.localhost\r\nContent-Length: 5\r\n\r\n"
    )


def test_connection_cannot_drop_what_the_relay_says_of_the_visitor() -> None:
    head = read(b"Connection: x-forwarded-for").for_app(b"X-Forwarded-For: 1.1.1.1\r\n")
    assert b"X-Forwarded-For: 1.1.1.1\r\n" in head


# -- the connection after it ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "fields", "kept"),
    [
        (b"GET / HTTP/1.1", [], True),
        (b"GET / HTTP/1.1", [b"Connection: close"], False),
        (b"GET / HTTP/1.1", [b"Connection: keep-alive, Close"], False),
        (b"GET / HTTP/1.1", [b"Connection: keep-alive", b"Connection: close"], False),
        (b"GET / HTTP/1.0", [], False),
        (b"GET / HTTP/1.0", [b"Connection: Keep-Alive"], True),
    ],
)
def test_whether_the_connection_is_kept(line: bytes, fields: list[bytes], kept: bool) -> None:
    assert read(*fields, line=line).keep_alive is kept


@pytest.mark.parametrize(
    ("fields", "upgrade"),
    [
        ([b"Connection: Upgrade", b"Upgrade: websocket"], b"websocket"),
        ([b"Connection: keep-alive, upgrade", b"Upgrade: WebSocket "], b"websocket"),
        ([b"Upgrade: websocket"], b""),
        ([b"Connection: Upgrade"], b""),
        ([b"Connection: Upgrade", b"Upgrade: h2c"], b""),
        ([b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAA"], b""),
        ([b"Connection: Upgrade", b"Upgrade: websocket, h2c"], b""),
        ([b"Connection: Upgrade", b"Upgrade: TLS/1.0"], b""),
        ([b"Connection: Upgrade", b"Upgrade: websocket", b"Content-Length: 5"], b""),
        ([b"Connection: Upgrade", b"Upgrade: websocket", b"Transfer-Encoding: chunked"], b""),
    ],
)
def test_only_a_websocket_may_be_upgraded_to_and_only_without_a_body(
    fields: list[bytes], upgrade: bytes
) -> None:
    head = read(*fields)
    assert head.upgrade == upgrade
    assert (b"Upgrade:" in head.for_app(b"")) is bool(upgrade)
    assert b"h2c" not in head.for_app(b"").lower()
    assert b"http2" not in head.for_app(b"").lower()


def test_http_1_0_cannot_upgrade() -> None:
    assert read(b"Connection: Upgrade", b"Upgrade: websocket", line=b"GET / HTTP/1.0").upgrade == b""


# -- the rule over all of them -------------------------------------------------------------------

FIELD = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*")
BITS = st.sampled_from(
    [
        b"GET / HTTP/1.1\r\n",
        b"POST /x HTTP/1.1\r\n",
        b"Host: a.localhost\r\n",
        b"Content-Length: 3\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Connection: upgrade\r\n",
        b"Upgrade: websocket\r\n",
        b"X: y\r\n",
        b"X:\r\n",
        b"\r\n",
        b"\n",
        b"\r",
        b" ",
        b"\t",
        b":",
        b"\x00",
        b"\x0b",
        b"\x7f",
        b"\xff",
    ]
)


@given(middle=st.lists(BITS, max_size=10).map(b"".join) | st.binary(max_size=30), cut=st.integers(0, 60))
@settings(max_examples=600, deadline=None)
def test_whatever_is_accepted_is_lines_that_every_reader_splits_alike(middle: bytes, cut: int) -> None:
    """No byte of an accepted head can be a line end, or a second head, to a more lenient reader."""
    whole = b"GET / HTTP/1.1\r\nHost: a.localhost\r\nX: y\r\n"
    raw = whole[:cut] + middle + whole[cut:] + b"\r\n\r\n"
    raw = raw[: raw.index(b"\r\n\r\n") + 4]
    try:
        written = read_request(raw).for_app(b"X-Forwarded-For: 1.1.1.1\r\n")
    except BadMessageError:
        return
    for message in (raw, written):
        _, *fields, empty, end = message.split(b"\r\n")
        assert (empty, end) == (b"", b"")
        assert all(FIELD.fullmatch(field) for field in fields)
    names = [field.partition(b":")[0].lower() for field in written.split(b"\r\n")[1:-2]]
    assert names.count(b"host") == 1
    assert names.count(b"content-length") + names.count(b"transfer-encoding") <= 1
    assert names.count(b"x-forwarded-for") == 1
