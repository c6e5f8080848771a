"""`share()` and the link that it returns: threads, loops, arguments, the end."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import doorstep_client
from doorstep_client import wire
from doorstep_client.errors import (
    BadTargetError,
    EndedError,
    NoRelayError,
    RefusedError,
    UnreachableError,
    UsageError,
)
from doorstep_client.holding import keeper as keepers
from doorstep_client.link import Link, share
from doorstep_client.sessions import session as sessions
from doorstep_client.sessions.pace import Pace
from tests.client.fakes import FakeRelay, FakeSession, hello_app, polite
from tests.client.tunnels import LifespanApp
from tests.support import eventually, free_port


async def opened_link(relay: FakeRelay, target: Any = hello_app, **options: Any) -> Link:
    return await asyncio.to_thread(share, target, relay=relay.url, **options)


def link_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "doorstep-link"]


# -- the link --------------------------------------------------------------------------------------


async def test_a_link_knows_its_url_name_and_state() -> None:
    async with FakeRelay(polite) as relay:
        link = await opened_link(relay)

        assert (link.url, link.name, link.relay) == ("http://hello.localhost", "hello", relay.url)
        assert (link.status, link.error, link.expires_at) == ("live", None, None)
        assert "http://hello.localhost" in repr(link)
        assert not link.wait(0)
        await asyncio.to_thread(link.close)

        assert (link.status, link.error) == ("ended", None)
        assert link.wait(0)
        assert link.url == "http://hello.localhost"


async def test_closing_twice_or_from_many_threads_is_the_same_as_once() -> None:
    async with FakeRelay(polite) as relay:
        link = await opened_link(relay)
        await asyncio.gather(*(asyncio.to_thread(link.close) for _ in range(8)))
        await asyncio.to_thread(link.close)

        assert link.status == "ended"
        assert len(relay.sessions) == 1


async def test_a_link_closes_at_the_end_of_its_with_block() -> None:
    def use(url: str) -> Link:
        with share(hello_app, relay=url) as link:
            assert link.status == "live"
            return link

    async with FakeRelay(polite) as relay:
        link = await asyncio.to_thread(use, relay.url)

    assert link.status == "ended"


async def test_close_from_on_event_does_not_stop_the_loop_it_runs_on() -> None:
    links: list[Link] = []
    took: list[float] = []

    def close(text: str) -> None:
        began = time.monotonic()
        links[0].close()
        took.append(time.monotonic() - began)

    async def losing(session: FakeSession) -> None:
        await session.welcome()
        await session.open()
        await asyncio.to_thread(known.wait, 20)
        session.drop()

    known = threading.Event()
    async with FakeRelay(losing, polite) as relay:
        links.append(await opened_link(relay, on_event=close))
        known.set()
        assert await asyncio.to_thread(links[0].wait, 20)

    assert took[0] < keepers.STOP_DEADLINE


async def test_after_close_nothing_of_the_link_runs_any_more() -> None:
    async with FakeRelay(polite) as relay:
        link = await opened_link(relay)
        assert len(link_threads()) == 1
        await asyncio.to_thread(link.close)

        assert link_threads() == []


async def test_a_request_under_way_does_not_hold_up_close() -> None:
    called = asyncio.Event()
    loop = asyncio.get_running_loop()

    async def stuck(scope: Any, receive: Any, send: Any) -> None:
        loop.call_soon_threadsafe(called.set)
        await asyncio.sleep(3600)

    async with FakeRelay(polite) as relay:
        link = await opened_link(relay, stuck, lifespan=False)
        _, writer = await relay.tunnel()
        writer.write(b"GET / HTTP/1.1\r\nHost: a.b\r\n\r\n")
        await called.wait()
        began = time.monotonic()
        await asyncio.to_thread(link.close)

        assert time.monotonic() - began < keepers.STOP_DEADLINE
        assert link_threads() == []


async def test_the_apps_shutdown_has_run_when_close_returns() -> None:
    app = LifespanApp()
    async with FakeRelay(polite) as relay:
        link = await opened_link(relay, app)
        assert app.events == ["startup"]
        await asyncio.to_thread(link.close)

    assert app.events == ["startup", "shutdown"]


async def test_an_app_that_never_shuts_down_does_not_hold_up_close(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(keepers, "STOP_DEADLINE", 0.6)

    async def stubborn(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await asyncio.sleep(3600)

    async with FakeRelay(polite) as relay:
        link = await opened_link(relay, stubborn)
        began = time.monotonic()
        await asyncio.to_thread(link.close)

        assert time.monotonic() - began < 10
        assert link_threads() == []
    assert "did not shut down" in caplog.text


async def test_a_relay_that_does_not_answer_close_does_not_hold_it_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keepers, "STOP_DEADLINE", 0.6)
    monkeypatch.setattr(sessions, "CLOSE_DEADLINE", 0.3)

    async def deaf(session: FakeSession) -> None:
        await session.welcome()
        await session.open()
        session._socket.receive_data = lambda _data: None  # type: ignore[method-assign, assignment]
        await session.over()

    async with FakeRelay(deaf) as relay:
        link = await opened_link(relay)
        began = time.monotonic()
        await asyncio.to_thread(link.close)

        assert time.monotonic() - began < 10
        assert link.status == "ended"
        assert link_threads() == []


async def test_close_while_the_relay_is_away_is_quick() -> None:
    async def once(session: FakeSession) -> None:
        await session.welcome()
        await session.open()
        session.drop()

    async with FakeRelay(once) as relay:
        link = await opened_link(relay)
    await eventually(lambda: link.status == "reconnecting")
    began = time.monotonic()
    await asyncio.to_thread(link.close)

    assert time.monotonic() - began < 8
    assert link.status == "ended"


# -- what is told ----------------------------------------------------------------------------------


async def test_the_user_is_told_when_the_link_is_lost_back_and_revoked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Pace, "after", lambda *_, **__: 0.01)
    told: list[str] = []

    async def first(session: FakeSession) -> None:
        await session.welcome()
        await session.open()
        session.drop()

    async def second(session: FakeSession) -> None:
        await session.welcome()
        await session.open()
        await session.send(wire.Ended(0, "revoked", "spam"))
        await session.over()

    async with FakeRelay(first, second) as relay:
        link = await opened_link(relay, on_event=told.append)
        assert await asyncio.to_thread(link.wait, 20)

    assert told == [
        "The relay cannot be reached; the link comes back by itself …",
        "The link is back: http://hello.localhost",
        "The link was revoked by its owner or by the relay's operator. Reason: spam",
    ]
    assert isinstance(link.error, EndedError)


async def test_an_on_event_that_fails_does_not_end_the_link(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Pace, "after", lambda *_, **__: 0.01)

    async def first(session: FakeSession) -> None:
        await session.welcome()
        await session.open()
        session.drop()

    async with FakeRelay(first, polite) as relay:
        link = await opened_link(relay, on_event=lambda _text: 1 / 0)
        await relay.session(1)
        await eventually(lambda: link.status == "live")
        await asyncio.to_thread(link.close)

    assert "on_event failed" in caplog.text


async def test_the_user_is_told_when_visitors_cannot_be_served() -> None:
    told: list[str] = []

    async def script(session: FakeSession) -> None:
        await session.welcome()
        await session.open(dial=2)
        await session.expect(wire.Close)
        await session.send(wire.Ended(0, "closed"))
        await session.over()

    async with FakeRelay(script, tunnel_answer=b"HTTP/1.1 502 Bad Gateway\r\n\r\n") as relay:
        link = await opened_link(relay, on_event=told.append)
        await eventually(lambda: told)
        await asyncio.to_thread(link.close)

    assert told[0].startswith("Visitors cannot be served: no connection to hello.localhost can be opened")
    assert "502 Bad Gateway" in told[0]


# -- loops -----------------------------------------------------------------------------------------


class LoopThread:
    """A server's loop in a thread of its own, as `launch` has one."""

    def __enter__(self) -> asyncio.AbstractEventLoop:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        return self.loop

    def _run(self) -> None:
        self.loop.run_forever()
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()

    def __exit__(self, *exc: object) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(20)


