"""Every state of a connection has a deadline, and nothing that a visitor does for show moves it."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.relay.edge.conftest import MakeStage
from tests.relay.edge.stage import DEADLINE, GET, OK, SWITCHED, WEBSOCKET, Peer, Stage, request
from tests.support import eventually

SHORT = 0.15
SOON = 4.0
"""When what has a short deadline is over, on a busy machine too."""
PATIENCE, PAUSE = 0.5, 0.03
"""What goes on slowly takes longer than the patience; a busy machine may let ten pauses go by at once."""


async def told(peer: Peer) -> tuple[int, str | None]:
    answer = await peer.last_answer()
    return answer.status, answer.header("Doorstep-Error")


async def drip(peer: Peer, data: bytes, seconds: float) -> None:
    """Send a piece every 20 ms for a while, or until the other side has enough."""
    end = time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            await peer.send(data)
            await asyncio.sleep(0.02)
    except (ConnectionError, RuntimeError):
        pass  # uvloop's word for a connection that is closed already


async def gone_within(peer: Peer, seconds: float) -> bool:
    begun = time.monotonic()
    await peer.gone()
    return time.monotonic() - begun < seconds


async def test_a_connection_that_says_nothing_is_ended(make_stage: MakeStage) -> None:
    stage = await make_stage(head_timeout=SHORT)
    assert await gone_within(await stage.visitor(), SOON)
    await stage.empty()


async def test_a_head_that_stops_in_the_middle_is_answered_with_408(make_stage: MakeStage) -> None:
    stage = await make_stage(head_timeout=SHORT, linger_idle=SHORT)
    assert await told(await stage.visitor(GET[:-2])) == (408, "head-timeout")
    await stage.empty()


async def test_a_head_that_drips_is_answered_with_408(make_stage: MakeStage) -> None:
    stage = await make_stage(head_timeout=SHORT)
    visitor = await stage.visitor(b"GET / HTTP/1.1\r\nX: ")
    dripping = asyncio.ensure_future(drip(visitor, b"y", 2))
    assert await told(visitor) == (408, "head-timeout")
    dripping.cancel()


@pytest.mark.parametrize("line", [b"\r\n", b"\r", b"\n"])
async def test_empty_lines_are_no_reason_to_wait_longer(make_stage: MakeStage, line: bytes) -> None:
    stage = await make_stage(head_timeout=SHORT, idle_timeout=SHORT)
    visitor = await stage.visitor()
    dripping = asyncio.ensure_future(drip(visitor, line, SOON + 1))
    assert await gone_within(visitor, SOON)
    dripping.cancel()


async def test_an_idle_connection_is_ended_without_a_word(make_stage: MakeStage) -> None:
    stage = await make_stage(idle_timeout=SHORT)
    visitor, app = await stage.pair()
    await app.send(OK)
    await visitor.answer()
    assert await visitor.rest() == b""
    assert stage.share.pool.idle == 1


async def test_no_tunnel_connection_in_time_is_answered_with_504(make_stage: MakeStage) -> None:
    stage = await make_stage(connect_wait=SHORT)
    visitor = await stage.visitor(GET)
    assert await told(visitor) == (504, "app-timeout")
    assert stage.share.pool.waiting == 0


async def test_what_was_asked_for_and_never_came_is_asked_for_again(make_stage: MakeStage) -> None:
    stage = await make_stage(connect_wait=0.6)
    visitor = await stage.visitor(GET)
    await visitor.gone()
    assert stage.asked[:2] == [("demo", 1), ("demo", 1)]


async def test_a_lookup_that_takes_too_long_is_answered_with_504(make_stage: MakeStage) -> None:
    stage = await make_stage(connect_wait=SHORT)
    stage.lookup_gate.clear()
    assert await told(await stage.visitor(request(host="gone.localhost"))) == (504, "app-timeout")
    stage.lookup_gate.set()


async def test_an_app_that_never_answers_is_answered_with_504(make_stage: MakeStage) -> None:
    stage = await make_stage(app_timeout=SHORT)
    visitor, app = await stage.pair()
    assert await told(visitor) == (504, "app-timeout")
    assert await app.gone()


async def test_pipelining_does_not_make_the_app_faster(make_stage: MakeStage) -> None:
    stage = await make_stage(app_timeout=SHORT)
    visitor, _ = await stage.pair()
    dripping = asyncio.ensure_future(drip(visitor, GET, 2))
    assert await told(visitor) == (504, "app-timeout")
    dripping.cancel()


async def test_a_body_that_stops_in_the_middle_is_answered_with_408(make_stage: MakeStage) -> None:
    stage = await make_stage(body_timeout=SHORT)
    visitor, app = await stage.pair(request("/", "Content-Length: 10", method="POST"))
    await visitor.send(b"half")
    assert await told(visitor) == (408, "body-timeout")
    assert await app.rest() == b"half"


async def test_an_interim_answer_does_not_make_a_body_that_never_comes_wait_for_longer(
    make_stage: MakeStage,
) -> None:
    stage = await make_stage(body_timeout=SHORT, idle_stream=60.0)
    fields = ("Content-Length: 10", "Expect: 100-continue")
    visitor, app = await stage.pair(request("/", *fields, method="POST"))
    await app.send(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert (await visitor.answer()).status == 100
    assert await told(visitor) == (408, "body-timeout")


async def test_interim_answers_do_not_give_an_app_more_time(make_stage: MakeStage) -> None:
    stage = await make_stage(app_timeout=SHORT, idle_stream=60.0)
    visitor, app = await stage.pair()
    await app.send(b"HTTP/1.1 103 Early Hints\r\n\r\n")
    assert (await visitor.answer()).status == 103
    assert await told(visitor) == (504, "app-timeout")


async def test_a_body_that_goes_on_slowly_is_let(make_stage: MakeStage) -> None:
    stage = await make_stage(body_timeout=PATIENCE)
    visitor, app = await stage.pair(request("/", "Content-Length: 30", method="POST"))
    for _ in range(30):
        await visitor.send(b"x")
        await asyncio.sleep(PAUSE)
    assert await app.exactly(30) == b"x" * 30
    await app.send(OK)
    assert (await visitor.answer()).status == 200


async def test_an_app_that_takes_nothing_of_a_body_is_not_the_visitors_fault(make_stage: MakeStage) -> None:
    stage = await make_stage(body_timeout=SHORT, app_timeout=4 * SHORT)
    visitor, app = await stage.pair(request("/", "Content-Length: 20000000", method="POST"))
    app.stop_reading()
    sending = asyncio.ensure_future(visitor.send(b"x" * 20_000_000))
    assert await told(visitor) == (504, "app-timeout")
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)


async def test_an_answer_that_stops_in_the_middle_is_cut(make_stage: MakeStage) -> None:
    stage = await make_stage(idle_stream=SHORT)
    visitor, app = await stage.pair()
    await app.send(b"HTTP/1.1 200 OK\r\n\r\nfirst")
    with pytest.raises(ConnectionResetError):
        await visitor.rest()
    assert await app.gone()


async def test_an_answer_that_goes_on_slowly_is_let(make_stage: MakeStage) -> None:
    stage = await make_stage(idle_stream=PATIENCE, app_timeout=PATIENCE)
    visitor, app = await stage.pair()
    await app.send(b"HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n")
    await visitor.head()
    for _ in range(30):
        await app.send(b"x")
        await asyncio.sleep(PAUSE)
    assert await visitor.exactly(30) == b"x" * 30


async def test_a_silent_websocket_is_ended(make_stage: MakeStage) -> None:
    stage = await make_stage(idle_stream=SHORT)
    visitor, app = await stage.pair(WEBSOCKET)
    await app.send(SWITCHED)
    await visitor.head()
    assert await gone_within(visitor, SOON)
    assert await app.gone()


@pytest.mark.parametrize("way", ["visitor", "app"])
async def test_a_websocket_that_speaks_one_way_is_let(make_stage: MakeStage, way: str) -> None:
    stage = await make_stage(idle_stream=PATIENCE)
    visitor, app = await stage.pair(WEBSOCKET)
    await app.send(SWITCHED)
    await visitor.head()
    one, other = (visitor, app) if way == "visitor" else (app, visitor)
    for _ in range(30):
        await one.send(b"x")
        await asyncio.sleep(PAUSE)
    assert await other.exactly(30) == b"x" * 30


async def stalled(stage: Stage) -> tuple[Peer, Peer, asyncio.Future[None]]:
    """A visitor that takes nothing of a long answer."""
    visitor, app = await stage.pair()
    visitor.stop_reading()
    await app.send(b"HTTP/1.1 200 OK\r\nContent-Length: 20000000\r\n\r\n")
    sending = asyncio.ensure_future(app.send(b"x" * 20_000_000))
    connection = next(iter(stage.edge.visitors))
    await eventually(lambda: connection.write_paused)
    return visitor, app, sending


@pytest.mark.parametrize("sends", [b"", GET, b"x"])
async def test_a_visitor_that_takes_nothing_is_ended_whatever_it_sends(
    make_stage: MakeStage, sends: bytes
) -> None:
    stage = await make_stage(stall_timeout=0.3)
    visitor, app, sending = await stalled(stage)
    begun = time.monotonic()
    dripping = asyncio.ensure_future(drip(visitor, sends, SOON + 1) if sends else asyncio.sleep(0))
    await eventually(lambda: not stage.edge.visitors, 20)
    assert time.monotonic() - begun < SOON
    assert await app.gone()
    await asyncio.gather(sending, dripping, return_exceptions=True)


async def test_a_stalled_websocket_is_ended_whatever_it_sends(make_stage: MakeStage) -> None:
    stage = await make_stage(stall_timeout=0.3)
    visitor, app = await stage.pair(WEBSOCKET)
    await app.send(SWITCHED)
    await visitor.head()
    visitor.stop_reading()
    sending = asyncio.ensure_future(app.send(b"x" * 20_000_000))
    dripping = asyncio.ensure_future(drip(visitor, b"y", SOON + 1))
    await eventually(lambda: not stage.edge.visitors, SOON)
    await asyncio.gather(sending, dripping, return_exceptions=True)


async def test_a_visitor_that_goes_on_reading_gets_everything(make_stage: MakeStage) -> None:
    stage = await make_stage(stall_timeout=DEADLINE, idle_timeout=DEADLINE)
    visitor, _, sending = await stalled(stage)
    visitor.go_on_reading()
    await visitor.head()
    assert len(await visitor.exactly(20_000_000)) == 20_000_000
    await sending


async def test_a_deadline_after_a_pause_is_the_states_own_again(make_stage: MakeStage) -> None:
    """A visitor that once was slow does not get an hour of idleness for it."""
    stage = await make_stage(idle_timeout=0.3)
    visitor, _, sending = await stalled(stage)
    visitor.go_on_reading()
    await visitor.head()
    await visitor.exactly(20_000_000)
    await sending
    assert await gone_within(visitor, SOON)


async def test_an_unread_answer_of_the_relay_is_not_kept_for_ever(make_stage: MakeStage) -> None:
    stage = await make_stage(stall_timeout=SHORT, linger_idle=SHORT)
    visitor = await stage.visitor(b"\x16\x03\x01")
    visitor.stop_reading()
    await eventually(lambda: not stage.edge.visitors, SOON)


class Broken:
    """A connection whose end fails."""

    deadline = 0.0
    aborted = False

    @property
    def transport(self) -> Broken:
        return self

    def overdue(self) -> None:
        raise ValueError("a bug")

    def abort(self) -> None:
        self.aborted = True


async def test_one_connection_that_cannot_be_ended_in_order_does_not_end_the_watch(
    make_stage: MakeStage, caplog: pytest.LogCaptureFixture
) -> None:
    stage = await make_stage(head_timeout=SHORT)
    broken = Broken()
    stage.edge.visitors.add(broken)  # type: ignore[arg-type]  # whatever it is, it is swept
    await eventually(lambda: broken.aborted)
    stage.edge.visitors.discard(broken)  # type: ignore[arg-type]
    assert await gone_within(await stage.visitor(), SOON)
    assert "could not end an overdue connection" in caplog.text


async def test_one_share_that_cannot_be_tended_does_not_end_the_watch(
    make_stage: MakeStage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stage = await make_stage(head_timeout=SHORT)

    def fail(*_: object) -> None:
        raise ValueError("a bug")

    monkeypatch.setattr(stage.share.pool, "trim", fail)
    await eventually(lambda: "could not tend the connections of 'demo'" in caplog.text)
    assert await gone_within(await stage.visitor(), SOON)
