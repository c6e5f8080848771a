"""A line's sessions: shared by several shares, moved without a break, and doubted when there is a reason."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from doorstep_client import wire
from doorstep_client.errors import EndedError, RefusedError
from doorstep_client.holding.holder import Holder
from doorstep_client.network import outlook
from doorstep_client.network.outlook import Outlook
from doorstep_client.sessions import session as sessions
from doorstep_client.sessions.handshake import PORTAL
from doorstep_client.sessions.line import MAX_SHARES, Line, _trusted
from doorstep_client.sessions.pace import Pace
from doorstep_client.settings import RelaySettings, parse_relay
from doorstep_client.targets import AppTarget
from tests.client.fakes import FakeRelay, FakeSession, hello_app, opened, stay
from tests.support import eventually


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pace, "after", lambda *_, **__: 0.02)
    monkeypatch.setattr(outlook, "LOOK_EVERY", 0.05)


class Held:
    """A holder that runs, and what it told."""

    def __init__(self, relay: RelaySettings, app: Any = hello_app, line: Line | None = None) -> None:
        self.events: list[str] = []
        target = AppTarget(app, lifespan=False)
        self.holder = Holder(relay, target, name=None, expires_in=None, changed=self.events.append, line=line)
        self.task = asyncio.ensure_future(self.holder.run())

    async def saw(self, *events: str) -> None:
        await eventually(lambda: self.events[: len(events)] == list(events), what=f"{events}: {self.events}")


@asynccontextmanager
async def held(relay: RelaySettings, **options: Any) -> AsyncIterator[Held]:
    one = Held(relay, **options)
    try:
        yield one
    finally:
        one.task.cancel()
        await asyncio.gather(one.task, return_exceptions=True)


async def grant(session: FakeSession, **changes: Any) -> int:
    """Open what is asked for next; its number."""
    asked: wire.Open = await session.expect(wire.Open)
    await session.send(opened(share=asked.share, name=f"share-{asked.share}", **changes))
    return asked.share


# -- several shares over one session ---------------------------------------------------------------


async def test_shares_of_the_same_relay_and_token_go_over_one_session() -> None:
    async def two(session: FakeSession) -> None:
        await session.welcome()
        assert [await grant(session), await grant(session)] == [0, 1]
        await session.over()

    async with FakeRelay(two) as relay, held(relay.settings()) as one:
        await one.saw("opened")
        async with held(relay.settings()) as other:
            await other.saw("opened")

        assert len(relay.sessions) == 1


async def test_another_token_has_a_session_of_its_own() -> None:
    async with (
        FakeRelay(stay) as relay,
        held(relay.settings("a")) as one,
        held(relay.settings("b")) as other,
    ):
        await one.saw("opened")
        await other.saw("opened")

        assert len(relay.sessions) == 2


async def test_the_end_of_one_share_is_nothing_to_the_others() -> None:
    async def ending(session: FakeSession) -> None:
        await session.welcome()
        first, second = await grant(session), await grant(session)
        await session.send(wire.Ended(first, "revoked", "spam"))
        await session.send(wire.Paused(second, True))
        assert await session.expect(wire.Close) == wire.Close(second)
        await session.send(wire.Ended(second, "closed"))
        await session.over()

    async with FakeRelay(ending) as relay, held(relay.settings()) as one, held(relay.settings()) as other:
        await one.saw("opened", "ended")
        await other.saw("opened", "paused")
        await other.holder.close()
        await other.saw("opened", "paused", "ended")

        assert isinstance(one.holder.error, EndedError)
        assert other.holder.error is None
        assert len(relay.sessions) == 1


async def test_a_refused_share_is_nothing_to_the_others() -> None:
    async def refusing(session: FakeSession) -> None:
        await session.welcome()
        await grant(session)
        asked = await session.expect(wire.Open)
        await session.send(wire.Error("limit", "no more", fatal=True, share=asked.share))
        await session.over()

    async with FakeRelay(refusing) as relay, held(relay.settings()) as one:
        await one.saw("opened")
        async with held(relay.settings()) as other:
            await eventually(other.task.done)

        assert isinstance(other.holder.error, RefusedError)
        assert one.events == ["opened"]


async def test_a_share_that_is_left_alone_is_closed_at_the_relay_too() -> None:
    async def watching(session: FakeSession) -> None:
        await session.welcome()
        await grant(session)
        number = await grant(session)
        assert await session.expect(wire.Close) == wire.Close(number)
        await session.over()

    async with FakeRelay(watching) as relay, held(relay.settings()) as one:
        await one.saw("opened")
        async with held(relay.settings()) as other:
            await other.saw("opened")
        assert one.events == ["opened"]


async def test_all_shares_come_back_together() -> None:
    async def dropping(session: FakeSession) -> None:
        await session.welcome()
        await grant(session, lease="lease-a")
        await grant(session, lease="lease-b")
        session.drop()

    async def back(session: FakeSession) -> None:
        await session.welcome()
        asked = [await session.expect(wire.Open) for _ in range(2)]
        assert {one.lease for one in asked} == {"lease-a", "lease-b"}
        for one in asked:
            await session.send(opened(share=one.share, epoch=2))
        await session.over()

    async with (
        FakeRelay(dropping, back) as relay,
        held(relay.settings()) as one,
        held(relay.settings()) as other,
    ):
        await one.saw("opened", "lost", "opened")
        await other.saw("opened", "lost", "opened")


async def test_one_share_that_has_to_wait_keeps_its_session_while_others_are_in_it() -> None:
    async def dropping(session: FakeSession) -> None:
        await session.welcome()
        await grant(session)
        await grant(session)
        session.drop()

    async def busy(session: FakeSession) -> None:
        await session.welcome()
        await grant(session)
        asked = await session.expect(wire.Open)
        await session.send(wire.Error("too-many", "later", share=asked.share, retry_after=0.1))
        await grant(session)
        await session.over()

    async with (
        FakeRelay(dropping, busy) as relay,
        held(relay.settings()) as one,
        held(relay.settings()) as other,
    ):
        await one.saw("opened", "lost", "opened")
        await other.saw("opened", "lost", "opened")

        assert len(relay.sessions) == 2


async def test_a_line_holds_as_many_shares_as_a_relay_takes_in_a_session() -> None:
    async def many(session: FakeSession) -> None:
        await session.welcome()
        for _ in range(MAX_SHARES if len(relay.sessions) == 1 else 1):
            await grant(session)
        await session.over()

    async with FakeRelay(many) as relay, AsyncExitStack() as stack:
        for _ in range(MAX_SHARES + 1):
            await stack.enter_async_context(held(relay.settings()))
        await eventually(lambda: len(relay.sessions) == 2)


# -- going elsewhere -------------------------------------------------------------------------------


async def slow_app(scope: Any, receive: Any, send: Any) -> None:
    """Begins to answer at once, and ends when `let_go` is set."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
    await send({"type": "http.response.body", "body": b"to", "more_body": True})
    await let_go.wait()
    await send({"type": "http.response.body", "body": b"ok"})


