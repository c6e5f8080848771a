"""A tunnel connection whose client wants a word first: nobody is sent down it before."""

from __future__ import annotations

import pytest

from doorstep_client import wire
from doorstep_relay.edge.tunnel import CarriedTunnel, TunnelConnection
from doorstep_relay.edge.unproven import MOST
from tests.relay.edge.conftest import MakeStage
from tests.relay.edge.stage import GET, OK, Peer, Stage, tunnel_request
from tests.support import eventually

PINGED = tunnel_request().replace(b"/tunnel ", b"/tunnel?ping ")


async def pinged(stage: Stage) -> Peer:
    """A connection that was agreed to, on which nothing was said yet."""
    peer = await stage.visitor(PINGED)
    assert (await peer.head()).startswith(b"HTTP/1.1 101 ")
    return peer


async def proven(stage: Stage) -> Peer:
    """One on which both have said their word."""
    peer = await pinged(stage)
    await peer.send(wire.PING)
    assert await peer.exactly(len(wire.PONG)) == wire.PONG
    return peer


async def test_a_word_is_answered_and_then_it_serves(stage: Stage) -> None:
    app = await proven(stage)
    visitor = await stage.visitor(GET)
    assert (await app.head()).startswith(b"GET / HTTP/1.1\r\n")
    await app.send(OK)

    assert (await visitor.answer()).body == b"hi"


async def test_no_visitor_is_given_to_it_before(stage: Stage) -> None:
    unproven = await pinged(stage)
    visitor = await stage.visitor(GET)
    await eventually(lambda: stage.asked)
    assert stage.share.pool.size == 0
    app = await stage.app()
    await app.head()
    await app.send(OK)

    assert (await visitor.answer()).body == b"hi"
    assert await unproven.silent()


async def test_the_word_may_come_in_pieces(stage: Stage) -> None:
    app = await pinged(stage)
    for byte in wire.PING:
        await app.send(bytes([byte]))

    assert await app.exactly(len(wire.PONG)) == wire.PONG


@pytest.mark.parametrize("said", [b"pong\r\n", b"pinG", wire.PING + b"x", b"HTTP/1.1 200 OK\r\n\r\n"])
async def test_another_word_ends_it(stage: Stage, said: bytes) -> None:
    app = await pinged(stage)
    await app.send(said)

    assert await app.gone()
    await eventually(lambda: stage.share.pool.unproven == 0)
    assert stage.share.pool.size == 0


async def test_silence_ends_it(make_stage: MakeStage) -> None:
    stage = await make_stage(connect_wait=0.1)
    app = await pinged(stage)

    assert await app.gone()
    await eventually(lambda: stage.share.pool.unproven == 0)


async def test_a_client_may_have_only_so_many(stage: Stage) -> None:
    waiting = [await pinged(stage) for _ in range(MOST)]
    assert await (await pinged(stage)).gone()
    waiting[0].reset()
    await eventually(lambda: stage.share.pool.unproven == MOST - 1)
    await proven(stage)


async def test_a_share_that_has_ended_takes_none(stage: Stage) -> None:
    app = await pinged(stage)
    stage.share.pool.close("revoked", "")
    await app.send(wire.PING)

    assert await app.gone()


async def test_a_connection_that_has_proved_itself_takes_the_place_of_a_stream(make_stage: MakeStage) -> None:
    stage = await make_stage(share={"spares": 1})
    pool = stage.share.pool
    stream = await _stream(stage)
    assert pool.idle == 1
    app = await proven(stage)
    await eventually(lambda: stream.is_over)

    assert pool.idle == 1
    await stage.visitor(GET)
    assert (await app.head()).startswith(b"GET / HTTP/1.1\r\n")


async def test_a_stream_that_is_needed_or_busy_stays(make_stage: MakeStage) -> None:
    stage = await make_stage(share={"spares": 2})
    needed = await _stream(stage)
    await proven(stage)
    await eventually(lambda: stage.share.pool.idle == 2)

    assert not needed.is_over
    for _ in range(2):
        taken = stage.share.pool.take()
    assert isinstance(taken, CarriedTunnel)
    await stage.app()
    await stage.app()
    await stage.app()
    assert not needed.is_over


async def test_while_a_session_carries_streams_its_client_gets_tickets_now_and_then(
    stage: Stage,
) -> None:
    pool = stage.share.pool
    pool.invite(1000.0, 60.0)
    await stage.app()
    pool.invite(2000.0, 60.0)
    assert stage.asked == []
    await _stream(stage)
    for now in (3000.0, 3059.0, 3061.0):
        pool.invite(now, 60.0)
    assert stage.asked == [("demo", 0)] * 2
    pool.close("expired", "")
    pool.invite(9000.0, 60.0)

    assert stage.asked == [("demo", 0)] * 2


class _Wire:
    """What a session's stream is to its tunnel connection: something that can be ended."""

    def __init__(self) -> None:
        self.is_over = False

    def set_write_buffer_limits(self, high: int) -> None:
        """Of no interest."""

    def abort(self) -> None:
        self.is_over = True


async def _stream(stage: Stage) -> _Wire:
    made = _Wire()
    tunnel: TunnelConnection = CarriedTunnel(stage.edge, stage.share)
    tunnel.connection_made(made)  # type: ignore[arg-type]  # as much of a transport as it needs
    return made
