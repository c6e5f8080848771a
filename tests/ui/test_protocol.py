"""The session's protocol, spoken to a real server over a real WebSocket (docs/ui-protocol.md)."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import json
import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

import doorstep as ds
from tests.support import eventually, wait_for
from tests.ui.support import served


def one(fn: Any, *, many: int = 1, **options: Any) -> ds.Blocks:
    """An app of one function, from a text to `many` texts."""
    with ds.Blocks() as app:
        name = ds.Textbox(label="name")
        outputs = [ds.Textbox(label=f"out {number}") for number in range(many)]
        ds.Button().click(fn, name, outputs, **options)
    return app


def output_of(app: ds.Blocks) -> int:
    return app.dependencies[0].outputs[0].id


class TestRunning:
    async def test_a_function_answers_with_its_changes(self) -> None:
        app = one(lambda name: f"Hello {name}!")
        with served(app) as server:
            async with server.page() as page:
                assert page.welcome == {"type": "welcome", "session": page.session, "resumed": False}
                message = await page.run("World")
        assert message.pop("seconds") >= 0
        changes = [[output_of(app), {"value": "Hello World!"}]]
        assert message == {"type": "done", "seq": 1, "job": 1, "changes": changes}

    async def test_an_async_function_runs_on_the_loop_and_a_plain_one_in_a_thread(self) -> None:
        async def where_async(_name: str) -> str:
            await asyncio.sleep(0)
            return threading.current_thread().name

        def where(_name: str) -> str:
            return threading.current_thread().name

        with ds.Blocks() as app:
            text = ds.Textbox()
            text.submit(where_async, text, text)
            text.submit(where, text, text)
        with served(app) as server:
            async with server.page() as page:
                on_loop = (await page.run("", fn=0))["changes"][0][1]["value"]
                in_thread = (await page.run("", fn=1))["changes"][0][1]["value"]
        assert on_loop == "doorstep-server"
        assert in_thread != on_loop

    async def test_several_outputs_take_several_values(self) -> None:
        app = one(lambda name: (name, name * 2), many=2)
        with served(app) as server:
            async with server.page() as page:
                changes = (await page.run("a"))["changes"]
        assert [change["value"] for _, change in changes] == ["a", "aa"]

    async def test_a_function_without_outputs_may_return_anything(self) -> None:
        with served(one(lambda _: object(), many=0)) as server:
            async with server.page() as page:
                assert (await page.run("a"))["changes"] == []

    async def test_context_variables_do_not_leak_from_call_to_call(self) -> None:
        seen = contextvars.ContextVar("seen", default="")

        def remember(name: str) -> str:
            before = seen.get()
            seen.set(name)
            return before

        with served(one(remember)) as server:
            async with server.page() as page:
                await page.run("first")
                assert (await page.run("second"))["changes"][0][1]["value"] == ""


class TestStreaming:
    @staticmethod
    async def told(fn: Any) -> tuple[str, list[dict[str, Any]]]:
        """What the output shows in the end, and every message."""
        with served(one(fn)) as server:
            async with server.page() as page:
                story = await page.story(await page.start("x"))
        text = ""
        for message in story:
            for _, change in message["changes"]:
                text = change["value"] if "value" in change else text + change["append"]
        return text, story

    async def test_a_generator_shows_its_steps(self) -> None:
        seen = threading.Semaphore(0)

        def count(_name: str) -> Iterator[str]:
            for number in range(3):
                yield str(number)
                seen.acquire(timeout=20)

        with served(one(count)) as server:
            async with server.page() as page:
                await page.start("x")
                steps = []
                for _ in range(3):
                    steps.append(await page.hear())
                    seen.release()
                last = await page.hear()
        assert [message["type"] for message in (*steps, last)] == ["data", "data", "data", "done"]
        assert [message["changes"][0][1]["value"] for message in steps] == ["0", "1", "2"]

    async def test_a_growing_string_is_sent_once(self) -> None:
        async def talk(_name: str) -> AsyncIterator[str]:
            text = ""
            for _ in range(2000):
                text += "word "
                yield text

        text, story = await self.told(talk)
        assert text == "word " * 2000
        assert len(json.dumps(story)) < 3 * len(text)

    async def test_the_session_stays_usable_while_an_async_generator_never_waits(self) -> None:
        stop = False

        async def spin(_name: str) -> AsyncIterator[int]:
            number = 0
            while not stop:
                yield (number := number + 1)

        app = one(spin)
        with app:
            text = app.dependencies[0].inputs[0]
            ds.Button().click(lambda name: name, text, text)
        with served(app) as server:
            async with server.page() as page:
                await page.start("x", fn=0)
                assert (await page.run("still there", fn=1))["type"] == "done"
        stop = True


class TestErrors:
    async def test_an_error_shows_its_message(self) -> None:
        def refuse(_name: str) -> None:
            raise ds.Error("No cats today.", title="Sorry", print_exception=False)

        app = one(refuse)
        with served(app) as server:
            async with server.page() as page:
                failed = await page.run("x")
        assert (failed["title"], failed["message"], failed["code"]) == ("Sorry", "No cats today.", "error")
        assert failed["output"] == output_of(app)

    async def test_another_exception_keeps_its_secrets(self, capfd: pytest.CaptureFixture[str]) -> None:
        def fail(_name: str) -> None:
            raise ValueError("password is 1234")

        with served(one(fail)) as server:
            async with server.page() as page:
                failed = await page.run("x")
        assert "1234" not in json.dumps(failed)
        assert failed["message"] == "The app's function ended with an error."
        printed = capfd.readouterr().err.splitlines()
        assert printed[1] == "fail() raised ValueError: password is 1234"
        assert "test_protocol.py" in printed[2], "the user's own line comes first"
        assert printed[3].strip() == 'raise ValueError("password is 1234")'

    async def test_show_error_tells_all(self, capfd: pytest.CaptureFixture[str]) -> None:
        def fail(_name: str) -> None:
            raise ValueError("details")

        with served(one(fail), show_error=True) as server:
            async with server.page() as page:
                failed = await page.run("x")
        assert failed["message"] == "ValueError: details"
        assert "Traceback" in failed["traceback"]
        assert "details" in capfd.readouterr().err

    @pytest.mark.parametrize("error", [SystemExit(1), KeyboardInterrupt(), StopIteration()])
    async def test_whatever_a_function_raises_the_server_lives(
        self, error: BaseException, capfd: pytest.CaptureFixture[str]
    ) -> None:
        def fail(name: str) -> str:
            if name == "x":
                raise error
            return "fine"

        with served(one(fail)) as server:
            async with server.page() as page:
                assert (await page.run("x"))["type"] == "failed"
                assert (await page.run("y"))["type"] == "done"
        assert type(error).__name__ in capfd.readouterr().err

    @pytest.mark.parametrize(("returned", "count"), [("one", "1 value"), ((1,), "1 value")])
    async def test_too_few_values_are_named(
        self, returned: Any, count: str, capfd: pytest.CaptureFixture[str]
    ) -> None:
        def greet(_name: str) -> Any:
            return returned

        with served(one(greet, many=2), show_error=True) as server:
            async with server.page() as page:
                failed = await page.run("x")
        expected = f"greet() returned {count} for 2 outputs (Textbox “out 0”, Textbox “out 1”)"
        assert failed["message"] == expected
        assert expected in capfd.readouterr().err

    async def test_a_value_that_cannot_be_shown_is_named(self, capfd: pytest.CaptureFixture[str]) -> None:
        def greet(_name: str) -> str:
            return "\ud800"

        with served(one(greet), show_error=True) as server:
            async with server.page() as page:
                failed = await page.run("x")
                assert (await page.run("y"))["type"] == "failed", "the session goes on"
        assert "greet() returned a str that Textbox “out 0” cannot show" in failed["message"]
        assert capfd.readouterr().err

    async def test_a_refused_input_names_its_component_and_is_not_printed(
        self, capfd: pytest.CaptureFixture[str]
    ) -> None:
        app = one(lambda name: name)
        with served(app) as server:
            async with server.page() as page:
                failed = await page.run(3)
                few = await page.run()
        assert failed["message"] == "Textbox “name”: expected text, got a number"
        assert (failed["code"], failed["output"]) == ("refused", app.dependencies[0].inputs[0].id)
        assert few["message"] == "lambda takes 1 input, got 0"
        assert capfd.readouterr().err == ""


class TestQueueing:
    async def test_one_at_a_time_by_default_in_order_with_positions(self) -> None:
        gate = threading.Semaphore(0)
        running = 0
        most = 0

        def work(name: str) -> str:
            nonlocal running, most
            running += 1
            most = max(most, running)
            gate.acquire(timeout=20)
            running -= 1
            return name

        with served(one(work)) as server:
            async with server.page() as page:
                for name in ("a", "b", "c"):
                    await page.start(name)
                queued = [await page.hear(), await page.hear()]
                assert [(each["type"], each["job"], each["position"]) for each in queued] == [
                    ("queued", 2, 0),
                    ("queued", 3, 1),
                ]
                for _ in range(3):
                    gate.release()
                story: list[dict[str, Any]] = []
                while [each["type"] for each in story].count("done") < 3:
                    story.append(await page.hear())
        assert most == 1
        told = [(each["type"], each["job"]) for each in story if each["type"] != "queued"]
        assert [each for each in told if each[0] == "started"] == [("started", 2), ("started", 3)]
        assert [each for each in told if each[0] == "done"] == [("done", 1), ("done", 2), ("done", 3)]

    async def test_no_limit_runs_all_at_once(self) -> None:
        together = threading.Barrier(8, timeout=20)

        def meet(name: str) -> str:
            together.wait()
            return name

        with served(one(meet, concurrency_limit=None)) as server:
            async with server.page() as page:
                for name in range(8):
                    await page.start(str(name))
                assert {(await page.hear())["type"] for _ in range(8)} == {"done"}

    async def test_a_full_queue_says_so(self) -> None:
        gate = threading.Event()
        app = one(lambda name: gate.wait(20) and name)
        app.queue(max_size=1)
        with served(app) as server:
            async with server.page() as page:
                await page.start("runs")
                await page.start("waits")
                failed = (await page.story(await page.start("too many")))[-1]
                assert failed["code"] == "busy"
                gate.set()

    async def test_one_page_cannot_start_jobs_without_end(self) -> None:
        gate = threading.Event()
        with served(one(lambda name: gate.wait(20) and name)) as server:
            async with server.page() as page:
                jobs = [await page.start("x") for _ in range(65)]
                assert (await page.story(jobs[-1]))[-1]["code"] == "busy"
                gate.set()


class TestCancelling:
    async def test_a_waiting_job_never_runs(self) -> None:
        gate = threading.Event()
        ran: list[str] = []

        def work(name: str) -> None:
            ran.append(name)
            gate.wait(20)

        with served(one(work, many=0)) as server:
            async with server.page() as page:
                first = await page.start("first")
                second = await page.start("second")
                await page.say({"type": "cancel", "job": second})
                assert (await page.story(second))[-1]["code"] == "cancelled"
                gate.set()
                assert (await page.story(first))[-1]["type"] == "done"
        assert ran == ["first"]

    async def test_a_generator_is_closed_at_its_next_step(self) -> None:
        closed = threading.Event()

        def forever(_name: str) -> Iterator[str]:
            try:
                while True:
                    yield str(time.monotonic())
                    time.sleep(0.01)
            finally:
                closed.set()

        with served(one(forever)) as server:
            async with server.page() as page:
                job = await page.start("x")
                assert (await page.hear())["type"] == "data"
                await page.say({"type": "cancel", "job": job})
                assert (await page.story(job))[-1]["code"] == "cancelled"
                assert await asyncio.to_thread(closed.wait, 20)
                await page.start("x")
                assert (await page.hear())["type"] == "data", "its place is free again"

    async def test_an_async_function_is_cancelled(self) -> None:
        began, cancelled = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()

        async def sleep(_name: str) -> None:
            loop.call_soon_threadsafe(began.set)
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                loop.call_soon_threadsafe(cancelled.set)
                raise

        with served(one(sleep, many=0)) as server:
            async with server.page() as page:
                job = await page.start("x")
                await asyncio.wait_for(began.wait(), 20)
                await page.say({"type": "cancel", "job": job})
                assert (await page.story(job))[-1]["code"] == "cancelled"
                await asyncio.wait_for(cancelled.wait(), 20)

    async def test_cancelling_what_is_over_or_unknown_does_nothing(self) -> None:
        with served(one(lambda name: name)) as server:
            async with server.page() as page:
                await page.run("x")
                await page.say({"type": "cancel", "job": 1})
                await page.say({"type": "cancel", "job": 99})
                assert (await page.run("y"))["type"] == "done"


class TestResuming:
    async def test_a_page_that_comes_back_finds_its_jobs_result(self) -> None:
        gate = threading.Event()
        with served(one(lambda name: gate.wait(20) and name)) as server:
            async with server.page() as page:
                await page.start("x")
                session = page.session
            gate.set()
            async with server.page(session=session) as back:
                assert back.welcome == {"type": "welcome", "session": session, "resumed": True}
                assert (await back.hear())["type"] == "done"

    async def test_a_page_hears_again_what_it_has_not_seen(self) -> None:
        with served(one(lambda name: name)) as server:
            async with server.page() as page:
                for name in "abc":
                    await page.run(name)
                session = page.session
            async with server.page(session=session, seen=1) as back:
                again = [await back.hear(), await back.hear()]
        assert [(each["seq"], each["job"]) for each in again] == [(2, 2), (3, 3)]

    async def test_a_run_that_is_said_twice_runs_once(self) -> None:
        calls: list[str] = []
        with served(one(calls.append, many=0)) as server:
            async with server.page() as page:
                await page.run("x")
                await page.say({"type": "run", "job": 1, "fn": 0, "data": ["x"]})
                await page.hear_nothing()
        assert calls == ["x"]

    async def test_the_new_connection_takes_over(self) -> None:
        with served(one(lambda name: name)) as server:
            async with server.page() as old, server.page(session=old.session) as new:
                with pytest.raises(ConnectionClosed) as closed:
                    await old.hear()
                assert closed.value.rcvd is not None
                assert closed.value.rcvd.code == 4001
                assert (await new.run("x"))["type"] == "done"

    async def test_an_unknown_session_becomes_a_new_one(self) -> None:
        with served(one(lambda name: name)) as server:
            async with server.page(session="made up") as page:
                assert page.welcome["resumed"] is False
                assert page.session != "made up"

    async def test_after_the_grace_its_jobs_are_cancelled_and_its_files_deleted(self) -> None:
        closed = threading.Event()

        def forever(_name: str) -> Iterator[str]:
            try:
                while True:
                    yield "x"
                    time.sleep(0.01)
            finally:
                closed.set()

        with served(one(forever), session_grace=0.1) as server:
            async with server.page() as page:
                await page.start("x")
                path = server.app.files.of_session(page.session)
                kept = path.path_of(path.add_bytes(b"x", "a.txt"))
                session = page.session
            assert await asyncio.to_thread(closed.wait, 20)
            await eventually(lambda: not kept.exists())
            async with server.page(session=session) as back:
                assert back.welcome["resumed"] is False

    async def test_what_was_seen_is_forgotten_on_ping(self) -> None:
        with served(one(lambda name: name)) as server:
            async with server.page() as page:
                await page.run("x")
                await page.say({"type": "ping", "seen": 1})
                assert await page.hear() == {"type": "pong"}
                session = page.session
            async with server.page(session=session, seen=0) as back:
                assert back.welcome["resumed"] is False, "what it missed is gone"


class TestBadPages:
    @pytest.mark.parametrize(
        "frame",
        [
            "no json",
            "[]",
            "{}",
            '{"type":"dance"}',
            '{"type":"run","job":1,"fn":99,"data":[]}',
            '{"type":"run","job":1,"fn":-1,"data":[]}',
            '{"type":"run","job":"1","fn":0,"data":[]}',
            '{"type":"run","job":1,"fn":0,"data":{}}',
            '{"type":"hello"}',
            '{"type":"cancel"}',
            "[" * 100_000,
        ],
    )
    async def test_a_frame_that_breaks_the_rules_closes_with_1008(self, frame: str) -> None:
        with served(one(lambda name: name)) as server:
            async with server.page() as page:
                await page.socket.send(frame)
                assert await page.end() == 1008
            async with server.page() as page:
                assert (await page.run("unharmed"))["type"] == "done"

    async def test_the_first_message_is_hello(self) -> None:
        with served(one(lambda name: name)) as server:
            async with connect(f"ws://127.0.0.1:{server.port}/doorstep/session") as socket:
                await socket.send('{"type":"ping"}')
                with pytest.raises(ConnectionClosed) as closed:
                    await socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1008

    async def test_a_binary_frame_is_refused(self) -> None:
        with served(one(lambda name: name)) as server:
            async with server.page() as page:
                await page.socket.send(b'{"type":"ping"}')
                assert await page.end() == 1008

    async def test_too_big_a_frame_closes_with_1009(self) -> None:
        with served(one(lambda name: name)) as server:
            async with server.page() as page:
                with contextlib.suppress(ConnectionClosed):  # while it still sends, maybe
                    await page.start("x" * (1 << 21))
                assert await page.end() == 1009

    async def test_a_page_that_says_nothing_is_sent_away(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("doorstep.connection.HELLO_DEADLINE", 0.1)
        with served(one(lambda name: name)) as server:
            async with connect(f"ws://127.0.0.1:{server.port}/doorstep/session") as socket:
                with pytest.raises(ConnectionClosed) as closed:
                    await socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.reason == "no hello"

    async def test_more_sessions_than_there_may_be_are_sent_away(self) -> None:
        with served(one(lambda name: name), session_capacity=1) as server:
            async with server.page() as first:
                with pytest.raises(ConnectionClosed) as closed:
                    async with server.page():
                        pass
                assert closed.value.rcvd is not None
                assert closed.value.rcvd.code == 1013
                assert (await first.run("x"))["type"] == "done"
            first_left = server.app.sessions().get(first.session)
            await eventually(lambda: first_left is not None and first_left.line is None)
            async with server.page() as later:
                assert later.session, "one whose page has left makes room"


async def test_stopping_the_server_closes_its_pages_with_1012() -> None:
    with served(one(lambda name: name)) as server:
        async with server.page() as page:
            server.app.close()
            with pytest.raises(ConnectionClosed) as closed:
                await page.hear()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1012


def test_a_function_that_hangs_does_not_keep_the_server_from_stopping() -> None:
    with served(one(lambda _: threading.Event().wait())) as server:

        async def start() -> None:
            async with server.page() as page:
                await page.start("x")

        asyncio.run(start())
        begun = time.monotonic()
    wait_for(lambda: time.monotonic() - begun < 20, 1)
