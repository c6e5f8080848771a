"""An upgrade that is agreed to and comes to nothing: found out, told in plain words, gone around, and tried
again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from doorstep_client import share
from doorstep_client.errors import UnreachableError
from doorstep_client.link import Link
from doorstep_client.sessions import handshake
from doorstep_client.tunnels import tunnel as tunnelling
from doorstep_client.tunnels import way
from tests.getting_out.conftest import Lasting
from tests.getting_out.swallowing import Swallowing
from tests.link.app import app
from tests.link.clients import websocket
from tests.support import eventually, visit

CARRIED = "no direct connections; the link works through its session, slower"
DIRECT = "Direct connections come through again"


class Shared:
    """A link in this process, and what its user was told."""

    def __init__(self, link: Link, told: list[str]) -> None:
        self.link = link
        self.told = told

    async def status(self, path: str = "/") -> int:
        return (await asyncio.to_thread(visit, f"{self.link.url}{path}")).status

    def times(self, text: str) -> int:
        return sum(text in one for one in self.told)


@asynccontextmanager
async def shared(lasting: Lasting, box: Swallowing, **options: Any) -> AsyncIterator[Shared]:
    told: list[str] = []
    link = share(app, relay=box.url, token=lasting.token, lifespan=False, on_event=told.append, **options)
    async with link:
        yield Shared(link, told)


@asynccontextmanager
async def held(lasting: Lasting, one: Shared, enough: Callable[[], bool]) -> AsyncIterator[None]:
    """More and more WebSockets, all of which work, so that the relay asks for connections: until `enough`."""
    async with AsyncExitStack() as stack:

        async def another() -> bool:
            socket = await stack.enter_async_context(websocket(lasting.relay, one.link.url))
            await socket.send("hello")
            async with asyncio.timeout(20):
                assert await socket.recv() == "hello"
            await asyncio.sleep(0.05)
            return enough()

        await eventually(another)
        yield


@pytest.fixture(autouse=True)
def no_patience(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setattr(tunnelling, "FIRST_DEADLINE", 0.5)
    monkeypatch.setenv("DOORSTEP_CONFIG", str(tmp_path / "login.json"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


@pytest.mark.parametrize("how", ["cut", "both", "down"])
async def test_tunnel_connections_on_which_nothing_comes_are_carried_by_the_session(
    lasting: Lasting, how: str
) -> None:
    async with Swallowing(lasting.relay.port, how=how) as box, shared(lasting, box) as one:
        await eventually(lambda: one.link.carried)
        assert [await one.status() for _ in range(5)] == [200] * 5
        assert one.times(CARRIED) == 1
        assert one.times("cannot be served") == 0
        asked = box.tunnels
        assert await one.status() == 200
        assert box.tunnels == asked


async def test_connections_that_die_at_a_visitors_request_are_found_out(lasting: Lasting) -> None:
    async with Swallowing(lasting.relay.port, how="request") as box, shared(lasting, box) as one:

        async def served() -> bool:
            return await one.status() == 200

        await eventually(served)
        await eventually(lambda: one.link.carried)
        assert one.times(CARRIED) == 1


async def test_where_bytes_come_through_nothing_is_carried(
    lasting: Lasting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tunnelling, "FIRST_DEADLINE", 20)
    async with Swallowing(lasting.relay.port, breaks="nothing") as box, shared(lasting, box) as one:
        assert [await one.status() for _ in range(5)] == [200] * 5
        assert (one.link.carried, one.told) == (False, [])
        assert "/.doorstep/tunnel?ping" in box.agreed
        assert "/.doorstep/tunnel" in box.agreed


@pytest.mark.parametrize("how", ["cut", "both"])
async def test_a_way_that_opens_is_found_and_what_runs_on_streams_goes_on(
    lasting: Lasting, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(way, "FIRST_WAIT", 0.2)
    async with Swallowing(lasting.relay.port, how=how) as box, shared(lasting, box) as one:
        await eventually(lambda: one.link.carried)
        async with websocket(lasting.relay, one.link.url) as socket:
            await socket.send("before")
            assert await socket.recv() == "before"
            box.breaks = "nothing"
            monkeypatch.setattr(tunnelling, "FIRST_DEADLINE", 20)
            async with held(lasting, one, lambda: not one.link.carried):
                assert await one.status() == 200
            await socket.send("after")
            assert await socket.recv() == "after"
        assert await one.status() == 200
        assert (one.times(CARRIED), one.times(DIRECT)) == (1, 1)


async def test_a_way_that_stays_shut_is_tried_now_and_then_and_no_visitor_notices(
    lasting: Lasting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(way, "FIRST_WAIT", 0.1)
    async with Swallowing(lasting.relay.port, how="both") as box, shared(lasting, box) as one:
        await eventually(lambda: one.link.carried)
        before = box.tunnels
        async with held(lasting, one, lambda: box.tunnels >= before + 2):
            assert await one.status() == 200
        assert one.link.carried
        assert (one.times(CARRIED), one.times(DIRECT)) == (1, 0)
        assert set(box.agreed[-2:]) == {"/.doorstep/tunnel?ping"}


@pytest.mark.parametrize(
    ("how", "told"), [("cut", "it was cut at once"), ("both", "nothing came through it")]
)
async def test_a_session_that_is_broken_after_the_upgrade_is_told_with_what_to_do(
    lasting: Lasting, monkeypatch: pytest.MonkeyPatch, how: str, told: str
) -> None:
    if how == "both":  # what is cut is told at once, however slow the machine is
        monkeypatch.setattr(handshake, "WELCOME_DEADLINE", 0.5)
    async with Swallowing(lasting.relay.port, breaks="session", how=how) as box:
        with pytest.raises(UnreachableError) as caught:
            async with shared(lasting, box):
                pass

    assert told in str(caught.value)
    assert f"Its operator has to allow WebSockets to 127.0.0.1:{box.port}" in str(caught.value)
    assert "https://" in str(caught.value)
