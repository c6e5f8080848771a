"""What the edge holds is bounded, whoever is slow, and nothing is left behind."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from doorstep_relay.edge.tunnel import BUFFER
from tests.relay.edge.conftest import MakeStage
from tests.relay.edge.stage import GET, OK, SWITCHED, WEBSOCKET, Peer, Stage, request
from tests.support import eventually

LONG = 50_000_000
HELD = BUFFER + 512 * 1024
"""The transport's high-water mark, and the one or two reads that may pass it."""


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def most(size: Callable[[], int], during: asyncio.Future[object]) -> int:
    """The largest `size` seen until `during` is done, or for a second."""
    seen = 0
    for _ in range(100):
        seen = max(seen, size())
        if during.done():
            break
        await asyncio.sleep(0.01)
    return seen


# -- slow readers --------------------------------------------------------------------------------


async def test_a_visitor_that_reads_slowly_holds_the_app_back(stage: Stage) -> None:
    visitor, app = await stage.pair()
    connection = next(iter(stage.edge.visitors))
    visitor.stop_reading()
    await app.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % LONG)
    sending = asyncio.ensure_future(app.send(b"x" * LONG))
    assert 0 < await most(connection.transport.get_write_buffer_size, sending) < HELD
    assert not sending.done()
    visitor.go_on_reading()
    await visitor.head()
    assert len(await visitor.exactly(LONG)) == LONG
    await sending
    await eventually(lambda: stage.share.pool.idle == 1)


async def test_an_app_that_reads_slowly_holds_the_visitor_back(stage: Stage) -> None:
    visitor, app = await stage.pair(request("/", f"Content-Length: {LONG}", method="POST"))
    tunnel = next(iter(stage.edge.tunnels))
    app.stop_reading()
    sending = asyncio.ensure_future(visitor.send(b"x" * LONG))
    assert 0 < await most(tunnel.transport.get_write_buffer_size, sending) < HELD
    assert not sending.done()
    app.go_on_reading()
    assert len(await app.exactly(LONG)) == LONG
    await sending
    await app.send(OK)
    assert (await visitor.answer()).status == 200
    await visitor.send(GET)  # the visitor is read from again
    await app.head()


@pytest.mark.parametrize("slow", ["visitor", "app"])
async def test_a_slow_side_of_a_websocket_holds_the_other_back(stage: Stage, slow: str) -> None:
    visitor, app = await stage.pair(WEBSOCKET)
    await app.send(SWITCHED)
    await visitor.head()
    one, other = (visitor, app) if slow == "visitor" else (app, visitor)
    held = next(iter(stage.edge.visitors if slow == "visitor" else stage.edge.tunnels)).transport
    one.stop_reading()
    sending = asyncio.ensure_future(other.send(b"x" * LONG))
    assert 0 < await most(held.get_write_buffer_size, sending) < HELD
    assert not sending.done()
    await one.send(b"the other way is free")
    assert await other.exactly(21) == b"the other way is free"
    one.go_on_reading()
    assert len(await one.exactly(LONG)) == LONG
    await sending


async def test_a_visitor_that_waits_is_read_from_only_so_far(stage: Stage) -> None:
    visitor = await stage.visitor(request("/", f"Content-Length: {LONG}", method="POST"))
    sending = asyncio.ensure_future(visitor.send(b"x" * LONG))
    await eventually(lambda: stage.edge.visitors)
    connection = next(iter(stage.edge.visitors))
    assert 0 < await most(lambda: len(connection._buffer), sending) < HELD
    assert not sending.done()
    app = await stage.app()
    await app.head()
    assert len(await app.exactly(LONG)) == LONG
    await sending


async def test_a_pipeline_is_read_only_so_far(stage: Stage) -> None:
    visitor, app = await stage.pair()
    connection = next(iter(stage.edge.visitors))
    count = LONG // len(GET)
    sending = asyncio.ensure_future(visitor.send(GET * count))
    assert 0 < await most(lambda: len(connection._buffer), sending) < HELD
    assert not sending.done()
    await app.send(OK)
    await app.head()
    assert len(connection._buffer) < HELD
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)


