"""Limits at the edge: refused with a reason, or held back to the pace that is allowed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import pytest

from doorstep_relay.domain.limits import NOTHING, Limits
from doorstep_relay.switchboard.local import LiveShare
from doorstep_relay.switchboard.meter import Gauge, Meter
from tests.relay.edge.stage import GET, OK, SWITCHED, WEBSOCKET, Stage, request
from tests.support import eventually

MONTH_LEFT = 90_000.0
BODY = 300_000


def hold(share: LiveShare, own: Limits = NOTHING, account: Gauge | None = None) -> Meter:
    """Hold a share to limits, as its session does."""
    now = asyncio.get_running_loop().time()
    share.meter = Meter(
        (account or Gauge(NOTHING, "x", now), Gauge(own, "This link", now)), lambda: MONTH_LEFT
    )
    return share.meter


async def refused(stage: Stage, data: bytes = GET) -> tuple[int, str, str | None]:
    visitor = await stage.visitor(data)
    answer = await visitor.last_answer()
    return answer.status, answer.json()["code"], answer.header("Retry-After")


async def test_requests_beyond_the_rate_are_refused_with_when_to_come_again(stage: Stage) -> None:
    hold(stage.share, Limits(requests_per_second=0.01))
    visitor, app = await stage.pair()
    await app.send(OK)
    assert (await visitor.answer()).status == 200
    visitor = await stage.visitor(GET)
    answer = await visitor.last_answer()
    assert (answer.status, answer.json()["code"]) == (429, "limit")
    assert 90 < int(answer.header("Retry-After") or 0) <= 100
    assert answer.json()["detail"] == "This link may serve 0.01 requests a second."


async def test_requests_at_a_time_are_counted_until_each_is_over(stage: Stage) -> None:
    meter = hold(stage.share, Limits(max_connections=2))
    first, app = await stage.pair()
    second, other = await stage.pair(WEBSOCKET)
    await other.send(SWITCHED)
    assert await refused(stage) == (429, "limit", "2")
    await app.send(OK)
    assert (await first.answer()).status == 200  # over, although its connection stays
    third = await stage.visitor(GET)
    await app.head()
    second.reset()
    third.reset()
    await eventually(lambda: meter.gauges[1].connections == 0, what="the places to be free")


async def test_who_waits_in_line_and_leaves_gives_the_place_back(stage: Stage) -> None:
    meter = hold(stage.share, Limits(max_connections=1))
    waiting = await stage.visitor(GET)
    await eventually(lambda: meter.gauges[1].connections == 1, what="the visitor to wait")
    assert await refused(stage) == (429, "limit", "2")
    waiting.reset()
    await eventually(lambda: meter.gauges[1].connections == 0, what="the place to be free")


async def test_an_accounts_shares_are_held_to_its_limits_together(stage: Stage) -> None:
    account = Gauge(Limits(max_connections=1), "This link's owner", 0.0)
    hold(stage.share, account=account)
    hold(stage.add_share("other"), account=account)
    await stage.pair()
    visitor = await stage.visitor(request(host="other.localhost"))
    answer = await visitor.last_answer()
    assert (answer.status, answer.json()["detail"]) == (
        429,
        "This link's owner may serve 1 requests at a time.",
    )


async def test_a_request_that_says_it_is_too_large_is_refused_before_the_app_sees_it(stage: Stage) -> None:
    hold(stage.share, Limits(max_request_bytes=1000))
    assert await refused(stage, request("/", "Content-Length: 1001", method="POST")) == (
        413,
        "too-large",
        None,
    )
    visitor, app = await stage.pair(request("/", "Content-Length: 3", method="POST") + b"abc")
    assert await app.exactly(3) == b"abc"
    await app.send(OK)
    assert (await visitor.answer()).status == 200


async def test_a_request_that_turns_out_too_large_is_cut_off_while_it_streams(stage: Stage) -> None:
    hold(stage.share, Limits(max_request_bytes=1000))
    visitor, app = await stage.pair(request("/", "Transfer-Encoding: chunked", method="POST"))
    await visitor.send(b"1f4\r\n" + b"x" * 500 + b"\r\n")
    assert len(await app.exactly(507)) == 507
    await visitor.send(b"1f4\r\n" + b"x" * 500 + b"\r\n")
    answer = await visitor.last_answer()
    assert (answer.status, answer.json()["code"]) == (413, "too-large")
    assert "1,000 bytes" in answer.json()["detail"]
    assert await app.gone()


async def test_a_spent_month_is_refused_until_it_ends(stage: Stage) -> None:
    meter = hold(stage.share, Limits(bytes_per_month=1000))
    meter.gauges[1].month_used = 1000
    assert await refused(stage) == (429, "quota", "90000")


async def test_limits_count_for_what_is_under_way_when_they_are_stated(stage: Stage) -> None:
    visitor, app = await stage.pair()
    await app.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    await visitor.head()
    hold(stage.share, Limits(bytes_per_second=200_000))
    took = await timed(app.send(b"x" * 100_000), visitor.exactly(100_000))
    assert took.seconds > 0.35
    assert took.undisturbed < 0.75


# -- bytes a second --------------------------------------------------------------------------------


class Took(NamedTuple):
    """How long something took."""

    seconds: float
    undisturbed: float
    """Without those in which this process stood still, so less."""


async def timed(*steps: Awaitable[object]) -> Took:
    """Until all of them are done."""
    loop, moved = asyncio.get_running_loop(), [0.0]

    async def count() -> None:
        now = loop.time()
        while True:
            before = now
            await asyncio.sleep(0.01)
            now = loop.time()
            moved.append(min(now - before, 0.05))

    began, counting = loop.time(), loop.create_task(count())
    await asyncio.gather(*steps)
    counting.cancel()
    return Took(loop.time() - began, sum(moved))


async def download(stage: Stage, size: int) -> None:
    visitor, app = await stage.pair()
    await app.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size)
    await visitor.head()
    assert len(await visitor.exactly(size)) == size


async def upload(stage: Stage, size: int) -> None:
    visitor, app = await stage.pair(request("/", f"Content-Length: {size}", method="PUT"))
    await visitor.send(b"x" * size)
    assert len(await app.exactly(size)) == size
    await app.send(OK)
    assert (await visitor.answer()).status == 200


@pytest.mark.parametrize("move", [download, upload])
async def test_a_transfer_takes_the_time_that_its_limit_gives_it(
    stage: Stage, move: Callable[[Stage, int], Awaitable[None]]
) -> None:
    hold(stage.share, Limits(bytes_per_second=200_000))
    took = await timed(move(stage, BODY))
    assert took.seconds > 1.38, "a tenth of a second's worth may come at once"
    assert took.undisturbed < 1.9


async def test_transfers_of_one_account_share_what_it_may_move(stage: Stage) -> None:
    account = Gauge(Limits(bytes_per_second=200_000), "This link's owner", 0.0)
    hold(stage.share, account=account)
    alone = timed(download(stage, 100_000))
    took = await timed(download(stage, 100_000), alone, download(stage, 100_000))
    assert took.seconds > 1.3
    assert took.undisturbed < 1.9


async def test_what_is_held_back_is_bounded_and_others_are_not(stage: Stage) -> None:
    hold(stage.share, Limits(bytes_per_second=10_000))
    _, app = await stage.pair()
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % 64_000_000
    pouring = asyncio.ensure_future(app.send(head + b"x" * 64_000_000))
    stage.add_share("other")
    other = await stage.app("other")
    visitor = await stage.visitor(request(host="other.localhost"))
    await other.head()
    assert (await timed(other.send(OK), visitor.answer())).undisturbed < 0.5
    (flow,) = stage.edge.pacer.waiting
    assert 0 < len(flow.held) <= 512 * 1024
    assert not pouring.done()
    pouring.cancel()


async def test_a_held_websocket_goes_on_in_order_and_ends_with_its_visitor(stage: Stage) -> None:
    hold(stage.share, Limits(bytes_per_second=50_000))
    visitor, app = await stage.pair(WEBSOCKET)
    await app.send(SWITCHED)
    await visitor.head()
    words = b"".join(b"%07d " % number for number in range(2500))
    await asyncio.gather(visitor.send(words), app.send(words))
    both = await asyncio.gather(visitor.exactly(len(words)), app.exactly(len(words)))
    assert both == [words, words]
    await app.send(words * 5)
    await eventually(lambda: stage.edge.pacer.waiting, what="bytes to wait")
    visitor.reset()
    assert await app.gone()
    await eventually(lambda: not stage.edge.pacer.waiting, what="nothing to wait any more")


async def test_a_request_after_one_that_was_held_is_answered_on_the_same_connection(stage: Stage) -> None:
    hold(stage.share, Limits(bytes_per_second=100_000))
    first = request("/", "Content-Length: 30000", method="PUT") + b"x" * 30_000
    visitor, app = await stage.pair(request("/", "Content-Length: 30000", method="PUT"))
    await visitor.send(b"x" * 30_000 + first)
    await app.exactly(30_000)
    await app.send(OK)
    assert (await visitor.answer()).status == 200
    await app.head()
    await app.exactly(30_000)
    await app.send(OK)
    assert (await visitor.answer()).status == 200


async def test_the_end_of_a_share_does_not_wait_for_what_is_held(stage: Stage) -> None:
    hold(stage.share, Limits(bytes_per_second=1000))
    visitor, app = await stage.pair()
    await app.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100_000)
    await visitor.some()
    stage.share.end("revoked", "")
    assert (await timed(visitor.gone())).undisturbed < 1
    assert not stage.edge.pacer.waiting
