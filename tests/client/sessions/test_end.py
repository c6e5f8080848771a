"""How a share ends, by either side."""

from __future__ import annotations

import asyncio

import pytest

from doorstep_client import wire
from doorstep_client.errors import EndedError
from doorstep_client.sessions import session as sessions
from doorstep_client.sessions.pace import Pace
from tests.client.fakes import FakeRelay, FakeSession, Script, stay
from tests.client.sessions.held import held


def _ends(code: str, reason: str = "") -> Script:
    async def script(session: FakeSession) -> None:
        await session.welcome()
        await session.open(dial=1)
        await session.send(wire.Ended(0, code, reason))
        await session.over()

    return script


@pytest.mark.parametrize("code", ["expired", "revoked", "closed", "taken-over", "something-new"])
async def test_what_the_relay_ended_does_not_come_back(code: str) -> None:
    async with FakeRelay(_ends(code, "the reason\x1b[0m")) as relay, held(relay.settings()) as one:
        await one.end()

    assert isinstance(one.holder.error, EndedError)
    assert (one.holder.error.code, one.holder.error.reason) == (code, "the reason [0m")
    assert one.events == ["opened", "ended"]
    assert len(relay.sessions) == 1


async def test_a_relay_that_does_not_say_goodbye_cannot_hide_that_it_ended_the_share(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sessions, "CLOSE_DEADLINE", 0.2)

    async def rude(session: FakeSession) -> None:
        await session.welcome()
        await session.open()
        session._socket.receive_data = lambda _data: None  # type: ignore[method-assign, assignment]  # deaf from now on
        await session.send(wire.Ended(0, "revoked"))
        await session.over()

    async with FakeRelay(rude) as relay, held(relay.settings()) as one:
        await one.end()

    assert isinstance(one.holder.error, EndedError)
    assert len(relay.sessions) == 1


async def test_messages_about_a_share_that_is_not_ours_change_nothing() -> None:
    async def script(session: FakeSession) -> None:
        await session.welcome()
        await session.open()
        await session.send(wire.Ended(5, "revoked"))
        await session.send(wire.Error("limit", "no", fatal=True, share=5))
        await session.send(wire.Dial(5, 3, "t"))
        await session.send(wire.Expiring(0, 3e9))
        await session.over()

    async with FakeRelay(script) as relay, held(relay.settings()) as one:
        await one.saw("opened", "extended")

        assert one.holder.expires_at == 3e9
        assert relay.open_tunnels == 0


async def test_close_tells_the_relay_and_waits_for_its_word() -> None:
    async def script(session: FakeSession) -> None:
        await session.welcome()
        await session.open()
        assert await session.expect(wire.Close) == wire.Close(0)
        await session.send(wire.Ended(0, "closed"))
        await session.over()

    async with FakeRelay(script) as relay, held(relay.settings()) as one:
        await one.saw("opened")
        await one.holder.close()
        await one.holder.close()
        await one.end()

    assert one.holder.error is None
    assert one.events == ["opened", "ended"]


async def test_close_while_waiting_to_reconnect_is_over_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pace, "after", lambda *_, **__: 60.0)

    async def script(session: FakeSession) -> None:
        await session.welcome()
        await session.open()
        session.drop()

    async with FakeRelay(script) as relay, held(relay.settings()) as one:
        await one.saw("opened", "lost")
        await one.holder.close()
        async with asyncio.timeout(20):
            await one.task

    assert one.events == ["opened", "lost", "ended"]


async def test_close_while_connecting_is_over_at_once() -> None:
    async def script(session: FakeSession) -> None:
        await session.over()

    async with FakeRelay(script) as relay, held(relay.settings()) as one:
        await relay.session(0)
        await one.holder.close()
        async with asyncio.timeout(20):
            await one.task

    assert one.holder.opened is None


async def test_close_before_the_first_step_is_over_at_once() -> None:
    async with FakeRelay(stay) as relay, held(relay.settings()) as one:
        await one.holder.close()
        async with asyncio.timeout(20):
            await one.task

    assert relay.sessions == []