async def test_a_paused_visitor_that_leaves_frees_the_app(stage: Stage) -> None:
    visitor, app = await stage.pair()
    visitor.stop_reading()
    await app.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % LONG)
    sending = asyncio.ensure_future(app.send(b"x" * LONG))
    connection = next(iter(stage.edge.visitors))
    await eventually(lambda: connection.write_paused)
    visitor.reset()
    await stage.empty()
    await asyncio.gather(sending, return_exceptions=True)


async def test_a_connection_given_back_while_its_visitor_was_slow_can_be_read_for_the_next(
    stage: Stage,
) -> None:
    """The answer is complete and waits for its slow reader; the tunnel connection serves another."""
    slow, app = await stage.pair()
    slow.stop_reading()
    connection = next(iter(stage.edge.visitors))
    body = 8_000_000
    await app.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % body)
    sending = asyncio.ensure_future(app.send(b"x" * body))
    await eventually(lambda: connection.write_paused)
    slow.go_on_reading()
    await slow.head()
    await slow.exactly(body)
    await sending
    await eventually(lambda: stage.share.pool.idle == 1)
    other = await stage.visitor(GET)
    await app.head()
    await app.send(OK)
    assert (await other.answer()).body == b"hi"


# -- heads without end ---------------------------------------------------------------------------


async def test_a_cookie_of_a_megabyte_is_refused_with_431_and_not_held(stage: Stage) -> None:
    visitor = await stage.visitor(b"GET / HTTP/1.1\r\nHost: demo.localhost\r\nCookie: a=")
    await eventually(lambda: stage.edge.visitors)
    connection = next(iter(stage.edge.visitors))
    sending = asyncio.ensure_future(visitor.send(b"b" * 1_000_000))
    assert await most(lambda: len(connection._buffer), sending) <= stage.edge.limits.max_head
    await sending
    assert (await visitor.last_answer()).status == 431


@pytest.mark.parametrize("line", [b"X: y\r\n", b"Cookie: " + b"c" * 90 + b"\r\n"])
async def test_ten_thousand_fields_are_refused_with_431(stage: Stage, line: bytes) -> None:
    visitor = await stage.visitor(b"GET / HTTP/1.1\r\nHost: demo.localhost\r\n" + line * 10_000 + b"\r\n")
    assert (await visitor.last_answer()).status == 431


async def test_an_answers_head_without_end_is_refused_and_not_held(stage: Stage) -> None:
    visitor, app = await stage.pair()
    exchange = next(iter(stage.edge.visitors)).exchange
    assert exchange is not None
    sending = asyncio.ensure_future(app.send(b"HTTP/1.1 200 OK\r\nX: " + b"y" * LONG))
    assert await most(lambda: len(exchange._partial), sending) <= stage.edge.limits.max_head
    assert (await visitor.last_answer()).status == 502
    await asyncio.gather(sending, return_exceptions=True)


async def test_interim_answers_without_end_are_not_held(stage: Stage) -> None:
    visitor, app = await stage.pair()
    visitor.stop_reading()
    connection = next(iter(stage.edge.visitors))
    sending = asyncio.ensure_future(app.send(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 1_000_000))
    assert await most(connection.transport.get_write_buffer_size, sending) < HELD
    visitor.reset()
    await asyncio.gather(sending, return_exceptions=True)


@pytest.mark.parametrize("start", [b"", b"5\r\nhello\r\n", b"0\r\nX: "])
async def test_a_chunk_line_without_end_is_refused(stage: Stage, start: bytes) -> None:
    visitor, _ = await stage.pair(request("/", "Transfer-Encoding: chunked", method="POST"))
    await visitor.send(start + b"1;" * 20_000)
    assert (await visitor.last_answer()).status == 400


