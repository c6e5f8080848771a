"""A line whose relay sends it elsewhere, and nobody is there yet."""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise

import pytest

from doorstep_client import wire
from doorstep_client.network import outlook
from doorstep_client.sessions.line import Line
from doorstep_client.sessions.pace import Pace
from tests.client.fakes import FakeRelay, FakeSession, stay
from tests.client.test_line import grant, held
from tests.support import eventually


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each wait was one after a session that had been good; none takes long."""
    steady_ones: list[bool] = []

    def after(_pace: Pace, *, steady: bool, refused: bool) -> float:
        steady_ones.append(steady)
        return 0.02

    monkeypatch.setattr(Pace, "after", after)
    monkeypatch.setattr(outlook, "LOOK_EVERY", 0.05)
    return steady_ones


def sent_to(elsewhere: FakeRelay) -> FakeRelay:
    async def leaving(session: FakeSession) -> None:
        await session.welcome()
        await grant(session)
        await session.send(wire.Goaway((elsewhere.url,)))
        await session.over()

    return FakeRelay(leaving)


async def test_who_cannot_go_elsewhere_yet_tries_ever_more_seldom(waits: list[bool]) -> None:
    async def hangs_up(session: FakeSession) -> None:
        session.drop()

    async with FakeRelay(hangs_up) as elsewhere, sent_to(elsewhere) as relay, held(relay.settings()):
        await eventually(lambda: len(waits) > 3)

        assert waits[:4] == [True, False, False, False]


async def test_a_relay_elsewhere_that_wants_time_gets_it(waits: list[bool]) -> None:
    times: list[float] = []

    async def busy(session: FakeSession) -> None:
        times.append(time.monotonic())
        await session.welcome()
        await session.send(wire.Error("too-many", "later", retry_after=0.4))
        await session.over()

    async with FakeRelay(busy) as elsewhere, sent_to(elsewhere) as relay, held(relay.settings()):
        await eventually(lambda: len(times) > 2)

    assert min(later - sooner for sooner, later in pairwise(times)) >= 0.4


async def test_a_session_that_ends_is_missed_although_the_one_before_still_lasts(
    waits: list[bool],
) -> None:
    gone = asyncio.Event()

    async def breaking(session: FakeSession) -> None:
        await session.welcome()
        await grant(session)
        await gone.wait()
        session.drop()

    async def back(session: FakeSession) -> None:
        await session.welcome()
        await grant(session)
        await session.over()

    async with FakeRelay(breaking, back) as elsewhere, sent_to(elsewhere) as relay:
        line = Line(relay.settings())
        async with held(relay.settings(), line=line) as one:
            await one.saw("opened", "moved")
            await eventually(lambda: line._left)
            gone.set()
            await one.saw("opened", "moved", "lost", "opened")

            assert not (await relay.session(0)).closed.is_set()


async def test_a_share_that_has_to_wait_is_asked_for_where_its_line_is_by_then(waits: list[bool]) -> None:
    async with FakeRelay(stay) as elsewhere, sent_to(elsewhere) as relay:
        line = Line(relay.settings())
        async with held(relay.settings(), line=line) as one:
            await one.saw("opened", "moved")
            await eventually(lambda: line._left)
            (left,) = line._left
            await line._ask_later(left, one.holder, 0.0)
            await asyncio.sleep(0.1)  # what was said would be there by then

            assert (await relay.session(0))._frames.empty()
