"""A request for a share whose client was here a moment ago waits for it, and is served as if it came then."""

from __future__ import annotations

import asyncio

import pytest

from doorstep_relay.domain.credentials import hash_secret
from doorstep_relay.domain.gate import Gate
from doorstep_relay.domain.limits import Limits
from doorstep_relay.domain.passes import PassKey
from doorstep_relay.domain.policy import Policy
from doorstep_relay.switchboard.absent import Missed
from doorstep_relay.switchboard.local import LiveShare
from doorstep_relay.switchboard.meter import Gauge, Meter
from tests.relay.edge.conftest import MakeStage
from tests.relay.edge.stage import DEADLINE, GET, OK, Peer, Stage, request
from tests.support import eventually

POST = request("/", "Content-Length: 5", method="POST")


@pytest.fixture
async def gone(stage: Stage) -> Stage:
    """A stage whose share `demo` has just lost its client."""
    lose(stage)
    stage.board.absent.patience = DEADLINE
    stage.board.absent.left([Missed(1, "demo")])
    stage.facts["demo"] = ("offline", "")
    return stage


def lose(stage: Stage) -> LiveShare:
    share = stage.share
    stage.board.disconnect(share)
    return share


async def held(stage: Stage, count: int = 1) -> None:
    await eventually(lambda: len(stage.board.absent) == count, DEADLINE, f"{count} visitors to be held")


def back(stage: Stage, **how: object) -> LiveShare:
    """The client is here again."""
    share = stage.add_share("demo", **how)  # type: ignore[arg-type]
    share.share_id = 1
    stage.board.absent.back(1, "demo")
    return share


async def served(stage: Stage, visitor: Peer) -> bytes:
    """What the app gets of a visitor's request, which is answered."""
    app = await stage.app()
    head = await app.head()
    await app.send(OK)
    assert (await visitor.answer()).body == b"hi"
    return head


async def code(visitor: Peer) -> str | None:
    return (await visitor.last_answer()).header("Doorstep-Error")


async def test_a_visitor_waits_for_the_client_and_is_served_when_it_is_back(gone: Stage) -> None:
    visitor = await gone.visitor(GET)
    await held(gone)
    back(gone)
    assert (await served(gone, visitor)).startswith(b"GET / HTTP/1.1\r\n")


async def test_a_post_waits_with_its_body_and_is_sent_once(gone: Stage) -> None:
    visitor = await gone.visitor(POST + b"hel")
    await held(gone)
    await visitor.send(b"lo")
    back(gone)
    app = await gone.app()
    assert (await app.head()).startswith(b"POST / ")
    assert await app.exactly(5) == b"hello"
    await app.send(OK)
    assert (await visitor.answer()).body == b"hi"
    assert gone.share.requests == 1


async def test_the_connection_serves_further_requests_after_the_wait(gone: Stage) -> None:
    visitor = await gone.visitor(GET + GET)
    await held(gone)
    back(gone)
    app = await gone.app()
    for _ in range(2):
        await app.head()
        await app.send(OK)
        assert (await visitor.answer()).body == b"hi"


async def test_a_client_that_does_not_come_is_waited_for_so_long_and_no_longer(stage: Stage) -> None:
    lose(stage)
    stage.board.absent.patience = 0.2
    stage.board.absent.left([Missed(1, "demo")])
    stage.facts["demo"] = ("offline", "")
    visitor = await stage.visitor(GET)
    await held(stage)
    assert await code(visitor) == "offline"
    assert len(stage.board.absent) == 0
    assert await code(await stage.visitor(GET)) == "offline", "and the next one is told at once"


async def test_a_share_that_is_ended_meanwhile_is_answered_for_at_once(gone: Stage) -> None:
    visitor = await gone.visitor(GET)
    await held(gone)
    gone.facts["demo"] = ("revoked", "enough")
    gone.board.absent.over(1)
    assert await code(visitor) == "revoked"


async def test_a_share_that_comes_back_paused_is_not_shown(gone: Stage) -> None:
    visitor = await gone.visitor(GET)
    await held(gone)
    gone.facts["demo"] = ("paused", "")
    share = gone.add_share("demo")
    gone.board.pause(share)
    gone.board.absent.back(1, "demo")
    assert await code(visitor) == "paused"


@pytest.mark.parametrize("how", ["resets", "says that it will send no more"])
async def test_a_visitor_who_goes_away_is_forgotten(gone: Stage, how: str) -> None:
    visitor = await gone.visitor(GET)
    await held(gone)
    if how == "resets":
        visitor.reset()
    else:
        visitor.half_close()
        assert await code(visitor) == "offline", "it may be somebody who still reads"
    await held(gone, 0)
    share = back(gone)
    assert share.pool.waiting == 0