async def test_a_tls_hello_on_the_plain_port_is_refused_at_once(stage: Stage) -> None:
    visitor = await stage.visitor(bytes.fromhex("16030100f8010000f40303") + b"\x00" * 200)
    assert (await visitor.last_answer()).status == 400


# -- lines ---------------------------------------------------------------------------------------


async def test_the_line_for_a_share_is_bounded(make_stage: MakeStage) -> None:
    stage = await make_stage(share={"max_waiting": 3})
    for _ in range(3):
        await stage.visitor(GET)
    await eventually(lambda: stage.share.pool.waiting == 3)
    answer = await (await stage.visitor(GET)).last_answer()
    assert (answer.status, answer.header("Doorstep-Error")) == (429, "limit")


async def test_a_visitor_that_leaves_the_line_is_forgotten(stage: Stage) -> None:
    visitors = [await stage.visitor(GET) for _ in range(3)]
    await eventually(lambda: stage.share.pool.waiting == 3)
    visitors[1].reset()
    await eventually(lambda: stage.share.pool.waiting == 2)
    app = await stage.app()
    for visitor in (visitors[0], visitors[2]):
        await app.head()
        await app.send(OK)
        assert (await visitor.answer()).body == b"hi"


async def test_spares_beyond_need_are_ended_after_a_while(make_stage: MakeStage) -> None:
    stage = await make_stage(share={"spares": 2})
    for _ in range(6):
        await stage.app()
    assert stage.share.pool.size == 6
    stage.edge.limits = replace(stage.edge.limits, spare_idle=0.1)
    await eventually(lambda: stage.share.pool.size == 2)
    await eventually(lambda: len(stage.edge.tunnels) == 2)


# -- how many ------------------------------------------------------------------------------------


async def test_one_visitor_too_many_pushes_out_who_asks_for_nothing(make_stage: MakeStage) -> None:
    stage = await make_stage(max_visitors=2)
    busy, app = await stage.pair()
    idle = await stage.visitor(b"GET / HT")
    await eventually(lambda: len(stage.edge.visitors) == 2)
    late = await stage.visitor(request(host="localhost"))
    assert (await late.answer()).body == b"apex"
    assert await idle.gone()
    await app.send(OK)
    assert (await busy.answer()).body == b"hi"


async def test_when_everybody_is_served_the_next_is_told_of_it(
    make_stage: MakeStage,
) -> None:
    stage = await make_stage(max_visitors=1)
    busy, app = await stage.pair()
    for asked in (GET, request(host="localhost"), request(host="gone.localhost")):
        answer = await (await stage.visitor(asked)).last_answer()
        assert (answer.status, answer.header("Doorstep-Error")) == (503, "busy")
        assert answer.header("Retry-After")
    await app.send(OK)
    assert (await busy.answer()).body == b"hi"
    await busy.close()
    await eventually(lambda: not stage.edge.visitors)
    assert (await (await stage.visitor(request(host="localhost"))).answer()).status == 200


async def test_clients_are_let_in_when_there_are_too_many_visitors(make_stage: MakeStage) -> None:
    stage = await make_stage(max_visitors=1)
    await stage.pair()
    await stage.app()
    assert stage.share.pool.idle == 1
    session = await stage.visitor(WEBSOCKET.replace(b"demo.localhost", b"localhost"))
    assert (await session.answer()).body == b"apex"


async def test_a_visitor_too_many_that_says_nothing_is_ended_soon(make_stage: MakeStage) -> None:
    stage = await make_stage(max_visitors=1, surplus_timeout=0.05)
    await stage.pair()
    assert (await (await stage.visitor(b"GET")).last_answer()).status == 408
    await eventually(lambda: len(stage.edge.visitors) == 1)


