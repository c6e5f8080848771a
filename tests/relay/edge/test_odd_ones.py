"""What one visitor or share does, or a fault of ours in it, harms no other and leaves nothing behind."""

from __future__ import annotations

import asyncio

import pytest

from doorstep_relay.domain.gate import Gate
from doorstep_relay.domain.limits import NOTHING, Limits
from doorstep_relay.domain.passes import PassKey
from doorstep_relay.domain.policy import Policy
from doorstep_relay.edge.body import MANY_CHUNKS
from doorstep_relay.edge.pacing import TICK, Flow, Pacer
from doorstep_relay.edge.visitor import VisitorConnection
from doorstep_relay.switchboard.absent import Absences, Missed
from doorstep_relay.switchboard.local import LiveShare
from doorstep_relay.switchboard.meter import Gauge, Meter
from tests.relay.edge.conftest import MakeStage
from tests.relay.edge.stage import DEADLINE, GET, Stage, request
from tests.support import eventually

SHORT = 0.1


def meter(**limits: float) -> Meter:
    """Of a share with limits of its own."""
    now = asyncio.get_running_loop().time()
    return Meter((Gauge(NOTHING, "x", now), Gauge(Limits(**limits), "This link", now)), lambda: 0.0)  # type: ignore[arg-type]  # some are whole


# -- watches ---------------------------------------------------------------------------------------


