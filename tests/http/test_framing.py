"""Messages byte by byte, between a visitor and a server behind a shared port that is no HTTP library."""

from __future__ import annotations

import re
import threading

import pytest

from tests.http.wire import Play, Wire

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
MEGABYTE = 1024 * 1024


def bodies(chunked: bytes) -> bytes:
    """What the chunks hold; trailers stay."""
    return re.sub(rb"[0-9a-f]+\r\n", b"", chunked).replace(b"\r\n", b"")


# -- interim answers -------------------------------------------------------------------------------


def test_an_expecting_visitor_sends_its_body_after_the_apps_own_100(play: Play) -> None:
    visitor, app = play.pair("POST /", "Expect: 100-continue", "Content-Length: 4")

    assert b"\r\nExpect: 100-continue\r\n" in app.head
    assert visitor.silent()  # nobody says "continue" in the app's place
    app.send(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert visitor.answer().status == 100
    visitor.send(b"body")
    assert app.exactly(4) == b"body"
    app.send(OK)
    assert visitor.answer().body == b"hi"


def test_an_app_that_refuses_an_expectation_is_heard_and_no_body_is_awaited(play: Play) -> None:
    visitor, app = play.pair("POST /", "Expect: 100-continue", "Content-Length: 4000000")
    app.send(b"HTTP/1.1 417 Expectation Failed\r\nContent-Length: 2\r\n\r\nno")

    assert visitor.answer().status == 417
    assert visitor.gone()  # whether the body would still come is not known: no further request


def test_early_hints_arrive_before_the_answer_and_apart_from_it(play: Play) -> None:
    visitor, app = play.pair()
    app.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nLink: </b.css>\r\n\r\n")

    hints = visitor.answer()
    assert (hints.status, [value for _, value in hints.headers]) == (
        103,
        ["</a.css>; rel=preload", "</b.css>"],
    )
    assert visitor.silent()
    app.send(b"HTTP/1.1 102 Processing\r\n\r\n" + OK)
    assert visitor.answer().status == 102
    assert visitor.answer().body == b"hi"


def test_interim_answers_cut_anywhere_are_read_all_the_same(play: Play) -> None:
    visitor, app = play.pair()
    for byte in b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + OK:
        app.send(bytes([byte]))

    assert [visitor.answer().status for _ in range(3)] == [103, 100, 200]


# -- answers without a body ------------------------------------------------------------------------


def test_the_answer_to_head_keeps_its_length_and_has_no_body(play: Play) -> None:
    visitor, app = play.pair("HEAD /")
    app.send(b"HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n")

    assert visitor.answer(to_head=True).header("Content-Length") == "12345"
    visitor.send(play.request("GET /next"))
    app = play.app()
    assert app.head.startswith(b"GET /next ")
    app.send(OK)
    assert visitor.answer().body == b"hi"


def test_a_chunked_answer_to_head_has_no_body_either(play: Play) -> None:
    visitor, app = play.pair("HEAD /")
    app.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")

    assert b"\r\nTransfer-Encoding: chunked\r\n" in visitor.next_head()
    visitor.send(play.request("GET /next"))
    assert play.app().head.startswith(b"GET /next ")


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified", b"205 Reset Content"])
def test_answers_without_a_body_leave_the_connection_usable(play: Play, status: bytes) -> None:
    visitor, app = play.pair()
    length = b"Content-Length: 0\r\n" if status.startswith(b"205") else b""
    app.send(b'HTTP/1.1 %b\r\nETag: "1"\r\n%b\r\n' % (status, length))

    assert visitor.answer().header("ETag") == '"1"'
    visitor.send(play.request("GET /next"))
    app = play.app()
    assert app.head.startswith(b"GET /next ")
    app.send(OK)
    assert visitor.answer().body == b"hi"


def test_a_304_may_tell_the_length_of_what_it_does_not_send(play: Play) -> None:
    visitor, app = play.pair()
    app.send(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 999\r\n\r\n")

    assert visitor.answer().header("Content-Length") == "999"


# -- trailers and chunks ---------------------------------------------------------------------------


def test_trailers_of_an_answer_reach_the_visitor(play: Play) -> None:
    visitor, app = play.pair("GET /", "TE: trailers", "Connection: TE")

    assert b"\r\nTE: trailers\r\n" in app.head
    app.send(b"HTTP/1.1 200 OK\r\nTrailer: Digest\r\nTransfer-Encoding: chunked\r\n\r\n")
    app.send(b"3\r\nabc\r\n0\r\nDigest: xyz\r\nGrpc-Status: 0\r\n\r\n")
    assert b"\r\nTrailer: Digest\r\n" in visitor.next_head()
    assert visitor.until(b"\r\n\r\n") == b"3\r\nabc\r\n0\r\nDigest: xyz\r\nGrpc-Status: 0\r\n\r\n"


def test_trailers_of_a_request_reach_the_app(play: Play) -> None:
    visitor, app = play.pair("POST /", "Transfer-Encoding: chunked", "Trailer: Digest")
    visitor.send(b"3\r\nabc\r\n0\r\nDigest: xyz\r\n\r\n")

    assert app.until(b"\r\n\r\n") == b"3\r\nabc\r\n0\r\nDigest: xyz\r\n\r\n"


def test_chunks_pass_both_ways_as_they_were_cut(play: Play) -> None:
    visitor, app = play.pair("POST /", "Transfer-Encoding: chunked")
    app.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    visitor.next_head()
    for number in range(1, 20):
        piece = b"%x;n=%d\r\n%b\r\n" % (number, number, b"z" * number)
        visitor.send(piece)
        assert app.exactly(len(piece)) == piece
        app.send(piece)
        assert visitor.exactly(len(piece)) == piece
    visitor.send(b"0\r\n\r\n")
    assert app.until(b"0\r\n\r\n") == b"0\r\n\r\n"
    app.send(b"0\r\n\r\n")
    assert visitor.until(b"0\r\n\r\n") == b"0\r\n\r\n"

    visitor.send(play.request("GET /next"))
    assert play.app().head.startswith(b"GET /next ")


# -- connections -----------------------------------------------------------------------------------


def test_pipelined_requests_are_answered_in_order_and_not_before_their_turn(play: Play) -> None:
    requests = [play.request(f"GET /{number}") for number in range(5)]
    with_body = play.request("POST /5", "Content-Length: 3") + b"abc"
    visitor = play.visitor(b"".join(requests) + with_body + play.request("GET /6"))
    app = play.app()
    for number in range(7):
        method = b"POST" if number == 5 else b"GET"
        assert app.head.startswith(b"%b /%d HTTP/1.1\r\n" % (method, number))
        assert number != 5 or app.exactly(3) == b"abc"
        assert app.silent(0.05)
        app.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n%d" % number)
        assert visitor.answer().text == str(number)
        app = play.app() if number < 6 else app


def test_a_visitor_that_has_said_all_still_gets_its_answer(play: Play) -> None:
    visitor, app = play.pair("POST /", "Content-Length: 3", body=b"abc")
    visitor.half_close()

    assert app.exactly(3) == b"abc"
    assert visitor.silent()
    app.send(OK)
    assert visitor.last_answer().body == b"hi"


def test_a_visitor_that_leaves_in_the_middle_of_its_body_does_not_look_complete_to_the_app(
    play: Play,
) -> None:
    visitor, app = play.pair("POST /", "Content-Length: 10", body=b"half")
    visitor.half_close()

    assert app.exactly(4) == b"half"
    assert app.gone()
    assert visitor.gone()


@pytest.mark.parametrize(
    ("version", "fields", "kept"),
    [
        ("1.1", [], True),
        ("1.1", ["Connection: close"], False),
        ("1.1", ["Connection: keep-alive, X-Hop", "X-Hop: 1"], True),
        ("1.1", ["Connection: x-hop", "Connection: Close"], False),
        ("1.0", [], False),
        ("1.0", ["Connection: keep-alive"], True),
    ],
)
def test_a_connection_stays_open_as_its_version_and_its_options_say(
    play: Play, version: str, fields: list[str], kept: bool
) -> None:
    visitor = play.visitor(play.request("GET /", *fields, version=version))
    app = play.app()

    assert b"X-Hop" not in app.head
    assert b"\r\nConnection" not in app.head
    app.send(OK)
    assert visitor.answer().body == b"hi"
    if kept:
        visitor.send(play.request("GET /next"))
        assert play.app().head.startswith(b"GET /next ")
    else:
        assert visitor.gone()


def test_fields_that_connection_names_are_for_one_hop_both_ways(play: Play) -> None:
    visitor, app = play.pair(
        "GET /", "Connection: keep-alive, x-one , X-Two", "X-One: 1", "x-two: 2", "X-Three: 3"
    )

    assert b"X-Three: 3" in app.head
    assert b"x-one" not in app.head.lower()
    assert b"x-two" not in app.head.lower()
    app.send(b"HTTP/1.1 200 OK\r\nConnection: X-Hop\r\nX-Hop: 1\r\nX-End: 2\r\nContent-Length: 0\r\n\r\n")
    answer = visitor.answer()
    assert answer.header("X-Hop") is None
    assert answer.header("X-End") == "2"


def test_an_http_1_0_visitor_gets_no_chunks_and_no_interim_answers(play: Play) -> None:
    visitor = play.visitor(play.request("GET /", "Connection: keep-alive", version="1.0"))
    app = play.app()
    app.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
    app.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")

    answer = visitor.last_answer()
    assert (answer.status, answer.body) == (200, b"abcde")
    assert answer.header("Transfer-Encoding") is None


def test_an_http_1_0_app_is_served_on(play: Play) -> None:
    visitor, app = play.pair()
    app.send(b"HTTP/1.0 200 OK\r\nX-Old: yes\r\n\r\nuntil the end")
    app.close()

    answer = visitor.last_answer()
    assert answer.raw.startswith(b"HTTP/1.1 200 OK\r\nX-Old: yes\r\n")
    assert answer.body == b"until the end"
    assert answer.header("Connection") == "close"


def test_an_answer_without_length_that_breaks_off_is_no_clean_end(play: Play) -> None:
    visitor, app = play.pair()
    app.send(b"HTTP/1.1 200 OK\r\n\r\nsome")
    visitor.until(b"some")
    app.reset()

    with pytest.raises(ConnectionResetError):
        visitor.rest()


# -- early answers ---------------------------------------------------------------------------------


def _upload(visitor: Wire, size: int) -> threading.Thread:
    """Sends that much, as far as the other side takes it."""

    def send() -> None:
        try:
            for _ in range(size // MEGABYTE):
                visitor.send(b"u" * MEGABYTE)
        except OSError:
            pass

    sending = threading.Thread(target=send)
    sending.start()
    return sending


@pytest.mark.parametrize("ending", ["stays", "closes", "resets"])
def test_a_413_while_a_big_upload_runs_is_seen_however_the_app_ends(play: Play, ending: str) -> None:
    size = 50 * MEGABYTE
    visitor, app = play.pair("POST /", f"Content-Length: {size}")
    sending = _upload(visitor, size)
    app.exactly(100_000)
    app.send(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig")
    if ending == "closes":
        app.sock.close()  # with bytes unread: the kernel answers what comes with a reset
    elif ending == "resets":
        app.half_close()
        app.sock.close()
    answer = visitor.answer()
    sending.join(10)

    assert (answer.status, answer.body) == (413, b"big")


def test_an_upload_goes_on_after_the_answer_has_begun(play: Play) -> None:
    visitor, app = play.pair("POST /", "Content-Length: 6", body=b"abc")
    app.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhe")
    assert visitor.until(b"he").startswith(b"HTTP/1.1 200 OK\r\n")
    visitor.send(b"def")
    assert app.exactly(6) == b"abcdef"
    app.send(b"re")
    assert visitor.exactly(2) == b"re"
    visitor.send(play.request("GET /next"))
    assert play.app().head.startswith(b"GET /next ")


# -- heads -----------------------------------------------------------------------------------------


def _padded(head: bytes, size: int) -> bytes:
    """The head grown to `size` bytes by one long field."""
    return head[:-2] + b"X-Pad: " + b"p" * (size - len(head) - 9) + b"\r\n\r\n"


def test_a_request_head_of_64_kib_arrives_and_one_byte_more_is_431(play: Play) -> None:
    head = _padded(play.request("GET /"), 64 * 1024)
    visitor = play.visitor(head)
    app = play.app()

    assert re.search(rb"X-Pad: (p+)\r\n", app.head) is not None
    app.send(OK)
    assert visitor.answer().status == 200
    assert play.visitor(_padded(play.request("GET /"), 64 * 1024 + 1)).last_answer().status == 431


def test_an_answer_head_of_64_kib_arrives_and_one_byte_more_is_502(play: Play) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
    visitor, app = play.pair()
    app.send(_padded(head, 64 * 1024) + b"hi")
    assert visitor.answer().body == b"hi"

    visitor, app = play.pair()
    app.send(_padded(head, 64 * 1024 + 1) + b"hi")
    assert visitor.last_answer().header("Doorstep-Error") == "app-failed"


def test_128_fields_arrive_in_order_and_one_more_is_refused_both_ways(play: Play) -> None:
    fields = [f"X-{number}: {number}" for number in range(126)]  # Host and Play are two more
    visitor, app = play.pair("GET /", *fields)

    assert re.findall(rb"\r\nX-([0-9]+): ", app.head) == [b"%d" % number for number in range(126)]
    lines = "".join(f"X-{number}: {number}\r\n" for number in range(127)).encode()
    app.send(b"HTTP/1.1 200 OK\r\n%bContent-Length: 2\r\n\r\nhi" % lines)
    assert [value for key, value in visitor.answer().headers if re.fullmatch("X-[0-9]+", key)][-1] == "126"

    assert play.visitor(play.request("GET /", *fields, "X-More: 1")).last_answer().status == 431
    visitor, app = play.pair()
    app.send(b"HTTP/1.1 200 OK\r\n%bX-More: 1\r\nContent-Length: 2\r\n\r\nhi" % lines)
    assert visitor.last_answer().status == 502


TARGETS = [
    "/a%2Fb%2f/%00%ff/%7Euser/~user",
    "//double//slashes//",
    "/;v=1/a;b=c,d;e",
    "/../up/./here/..",
    "/a/?",
    "/?",
    "/?a=1&a=2&&b&=c&d=%26%3D%23",
    "/?url=http://other.example/?q=1&x={y}|z^`",
    "/?q=a+b%20c;d:@!$'()*",
    "/" + "long/" * 3000,
]


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target[:20])
def test_a_target_reaches_the_app_byte_for_byte(play: Play, target: str) -> None:
    visitor, app = play.pair(f"GET {target}")

    assert app.head.partition(b"\r\n")[0] == f"GET {target} HTTP/1.1".encode()
    app.send(OK)
    assert visitor.answer().status == 200


METHODS = """
    PUT PATCH DELETE OPTIONS TRACE PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK REPORT SEARCH M-SEARCH PURGE
"""


@pytest.mark.parametrize("method", METHODS.split())
def test_a_registered_method_reaches_the_app(play: Play, method: str) -> None:
    visitor, app = play.pair(f"{method} /")

    assert app.head.startswith(method.encode() + b" / HTTP/1.1\r\n")
    app.send(OK)
    assert visitor.answer().body == b"hi"


def test_bytes_beyond_ascii_in_values_arrive_as_they_are_both_ways(play: Play) -> None:
    visitor, app = play.pair(
        "GET /", "X-Name: Zoë".encode(), b"X-Bytes: \x80\xff\xfe", b"X-Tab: a\tb", b"X-Empty:"
    )

    for line in ("X-Name: Zoë".encode(), b"X-Bytes: \x80\xff\xfe", b"X-Tab: a\tb", b"X-Empty:"):
        assert b"\r\n" + line in app.head
    app.send(
        b"HTTP/1.1 200 Tr\xc3\xa8s bien\r\nX-Name: Zo\xc3\xab\r\nX-Bytes: \x80\xff\r\n"
        b"Content-Length: 0\r\n\r\n"
    )
    assert b" 200 Tr\xc3\xa8s bien\r\nX-Name: Zo\xc3\xab\r\nX-Bytes: \x80\xff\r\n" in visitor.next_head()


def test_cookies_are_many_and_apart_both_ways(play: Play) -> None:
    visitor, app = play.pair("GET /", *(f"Cookie: c{number}={number}" for number in range(50)))

    assert re.findall(rb"\r\nCookie: (c[0-9]+=[0-9]+)", app.head) == [b"c%d=%d" % (n, n) for n in range(50)]
    cookies = [f"c{number % 10}={number}; Path=/, odd" for number in range(50)]
    lines = "".join(f"Set-Cookie: {cookie}\r\n" for cookie in cookies)
    app.send(f"HTTP/1.1 200 OK\r\n{lines}Content-Length: 0\r\n\r\n".encode())
    assert [value for key, value in visitor.answer().headers if key == "Set-Cookie"] == cookies


# -- upgrades --------------------------------------------------------------------------------------

UPGRADE = ("GET /ws", "Connection: keep-alive, Upgrade", "Upgrade: WebSocket")
SWITCHED = b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"


def test_what_comes_in_the_same_packet_as_an_upgrade_is_for_the_new_protocol(play: Play) -> None:
    visitor, app = play.pair(*UPGRADE, body=b"early from the visitor")
    assert app.silent()  # not before the app has agreed
    app.send(SWITCHED + b"early from the app")

    assert visitor.next_head().startswith(b"HTTP/1.1 101 ")
    assert visitor.until(b"app") == b"early from the app"
    assert app.until(b"visitor") == b"early from the visitor"
    visitor.half_close()
    assert app.rest() == b""
    app.send(b"last words")
    app.half_close()
    assert visitor.rest() == b"last words"


def test_a_refused_upgrade_is_an_answer_like_any_other(play: Play) -> None:
    visitor, app = play.pair(*UPGRADE)
    app.send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 7\r\n\r\nnot you")

    assert visitor.answer().body == b"not you"
    visitor.send(play.request("GET /next"))
    assert play.app().head.startswith(b"GET /next ")