async def test_an_answer_on_its_way_to_a_slow_visitor_is_not_thrown_away(make_stage: MakeStage) -> None:
    stage = await make_stage(max_visitors=1)
    slow, app = await stage.pair()
    slow.stop_reading()
    size = 8_000_000
    await app.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + bytes(size // 2))
    task = asyncio.ensure_future(app.send(bytes(size // 2)))
    late = await (await stage.visitor(GET)).last_answer()
    assert late.status == 503
    slow.go_on_reading()
    await slow.head()
    assert len(await slow.exactly(size)) == size
    await task


# -- nothing is left -----------------------------------------------------------------------------


async def _answered(stage: Stage) -> None:
    visitor, app = await stage.pair(request("/", "Connection: close"))
    await app.send(OK)
    await visitor.last_answer()
    await app.close()
    await visitor.close()


async def _upgraded(stage: Stage) -> None:
    visitor, app = await stage.pair(WEBSOCKET)
    await app.send(SWITCHED + b"x")
    await visitor.head()
    await visitor.close()
    await app.close()


async def _cut(stage: Stage) -> None:
    visitor, app = await stage.pair()
    await app.send(OK[:-1])
    app.reset()
    await visitor.gone()
    await visitor.close()


async def _left(stage: Stage) -> None:
    visitor, app = await stage.pair()
    visitor.reset()
    await app.close()


async def _refused(stage: Stage) -> None:
    visitor = await stage.visitor(b"\x16\x03")
    await visitor.gone()
    await visitor.close()


async def _unknown(stage: Stage) -> None:
    visitor = await stage.visitor(request(host="gone.localhost"))
    await visitor.gone()
    await visitor.close()


async def _waited(stage: Stage) -> None:
    visitor = await stage.visitor(GET)
    visitor.reset()


async def _apex(stage: Stage) -> None:
    visitor = await stage.visitor(request(host="localhost"))
    await visitor.answer()
    await visitor.close()


async def _silent(stage: Stage) -> None:
    await (await stage.visitor()).close()


NEED_THE_ONE_APP = (_answered, _upgraded, _cut, _left)


@pytest.mark.parametrize(
    "play",
    [_answered, _upgraded, _cut, _left, _refused, _unknown, _waited, _apex, _silent],
    ids=lambda play: play.__name__,
)
async def test_two_thousand_connections_of_a_kind_leave_nothing_behind(
    stage: Stage, play: Callable[[Stage], Awaitable[None]]
) -> None:
    await play(stage)
    await stage.empty()
    stage.peers.clear()
    gc.collect()
    base = descriptors()
    at_once = 1 if play in NEED_THE_ONE_APP else 100
    for _ in range(2000 // at_once):
        await asyncio.gather(*(play(stage) for _ in range(at_once)))
        stage.peers.clear()
    await stage.empty()
    assert not stage.edge.at_apex
    assert stage.share.pool.waiting == 0
    await eventually(lambda: descriptors() <= base)


async def test_idle_visitors_are_cheap(stage: Stage) -> None:
    process = psutil.Process()
    await stage.visitor()
    gc.collect()
    before = process.memory_info().rss
    count = 2000
    visitors: list[Peer] = []
    for _ in range(count // 100):
        visitors += await asyncio.gather(*(stage.visitor() for _ in range(100)))
    await eventually(lambda: len(stage.edge.visitors) >= count)
    each = (process.memory_info().rss - before) / count
    assert each < 40_000, f"{each:.0f} bytes for a visitor and this test's own end of it"


async def test_idle_tunnel_connections_make_room_when_clients_take_too_many_the_longest_idle_first(
    make_stage: MakeStage,
) -> None:
    """A visitor to each of many shares would otherwise leave a connection idle at each, and no files."""
    stage = await make_stage(max_clients=8)
    spare = stage.add_share("spare", spares=1)
    await stage.app("spare")
    apps = [await stage.app() for _ in range(6)]
    assert await apps[0].gone()
    assert [spare.pool.idle, stage.share.pool.idle] == [1, 5]

    await stage.visitor(GET)
    assert (await apps[-1].head()).startswith(b"GET / ")
