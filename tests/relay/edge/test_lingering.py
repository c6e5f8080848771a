"""Who is answered in the middle of a request gets the answer, and is read on for a while, within bounds."""

from __future__ import annotations

import asyncio
import time

import pytest

from doorstep_relay.edge.context import Limits
from doorstep_relay.edge.drain import Drain
from tests.relay.edge.conftest import MakeStage
from tests.relay.edge.stage import DEADLINE, GET, OK, Peer, Stage, request
from tests.support import eventually

BIG = "Content-Length: 100000000"
REFUSED = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno"
PIECE = b"u" * 50_000


def upload(*fields: str, host: str = "demo.localhost") -> bytes:
    return request("/", *fields, method="POST", host=host)


async def send_for_ever(visitor: Peer, piece: bytes = PIECE, pause: float = 0.0) -> float:
    """Send until the connection is cut; how many seconds that took."""
    begun = time.monotonic()
    async with asyncio.timeout(DEADLINE):
        while True:
            try:
                await visitor.send(piece)
                await asyncio.sleep(pause)
            except OSError:
                return time.monotonic() - begun


# -- the answer --------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [BIG, "Transfer-Encoding: chunked"])
async def test_who_is_refused_while_sending_is_told_that_the_connection_ends(
    stage: Stage, length: str
) -> None:
    visitor, app = await stage.pair(upload(length))
    await app.send(REFUSED)
    answer = await visitor.last_answer()

    assert (answer.status, answer.body) == (413, b"no")
    assert answer.header("Connection") == "close"


async def test_all_that_is_sent_after_the_answer_is_taken_and_goes_nowhere(stage: Stage) -> None:
    visitor, app = await stage.pair(upload("Content-Length: 20000000"))
    await app.send(REFUSED)
    assert await app.gone()
    for _ in range(400):
        await visitor.send(PIECE)
    visitor.half_close()

    assert (await visitor.last_answer()).status == 413
    await stage.empty()


async def test_an_answer_without_a_length_has_its_end_at_once(stage: Stage) -> None:
    visitor, app = await stage.pair(upload(BIG))
    await app.send(b"HTTP/1.1 413 Content Too Large\r\n\r\nno")
    await app.close()

    assert (await visitor.last_answer()).body == b"no"
    await visitor.send(PIECE)


async def test_the_relays_own_refusal_is_heard_by_who_goes_on_sending(stage: Stage) -> None:
    visitor = await stage.visitor(upload(BIG, host="nobody.localhost"))
    for _ in range(100):
        await visitor.send(PIECE)

    assert (await visitor.last_answer()).status == 404
    await visitor.send(PIECE)


async def test_a_share_that_ends_answers_an_upload_at_once(stage: Stage) -> None:
    visitor, _ = await stage.pair(upload(BIG))
    sending = asyncio.ensure_future(send_for_ever(visitor))
    begun = time.monotonic()
    stage.share.end("revoked", "")
    answer = await visitor.last_answer()
    await visitor.close()
    await sending

    assert answer.status == 410
    assert time.monotonic() - begun < 4


# -- what is left of the request ---------------------------------------------------------------------


async def test_a_short_rest_is_read_and_the_connection_goes_on(stage: Stage) -> None:
    visitor, app = await stage.pair(upload("Content-Length: 60000"))
    await app.send(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
    answer = await visitor.answer()
    assert (answer.status, answer.header("Connection")) == (404, None)
    assert await app.gone()

    app = await stage.app()
    await visitor.send(b"u" * 59_999)
    await visitor.send(b"u" + GET)
    assert (await app.head()).startswith(b"GET / ")
    await app.send(OK)
    assert (await visitor.answer()).body == b"hi"


async def test_a_short_rest_that_does_not_come_is_not_awaited_for_long(make_stage: MakeStage) -> None:
    stage = await make_stage(linger_idle=0.1)
    visitor, app = await stage.pair(upload("Content-Length: 10"))
    await app.send(REFUSED)
    assert (await visitor.answer()).status == 413
    await eventually(lambda: not stage.edge.visitors)


async def test_who_expects_a_100_and_gets_an_answer_may_not_use_the_connection_again(stage: Stage) -> None:
    """It may send the body or not (RFC 9110 10.1.1): nobody could tell that from the next request."""
    visitor, app = await stage.pair(upload("Content-Length: 10", "Expect: 100-continue"))
    await app.send(REFUSED)
    answer = await visitor.last_answer()

    assert (answer.status, answer.header("Connection")) == (413, "close")


# -- bounds ------------------------------------------------------------------------------------------


async def test_who_drips_is_cut_in_time(make_stage: MakeStage) -> None:
    stage = await make_stage(linger_idle=5.0, linger_time=0.3)
    visitor, app = await stage.pair(upload(BIG))
    await app.send(REFUSED)
    assert 0.1 < await send_for_ever(visitor, b"u", 0.01) < 4


async def test_who_never_stops_is_cut_in_time_and_cannot_send_more_than_the_bound(
    make_stage: MakeStage,
) -> None:
    stage = await make_stage(linger_idle=0.3, linger_bytes=1_000_000)
    visitor, app = await stage.pair(upload(BIG))
    await app.send(REFUSED)
    assert await send_for_ever(visitor) < 4
    await stage.empty()


async def test_who_sends_nothing_more_is_cut_in_time(make_stage: MakeStage) -> None:
    stage = await make_stage(linger_idle=0.1)
    visitor, app = await stage.pair(upload(BIG))
    await app.send(REFUSED)
    assert (await visitor.last_answer()).status == 413
    await eventually(lambda: not stage.edge.visitors)


def test_the_bounds_are_of_time_since_the_last_byte_of_time_in_all_and_of_bytes() -> None:
    drain = Drain(Limits(linger_idle=5, linger_time=30, linger_bytes=100), 1000.0)
    assert [drain.deadline(now) for now in (1000.0, 1010.0, 1029.0)] == [1005, 1015, 1030]
    assert drain.takes(100)
    assert not drain.takes(1)
    assert Drain(Limits(linger_idle=5), 1000.0, brief=True).deadline(1003.0) == 1005


# -- the relay's own host ----------------------------------------------------------------------------


async def test_the_relays_own_app_may_answer_and_close_before_it_has_read_a_request(
    make_stage: MakeStage,
) -> None:
    stage = await make_stage(linger_idle=0.3)
    stage.closes_at_apex = True
    visitor = await stage.visitor(upload(BIG, host="localhost"))
    answer = await visitor.last_answer()
    assert answer.body == b"apex"
    for _ in range(100):
        await visitor.send(PIECE)
    await eventually(lambda: not stage.edge.at_apex)