let_go = asyncio.Event()


async def test_asked_to_go_elsewhere_it_is_live_there_before_it_leaves_and_requests_finish() -> None:
    let_go.clear()
    async with FakeRelay(stay) as elsewhere:

        async def leaving(session: FakeSession) -> None:
            await session.welcome()
            await session.open(dial=1)
            await asked.wait()
            await session.send(wire.Goaway((elsewhere.url,)))
            await moved.wait()
            assert not session.closed.is_set()

        asked, moved = asyncio.Event(), asyncio.Event()
        async with FakeRelay(leaving) as relay, held(relay.settings(), app=slow_app) as one:
            reader, writer = await relay.tunnel()
            writer.write(b"GET / HTTP/1.1\r\nHost: hello.localhost\r\n\r\n")
            assert (await reader.readuntil(b"\r\n\r\nto")).startswith(b"HTTP/1.1 200 OK")
            asked.set()
            await one.saw("opened", "moved")
            let_go.set()
            assert await reader.readexactly(2) == b"ok"
            moved.set()
            await (await relay.session(0)).over()

            assert len(elsewhere.sessions) == 1
            assert one.events == ["opened", "moved"]
            assert one.holder.is_live


async def test_while_nobody_is_elsewhere_it_stays_where_it_is() -> None:
    async def leaving(session: FakeSession) -> None:
        await session.welcome()
        await session.open()
        await session.send(wire.Goaway((elsewhere.url,)))
        await session.over()

    class Deaf(FakeRelay):
        refused = 0

        def _connected(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.refused += 1
            writer.transport.abort()

    async with Deaf(stay) as elsewhere, FakeRelay(leaving) as relay, held(relay.settings()) as one:
        await eventually(lambda: elsewhere.refused > 1)

        assert one.events == ["opened"]
        assert len(relay.sessions) == 1


def test_no_token_goes_a_less_safe_way_than_before() -> None:
    relay = parse_relay("https://relay.example")
    trusted = _trusted(relay, ("http://relay.example", "https://b.example", "https://u:p@c.example"))
    assert [place.url for place in trusted] == ["https://b.example"]


# -- sleep, and networks that come and go ----------------------------------------------------------


async def test_after_sleep_a_silent_relay_is_left_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "DOUBT_DEADLINE", 0.2)
    slept = 0.0
    line: Line | None = None

    async with FakeRelay(stay) as relay:
        line = Line(relay.settings())
        line._outlook = Outlook(lambda: asyncio.get_running_loop().time() + slept)
        async with held(relay.settings(), line=line) as one:
            await one.saw("opened")
            await asyncio.sleep(0.2)  # a few looks: nothing has happened
            assert one.events == ["opened"]
            slept = 3600.0
            await one.saw("opened", "lost", "opened")


