"""Losing the relay, and coming back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

from doorstep_client import wire
from doorstep_client.sessions.pace import Pace
from doorstep_client.sessions.session import PONG_DEADLINE
from tests.client.fakes import FakeRelay, FakeSession, stay
from tests.client.sessions.held import held
from tests.support import eventually


async def test_a_lost_session_comes_back_with_its_lease_and_without_asking_for_more_time() -> None:
    asked: list[wire.Open] = []

    async def first(session: FakeSession) -> None:
        await session.welcome()
        asked.append(await session.open(name="given", lease="lease-1"))
        session.drop()

    async def second(session: FakeSession) -> None:
        await session.welcome()
        asked.append(await session.open(name="given", lease="lease-1", epoch=2))
        await session.over()

    async with FakeRelay(first, second) as relay, held(relay.settings(), expires_in=60.0) as one:
        await one.saw("opened", "lost", "opened")

    assert asked == [wire.Open(0, None, 60.0, None), wire.Open(0, "given", None, "lease-1")]


async def test_a_silent_relay_is_left_after_two_heartbeats() -> None:
    async def silent(session: FakeSession) -> None:
        await session.welcome(heartbeat=0.5)
        await session.open()
        await session.over()

    async with FakeRelay(silent, stay) as relay, held(relay.settings()) as one:
        began = asyncio.get_running_loop().time()
        await one.saw("opened", "lost", "opened")

        assert 1.0 <= asyncio.get_running_loop().time() - began < PONG_DEADLINE


async def test_pings_come_every_heartbeat_and_pongs_keep_the_session() -> None:
    pings = 0

    async def script(session: FakeSession) -> None:
        nonlocal pings
        await session.welcome(heartbeat=0.4)
        await session.open()
        while not session.closed.is_set():
            assert isinstance(await session._frames.get(), wire.Ping)
            pings += 1
            await session.send(wire.Pong())

    async with FakeRelay(script) as relay, held(relay.settings()) as one:
        await eventually(lambda: pings >= 4)
        assert one.events == ["opened"]
        assert len(relay.sessions) == 1


async def test_a_program_that_stood_still_does_not_take_its_relay_for_gone() -> None:
    """Its own ping is late, too: the answer comes a moment after patience has run out."""
    pings = 0

    async def script(session: FakeSession) -> None:
        nonlocal pings
        await session.welcome(heartbeat=0.5)
        await session.open()
        while not session.closed.is_set():
            assert isinstance(await session._frames.get(), wire.Ping)
            pings += 1
            await session.send(wire.Pong())

    async with FakeRelay(script) as relay, held(relay.settings()) as one:
        await one.saw("opened")
        time.sleep(1.5)  # noqa: ASYNC251  # a process that is stopped, or has no processor
        before = pings
        await eventually(lambda: pings > before + 1)

        assert one.events == ["opened"]
        assert len(relay.sessions) == 1


async def test_visitors_are_cut_when_the_session_is_lost() -> None:
    async def first(session: FakeSession) -> None:
        await session.welcome()
        await session.open(dial=1)
        await lost.wait()
        session.drop()

    lost = asyncio.Event()
    async with FakeRelay(first, stay) as relay, held(relay.settings()) as one:
        reader, _ = await relay.tunnel()
        await eventually(lambda: one.target.connections == 1)
        lost.set()

        assert await reader.read() == b""
        await one.saw("opened", "lost", "opened")


async def test_goaway_and_a_goodbye_make_it_connect_again() -> None:
    async def leaving(session: FakeSession) -> None:
        await session.welcome()
        await session.open()
        await session.say_at_once(wire.Goaway())

    async with FakeRelay(leaving, stay) as relay, held(relay.settings()) as one:
        await one.saw("opened", "lost", "opened")


async def test_a_refusal_that_may_pass_is_tried_again() -> None:
    async def first(session: FakeSession) -> None:
        await session.welcome()
        await session.open()
        session.drop()

    async def busy(session: FakeSession) -> None:
        await session.welcome()
        await session.expect(wire.Open)
        await session.send(wire.Error("busy", "later", share=0))
        await session.over()

    async with FakeRelay(first, busy, busy, stay) as relay, held(relay.settings()) as one:
        await one.saw("opened", "lost", "waiting", "waiting", "opened")


def telling(told: list[dict[str, bool]]) -> Callable[..., float]:
    """A pace that writes down what it is asked, and hardly waits."""

    def after(_pace: Pace, **how: bool) -> float:
        told.append(how)
        return 0.01

    return after


@pytest.mark.parametrize(("held_for", "long", "steady"), [(0.0, 20.0, False), (0.2, 0.1, True)])
async def test_only_a_session_that_held_for_long_is_followed_by_another_at_once(
    monkeypatch: pytest.MonkeyPatch, held_for: float, long: float, steady: bool
) -> None:
    told: list[dict[str, bool]] = []
    monkeypatch.setattr("doorstep_client.sessions.line.STEADY", long)
    monkeypatch.setattr(Pace, "after", telling(told))

    async def dropping(session: FakeSession) -> None:
        await session.welcome()
        await session.open()
        await asyncio.sleep(held_for)
        session.drop()

    async with FakeRelay(dropping) as relay, held(relay.settings()):
        await eventually(lambda: len(told) >= 2)

    assert told[:2] == [{"steady": steady, "refused": False}] * 2


async def test_a_relay_that_restarts_is_seen_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[dict[str, bool]] = []
    monkeypatch.setattr(Pace, "after", telling(told))
    async with FakeRelay(stay) as relay, held(relay.settings()) as one:
        await one.saw("opened")
        relay._server.close()
        (await relay.session(0)).drop()
        await eventually(lambda: len(told) >= 3)

    assert [how["refused"] for how in told[:3]] == [False, True, True]


async def test_a_relay_that_names_a_time_is_not_asked_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pace, "after", lambda *_, **__: 0.0)
    clock, times = asyncio.get_running_loop().time, list[float]()

    async def first(session: FakeSession) -> None:
        await session.welcome()
        await session.open()
        session.drop()

    async def busy(session: FakeSession) -> None:
        await session.welcome()
        await session.expect(wire.Open)
        times.append(clock())
        await session.send(wire.Error("too-many", "later", share=0, retry_after=0.5))
        await session.over()

    async def again(session: FakeSession) -> None:
        times.append(clock())
        await stay(session)

    async with FakeRelay(first, busy, again) as relay, held(relay.settings()) as one:
        await one.saw("opened", "lost", "waiting", "opened")

    refused, came = times
    assert came - refused >= 0.5