async def test_a_given_loop_carries_the_link_and_runs_on_after_it() -> None:
    threads: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        threads.append(threading.current_thread().name)
        await hello_app(scope, receive, send)

    async with FakeRelay(polite) as relay:
        with LoopThread() as loop:
            link = await opened_link(relay, app, loop=loop, lifespan=False)
            assert link_threads() == []
            reader, writer = await relay.tunnel()
            writer.write(b"GET / HTTP/1.1\r\nHost: a.b\r\n\r\n")
            await reader.readuntil(b"GET /")
            await asyncio.to_thread(link.close)

            assert loop.is_running()
            left = asyncio.run_coroutine_threadsafe(_other_tasks(), loop).result(20)
    assert left == []
    assert threads
    assert "doorstep-link" not in threads[0]


async def _other_tasks() -> list[str]:
    await asyncio.sleep(0.05)
    return [repr(task) for task in asyncio.all_tasks() if task is not asyncio.current_task()]


async def test_closing_after_the_given_loop_has_ended_does_nothing() -> None:
    async with FakeRelay(polite) as relay:
        with LoopThread() as loop:
            link = await opened_link(relay, loop=loop, lifespan=False)
            await asyncio.to_thread(link.close)
        began = time.monotonic()
        link.close()

    assert time.monotonic() - began < 5


