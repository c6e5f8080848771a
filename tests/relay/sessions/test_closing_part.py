"""One of several clients that hold a share closes its part: the others serve its visitors from then on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from doorstep_client import wire
from doorstep_relay.control.opening import Grant
from doorstep_relay.switchboard.balanced import Balanced
from doorstep_relay.switchboard.pool import Pool, Upstream
from tests.relay.sessions.desk import Desk, FakeChannel, FakeShares, FakeUpstream
from tests.support import eventually


class Visitor:
    """Stands in line, and notes what becomes of it."""

    def __init__(self) -> None:
        self.got: Upstream | None = None
        self.told: tuple[str, str] | None = None

    def upstream_ready(self, upstream: Upstream) -> None:
        self.got = upstream

    def upstream_failed(self, code: str, reason: str) -> None:
        self.told = (code, reason)


@pytest.fixture
def together(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Whoever opens a name holds it together with all others who did."""
    grant = FakeShares.open

    async def join(self: FakeShares, *args: Any, **options: Any) -> Grant:
        return replace(await grant(self, *args, **options), balanced_from=1)

    monkeypatch.setattr(FakeShares, "open", join)
    return desk


async def closing(desk: Desk) -> tuple[Balanced, FakeChannel, Pool, Pool]:
    """Two clients, the first of which has a request under way and its share's end in view."""
    leaving, _ = await desk.opened("demo")
    await desk.opened("demo")
    share = desk.live("demo")
    assert share is not None
    assert share.balanced is not None
    first, second = (client.own for client in share.balanced.clients)
    first.add(FakeUpstream(), 0.0)
    assert first.take() is not None
    return share.balanced, leaving, first, second


async def retired(leaving: FakeChannel, pool: Pool) -> None:
    leaving.say(wire.Close(0, drain=60))
    await eventually(lambda: pool.closed, what="its part to close")


async def test_who_was_with_it_before_goes_to_another(together: Desk) -> None:
    share, leaving, first, second = await closing(together)
    assert share.pool_of(first.tag) is first
    await retired(leaving, first)

    assert share.pool_of(first.tag) is None
    assert share.pool_of(second.tag) is second
    assert first.under_way == 1, "and what it serves goes on"


async def test_who_waits_for_it_waits_for_the_others(together: Desk) -> None:
    share, leaving, first, second = await closing(together)
    visitor, upstream = Visitor(), FakeUpstream()
    assert first.wait(visitor)
    await retired(leaving, first)
    assert visitor.told is None
    second.add(upstream, 0.0)

    assert visitor.got is upstream
    assert share.waiting == 0


async def test_while_the_last_of_them_closes_visitors_wait_for_who_comes_next(together: Desk) -> None:
    """As when each is replaced by a newer one: the new one opens the name before the old one is gone."""
    leaving, _ = await together.opened("demo")
    share = together.live("demo")
    assert share is not None
    assert share.balanced is not None
    (pool,) = (client.own for client in share.balanced.clients)
    pool.add(FakeUpstream(), 0.0)
    pool.take()
    await retired(leaving, pool)
    visitor, upstream = Visitor(), FakeUpstream()
    assert share.pool.wait(visitor)
    await together.opened("demo")
    share.balanced.clients[-1].own.add(upstream, 0.0)

    assert visitor.got is upstream
