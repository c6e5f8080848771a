"""Where a body ends: counters that are fed any way the network cuts it."""

from __future__ import annotations

import httptools
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from doorstep_relay.edge.body import (
    MAX_CHUNK_LINE,
    MAX_TRAILERS,
    BadBodyError,
    Body,
    Chunked,
    Length,
    NoBody,
    UntilClose,
)
from doorstep_relay.edge.request import RequestHead

HEAD = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
WIKI = b"4\r\nWiki\r\n6;name=value\r\npedia \r\nD\r\nin\r\n\r\nchunks.\r\n0\r\nX-Sum: 1\r\n\r\n"
NEXT = b"GET /next HTTP/1.1\r\n"


def feed(body: Body, *parts: bytes) -> int:
    """Feed parts until the body is done; how many bytes it took."""
    taken = 0
    for part in parts:
        got = body.feed(part)
        taken += got
        if got < len(part):
            assert body.done
            break
    return taken


def feed_for_ever(body: Chunked, start: bytes, part: bytes, *, held: int) -> None:
    """Feed `part` again and again until it is refused; it must be, and no more than `held` be kept."""
    body.feed(start)
    for _ in range(MAX_TRAILERS + 1):
        try:
            body.feed(part)
        except BadBodyError:
            return
        assert len(body._line) <= held
    pytest.fail("it was never refused")


# -- the simple framings -------------------------------------------------------------------------


def test_a_message_without_a_body_takes_nothing() -> None:
    assert NoBody().done
    assert NoBody().feed(NEXT) == 0


def test_a_length_of_zero_is_done_at_once() -> None:
    assert Length(0).done
    assert Length(0).feed(NEXT) == 0


@given(data=st.binary(max_size=40), length=st.integers(0, 40), cut=st.integers(0, 40))
def test_a_length_takes_exactly_its_bytes_however_they_arrive(data: bytes, length: int, cut: int) -> None:
    body = Length(length)
    assert feed(body, data[:cut], data[cut:]) == min(length, len(data))
    assert body.done == (len(data) >= length)


def test_an_answer_until_close_takes_everything_and_is_never_done() -> None:
    body = UntilClose()
    assert body.feed(b"x" * 100) == 100
    assert not body.done


# -- chunked -------------------------------------------------------------------------------------


def test_chunks_end_at_the_same_byte_wherever_the_input_is_cut() -> None:
    stream = WIKI + NEXT
    for first in range(len(stream) + 1):
        for second in range(first, len(stream) + 1):
            body = Chunked()
            body.payload = []
            assert feed(body, stream[:first], stream[first:second], stream[second:]) == len(WIKI)
            assert body.done
            assert b"".join(body.payload) == b"Wikipedia in\r\n\r\nchunks."


def test_chunks_may_arrive_byte_by_byte() -> None:
    body = Chunked()
    body.payload = []
    assert feed(body, *(WIKI[i : i + 1] for i in range(len(WIKI)))) == len(WIKI)
    assert body.done
    assert b"".join(body.payload) == b"Wikipedia in\r\n\r\nchunks."


def test_without_a_payload_list_nothing_is_kept() -> None:
    body = Chunked()
    body.feed(b"FFFF\r\n" + b"x" * 1000)
    assert body.payload is None
    assert body._line == b""


def test_the_last_chunk_without_its_empty_line_is_not_the_end() -> None:
    body = Chunked()
    body.feed(b"0\r\n")
    assert not body.done
    body.feed(b"\r\n")
    assert body.done


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(b"\r\n", id="no size"),
        pytest.param(b";a=b\r\n", id="no size before an extension"),
        pytest.param(b"5\nhello", id="bare LF after the size"),
        pytest.param(b"5\rhello", id="bare CR after the size"),
        pytest.param(b"5\r\r\nhello", id="two CR"),
        pytest.param(b"5 \r\nhello", id="space after the size"),
        pytest.param(b" 5\r\nhello", id="space before the size"),
        pytest.param(b"5\t;a\r\nhello", id="tab before the extension"),
        pytest.param(b"5; a=b\r\nhello", id="space in the extension"),
        pytest.param(b"5;a=\x00\r\nhello", id="control character in the extension"),
        pytest.param(b"5;\r\nhello", id="empty extension"),
        pytest.param(b'5;a="b\r\nhello', id="quote without its end"),
        pytest.param(b"0x5\r\nhello", id="0x"),
        pytest.param(b"+5\r\nhello", id="plus"),
        pytest.param(b"-5\r\nhello", id="minus"),
        pytest.param(b"5_0\r\nhello", id="underscore, which int() takes"),
        pytest.param(b"\xd9\xa5\r\n", id="a digit that is not ASCII"),
        pytest.param(b"F" * 16 + b"\r\n", id="a size of 64 bits"),
        pytest.param(b"0" * 20 + b"5\r\nhello", id="many leading zeros"),
        pytest.param(b"5\r\nhelloX\r\n", id="a chunk longer than its size"),
        pytest.param(b"5\r\nhello\n", id="bare LF after a chunk"),
        pytest.param(b"5\r\nhello\rX", id="bare CR after a chunk"),
        pytest.param(b"0\r\n folded\r\n", id="a trailer that begins with a space"),
        pytest.param(b"0\r\nname\r\n", id="a trailer without colon"),
        pytest.param(b"0\r\n: v\r\n", id="a trailer without name"),
        pytest.param(b"0\r\nna me: v\r\n", id="a space in a trailer's name"),
        pytest.param(b"0\r\nname : v\r\n", id="a space before a trailer's colon"),
        pytest.param(b"0\r\nname: a\x00b\r\n", id="NUL in a trailer"),
        pytest.param(b"0\r\nname: a\x1bb\r\n", id="a control character in a trailer"),
        pytest.param(b"0\r\nname: v\n\n", id="bare LF in trailers"),
    ],
)
def test_malformed_chunks_are_refused(bad: bytes) -> None:
    with pytest.raises(BadBodyError):
        Chunked().feed(bad + b"y" * MAX_CHUNK_LINE)


