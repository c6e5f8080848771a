"""How functions are run: together, before validators, within time limits, and whatever they do wrong."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

import doorstep as ds
from doorstep.queue.workers import Workers
from tests.support import eventually, wait_for
from tests.ui.support import Page, served


def one(fn: Any, *, many: int = 1, **options: Any) -> ds.Blocks:
    """An app of one function, from a text to `many` texts."""
    with ds.Blocks() as app:
        name = ds.Textbox(label="name")
        outputs = [ds.Textbox() for _ in range(many)]
        ds.Button().click(fn, name, outputs, **options)
    return app


async def ends(page: Page, *jobs: int) -> dict[int, dict[str, Any]]:
    """The last message of each job."""
    last: dict[int, dict[str, Any]] = {}
    while not all(last.get(job, {}).get("type") in {"done", "failed"} for job in jobs):
        message = await page.hear()
        if "job" in message:
            last[message["job"]] = message
    return last


def value_of(message: dict[str, Any]) -> Any:
    return message["changes"][0][1]["value"]


class TestFairness:
    async def test_a_visitor_with_many_jobs_does_not_keep_another_waiting_for_all_of_them(self) -> None:
        gate = threading.Semaphore(0)
        order: list[str] = []

        def work(name: str) -> None:
            gate.acquire(timeout=20)
            order.append(name)

        with served(one(work, many=0)) as server:
            async with server.page() as greedy, server.page() as modest:
                jobs = [await greedy.start(f"greedy {number}") for number in range(5)]
                await wait_for_waiting(server, 4)
                mine = await modest.start("modest")
                queued = await modest.hear()
                assert (queued["type"], queued["position"]) == ("queued", 1)
                gate.release(6)
                await ends(modest, mine)
                await ends(greedy, *jobs)
        assert order.index("modest") == 2


class TestBatches:
    async def test_jobs_that_wait_run_together_with_lists_in_and_lists_out(self) -> None:
        gate = threading.Event()
        sizes: list[int] = []

        def shout(names: list[str]) -> list[list[str]]:
            sizes.append(len(names))
            gate.wait(20)
            return [[name.upper() for name in names]]

        with served(one(shout, batch=True, max_batch_size=4)) as server:
            async with server.page() as page:
                jobs = [await page.start(f"n{number}") for number in range(6)]
                await wait_for_waiting(server, 5)
                gate.set()
                last = await ends(page, *jobs)
        assert sizes == [1, 4, 1]
        assert [value_of(last[job]) for job in jobs] == [f"N{number}" for number in range(6)]

    async def test_async_functions_and_several_outputs_too(self) -> None:
        async def split(names: list[str]) -> tuple[list[str], list[str]]:
            await asyncio.sleep(0)
            return [name[0] for name in names], [name[1:] for name in names]

        with served(one(split, many=2, batch=True)) as server:
            async with server.page() as page:
                changes = (await page.run("abc"))["changes"]
        assert [change["value"] for _, change in changes] == ["a", "bc"]

    async def test_one_failure_fails_all_but_a_refused_input_only_its_own(
        self, capfd: pytest.CaptureFixture[str]
    ) -> None:
        gate = threading.Event()
        calls: list[list[str]] = []

        def work(names: list[str]) -> list[list[str]]:
            calls.append(names)
            gate.wait(20)
            if "bad" in names:
                raise ValueError("a bad one")
            return [names]

        with served(one(work, batch=True)) as server:
            async with server.page() as page:
                first = await page.start("first")
                jobs = [await page.start(name) for name in ("bad", 3, "good")]
                await wait_for_waiting(server, 3)
                gate.set()
                last = await ends(page, first, *jobs)
                assert [last[job].get("code") for job in (first, *jobs)] == [
                    None,
                    "error",
                    "refused",
                    "error",
                ]
                assert calls == [["first"], ["bad", "good"]]
                await page.start("one more")
        assert capfd.readouterr().err.count("a bad one") >= 1

    @pytest.mark.parametrize(
        ("returned", "said"),
        [
            ("text", "it returned a str"),
            ([["a", "b"]], "it returned a list of 1 (list of 2)"),
            (["a"], "it returned a list of 1 (str)"),
            ([["a"], ["b"]], "it returned a list of 2 (list of 1, list of 1)"),
        ],
    )
    async def test_other_shapes_are_named(
        self, returned: Any, said: str, capfd: pytest.CaptureFixture[str]
    ) -> None:
        def work(_names: list[str]) -> Any:
            return returned

        with served(one(work, batch=True), show_error=True) as server:
            async with server.page() as page:
                failed = await page.run("x")
        expected = (
            "work() was called for a batch of 1, so it returns a tuple of one list of 1, one item a call; "
        )
        assert failed["message"] == expected + said
        assert said in capfd.readouterr().err

    async def test_a_job_that_is_cancelled_does_not_stop_those_with_it(self) -> None:
        gate = threading.Event()

        def work(names: list[str]) -> list[list[str]]:
            gate.wait(20)
            return [names]

        with served(one(work, batch=True)) as server:
            async with server.page() as page:
                jobs = [await page.start(name) for name in "abc"]
                await wait_for_waiting(server, 2)
                await page.say({"type": "cancel", "job": jobs[1]})
                assert (await page.story(jobs[1]))[-1]["code"] == "cancelled"
                gate.set()
                last = await ends(page, jobs[0], jobs[2])
        assert [value_of(last[job]) for job in (jobs[0], jobs[2])] == ["a", "c"]


class TestValidators:
    async def test_a_refusal_names_the_inputs_and_the_function_never_runs(self) -> None:
        ran: list[str] = []

        def check(name: str) -> Any:
            return ds.validate(len(name) > 2, "Too short.")

        app = one(ran.append, many=0, validator=check)
        with served(app) as server:
            async with server.page() as page:
                failed = await page.run("a")
                assert (await page.run("abc"))["type"] == "done"
        assert failed["code"] == "refused"
        assert failed["invalid"] == [[app.dependencies[0].inputs[0].id, "Too short."]]
        assert ran == ["abc"]

    async def test_who_is_refused_does_not_queue(self) -> None:
        gate = threading.Event()

        async def check(name: str) -> Any:
            return ds.validate(name != "bad", "No.")

        with served(one(lambda _: gate.wait(20), many=0, validator=check)) as server:
            async with server.page() as page:
                first = await page.start("good")
                assert (await page.run("bad"))["invalid"]
                gate.set()
                await ends(page, first)

    async def test_a_validator_that_raises_fails_the_job(self, capfd: pytest.CaptureFixture[str]) -> None:
        def check(_name: str) -> Any:
            raise RuntimeError("broken validator")

        with served(one(lambda name: name, validator=check)) as server:
            async with server.page() as page:
                assert (await page.run("x"))["code"] == "error"
        assert "broken validator" in capfd.readouterr().err


class TestTimeLimits:
    @pytest.mark.parametrize("is_async", [False, True])
    async def test_a_generator_ends_well_and_is_closed(self, is_async: bool) -> None:
        closed = threading.Event()

        def forever(_name: str) -> Iterator[str]:
            try:
                while True:
                    yield "x"
                    time.sleep(0.01)
            finally:
                closed.set()

        async def forever_async(_name: str) -> AsyncIterator[str]:
            try:
                while True:
                    yield "x"
                    await asyncio.sleep(0.01)
            finally:
                closed.set()

        with served(one(forever_async if is_async else forever, time_limit=0.1)) as server:
            async with server.page() as page:
                assert (await page.run("a"))["type"] == "done"
                assert await asyncio.to_thread(closed.wait, 20)
                assert (await page.run("b"))["type"] == "done", "its place is free"

    async def test_another_function_fails_with_timeout(self) -> None:
        gate = threading.Event()
        with served(one(lambda _: gate.wait(20), many=0, time_limit=0.05)) as server:
            async with server.page() as page:
                assert (await page.run("a"))["code"] == "timeout"
            gate.set()

    async def test_who_is_in_time_never_notices(self) -> None:
        with served(one(lambda name: name, time_limit=60)) as server:
            async with server.page() as page:
                assert (await page.run("a"))["type"] == "done"


class TestCancels:
    async def test_an_event_cancels_the_jobs_of_another(self) -> None:
        closed = threading.Event()

        def forever(_name: str) -> Iterator[str]:
            try:
                while True:
                    yield "x"
                    time.sleep(0.01)
            finally:
                closed.set()

        with ds.Blocks() as app:
            text = ds.Textbox()
            running = text.submit(forever, text, text)
            ds.Button().click(lambda: None, cancels=[running])
        with served(app) as server:
            async with server.page() as page:
                job = await page.start("x", fn=0)
                assert (await page.hear())["type"] == "data"
                await page.start(fn=1)
                assert (await page.story(job))[-1]["code"] == "cancelled"
                assert await asyncio.to_thread(closed.wait, 20)

    async def test_a_thousand_jobs_are_cancelled_at_once(self) -> None:
        gate = threading.Event()
        app = one(lambda _: gate.wait(20), many=0)
        with served(app) as server, contextlib.ExitStack():
            async with contextlib.AsyncExitStack() as stack:
                pages = [await stack.enter_async_context(server.page()) for _ in range(16)]
                for page in pages:
                    for _ in range(63):
                        await page.start("x")
                await wait_for_waiting(server, 16 * 63 - 1)
            store = server.app.sessions()

            async def end_all() -> float:
                begun = time.thread_time()
                store.close()
                return time.thread_time() - begun

            future = asyncio.run_coroutine_threadsafe(end_all(), server.app._loop)  # type: ignore[arg-type]
            assert await asyncio.wrap_future(future) < 2, "seconds of the processor"
            assert server.app.runner.waiting == 0
            gate.set()


class TestTrouble:
    async def test_an_error_that_is_not_to_be_seen_has_no_words_and_any_other_has_text(self) -> None:
        def work(kind: str) -> str:
            raise ds.Error({"code": 7}, visible=kind == "seen", print_exception=False)  # type: ignore[arg-type]

        with served(one(work)) as server:
            async with server.page() as page:
                hidden, seen = await page.run("hidden"), await page.run("seen")
        assert (hidden["type"], hidden["title"], hidden["message"]) == ("failed", "", "")
        assert (seen["title"], seen["message"]) == ("Error", "{'code': 7}")

    async def test_deep_recursion_is_an_error_like_another(self, capfd: pytest.CaptureFixture[str]) -> None:
        def down(name: str) -> str:
            return down(name) if name == "x" else name

        with served(one(down)) as server:
            async with server.page() as page:
                assert (await page.run("x"))["type"] == "failed"
                assert (await page.run("y"))["type"] == "done"
        assert "RecursionError" in capfd.readouterr().err

    @pytest.mark.parametrize("error", [SystemExit(1), KeyboardInterrupt(), asyncio.CancelledError()])
    async def test_whatever_an_async_function_raises_the_loop_lives(
        self, error: BaseException, capfd: pytest.CaptureFixture[str]
    ) -> None:
        async def fail(name: str) -> str:
            await asyncio.sleep(0)
            if name == "x":
                raise error
            return name

        with served(one(fail)) as server:
            async with server.page() as page:
                assert (await page.run("x"))["type"] == "failed"
                assert (await page.run("y"))["type"] == "done"
        capfd.readouterr()

    async def test_a_generator_that_will_not_be_closed_is_left_behind(
        self, capfd: pytest.CaptureFixture[str]
    ) -> None:
        def stubborn(_name: str) -> Iterator[str]:
            try:
                while True:
                    yield "x"
                    time.sleep(0.01)
            except GeneratorExit:
                yield "not yet"

        with served(one(stubborn)) as server:
            async with server.page() as page:
                job = await page.start("x")
                await page.hear()
                await page.say({"type": "cancel", "job": job})
                assert (await page.story(job))[-1]["code"] == "cancelled"
                await page.start("y")
                assert (await page.hear())["type"] == "data", "its place is free"
        assert "generator ignored GeneratorExit" in capfd.readouterr().err

    async def test_functions_that_hang_and_were_given_up_do_not_use_up_the_threads(self) -> None:
        gate = threading.Event()

        def work(name: str) -> str:
            if name == "hang":
                gate.wait(20)
            return name

        with served(one(work, concurrency_limit=None), max_threads=2) as server:
            async with server.page() as page:
                hanging = [await page.start("hang") for _ in range(2)]
                for job in hanging:
                    await page.say({"type": "cancel", "job": job})
                    await page.story(job)
                assert value_of(await page.run("next")) == "next"
            gate.set()
            await eventually(lambda: server.app._workers.limit == 2)

    async def test_a_lambda_that_returns_a_generator_streams(self) -> None:
        with served(one(lambda name: (name * number for number in range(1, 4)))) as server:
            async with server.page() as page:
                story = await page.story(await page.start("a"))
        assert story[-1]["type"] == "done"
        assert story[0]["type"] in {"data", "done"}

    async def test_nothing_is_left_behind(self) -> None:
        before = threading.active_count()

        async def slow(_name: str) -> AsyncIterator[str]:
            while True:
                yield "x"
                await asyncio.sleep(0.01)

        with served(one(slow)) as server:
            async with server.page() as page:
                await page.start("x")
                await page.hear()
        wait_for(lambda: threading.active_count() <= before)


def test_as_many_threads_work_as_may() -> None:
    workers = Workers(4)
    together = threading.Barrier(5, timeout=20)
    for _ in range(4):
        workers.submit(together.wait)
    together.wait()
    workers.close()


async def wait_for_waiting(server: Any, count: int) -> None:
    await eventually(lambda: server.app.runner.waiting == count)