async def test_a_look_that_fails_is_followed_by_the_next(
    make_stage: MakeStage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stage = await make_stage(head_timeout=SHORT)
    tidy = Absences.tidy
    failed: list[Absences] = []

    def fail_once(self: Absences) -> None:
        if not failed:
            failed.append(self)
            raise KeyError(1)
        tidy(self)

    monkeypatch.setattr(Absences, "tidy", fail_once)
    await eventually(lambda: "a look at the deadlines failed" in caplog.text, DEADLINE)

    assert await (await stage.visitor()).gone()


async def test_a_visitor_whom_the_gate_cannot_judge_again_is_cut_and_keeps_nobody_inside(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pairs = [await stage.pair() for _ in range(3)]
    recheck = VisitorConnection.recheck
    judged: list[VisitorConnection] = []

    def fail_first(self: VisitorConnection, share: LiveShare) -> None:
        judged.append(self)
        if len(judged) == 1:
            raise ValueError("a bug")
        recheck(self, share)

    monkeypatch.setattr(VisitorConnection, "recheck", fail_first)
    share = stage.share
    share.gate = Gate(1, "demo", Policy(key="0" * 64), PassKey(b"s" * 32), interstitial=False)
    stage.edge.recheck(share)

    for visitor, app in pairs:
        await visitor.gone()
        assert await app.gone()
    assert "could not ask the gate of 'demo' again" in caplog.text


# -- limits ----------------------------------------------------------------------------------------


BODY = 200
"""Bytes: at `SLOW` a second, twice what may pass at once."""
SLOW = 1000


def flow(pacer: Pacer, held_to: Meter, sent: list[bytes]) -> Flow:
    return Flow(pacer, held_to, sent.append, lambda _hold: None, lambda: False)


async def test_a_flow_that_has_ended_in_this_very_turn_is_counted_as_gone_once() -> None:
    pacer, held_to = Pacer(), meter(bytes_per_second=SLOW)
    sent: list[bytes] = []
    ended = flow(pacer, held_to, sent)
    ended.feed(b"x" * BODY)
    assert ended.release()
    ended.step(asyncio.get_running_loop().time() + 1)

    assert held_to.gauges[1].waiting == 0
    assert sent == []


async def test_a_flow_that_fails_does_not_keep_the_others_from_their_turns() -> None:
    loop = asyncio.get_running_loop()
    told: list[object] = []
    loop.set_exception_handler(lambda _, context: told.append(context["exception"]))
    pacer, held_to = Pacer(), meter(bytes_per_second=SLOW)
    sent: list[bytes] = []

    def fail(_data: bytes) -> None:
        raise ValueError("a bug")

    Flow(pacer, held_to, fail, lambda _hold: None, lambda: False).feed(b"x" * BODY)
    flow(pacer, held_to, sent).feed(b"y" * BODY)

    await eventually(lambda: not pacer.waiting, DEADLINE, "each to have its turns")
    assert b"".join(sent) == b"y" * BODY
    assert {type(error) for error in told} == {ValueError}
    assert held_to.gauges[1].waiting == 0


async def test_a_visitor_who_had_to_pause_is_read_on_when_a_limit_holds_the_answer(stage: Stage) -> None:
    stage.share.meter = meter(bytes_per_second=200_000)
    await asyncio.sleep(2 * TICK)  # until so much may pass at once
    visitor, app = await stage.pair(request("/", "Transfer-Encoding: chunked", method="POST"))
    tiny = b"1\r\nx\r\n" * (MANY_CHUNKS + 200)
    await visitor.send(tiny)
    await app.exactly(len(tiny))
    await app.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"a" * 99_999)
    await visitor.head()
    await visitor.send(b"5\r\nhello\r\n0\r\n\r\n")

    assert await app.exactly(15) == b"5\r\nhello\r\n0\r\n\r\n"


async def test_who_is_cut_as_the_months_bytes_are_used_up_is_told_so(stage: Stage) -> None:
    visitor, _app = await stage.pair()
    stage.share.meter = meter(bytes_per_month=1000)
    stage.share.spend(1000)

    assert (await visitor.last_answer()).json()["code"] == "quota"
    assert stage.share.ended is None


# -- visitors who wait for a client ------------------------------------------------------------------


async def test_who_goes_over_to_another_share_while_waiting_is_waited_for_there(stage: Stage) -> None:
    """An account's own host leads elsewhere since: the wait goes on for what it shows now."""
    absent = stage.board.absent
    absent.patience = DEADLINE
    stage.board.disconnect(stage.share)
    absent.left([Missed(1, "demo"), Missed(2, "other")])
    stage.edge.show("apps.example", "demo", 1)
    visitor = await stage.visitor(request(host="apps.example"))
    await eventually(lambda: len(absent) == 1, DEADLINE, "the visitor to be held")
    stage.edge.show("apps.example", "other", 1)
    absent.back(1, "demo")
    assert len(absent) == 1
    visitor.reset()

    await eventually(lambda: len(absent) == 0, DEADLINE, "the visitor to be forgotten")


async def test_an_answer_before_that_is_taken_late_does_not_lengthen_the_wait(make_stage: MakeStage) -> None:
    stage = await make_stage(connect_wait=600.0)
    stage.board.absent.patience = DEADLINE
    stage.board.disconnect(stage.share)
    stage.board.absent.left([Missed(1, "demo")])
    await stage.visitor(GET)
    await eventually(lambda: len(stage.board.absent) == 1, DEADLINE, "the visitor to be held")
    (held,) = stage.edge.visitors
    until = held.deadline
    held.write_paused = True  # the answer to the request before has not gone out
    held.resume_writing()

    assert held.deadline == until


@pytest.mark.parametrize("waits_for", ["a connection", "the client"])
async def test_a_host_that_leads_nowhere_any_more_serves_nobody_who_waited_there(
    stage: Stage, waits_for: str
) -> None:
    share, absent = stage.share, stage.board.absent
    stage.edge.show("apps.example", "demo", 1)
    if waits_for == "the client":
        absent.patience = DEADLINE
        stage.board.disconnect(share)
        absent.left([Missed(1, "demo")])
    visitor = await stage.visitor(request(host="apps.example"))
    await eventually(lambda: share.pool.waiting + len(absent) == 1, DEADLINE, "the visitor to wait")
    stage.edge.forget("apps.example")

    assert await visitor.gone()
    await eventually(lambda: share.pool.waiting + len(absent) == 0, DEADLINE, "the visitor to be forgotten")