async def test_whoever_stands_in_line_when_the_client_is_lost_waits_for_it_too(stage: Stage) -> None:
    stage.board.absent.patience = DEADLINE
    visitor = await stage.visitor(POST + b"hello")
    await eventually(lambda: stage.share.pool.waiting == 1, DEADLINE, "the visitor to stand in line")
    share = lose(stage)
    stage.board.absent.left([Missed(1, "demo")])
    share.pool.close("offline", "")
    await held(stage)
    back(stage)
    assert (await served(stage, visitor)).startswith(b"POST / ")


async def test_whoever_stands_in_line_goes_over_to_the_clients_next_epoch(stage: Stage) -> None:
    """The client has a new network, and the relay had not found out about the old one."""
    stage.board.absent.patience = DEADLINE
    visitor = await stage.visitor(GET)
    await eventually(lambda: stage.share.pool.waiting == 1, DEADLINE, "the visitor to stand in line")
    before = stage.share
    before.epoch = 0
    stage._epoch = 0
    stage.add_share("demo")
    assert stage.share is not before
    stage.board.absent.back(1, "demo")
    await served(stage, visitor)


async def test_a_request_waits_once_however_often_the_client_leaves(stage: Stage) -> None:
    stage.board.absent.patience = 0.4
    stage.facts["demo"] = ("offline", "")
    told = asyncio.create_task((await stage.visitor(GET)).last_answer())
    for _ in range(400):
        await eventually(lambda: stage.share.pool.waiting or told.done(), DEADLINE, "it to stand in line")
        if told.done():
            break
        share = lose(stage)
        stage.board.absent.left([Missed(1, "demo")])
        share.pool.close("offline", "")
        await asyncio.sleep(0.05)  # for which the client is away
        back(stage)
    assert (await told).header("Doorstep-Error") == "offline"


async def test_one_request_of_a_visitor_does_not_use_up_the_wait_of_the_next(gone: Stage) -> None:
    visitor = await gone.visitor(GET)
    await held(gone)
    back(gone)
    await served(gone, visitor)
    share = lose(gone)
    share.pool.close("offline", "")
    gone.board.absent.left([Missed(1, "demo")])
    await visitor.send(GET)
    await held(gone)
    back(gone)
    await served(gone, visitor)


async def test_a_limit_counts_a_request_once_however_long_it_waits(stage: Stage) -> None:
    stage.board.absent.patience = DEADLINE
    gauge = Gauge(Limits(max_connections=1), "this link", 0.0)
    stage.share.meter = Meter([gauge], lambda: 0.0)
    visitor = await stage.visitor(GET)
    await eventually(lambda: stage.share.pool.waiting == 1, DEADLINE, "the visitor to stand in line")
    share = lose(stage)
    stage.board.absent.left([Missed(1, "demo")])
    share.pool.close("offline", "")
    await held(stage)
    assert gauge.connections == 0
    stage.add_share("demo").meter = Meter([gauge], lambda: 0.0)
    stage.board.absent.back(1, "demo")
    await served(stage, visitor)
    await eventually(lambda: gauge.connections == 0, DEADLINE, "the request to be over")


async def test_the_gate_judges_when_the_client_is_back_and_takes_out_its_key_once(gone: Stage) -> None:
    key = "0123456789abcdef0123456789abcdef"
    visitor = await gone.visitor(request(f"/a?k={key}&x=1"))
    stranger = await gone.visitor(request("/a"))
    await held(gone, 2)
    share = gone.add_share("demo")
    share.gate = guarded_by(key)
    gone.board.absent.back(1, "demo")
    assert await code(stranger) == "key-required"
    await eventually(lambda: share.pool.waiting == 1, DEADLINE, "the visitor to stand in line")
    lose(gone)
    gone.board.absent.left([Missed(1, "demo")])
    share.pool.close("offline", "")
    await held(gone)
    gone.add_share("demo").gate = guarded_by(key)
    gone.board.absent.back(1, "demo")
    assert (await served(gone, visitor)).startswith(b"GET /a?x=1 HTTP/1.1\r\n")


def guarded_by(key: str) -> Gate:
    return Gate(1, "demo", Policy(key=hash_secret(key)), PassKey(b"s" * 32), interstitial=False)


async def test_a_relay_that_is_about_to_end_holds_nobody(gone: Stage) -> None:
    visitor = await gone.visitor(GET)
    await held(gone)
    gone.edge.is_draining = True
    gone.board.absent.dismiss()
    assert await code(visitor) == "offline"


async def test_who_is_held_longer_than_a_head_may_take_is_not_cut(make_stage: MakeStage) -> None:
    stage = await make_stage(head_timeout=0.3, idle_timeout=0.3, connect_wait=0.3)
    lose(stage)
    stage.board.absent.patience = DEADLINE
    stage.board.absent.left([Missed(1, "demo")])
    visitor = await stage.visitor(GET)
    await held(stage)
    until = stage.edge.now + 0.5
    await eventually(lambda: stage.edge.now > until, what="the deadlines of other states to go by")
    app = stage.app
    back(stage)
    peer = await app()
    await peer.head()
    await peer.send(OK)
    assert (await visitor.answer()).body == b"hi"
