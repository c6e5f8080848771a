"""Upgraded connections: bytes as they are, both ways, and how they end."""

from __future__ import annotations

import asyncio

import pytest

from tests.relay.edge.stage import GET, OK, SWITCHED, WEBSOCKET, Peer, Stage, request
from tests.support import eventually


async def upgraded(stage: Stage) -> tuple[Peer, Peer]:
    visitor, app = await stage.pair(WEBSOCKET)
    await app.send(SWITCHED)
    await visitor.head()
    return visitor, app


async def test_after_the_switch_bytes_pass_both_ways_as_they_are(stage: Stage) -> None:
    visitor, app = await upgraded(stage)
    await visitor.send(b"\x00\xffGET / HTTP/1.1\r\n\r\n")
    assert await app.exactly(20) == b"\x00\xffGET / HTTP/1.1\r\n\r\n"
    await app.send(b"HTTP/1.1 500 No\r\n\r\n\x81")
    assert await visitor.exactly(20) == b"HTTP/1.1 500 No\r\n\r\n\x81"


async def test_the_switch_is_written_anew(stage: Stage) -> None:
    visitor, app = await stage.pair(WEBSOCKET)
    await app.send(
        b"HTTP/1.1 101 Yes\r\nconnection: upgrade\r\nUPGRADE: WebSocket\r\nSec-WebSocket-Accept: x\r\n\r\n"
    )
    assert await visitor.head() == (
        b"HTTP/1.1 101 Yes\r\nSec-WebSocket-Accept: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    )


async def test_bytes_in_the_packet_of_the_request_arrive_after_the_switch(stage: Stage) -> None:
    visitor, app = await stage.pair(WEBSOCKET + b"early")
    assert await app.silent()
    await app.send(SWITCHED)
    assert await app.exactly(5) == b"early"
    await visitor.head()


async def test_bytes_between_request_and_switch_arrive_in_order(stage: Stage) -> None:
    visitor, app = await stage.pair(WEBSOCKET + b"one ")
    await visitor.send(b"two ")
    assert await app.silent()
    await app.send(SWITCHED)
    await visitor.head()
    await visitor.send(b"three")
    assert await app.exactly(13) == b"one two three"


async def test_bytes_in_the_packet_of_the_switch_reach_the_visitor(stage: Stage) -> None:
    visitor, app = await stage.pair(WEBSOCKET)
    await app.send(SWITCHED + b"late")
    await visitor.head()
    assert await visitor.exactly(4) == b"late"


async def test_what_a_visitor_sends_before_the_switch_is_bounded(stage: Stage) -> None:
    visitor, app = await stage.pair(WEBSOCKET)
    flood = asyncio.ensure_future(visitor.send(b"x" * 20_000_000))
    await asyncio.sleep(0.2)
    connection = next(iter(stage.edge.visitors))
    assert connection.exchange is not None
    assert len(connection.exchange.held) < 600_000
    assert not flood.done()
    await app.send(SWITCHED)
    for _ in range(20):
        assert len(await app.exactly(1_000_000)) == 1_000_000
    await flood


async def test_an_upgrade_waits_for_a_tunnel_connection_without_losing_bytes(stage: Stage) -> None:
    visitor = await stage.visitor(WEBSOCKET + b"early")
    await eventually(lambda: stage.share.pool.waiting == 1)
    await visitor.send(b" later")
    await asyncio.sleep(0.02)
    app = await stage.app()
    await app.head()
    await app.send(SWITCHED)
    assert await app.exactly(11) == b"early later"


# -- how it ends ---------------------------------------------------------------------------------


async def test_the_visitor_may_end_its_side_and_still_hear_the_app(stage: Stage) -> None:
    visitor, app = await upgraded(stage)
    await visitor.send(b"bye")
    visitor.half_close()
    assert await app.rest() == b"bye"
    await app.send(b"still talking")
    assert await visitor.exactly(13) == b"still talking"
    await app.close()
    assert await visitor.rest() == b""
    await stage.empty()


async def test_the_app_may_end_its_side_and_still_hear_the_visitor(stage: Stage) -> None:
    visitor, app = await upgraded(stage)
    await app.send(b"bye")
    app.half_close()
    assert await visitor.rest() == b"bye"
    await visitor.send(b"still talking")
    assert await app.exactly(13) == b"still talking"
    await visitor.close()
    assert await app.rest() == b""
    await stage.empty()


@pytest.mark.parametrize("first", ["visitor", "app"])
async def test_when_both_have_ended_their_sides_nothing_is_left(stage: Stage, first: str) -> None:
    """Neither socket is closed: two half-closed connections must not lie around for an hour."""
    visitor, app = await upgraded(stage)
    one, other = (visitor, app) if first == "visitor" else (app, visitor)
    one.half_close()
    assert await other.rest() == b""
    await other.send(b"last words")
    other.half_close()
    assert await one.rest() == b"last words"
    await stage.empty()


async def test_last_words_that_have_to_wait_are_not_lost_when_both_end(stage: Stage) -> None:
    visitor, app = await upgraded(stage)
    app.half_close()
    await visitor.rest()
    app.stop_reading()
    sending = asyncio.ensure_future(visitor.send(b"x" * 5_000_000))
    await asyncio.sleep(0.1)
    app.go_on_reading()
    received = asyncio.ensure_future(app.rest())
    await sending
    visitor.half_close()
    assert len(await received) == 5_000_000
    await stage.empty()


async def test_a_visitor_that_ended_its_side_before_the_switch_is_heard_to_have(stage: Stage) -> None:
    visitor, app = await stage.pair(WEBSOCKET + b"all")
    visitor.half_close()
    await asyncio.sleep(0.02)
    await app.send(SWITCHED + b"answer")
    assert await app.rest() == b"all"
    await app.close()
    assert (await visitor.rest()).endswith(b"answer")
    await stage.empty()


@pytest.mark.parametrize("who", ["visitor", "app"])
async def test_a_reset_of_one_side_ends_the_other(stage: Stage, who: str) -> None:
    visitor, app = await upgraded(stage)
    one, other = (visitor, app) if who == "visitor" else (app, visitor)
    one.reset()
    assert await other.gone()
    await stage.empty()


async def test_the_connection_of_an_upgrade_is_never_used_again(stage: Stage) -> None:
    visitor, app = await upgraded(stage)
    await visitor.close()
    await app.close()
    await stage.empty()
    waiting = await stage.visitor(GET)
    assert await waiting.silent()


# -- upgrades that come to nothing ---------------------------------------------------------------


async def test_an_app_may_refuse_the_upgrade_with_an_answer(stage: Stage) -> None:
    visitor, app = await stage.pair(WEBSOCKET)
    await app.send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")
    assert (await visitor.answer()).status == 403
    assert await app.gone()
    await visitor.send(GET)
    app = await stage.app()
    await app.head()
    await app.send(OK)
    assert (await visitor.answer()).body == b"hi"


async def test_bytes_sent_in_hope_of_an_upgrade_are_never_read_as_a_request(stage: Stage) -> None:
    app = await stage.app()
    visitor = await stage.visitor(WEBSOCKET + request("/smuggled"))
    await app.head()
    await app.send(OK)
    second = await stage.app()
    answer = await visitor.last_answer()
    assert (answer.body, answer.header("Connection")) == (b"hi", "close")
    assert await second.silent()


async def test_an_app_that_switches_to_another_protocol_is_not_believed(stage: Stage) -> None:
    visitor, app = await stage.pair(WEBSOCKET)
    await app.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
    assert (await visitor.last_answer()).status == 502
    assert await app.gone()


async def test_an_upgrade_with_a_body_is_an_ordinary_request(stage: Stage) -> None:
    asked = request("/", "Connection: Upgrade", "Upgrade: websocket", "Content-Length: 4", method="POST")
    app = await stage.app()
    visitor = await stage.visitor(asked + b"body")
    assert b"Upgrade" not in await app.head()
    assert await app.exactly(4) == b"body"
    await app.send(OK)
    assert (await visitor.answer()).body == b"hi"
    await eventually(lambda: stage.share.pool.idle == 1)


async def test_no_app_is_asked_to_become_a_tunnel_connection(stage: Stage) -> None:
    visitor = await stage.visitor(request("/", "Connection: Upgrade", "Upgrade: doorstep-reverse"))
    app = await stage.app()
    assert b"Upgrade" not in await app.head()
    await app.send(OK)
    assert (await visitor.answer()).body == b"hi"
