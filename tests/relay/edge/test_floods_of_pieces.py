"""One connection's flood of tiny pieces: what it costs, and that it is read in turns."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep_relay.edge.body import MANY_CHUNKS, BadBodyError, Chunked, Length, is_laborious
from doorstep_relay.edge.exchange import Exchange
from doorstep_relay.edge.visitor import VisitorConnection
from tests.relay.edge.stage import GET, OK, Stage, request
from tests.support import eventually

TINY = b"1\r\nx\r\n"
FLOOD = TINY * 100_000
"""More than half a megabyte: a loop may read all of that in one turn."""
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

pieces = st.sampled_from(
    [
        *(TINY, b"3\r\nabc\r\n", b"A\r\n0123456789\r\n", b"02\r\nhi\r\n", b"1;a=b\r\nx\r\n"),
        *(b"0\r\n\r\n", b"0\r\nX-T: 1\r\n\r\n", b"\r\n", b"2\r\nabc\r\n", b"1\nx\r\n", b"5\r\nab", b"g\r\n"),
    ]
)


def fate(stream: bytes, size: int) -> tuple[int, bool] | str:
    """What becomes of a stream that arrives in pieces of this size: bytes taken, and whether it is done."""
    body, taken = Chunked(), 0
    try:
        for at in range(0, len(stream), size):
            got = body.feed(stream[at : at + size])
            taken += got
            if body.done:
                break
    except BadBodyError:
        return "refused"
    return taken, body.done


@given(st.lists(pieces, max_size=12).map(b"".join), st.integers(2, 40))
def test_whole_chunks_are_judged_as_their_bytes_one_by_one_are(stream: bytes, size: int) -> None:
    assert fate(stream, max(1, len(stream))) == fate(stream, 1) == fate(stream, size)


def test_chunks_that_arrive_whole_are_not_looked_at_line_by_line(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = []
    take = Chunked._take
    monkeypatch.setattr(Chunked, "_take", lambda self, line: (lines.append(line), take(self, line)))
    body = Chunked()

    assert body.feed(TINY * 5000) == len(TINY) * 5000
    assert (lines, body.chunks) == ([], 5000)


def test_what_takes_long_is_told_from_what_does_not() -> None:
    body = Chunked()
    body.feed(TINY * (MANY_CHUNKS + 1))
    assert is_laborious(body)
    body.feed(b"1;x\r\na\r\n" * (MANY_CHUNKS + 1))
    assert is_laborious(body)
    body.feed(b"2000\r\n" + b"x" * 0x2000 + b"\r\n")
    assert not is_laborious(body)
    assert not is_laborious(Length(1 << 20))


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Who stopped reading until others had their turn."""
    taken: list[object] = []
    for kind in (Exchange, VisitorConnection):
        go_on = kind._go_on

        def noted(self: Any, go_on: Any = go_on) -> None:
            taken.append(type(self))
            go_on(self)

        monkeypatch.setattr(kind, "_go_on", noted)
    return taken


async def test_row_21_an_answer_in_tiny_chunks_is_read_in_turns(stage: Stage, turns: list[object]) -> None:
    visitor, app = await stage.pair()
    await app.send(CHUNKED)
    await visitor.head()
    sending = asyncio.create_task(app.send(FLOOD))
    assert await visitor.exactly(len(FLOOD)) == FLOOD
    await sending
    assert set(turns) == {Exchange}
    await app.send(b"0\r\n\r\n")
    assert await visitor.exactly(5) == b"0\r\n\r\n"
    await visitor.send(GET)
    await app.head()


async def test_row_21_an_upload_in_tiny_chunks_is_read_in_turns(stage: Stage, turns: list[object]) -> None:
    visitor, app = await stage.pair(request("/", "Transfer-Encoding: chunked", method="POST"))
    sending = asyncio.create_task(visitor.send(FLOOD + b"0\r\n\r\n"))
    assert await app.exactly(len(FLOOD)) == FLOOD
    await sending
    assert set(turns) == {VisitorConnection}
    assert await app.exactly(5) == b"0\r\n\r\n"
    await app.send(OK)
    assert (await visitor.answer()).body == b"hi"
    await visitor.send(GET)
    await app.head()


async def test_row_21_empty_lines_without_end_are_no_request(stage: Stage) -> None:
    visitor = await stage.visitor(b"\r\n" * 16 + GET)
    app = await stage.app()
    await app.head()
    await app.send(OK)
    assert (await visitor.answer()).body == b"hi"

    flood = await stage.visitor()
    with contextlib.suppress(ConnectionError):
        await flood.send(b"\r\n" * 100_000)
    assert (await flood.answer()).status == 400


async def test_row_11_what_follows_the_request_at_the_relays_own_host_is_not_the_apps_to_read(
    stage: Stage,
) -> None:
    own = b"GET /one HTTP/1.1\r\nHost: localhost\r\n\r\n"
    visitor = await stage.visitor(own + b"GET /two HTTP/1.1\r\nHost: demo.localhost\r\n\r\n")
    assert (await visitor.answer()).body == b"apex"
    await visitor.send(b"GET /three HTTP/1.1\r\nHost: localhost\r\n\r\n" * 1000)
    assert await visitor.silent()
    assert stage.at_apex.startswith(b"GET /one ")
    assert b"/two" not in stage.at_apex
    assert b"/three" not in stage.at_apex


async def test_a_body_at_the_relays_own_host_arrives_whole_and_alone(stage: Stage) -> None:
    head = b"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n"
    visitor = await stage.visitor(head + b"01234")
    assert (await visitor.answer()).body == b"apex"
    await visitor.send(b"56789GET /two HTTP/1.1\r\n")
    await eventually(lambda: stage.at_apex.endswith(b"\r\n\r\n0123456789"))
