"""`share()` on a running event loop: awaited, entered, closed; and what a link tells of itself."""

from __future__ import annotations

import asyncio
import sys
import threading
import types
from typing import Any

import pytest

from doorstep_client import Change, wire
from doorstep_client.errors import RefusedError, UnreachableError, UsageError
from doorstep_client.holding import keeper
from doorstep_client.link import share
from doorstep_client.sessions.pace import Pace
from tests.client.fakes import FakeRelay, FakeSession, polite
from tests.client.tunnels import LifespanApp, ask
from tests.support import eventually, free_port


async def hello(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the name of the thread that it runs on."""
    if scope["type"] == "lifespan":
        raise RuntimeError("none")
    body = threading.current_thread().name.encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def test_a_link_is_awaited_on_a_running_loop_and_its_app_is_served_there() -> None:
    async with FakeRelay(polite) as relay:
        link = await share(hello, relay=relay.url)

        assert (link.status, link.url) == ("live", "http://hello.localhost")
        _, body = await ask(await relay.tunnel(), "GET / HTTP/1.1\nHost: a.b\nX-Forwarded-For: 10.0.0.1")
        assert body.decode() == threading.current_thread().name
        await link.aclose()

        assert link.status == "ended"


async def test_async_with_opens_and_closes_and_the_loop_goes_on_meanwhile() -> None:
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def slow(session: FakeSession) -> None:
        await asyncio.sleep(0.1)
        await polite(session)

    app = LifespanApp()
    counting = asyncio.create_task(count())
    async with FakeRelay(slow) as relay:
        async with share(app, relay=relay.url) as link:
            assert link.status == "live"
            assert app.events == ["startup"]
        assert app.events == ["startup", "shutdown"]
        assert link.status == "ended"
    counting.cancel()

    assert turns > 10


async def test_a_link_that_is_not_awaited_yet_says_so_when_it_is_asked_for_its_url() -> None:
    async with FakeRelay(polite) as relay:
        link = share(hello, relay=relay.url)
        assert "connecting" in repr(link)
        with pytest.raises(UsageError, match="await"):
            _ = link.url
        with pytest.raises(UsageError, match="async with"), link:
            pass
        assert await link is await link
        await link.aclose()
        await link.aclose()


async def test_what_is_no_app_has_a_thread_and_is_waited_for_when_it_is_asked_for_its_url() -> None:
    """Sync code below a running loop, as under Playwright's sync API, gets on without `await`."""

    async def serve(stop: threading.Event) -> None:
        async with FakeRelay(polite) as relay:
            relays.append(relay)
            ready.set()
            await asyncio.to_thread(stop.wait, 60)

    relays: list[FakeRelay] = []
    ready, stop = threading.Event(), threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(serve(stop)))
    thread.start()
    try:
        assert ready.wait(20)
        with share(free_port(), relay=relays[0].url) as link:
            assert link.url == "http://hello.localhost"
        with pytest.raises(UnreachableError):
            _ = share(free_port(), relay=f"http://127.0.0.1:{free_port()}").url
    finally:
        stop.set()
        thread.join(20)


async def test_what_kept_a_link_from_opening_is_raised_where_it_is_awaited() -> None:
    async def refusing(session: FakeSession) -> None:
        await session.welcome()
        await session.send(wire.Error("name-taken", "the name is taken", fatal=True, share=0))
        await session.over()

    async with FakeRelay(refusing) as relay:
        with pytest.raises(RefusedError, match="name is taken"):
            await share(hello, relay=relay.url)
        with pytest.raises(UnreachableError):
            async with share(hello, relay=f"http://127.0.0.1:{free_port()}"):
                pass


async def test_whoever_gives_up_waiting_gives_up_the_link() -> None:
    async def silent(session: FakeSession) -> None:
        patience.reschedule(0.0)  # it has run out, now that the app runs and the relay is asked
        await session.over()

    app = LifespanApp()
    async with FakeRelay(silent) as relay:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(None) as patience:
                await share(app, relay=relay.url)
        assert app.events == ["startup", "shutdown"]


async def test_a_relay_that_never_opens_the_link_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def silent(session: FakeSession) -> None:
        await session.welcome()
        await session.over()

    monkeypatch.setattr(keeper, "READY_DEADLINE", 0.2)
    async with FakeRelay(silent) as relay:
        with pytest.raises(UnreachableError, match="did not open"):
            await share(hello, relay=relay.url)


async def test_a_link_of_another_thread_is_closed_without_blocking() -> None:
    async with FakeRelay(polite) as relay:
        link = await asyncio.to_thread(share, hello, relay=relay.url)
        assert await link is link
        await link.aclose()

    assert link.status == "ended"


async def test_in_a_notebooks_cell_share_waits_although_a_loop_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    shell = types.SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell))
    ready, stop = threading.Event(), threading.Event()
    relays: list[FakeRelay] = []

    async def serve() -> None:
        async with FakeRelay(polite) as relay:
            relays.append(relay)
            ready.set()
            await asyncio.to_thread(stop.wait, 60)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert ready.wait(20)
        link = share(hello, relay=relays[0].url)
        assert link.url == "http://hello.localhost"
        link.close()
    finally:
        stop.set()
        thread.join(20)


async def test_changes_are_told_by_kind_and_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pace, "after", lambda *_, **__: 0.01)
    told: list[Change] = []
    other: list[Change] = []

    async def losing(session: FakeSession) -> None:
        await session.welcome()
        await session.open()
        await session.send(wire.Paused(0, True))
        await eventually(lambda: [each.what for each in told] == ["live", "paused"])
        session.drop()

    async with FakeRelay(losing, polite) as relay:
        link = share(hello, relay=relay.url)
        link.on_change(told.append)
        link.on_change(_fails)
        forget = link.on_change(other.append)
        await link
        forget()
        forget()
        await eventually(lambda: len(told) >= 4)
        await link.aclose()

    assert [each.what for each in told] == ["live", "paused", "lost", "live", "resumed", "ended"]
    assert other[0].what == "live"
    assert len(other) < len(told)
    assert all(each.text.endswith((".", "…", "localhost")) for each in told)


def _fails(_change: Change) -> None:
    raise ValueError("a listener's own trouble")


async def test_a_link_counts_its_requests_and_who_is_there() -> None:
    async with FakeRelay(polite) as relay, share(hello, relay=relay.url) as link:
        assert (link.visitors, link.requests) == (0, 0)
        tunnel = await relay.tunnel()
        for address in ("10.0.0.1", "10.0.0.2", "10.0.0.1"):
            await ask(tunnel, f"GET / HTTP/1.1\nHost: a.b\nX-Forwarded-For: {address}")

        assert (link.visitors, link.requests) == (2, 3)