async def test_a_notebook_may_share_on_a_loop_of_another_thread() -> None:
    relays: list[FakeRelay] = []

    async def serve(stop: threading.Event, ready: threading.Event) -> None:
        async with FakeRelay(polite) as relay:
            relays.append(relay)
            ready.set()
            await asyncio.to_thread(stop.wait)

    stop, ready = threading.Event(), threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(serve(stop, ready)))
    thread.start()
    try:
        assert ready.wait(20)
        with LoopThread() as loop:
            link = share(hello_app, relay=relays[0].url, loop=loop, lifespan=False)
            assert link.status == "live"
            link.close()
    finally:
        stop.set()
        thread.join(20)


# -- arguments and refusals ------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [0, -1, float("inf"), float("nan"), True, "1h", [60]], ids=repr)
def test_an_expires_in_that_means_nothing_is_refused_in_words(wrong: Any) -> None:
    with pytest.raises(UsageError, match="expires_in"):
        share(hello_app, relay="http://localhost:1", expires_in=wrong)


def test_a_target_that_cannot_be_shared_is_refused_before_any_relay_is_asked() -> None:
    with pytest.raises(BadTargetError):
        share("app:app", relay="http://localhost:1")  # type: ignore[arg-type]


def test_without_a_relay_share_says_how_to_get_one() -> None:
    with pytest.raises(NoRelayError, match="doorstep login"):
        share(hello_app)


async def test_a_refusal_is_raised_and_leaves_no_thread() -> None:
    async def refuse(session: FakeSession) -> None:
        await session.welcome()
        await session.expect(wire.Open)
        await session.send(wire.Error("name-taken", "the name 'x' is somebody else's", fatal=True, share=0))
        await session.over()

    async with FakeRelay(refuse) as relay:
        with pytest.raises(RefusedError, match="somebody else's") as caught:
            await opened_link(relay, name="x")

    assert caught.value.code == "name-taken"
    assert link_threads() == []


def test_a_relay_that_is_not_there_is_raised_and_leaves_no_thread() -> None:
    with pytest.raises(UnreachableError, match="nothing listens"):
        share(hello_app, relay=f"http://localhost:{free_port()}")

    assert link_threads() == []


async def test_a_relay_that_never_opens_the_share_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keepers, "READY_DEADLINE", 0.4)

    async def never(session: FakeSession) -> None:
        await session.welcome()
        await session.over()

    async with FakeRelay(never) as relay:
        with pytest.raises(UnreachableError, match="did not open the link"):
            await opened_link(relay)

    assert link_threads() == []


async def test_an_app_that_fails_to_start_is_raised_and_leaves_no_thread() -> None:
    async with FakeRelay(polite) as relay:
        with pytest.raises(BadTargetError, match="failed to start"):
            await opened_link(relay, LifespanApp(failing="startup"))

        assert relay.sessions == []
    assert link_threads() == []


