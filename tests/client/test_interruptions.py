"""What comes at the worst moment: a close, a fork, an exit, a timeout beside another."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from typing import Any

import pytest

from doorstep_client import wire
from doorstep_client.errors import UnreachableError
from doorstep_client.holding import keeper as keepers
from doorstep_client.holding.changes import call_users
from doorstep_client.link import share
from doorstep_client.sessions import websocket
from doorstep_client.sessions.session import Session
from tests.client.fakes import FakeRelay, FakeSession, hello_app, polite, stay
from tests.client.sessions.held import held
from tests.client.test_link import link_threads, opened_link
from tests.support import eventually

# -- several at once -------------------------------------------------------------------------------


async def test_a_sender_that_gives_up_takes_no_other_with_it() -> None:
    async with FakeRelay(stay) as relay:
        socket = await websocket.connect(relay.settings())
        socket.pause_writing()
        hasty, patient = (asyncio.create_task(socket.send(wire.encode(wire.Ping()))) for _ in range(2))
        await asyncio.sleep(0)
        hasty.cancel()
        await asyncio.wait([hasty])
        late = asyncio.create_task(socket.send(wire.encode(wire.Ping())))
        await asyncio.sleep(0)
        socket.resume_writing()
        async with asyncio.timeout(20):
            await asyncio.gather(patient, late)
        socket.abort()


async def test_a_doubt_that_comes_when_patience_has_just_run_out_harms_nothing() -> None:
    async def silent(session: FakeSession) -> None:
        await session.welcome(0.1)
        await session.over()

    async def nothing(_session: Session) -> None: ...

    async with FakeRelay(silent) as relay:
        session = Session(relay.settings(), lambda *_: None, nothing)
        session.start()
        await eventually(lambda: session.is_welcome)
        faults: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: faults.append(context))
        asyncio.get_running_loop().call_later(0.25, session.doubt)  # in the turn in which it ran out
        asyncio.get_running_loop().call_later(0.25, session.give_up, "gone")
        time.sleep(0.4)  # noqa: ASYNC251  # the computer slept: all timers are due at once
        async with asyncio.timeout(20):
            error = await session.over()

    assert isinstance(error, TimeoutError)
    assert faults == []


# -- before the link is open -----------------------------------------------------------------------


async def test_a_share_that_is_given_up_while_the_relay_opens_it_is_closed_there() -> None:
    asked, closed = asyncio.Event(), asyncio.Event()

    async def slow(session: FakeSession) -> None:
        await session.welcome()
        await session.expect(wire.Open)
        asked.set()
        await session.expect(wire.Close)
        closed.set()
        await session.over()

    async with FakeRelay(slow) as relay, held(relay.settings()) as one:
        async with asyncio.timeout(20):
            await asked.wait()
        await one.holder.close()
        await one.end()
        async with asyncio.timeout(20):
            await closed.wait()


def starting_for(seconds: float) -> Any:
    """An app that takes its time before it serves."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await asyncio.sleep(seconds)
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
        else:
            await hello_app(scope, receive, send)

    return app


async def test_an_app_may_take_longer_to_start_than_a_relay_may_take_to_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with FakeRelay(polite, polite) as relay:
        monkeypatch.setattr(keepers, "READY_DEADLINE", 4.0)
        link, other = await asyncio.gather(
            opened_link(relay, starting_for(4.5)), share(starting_for(4.5), relay=relay.url)
        )
        assert link.status == other.status == "live"
        await link.aclose()
        await other.aclose()

    await eventually(
        lambda: link_threads() == [], what="the end of the thread, for which `aclose` does not wait"
    )


async def test_a_link_closed_while_its_app_starts_says_so_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keepers, "STOP_DEADLINE", 0.4)
    async with FakeRelay(stay) as relay:
        link = share(starting_for(60), relay=relay.url)
        await asyncio.sleep(0.05)
        link.close()
        async with asyncio.timeout(20):
            with pytest.raises(UnreachableError, match="closed before it opened"):
                await link


# -- what users' code does -------------------------------------------------------------------------


def test_sys_exit_in_a_callback_ends_the_program_or_nothing_but_never_the_links_in_silence(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with pytest.raises(SystemExit):
        call_users(sys.exit, 3, name="on_event")
    assert caplog.text == ""

    other = threading.Thread(target=call_users, args=(sys.exit, 3), kwargs={"name": "on_event"})
    other.start()
    other.join()
    assert "on_event called sys.exit" in caplog.text


async def test_a_process_that_was_forked_leaves_its_parents_link_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with FakeRelay(polite) as relay:
        link = await opened_link(relay)
        with monkeypatch.context() as forked:
            forked.setattr(os, "getpid", lambda: -1)
            began = time.monotonic()
            link.close()
            await link.aclose()
            assert time.monotonic() - began < 5
        assert link.status == "live"
        await link.aclose()
        assert link.status == "ended"


async def test_who_waits_hears_ctrl_c_where_that_does_not_interrupt_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As on Windows: between two short waits Python looks whether there was a signal."""
    monkeypatch.setattr(keepers, "HEAR_EVERY", 0.02)
    async with FakeRelay(polite) as relay:
        link = await share(hello_app, relay=relay.url)
        began = time.monotonic()
        assert not await asyncio.to_thread(link.wait, 0.2)
        assert time.monotonic() - began >= 0.2
        waiting = asyncio.create_task(asyncio.to_thread(link.wait))
        await link.aclose()
        async with asyncio.timeout(20):
            assert await waiting
