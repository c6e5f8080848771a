"""What a function tells while it runs: progress and toasts."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest
import tqdm

import doorstep as ds
from doorstep.errors import UsageError
from doorstep.progress import PERIOD, Advance, summary
from tests.ui.support import Page, served


def one(fn: Any) -> ds.Blocks:
    with ds.Blocks() as app:
        ds.Button().click(fn, None, ds.Textbox())
    return app


class Heard:
    """The texts of the progress that a page has heard of: a function waits for them before it goes on."""

    def __init__(self) -> None:
        self._texts: set[str | None] = set()
        self._news = threading.Condition()

    def note(self, message: dict[str, Any]) -> None:
        if message["type"] == "progress":
            with self._news:
                self._texts.add(message.get("text"))
                self._news.notify_all()

    def wait(self, text: str | None = None) -> None:
        with self._news:
            assert self._news.wait_for(lambda: text in self._texts, 20), f"the page heard {self._texts}"


async def told(fn: Any, heard: Heard | None = None) -> list[dict[str, Any]]:
    """Every message about a job of `fn`, and the toasts meanwhile."""
    with served(one(fn)) as server:
        async with server.page() as page:
            return await story(page, heard or Heard())


async def story(page: Page, heard: Heard) -> list[dict[str, Any]]:
    await page.start()
    messages: list[dict[str, Any]] = []
    while not messages or messages[-1]["type"] not in {"done", "failed"}:
        messages.append(await page.hear())
        heard.note(messages[-1])
    return messages


class TestProgress:
    @pytest.mark.parametrize("is_async", [False, True])
    async def test_the_page_hears_how_far_it_is(self, is_async: bool) -> None:
        heard = Heard()

        def work(progress: Any = ds.Progress()) -> str:
            progress(0.25, desc="Reading")
            heard.wait("Reading")
            return "over"

        async def work_async(progress: Any = ds.Progress()) -> str:
            progress((1, 4), desc="Reading", unit="pages")
            await asyncio.to_thread(heard.wait, "Reading")
            return "over"

        first, last = await told(work_async if is_async else work, heard)
        first.pop("seq")
        assert last["type"] == "done"
        expected = {"type": "progress", "job": 1, "fraction": 0.25, "text": "Reading"}
        assert first == (expected | {"step": 1, "total": 4, "unit": "pages"} if is_async else expected)

    async def test_a_loop_is_counted_and_messages_are_joined(self) -> None:
        heard = Heard()

        def work(progress: Any = ds.Progress()) -> str:
            for _ in progress.tqdm(range(250), desc="Items", unit="items"):
                time.sleep(0.002)  # the work
            heard.wait("Items")
            progress(1.0, desc="All")
            heard.wait("All")
            return "over"

        began = time.monotonic()
        messages = [each for each in await told(work, heard) if each["type"] == "progress"]
        assert 2 <= len(messages) <= 3 + (time.monotonic() - began) / PERIOD
        assert messages[0] | {"text": "Items", "total": 250, "unit": "items"} == messages[0]
        steps = [each.get("step", 0) for each in messages[:-1]]
        assert steps == sorted(steps)

    async def test_each_loop_is_shown_for_itself_after_what_was_told_before_it(self) -> None:
        def work(progress: Any = ds.Progress()) -> str:
            progress(0.05, desc="Starting")
            heard.wait("Starting")
            for name in ("Reading", "Writing"):
                for _ in progress.tqdm(range(4), desc=name):
                    heard.wait(name)
            progress(0.9, desc="Ending")
            heard.wait("Ending")
            return "over"

        heard = Heard()
        told_by: dict[str, list[float]] = {}
        for each in await told(work, heard):
            if each["type"] == "progress":
                told_by.setdefault(each["text"], []).append(each["fraction"])
        assert list(told_by) == ["Starting", "Reading", "Writing", "Ending"]
        assert min(told_by["Writing"]) <= 0.25
        assert told_by["Ending"] == [0.9]

    async def test_without_an_iterable_the_function_counts_itself(self) -> None:
        def work(progress: Any = ds.Progress()) -> str:
            with progress.tqdm(None, total=10) as bar:
                bar.update(5)
                heard.wait()
            return "over"

        heard = Heard()
        assert (await told(work, heard))[0]["step"] in {0, 5}

    async def test_loops_of_tqdm_itself_are_watched_where_it_is_asked_for(self) -> None:
        def work(progress: Any = ds.Progress(track_tqdm=True)) -> str:
            for _ in tqdm.tqdm(range(4), desc="Layers", unit="layer", file=Quiet(), mininterval=0):
                heard.wait("Layers")
            return "over"

        def other() -> str:
            for _ in tqdm.tqdm(range(4), file=Quiet()):
                time.sleep(0.01)
            return "over"

        heard = Heard()
        messages = [each for each in await told(work, heard) if each["type"] == "progress"]
        assert messages[-1]["total"] == 4
        assert messages[-1]["text"] == "Layers"
        assert [each["type"] for each in await told(other)] == ["done"]

    async def test_it_may_be_told_from_a_thread_of_the_functions_own(self) -> None:
        def work(progress: Any = ds.Progress()) -> str:
            thread = threading.Thread(target=progress, args=(0.5,))
            thread.start()
            thread.join()
            heard.wait()
            return "over"

        heard = Heard()
        assert (await told(work, heard))[0]["fraction"] == 0.5

    def test_outside_of_an_app_it_does_nothing(self) -> None:
        progress = ds.Progress()
        progress(0.5, desc="x")
        assert list(progress.tqdm([1, 2])) == [1, 2]

    def test_a_loop_inside_another_is_a_part_of_its_step(self) -> None:
        levels = [
            Advance(0.5, "Epochs", 1, 2, "epochs"),
            Advance(0.25, "Batches", 1, 4, "batches"),
            Advance(0.5, None, 1, 2, "x"),
        ]
        assert summary(levels) == Advance(0.6875, "Epochs · Batches", 1, 2, "epochs")
        assert summary([Advance(1.0, None, 2, 2), Advance(1.0)]).fraction == 1.0
        assert summary([Advance(), Advance(0.5)]).fraction is None

    async def test_what_is_no_progress_is_named(self, capfd: pytest.CaptureFixture[str]) -> None:
        def work(progress: Any = ds.Progress()) -> None:
            progress("half")

        assert (await told(work))[-1]["type"] == "failed"
        assert "progress is a number from 0 to 1" in capfd.readouterr().err
        with pytest.raises(UsageError):
            list(ds.Progress().tqdm(None))  # type: ignore[var-annotated]


class Quiet:
    def write(self, _text: str) -> None:
        pass

    def flush(self) -> None:
        pass


class TestToasts:
    @pytest.mark.parametrize("is_async", [False, True])
    async def test_they_come_in_their_order_and_before_the_end(self, is_async: bool) -> None:
        def work() -> str:
            ds.Info("one", duration=3)
            ds.Warning("two", duration=None, title="Careful")
            ds.Success("three")
            ds.Info("not to be seen", visible=False)
            return "over"

        async def work_async() -> str:
            await asyncio.sleep(0)
            return work()

        messages = await told(work_async if is_async else work)
        shown = [(each.get("level"), each.get("title"), each.get("message")) for each in messages[:3]]
        assert shown == [
            ("info", "Info", "one"),
            ("warning", "Careful", "two"),
            ("success", "Success", "three"),
        ]
        assert [each.get("seconds") for each in messages[:3]] == [3, 0, 10]
        assert [each["type"] for each in messages] == ["toast", "toast", "toast", "done"]

    @pytest.mark.parametrize(("duration", "seconds"), [(2, 2), (10, None), (None, 0)])
    async def test_an_error_says_how_long_it_is_shown(
        self, duration: float | None, seconds: float | None
    ) -> None:
        def work() -> str:
            raise ds.Error("no", duration=duration, print_exception=False)

        [failed] = await told(work)
        assert failed["type"] == "failed"
        assert failed.get("seconds") == seconds

    def test_outside_of_an_app_they_are_printed(self, capsys: pytest.CaptureFixture[str]) -> None:
        ds.Info("hello")
        assert "Info: hello" in capsys.readouterr().err