async def test_after_sleep_a_relay_that_answers_keeps_its_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "DOUBT_DEADLINE", 5.0)
    pinged = asyncio.Event()

    async def script(session: FakeSession) -> None:
        await session.welcome()
        await session.open()
        assert isinstance(await session._frames.get(), wire.Ping)
        await session.send(wire.Pong())
        pinged.set()
        await session.over()

    slept = 0.0
    async with FakeRelay(script) as relay:
        line = Line(relay.settings())
        line._outlook = Outlook(lambda: asyncio.get_running_loop().time() + slept)
        async with held(relay.settings(), line=line) as one:
            await one.saw("opened")
            slept = 3600.0
            async with asyncio.timeout(20):
                await pinged.wait()
            assert one.events == ["opened"]


async def test_a_session_whose_address_is_gone_is_left_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async with FakeRelay(stay) as relay, held(relay.settings()) as one:
        await one.saw("opened")
        monkeypatch.setattr(Pace, "after", lambda *_, **__: 1.0)
        monkeypatch.setattr(outlook, "exists", lambda _near: False)
        await one.saw("opened", "lost")
        assert "address 127.0.0.1 is gone" in one.holder.trouble
        monkeypatch.undo()
        await one.saw("opened", "lost", "opened")


async def test_a_way_to_the_relay_that_opens_is_tried_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlook, "source", lambda _far: ways[0])
    ways: list[str | None] = [None]
    look = Outlook()
    look._far = "192.0.2.1"
    waiting = asyncio.ensure_future(look.wait(60.0))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    ways[0] = "192.0.2.7"
    async with asyncio.timeout(20):
        await waiting


async def test_a_share_that_joins_while_a_session_begins_halts_nobody() -> None:
    """Regression: the look at the network went round without a pause, and all on the loop stood still."""
    look = Outlook()
    watching = asyncio.ensure_future(look.watch(lambda: None))
    await asyncio.sleep(0)
    look.hurry()
    async with asyncio.timeout(20):
        await asyncio.sleep(0.1)
    assert not watching.done()
    watching.cancel()


def test_an_address_exists_on_this_computer_or_it_does_not() -> None:
    assert outlook.exists("127.0.0.1")
    assert not outlook.exists("192.0.2.1")
    assert outlook.exists("not an address, but a socket's name")
    assert outlook.source("127.0.0.1") == "127.0.0.1"


# -- somebody else answers -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 302 Found\r\nLocation: http://portal.test/login\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<html></html>",
        b"HTTP/1.1 511 Network Authentication Required\r\nContent-Length: 0\r\n\r\n",
    ],
    ids=["redirect", "page", "511"],
)
async def test_a_captive_portal_is_told_and_never_the_end(answer: bytes) -> None:
    async def first(session: FakeSession) -> None:
        await session.welcome()
        await session.open()
        relay._answer = answer
        session.drop()

    async with FakeRelay(first, stay) as relay, held(relay.settings()) as one:
        await one.saw("opened", "lost", "waiting", "waiting")
        assert one.holder.trouble == PORTAL
        relay._answer = None
        await eventually(lambda: one.events[-1] == "opened")
        assert one.holder.trouble == ""


def test_a_relay_that_is_silently_gone_is_found_within_20_seconds() -> None:
    assert wire.Welcome(10.0).heartbeat + sessions.PONG_DEADLINE <= 20