async def test_the_token_is_an_argument_the_environments_or_the_files(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with FakeRelay(polite) as relay:
        monkeypatch.setenv("DOORSTEP_RELAY", relay.url)
        monkeypatch.setenv("DOORSTEP_TOKEN", "of-env")
        for token in (None, "of-argument"):
            link = await asyncio.to_thread(share, hello_app, token=token)
            await asyncio.to_thread(link.close)

    shown = [session.head.decode().partition("Bearer ")[2].split("\r\n")[0] for session in relay.sessions]
    assert shown == ["of-env", "of-argument"]


def test_the_package_offers_its_names() -> None:
    assert doorstep_client.share is share
    assert set(doorstep_client.__all__) >= {"share", "Link", "Change", "DoorstepError"}
    assert all(getattr(doorstep_client, name).__doc__ for name in doorstep_client.__all__)
    with pytest.raises(AttributeError):
        doorstep_client.nonsense  # noqa: B018


# -- hygiene ---------------------------------------------------------------------------------------


def _threads() -> set[str]:
    """All but the workers of `asyncio.to_thread`, which this test itself uses."""
    return {one.name for one in threading.enumerate() if not one.name.startswith("asyncio_")}


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize("own_loop", [True, False], ids=["a loop of its own", "a given loop"])
async def test_two_hundred_links_leave_no_thread_no_task_and_no_descriptor(own_loop: bool) -> None:
    def cycle(url: str, count: int, loop: asyncio.AbstractEventLoop | None) -> None:
        for _ in range(count):
            share(hello_app, relay=url, loop=loop, lifespan=own_loop).close()

    async with FakeRelay(polite) as relay:
        with LoopThread() as loop:
            given = None if own_loop else loop
            await asyncio.to_thread(cycle, relay.url, 5, given)
            await _settled(relay)
            threads, descriptors = _threads(), _descriptors()
            await asyncio.to_thread(cycle, relay.url, 200, given)
            await _settled(relay)

            assert _threads() == threads
            assert _descriptors() <= descriptors + 3
            assert asyncio.run_coroutine_threadsafe(_other_tasks(), loop).result(20) == []


async def _settled(relay: FakeRelay) -> None:
    """The fake's own ends are closed as well."""
    for writer in relay._writers:
        writer.transport.abort()
    relay._writers.clear()
    while not relay.tunnels.empty():
        relay.tunnels.get_nowait()
    await eventually(lambda: all(job.done() for job in relay._jobs))
    await asyncio.sleep(0.05)


def test_every_sentence_for_the_end_is_a_sentence() -> None:
    say: Callable[..., str] = keepers.farewell
    assert say(EndedError("expired", "")) == "The link has expired."
    assert say(EndedError("revoked", "spam")).endswith("Reason: spam")
    assert say(EndedError("new-code", "")) == "The link has ended (new-code)."
    assert say(RefusedError("bad-token", "no")) == "The link has ended: no"
    assert "why" not in say(EndedError("taken-over", "why"))


# -- what the user is told -------------------------------------------------------------------------


@pytest.mark.parametrize("argument", ["relay", "token", "name"])
def test_an_argument_that_is_no_string_is_named_and_its_value_not_shown(argument: str) -> None:
    with pytest.raises(UsageError, match=f"^{argument} is of the type bytes; give a string$"):
        share(8000, **{"relay": "http://localhost:9", argument: b"secret"})  # type: ignore[arg-type]


async def test_the_one_that_takes_a_live_link_over_is_told_so_and_told_once() -> None:
    told: list[str] = []

    async def taking_over(session: FakeSession) -> None:
        await session.welcome()
        await session.open(took_over=True)
        if len(relay.sessions) == 1:
            session.drop()
        else:
            await session.expect(wire.Close)
            await session.send(wire.Ended(0, "closed"))
            await session.over()

    async with FakeRelay(taking_over) as relay:
        link = await opened_link(relay, on_event=told.append)
        await eventually(lambda: any("is back" in text for text in told), what="the link to come back")
        await asyncio.to_thread(link.close)

    assert told[0] == "This link was live elsewhere; it was moved here."
    assert len([text for text in told if "moved here" in text]) == 1


async def test_a_link_that_was_not_live_elsewhere_says_nothing_of_it() -> None:
    told: list[str] = []
    async with FakeRelay(polite) as relay:
        link = await opened_link(relay, on_event=told.append)
        await asyncio.to_thread(link.close)

    assert told == []


@pytest.mark.parametrize("token", [None, "dst_wrong"])
async def test_a_refused_token_or_none_is_explained_with_the_relay_and_where_it_came_from(
    token: str | None,
) -> None:
    async def refusing(session: FakeSession) -> None:
        await session.send(wire.Error("bad-token", "this token is not valid here", fatal=True))
        await session.over()

    async with FakeRelay(refusing) as relay:
        with pytest.raises(RefusedError) as caught:
            await opened_link(relay, token=token)

    told = str(caught.value)
    assert caught.value.code == "bad-token"
    assert relay.url in told
    assert "dst_wrong" not in told
    assert ("from the argument" if token else "No token was sent") in told


async def test_a_link_that_a_bug_ends_says_so_and_was_not_closed_by_its_user() -> None:
    async with FakeRelay(polite) as relay:
        told: list[str] = []
        link = await opened_link(relay, on_event=told.append)
        link._keeper._loop.call_soon_threadsafe(link._keeper.holder.fail, ValueError("a bug"))
        assert await asyncio.to_thread(link.wait, 20)

        assert "ValueError('a bug')" in str(link.error)
        assert "ValueError('a bug')" in told[-1]


@pytest.mark.parametrize(("granted", "told"), [(7200, True), (86_400, False)])
async def test_a_relay_that_lets_a_link_live_less_long_than_was_asked_for_is_quoted(
    granted: int, told: bool
) -> None:
    async def strict(session: FakeSession) -> None:
        await session.welcome()
        await session.open(expires_at=time.time() + granted, now=time.time())
        await session.over()

    async with FakeRelay(strict) as relay:
        notices: list[str] = []
        link = await opened_link(relay, expires_in=86_400, on_event=notices.append)
        sentence = "The relay lets this link live for 2 h, not 24 h as was asked for."
        if told:
            await eventually(lambda: sentence in notices)
        await asyncio.to_thread(link.close)
        assert (sentence in notices) is told