@pytest.mark.parametrize(
    "bad", [b"5\rX", b"5\n", b"5\x00", b"0\r\nX\rY", b"0\r\n\rX", b"1\r\nx\rX", b"1\r\nxy"]
)
def test_what_cannot_become_a_line_is_refused_before_its_end_arrives(bad: bytes) -> None:
    """What is fed is passed on at once, and a lenient app takes a bare CR for the end of a line."""
    with pytest.raises(BadBodyError):
        feed(Chunked(), *(bad[i : i + 1] for i in range(len(bad))))


@pytest.mark.parametrize("cut", [1, MAX_CHUNK_LINE, 10 * MAX_CHUNK_LINE])
def test_a_size_line_that_never_ends_is_refused_and_never_held(cut: int) -> None:
    feed_for_ever(Chunked(), b"5;a=", b"a" * cut, held=MAX_CHUNK_LINE)


def test_trailers_that_never_end_are_refused_and_never_held() -> None:
    feed_for_ever(Chunked(), b"0\r\n", b"X-A: b\r\n", held=MAX_TRAILERS)


def test_one_endless_trailer_is_refused_and_never_held() -> None:
    feed_for_ever(Chunked(), b"0\r\nX: ", b"aaaa", held=MAX_TRAILERS)


@pytest.mark.parametrize(
    "name",
    [
        "Content-Length",
        "Transfer-Encoding",
        "Host",
        "Connection",
        "X-Forwarded-For",
        "x-forwarded-for",
        "X_Forwarded_For",
        "X-Real-IP",
        "Forwarded",
        "Authorization",
        "Doorstep-Visitor",
        "doorstep_visitor",
    ],
)
def test_a_trailer_with_the_name_of_a_field_of_the_head_is_refused(name: str) -> None:
    """uvicorn adds trailers to the headers, so this is how a visitor would forge what the relay writes."""
    body = Chunked(RequestHead.bars)
    with pytest.raises(BadBodyError):
        body.feed(b"0\r\n" + name.encode() + b": 1\r\n\r\n")


def test_other_trailers_pass() -> None:
    body = Chunked(RequestHead.bars)
    body.feed(b"0\r\nX-Checksum: abc\r\nServer-Timing: a;dur=1\r\n\r\n")
    assert body.done


# -- beside another parser -----------------------------------------------------------------------


class _Llhttp:
    """What llhttp makes of the same body."""

    def __init__(self) -> None:
        self.payload = b""
        self.complete = False
        self._parser = httptools.HttpRequestParser(self)
        self._parser.feed_data(HEAD)

    def on_body(self, data: bytes) -> None:
        self.payload += data

    def on_message_complete(self) -> None:
        self.complete = True

    def feed(self, data: bytes) -> None:
        self._parser.feed_data(data)


PIECES = st.sampled_from(
    [
        b"0\r\n",
        b"0\r\n\r\n",
        b"1\r\nx\r\n",
        b"3\r\nabc\r\n",
        b"a\r\n0123456789\r\n",
        b"A;n=v\r\n0123456789\r\n",
        b'1;n="q \\" q"\r\nx\r\n',
        b"1;n;m=2\r\nx\r\n",
        b"01\r\nx\r\n",
        b"\r\n",
        b"\n",
        b"\r",
        b" ",
        b";",
        b"=",
        b'"',
        b"\\",
        b"\x00",
        b"\xff",
        b"x",
        b"1",
        b"F" * 16,
        b"X-T: v\r\n",
        b"X-T:\r\n",
        b": v\r\n",
        b"X-T: \x01\r\n",
    ]
)
STREAMS = st.lists(PIECES, max_size=8).map(b"".join) | st.binary(max_size=24)


@given(stream=STREAMS, cut=st.integers(0, 64))
@example(stream=WIKI, cut=7)
@settings(max_examples=500, deadline=None)
def test_whatever_is_accepted_llhttp_accepts_with_the_same_payload_and_end(stream: bytes, cut: int) -> None:
    body = Chunked()
    body.payload = []
    try:
        taken = feed(body, stream[:cut], stream[cut:])
    except BadBodyError:
        return
    other = _Llhttp()
    other.feed(stream[: taken - len(body._line)])  # a line is judged when it is whole
    assert other.payload == b"".join(body.payload)
    assert other.complete == body.done
    if body.done:
        shorter = _Llhttp()
        shorter.feed(stream[: taken - 1])
        assert not shorter.complete
