"""Values between calls: `State` in the app, `BrowserState` in the browser, and `Timer`."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import doorstep as ds
from doorstep.errors import UsageError
from doorstep.server import App
from tests.support import eventually
from tests.ui.support import Page, served


def counting(**options: Any) -> ds.Blocks:
    """An app that remembers the words it was told, in a list."""

    def remember(word: str, words: list[str]) -> tuple[list[str], str]:
        words.append(word)
        return words, " ".join(words)

    with ds.Blocks() as app:
        words = ds.State([], **options)
        word, said = ds.Textbox(), ds.Textbox()
        word.submit(remember, [word, words], [words, said])
        said.submit(" ".join, words, said)
    return app


async def told(page: Page, *data: Any, fn: int = 0) -> Any:
    """What the last output shows."""
    message = await page.run(*data, fn=fn)
    assert message["type"] == "done", message
    return message["changes"][-1][1]["value"]


class TestState:
    async def test_each_session_has_a_copy_of_its_own(self) -> None:
        with served(counting()) as server:
            async with server.page() as one, server.page() as other:
                assert await told(one, "a", None) == "a"
                assert await told(one, "b", None) == "a b"
                assert await told(other, "c", None) == "c"
                assert await told(one, None, fn=1) == "a b"

    async def test_on_the_wire_it_is_a_number_that_changes_when_the_value_does(self) -> None:
        app = counting()
        with served(app) as server:
            async with server.page() as page:
                numbers = []
                for word in ("a", "b"):
                    changes = dict((await page.run(word, ["forged"]))["changes"])
                    numbers.append(changes[app.dependencies[0].outputs[0].id]["value"])
        assert numbers == [1, 2], "a list that is changed inside counts as changed"

    async def test_a_value_that_stays_keeps_its_number(self) -> None:
        with ds.Blocks() as app:
            state = ds.State(1)
            ds.Button().click(lambda: 1, None, state)
        with served(app) as server:
            async with server.page() as page:
                assert await told(page) == 0

    async def test_what_a_function_makes_is_made_for_each_session(self) -> None:
        made: list[threading.Lock] = []

        def make() -> Any:
            made.append(threading.Lock())
            return made[-1]

        with ds.Blocks() as app:
            state, shown = ds.State(make), ds.Textbox()
            ds.Button().click(lambda lock: str(made.index(lock)), state, shown)
        with served(app) as server:
            async with server.page() as one, server.page() as other:
                assert [await told(page, None) for page in (one, other, one)] == ["0", "1", "0"]

    def test_what_cannot_be_copied_is_refused_at_once(self) -> None:
        with pytest.raises(UsageError, match="lock' cannot be copied|lock cannot be copied"):
            ds.State(threading.Lock())

    @pytest.mark.parametrize("is_async", [False, True])
    async def test_of_a_cancelled_generator_the_last_value_stays(self, is_async: bool) -> None:
        def count() -> Iterator[int]:
            for number in range(10_000):
                yield number
                time.sleep(0.01)

        async def count_async() -> AsyncIterator[int]:
            for number in range(10_000):
                yield number
                await asyncio.sleep(0.01)

        with ds.Blocks() as app:
            state, shown = ds.State(-1), ds.Number()
            ds.Button().click(count_async if is_async else count, None, state)
            ds.Button().click(lambda value: value, state, shown)
        with served(app) as server:
            async with server.page() as page:
                job = await page.start()
                for _ in range(3):
                    await page.hear()
                await page.say({"type": "cancel", "job": job})
                await page.story(job)
                assert await told(page, None, fn=1) >= 2

    async def test_a_cancelled_function_leaves_it_as_it_was(self) -> None:
        gate = threading.Event()

        def late() -> str:
            gate.wait(20)
            return "late"

        with ds.Blocks() as app:
            state, shown = ds.State("early"), ds.Textbox()
            ds.Button().click(late, None, state, concurrency_id="one")
            ds.Button().click(lambda value: value, state, shown, concurrency_id="one")
        with served(app) as server:
            async with server.page() as page:
                job = await page.start()
                await page.say({"type": "cancel", "job": job})
                await page.story(job)
                gate.set()
                assert await told(page, None, fn=1) == "early"

    async def test_after_its_time_it_starts_anew_and_the_callback_is_told(self) -> None:
        deleted: list[list[str]] = []
        app = counting(time_to_live=0.15, delete_callback=deleted.append)
        with served(app) as server:
            async with server.page() as page:
                assert await told(page, "a", None) == "a"
                await eventually(lambda: deleted == [["a"]])
                assert await told(page, "b", None) == "b"

    async def test_it_goes_with_its_session(self) -> None:
        deleted: list[list[str]] = []
        app = counting(delete_callback=deleted.append)
        with served(app, session_grace=0.1) as server:
            async with server.page() as page:
                await told(page, "a", None)
            await eventually(lambda: deleted == [["a"]])

    async def test_a_callback_that_raises_harms_nobody(self, capfd: pytest.CaptureFixture[str]) -> None:
        deleted: list[str] = []

        def fail(_value: Any) -> None:
            raise ValueError("no thanks")

        with ds.Blocks() as app:
            first, second = ds.State("a", delete_callback=fail), ds.State("b", delete_callback=deleted.append)
            ds.Button().click(lambda *_: None, [first, second], None)
        with served(app, session_grace=0.1) as server:
            async with server.page() as page:
                await page.run(None, None)
            await eventually(lambda: deleted == ["b"])
        assert "fail() raised ValueError: no thanks" in capfd.readouterr().err


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=6,
)


@settings(max_examples=100, deadline=None)
@given(one=plain, other=plain)
def test_values_have_the_same_mark_when_they_are_the_same(one: Any, other: Any) -> None:
    state = ds.State()
    assert (state.mark_of(one) == state.mark_of(other)) == (repr(one) == repr(other))


def test_what_holds_itself_always_counts_as_changed() -> None:
    value: list[Any] = []
    value.append(value)
    state = ds.State()
    assert state.mark_of(value) != state.mark_of(value)


class TestBrowserState:
    def test_the_page_knows_where_it_is_kept(self) -> None:
        with ds.Blocks() as app:
            ds.BrowserState({"theme": "dark"}, storage_key="settings")
            ds.BrowserState(1, storage_key="settings", secret="s")
            ds.BrowserState()
        props = [each["props"] for each in App(app).page.config["components"]]
        assert props[0]["value"] == {"theme": "dark"}
        assert props[0]["storage_key"] == "settings"
        assert props[1]["storage_key"].startswith("settings.")
        assert len(props[2]["storage_key"]) >= 16, "one that nobody else has"

    async def test_it_is_a_value_like_another(self) -> None:
        with ds.Blocks() as app:
            state = ds.BrowserState([])
            ds.Button().click(lambda kept: [*kept, "x"], state, state)
        with served(app) as server:
            async with server.page() as page:
                assert await told(page, ["y"]) == ["y", "x"]


class TestTimer:
    def test_the_page_knows_how_often(self) -> None:
        with ds.Blocks() as app:
            timer = ds.Timer(2, active=False)
            timer.tick(lambda: None)
        config = App(app).page.config
        assert (
            config["components"][0]["props"] | {"value": 2, "active": False}
            == config["components"][0]["props"]
        )
        assert config["dependencies"][0]["targets"] == [[timer.id, "tick"]]

    @pytest.mark.parametrize("seconds", [0, -1, "soon", True])
    def test_a_time_that_is_none_is_refused(self, seconds: Any) -> None:
        with pytest.raises(UsageError, match="Timer: value="):
            ds.Timer(seconds)

    async def test_a_function_may_stop_it_and_hurry_it(self) -> None:
        with ds.Blocks() as app:
            timer = ds.Timer(2)
            timer.tick(lambda seconds: ds.Timer(value=seconds / 2, active=False), timer, timer)
        with served(app) as server:
            async with server.page() as page:
                ((_, change),) = (await page.run(2))["changes"]
        assert change == {"value": 1, "active": False}

    def test_a_value_may_be_made_again_every_so_often(self) -> None:
        with ds.Blocks() as app:
            name = ds.Textbox()
            ds.Textbox(lambda name: f"{name} at {time.time()}", inputs=name, every=5)
        config = App(app).page.config
        (timer,) = [each for each in config["components"] if each["type"] == "timer"]
        assert timer["props"]["value"] == 5
        (load,) = config["dependencies"]
        assert load["inputs"] == [name.id]
        assert load["targets"] == [
            [config["layout"]["id"], "load"],
            [name.id, "change"],
            [timer["id"], "tick"],
        ]
