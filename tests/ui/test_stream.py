"""The session over plain HTTP: events down, frames posted up (docs/ui-protocol.md)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

import doorstep as ds
from doorstep.messages import MAX_FRAME
from doorstep.security import VISITOR_COOKIE
from tests.support import eventually
from tests.ui.support import DEADLINE, Served, served

PATH = "/doorstep/session"


def shouting() -> ds.Blocks:
    with ds.Blocks() as app:
        text = ds.Textbox()
        text.submit(lambda text: text.upper(), text, text)
    return app


class Stream:
    """A page without a WebSocket."""

    def __init__(self, client: httpx.AsyncClient, lines: AsyncIterator[str]) -> None:
        self.client = client
        self.session = ""
        self._lines = lines

    async def line(self) -> str:
        async with asyncio.timeout(DEADLINE):
            return await anext(self._lines)

    async def hear(self) -> dict[str, Any]:
        while not (line := await self.line()).startswith("data: "):
            pass
        message: dict[str, Any] = json.loads(line.removeprefix("data: "))
        return message

    async def say(self, *messages: Any, session: str | None = None, **options: Any) -> httpx.Response:
        params = {"session": self.session if session is None else session}
        return await self.client.post(f"{PATH}/send", params=params, json=list(messages), **options)


@contextlib.asynccontextmanager
async def streaming(
    server: Served, params: dict[str, Any] | None = None, **options: Any
) -> AsyncIterator[Stream]:
    async with (
        httpx.AsyncClient(base_url=server.url, timeout=DEADLINE, **options) as client,
        client.stream("GET", f"{PATH}/stream", params=params or {}) as response,
    ):
        assert response.status_code == 200, response
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        stream = Stream(client, response.aiter_lines())
        welcome = await stream.hear()
        assert welcome["type"] == "welcome"
        stream.session = welcome["session"]
        yield stream


RUN = {"type": "run", "job": 1, "fn": 0, "data": ["hi"]}


async def test_a_page_runs_a_function_and_pings() -> None:
    with served(shouting()) as server:
        async with streaming(server) as stream:
            assert (await stream.say(RUN, {"type": "ping"})).status_code == 204
            heard = [await stream.hear(), await stream.hear()]
    assert {each["type"] for each in heard} == {"done", "pong"}
    (done,) = [each for each in heard if each["type"] == "done"]
    assert done["changes"][0][1] == {"value": "HI"}


async def test_it_is_the_same_session_that_a_websocket_takes_up() -> None:
    with served(shouting()) as server:
        async with server.page() as page:
            await page.run("one")
            session = page.session
        async with streaming(server, {"session": session, "seen": 1}) as stream:
            assert stream.session == session
            await stream.say(RUN | {"job": 2})
            assert (await stream.hear())["seq"] == 2
            async with server.page(session=session, seen=2) as back:
                assert back.welcome["resumed"] is True
                assert await stream.line() == ""
                assert await stream.line() == "event: close"
                assert (await stream.hear())["code"] == 4001


async def test_a_stream_that_is_lost_is_resumed_and_misses_nothing() -> None:
    gate = threading.Event()
    with ds.Blocks() as app:
        text = ds.Textbox()
        text.submit(lambda text: gate.wait(20) and text, text, text)
    with served(app) as server:
        async with streaming(server) as stream:
            await stream.say(RUN)
        gate.set()
        async with streaming(server, {"session": stream.session, "seen": 0}) as back:
            assert back.session == stream.session
            assert (await back.hear())["type"] == "done"


async def test_a_stream_on_which_nothing_happens_carries_comments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("doorstep.stream.HEARTBEAT", 0.05)
    with served(shouting()) as server:
        async with streaming(server) as stream:
            assert await stream.line() == ""
            assert await stream.line() == ":"


class TestRefusals:
    async def test_a_foreign_page_may_neither_listen_nor_speak(self) -> None:
        foreign = {"Origin": "https://evil.example"}
        with served(shouting()) as server:
            async with streaming(server) as stream:
                assert (await stream.say(RUN, headers=foreign)).status_code == 403
                answer = await stream.client.get(f"{PATH}/stream", headers=foreign)
                assert (answer.status_code, answer.json()["error"]) == (403, "foreign-origin")

    async def test_another_visitor_may_not_speak_in_a_session(self) -> None:
        with served(shouting()) as server:
            cookies = {VISITOR_COOKIE: "a" * 24}
            async with streaming(server, cookies=cookies) as stream, streaming(server) as other:
                assert (await other.say(RUN, session=stream.session)).status_code == 404
                assert (await other.say(RUN, session="made up")).status_code == 404
                async with streaming(server, {"session": stream.session}) as third:
                    assert third.session != stream.session
                assert (await stream.say(RUN)).status_code == 204

    @pytest.mark.parametrize(
        "body", [b"", b"{}", b"[1]", b'[{"type":"run"}]', b'[{"type":"hello"}]', b"[" * 100_000, b"\xff"]
    )
    async def test_what_breaks_the_rules_ends_the_stream_with_1008(self, body: bytes) -> None:
        with served(shouting()) as server:
            async with streaming(server) as stream:
                url = f"{PATH}/send?session={stream.session}"
                answer = await stream.client.post(url, content=body)
                assert (answer.status_code, answer.json()["error"]) == (400, "refused")
                assert (await stream.hear())["code"] == 1008
            async with server.page() as page:
                assert (await page.run("unharmed"))["type"] == "done"

    async def test_too_much_at_once_is_refused(self) -> None:
        with served(shouting()) as server:
            async with streaming(server) as stream:
                url = f"{PATH}/send?session={stream.session}"
                answer = await stream.client.post(url, content=b" " * (MAX_FRAME + 1))
                assert answer.status_code == 413

    async def test_a_page_that_pings_without_end_is_cut_off(self) -> None:
        with served(shouting()) as server:
            async with streaming(server) as stream:
                answer = await stream.say(*[{"type": "ping"}] * 2000)
                assert answer.status_code == 429
                assert (await stream.hear())["code"] == 4008

    async def test_a_full_app_sends_the_page_away_with_1013(self) -> None:
        with served(shouting(), session_capacity=1) as server:
            async with server.page(), httpx.AsyncClient(base_url=server.url) as client:
                text = (await client.get(f"{PATH}/stream")).text
        assert text.startswith("event: close\ndata: ")
        assert json.loads(text.removeprefix("event: close\ndata: "))["code"] == 1013


async def test_stopping_the_app_ends_the_stream_with_1012() -> None:
    with served(shouting()) as server:
        async with streaming(server) as stream:
            server.app.close()
            assert (await stream.hear())["code"] == 1012


async def test_a_page_that_has_gone_leaves_its_session_for_a_while() -> None:
    with served(shouting(), session_grace=0.2) as server:
        async with streaming(server) as stream:
            pass
        await eventually(lambda: server.app.sessions().get(stream.session) is None)
