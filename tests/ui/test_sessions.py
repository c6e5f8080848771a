"""The end of a session: how long it waits for its page, and what is done then."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest

import doorstep as ds
from tests.support import eventually
from tests.ui.support import served


def greeting() -> ds.Blocks:
    with ds.Blocks() as app:
        name = ds.Textbox()
        name.submit(lambda name: f"Hello {name}!", name, name)
    return app


class TestGrace:
    async def test_a_page_that_goes_away_is_not_waited_for_as_long(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("doorstep.sessions.LEAVING_GRACE", 0.1)
        with served(greeting()) as server:
            async with server.page() as lost, server.page() as closed:
                await closed.socket.close(1001)
                await lost.socket.close(1000)
            await eventually(lambda: server.app.sessions().get(closed.session) is None)
            assert server.app.sessions().get(lost.session) is not None

    async def test_who_says_goodbye_and_comes_back_at_once_is_welcome(self) -> None:
        with served(greeting()) as server:
            async with server.page() as page:
                await page.socket.close(1001)
            async with server.page(session=page.session) as back:
                assert back.welcome["resumed"] is True


class TestRoom:
    async def test_one_address_does_not_get_every_session(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("doorstep.sessions.CLASS", 2)

        def scope(address: str) -> Any:
            return {"type": "websocket", "client": (address, 1), "headers": []}

        with served(greeting(), session_capacity=8) as server:
            async with server.page():  # its store is made with the first page

                async def opened() -> list[bool]:
                    store = server.app.sessions()
                    addresses = ["192.0.2.7"] * 3 + ["2001:db8::1", "2001:db8::2", "2001:db8::3", "192.0.2.8"]
                    sessions = [store.open(None, scope(each)) for each in addresses]
                    assert sessions[0] is not None
                    store.remove(sessions[0])
                    again = store.open(None, scope("192.0.2.7"))
                    return [each is not None for each in (*sessions, again)]

                loop = server.app._loop
                assert loop is not None
                found = await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(opened(), loop))
        assert found == [True, True, False, True, True, False, True, True]


class TestUnload:
    async def test_its_functions_run_once_with_the_request(self) -> None:
        left: list[Any] = []

        async def leave_async(request: ds.Request) -> None:
            await asyncio.sleep(0)
            left.append((request.session_hash, threading.current_thread().name))

        with greeting() as app:
            app.unload(lambda: left.append("plain"))
            app.unload(leave_async)
        with served(app, session_grace=0.1) as server:
            async with server.page() as page:
                await page.run("x")
            await eventually(lambda: len(left) == 2)
        assert left == ["plain", (page.session, "doorstep-server")]

    async def test_one_that_raises_or_hangs_keeps_nobody_from_leaving(
        self, capfd: pytest.CaptureFixture[str]
    ) -> None:
        gate, left = threading.Event(), []

        def fail() -> None:
            raise ValueError("cannot leave")

        with ds.Blocks() as app:
            state = ds.State("kept", delete_callback=lambda value: left.append(value))  # noqa: PLW0108
            ds.Button().click(lambda value: value, state, state)
            app.unload(fail)
            app.unload(lambda: gate.wait(20))
        with served(app, session_grace=0.05) as server:
            async with server.page() as page, server.page() as other:
                await page.run(None)
                await page.socket.close()
                await eventually(lambda: server.app.sessions().get(page.session) is None)
                assert (await other.run(None))["type"] == "done"
                assert left == [], "states go when the functions have run"
                gate.set()
                await eventually(lambda: left == ["kept"])
        assert "fail() raised ValueError: cannot leave" in capfd.readouterr().err

    async def test_its_jobs_are_stopped_first(self) -> None:
        began, stopped = threading.Event(), threading.Event()

        async def forever() -> None:
            began.set()
            try:
                await asyncio.sleep(60)
            finally:
                stopped.set()

        with ds.Blocks() as app:
            ds.Button().click(forever)
        with served(app, session_grace=0.05) as server:
            async with server.page() as page:
                await page.start()
                assert await asyncio.to_thread(began.wait, 20)
                begun = time.monotonic()
            assert await asyncio.to_thread(stopped.wait, 20)
            assert time.monotonic() - begun < 20


class TestChats:
    async def test_of_a_history_only_what_is_new_is_sent(self) -> None:
        def talk(history: list[dict[str, str]]) -> Any:
            history = [*history, {"role": "assistant", "content": ""}]
            for number in range(1000):
                history[-1]["content"] += f"word{number % 10} "
                yield history

        with ds.Blocks() as app:
            chat = ds.BrowserState([])
            ds.Button().click(talk, chat, chat)
        with served(app) as server:
            async with server.page() as page:
                story = await page.story(await page.start([{"role": "user", "content": "Hi " * 100}]))
        assert story[-1]["type"] == "done"
        size = sum(len(str(message)) for message in story)
        assert size < 30_000
        (first, *_) = story
        assert first["changes"][0][1]["value"][0]["content"].startswith("Hi ")
