"""Parts of a page that are made anew for each session."""

from __future__ import annotations

from typing import Any

import pytest

import doorstep as ds
from doorstep.errors import UsageError
from doorstep.events.visit import Visit
from doorstep.messages import Render
from tests.ui.calls import run, visit_to
from tests.ui.support import served


class Session:
    """A session of an app, and what its page is told to render."""

    def __init__(self, app: ds.Blocks) -> None:
        self.told: list[Any] = []
        self.visit: Visit = visit_to(app, tell=self.told.append)

    def run(self, number: int, *data: Any) -> Any:
        dependency = self.visit.dependency(number)
        assert dependency is not None
        return run(self.visit, dependency, *data)

    def render(self, number: int, *data: Any) -> Render:
        self.run(number, *data)
        message: Render = self.told.pop()
        assert not self.told
        return message


def boxes(*, keyed: bool = True, preserved: Any = "value") -> tuple[ds.Blocks, Any]:
    """An app that shows as many boxes as a slider says; each writes into `said`."""
    with ds.Blocks() as app:
        count, said = ds.Slider(0, 9), ds.Textbox()

        @ds.render(inputs=count)
        def some(number: float) -> None:
            for index in range(int(number)):
                key = index if keyed else None
                box = ds.Textbox(label=f"box {index}", key=key, preserved_by_key=preserved)
                box.submit(str.upper, box, said, key=key)

    return app, said


def ids(message: Render) -> list[int]:
    return [entry["id"] for entry in message.components]


class TestOneSession:
    def test_it_is_rendered_when_the_page_opens_and_when_an_input_changes(self) -> None:
        app, _ = boxes()
        place = next(block for block in app.walk() if block.type == "render")
        config = app.dependencies[0].config()
        assert [event for _, event in config["targets"]] == ["load", "change"]
        assert config["trigger_mode"] == "always_last"
        assert config["show_progress_on"] == [place.id]
        assert app.dependencies[0].api_visibility == "private"

    def test_the_page_is_told_what_there_is_now(self) -> None:
        app, said = boxes()
        message = Session(app).render(0, 2)
        assert [entry["props"]["label"] for entry in message.components] == ["box 0", "box 1"]
        assert [entry["props"]["interactive"] for entry in message.components] == [True, True]
        assert message.children == [{"id": number, "children": []} for number in ids(message)]
        assert [each["targets"] for each in message.dependencies] == [[[n, "submit"]] for n in ids(message)]
        assert message.dependencies[0]["outputs"] == [said.id]

    def test_its_functions_run(self) -> None:
        app, said = boxes()
        session = Session(app)
        message = session.render(0, 2)
        assert session.run(message.dependencies[1]["id"], "a") == {said.id: {"value": "A"}}

    def test_what_was_there_before_is_gone(self) -> None:
        app, _ = boxes(keyed=False)
        session = Session(app)
        first = session.render(0, 2)
        second = session.render(0, 1)
        assert not set(ids(first)) & set(ids(second))
        assert session.visit.dependency(first.dependencies[0]["id"]) is None
        assert len(session.visit.overlay.blocks) == 1

    def test_a_key_keeps_a_component_its_id_and_its_value(self) -> None:
        app, _ = boxes()
        session = Session(app)
        first, second = session.render(0, 2), session.render(0, 3)
        assert ids(second)[:2] == ids(first)
        assert [entry.get("keep") for entry in second.components] == [["value"], ["value"], None]
        assert [each["id"] for each in second.dependencies][:2] == [each["id"] for each in first.dependencies]

    def test_more_than_the_value_can_be_kept(self) -> None:
        app, said = boxes(preserved=["value", "label"])
        session = Session(app)
        first = session.render(0, 1)
        block = session.visit.block(ids(first)[0])
        assert isinstance(block, ds.Textbox)
        block.label = "renamed"
        second = session.render(0, 1)
        assert second.components[0]["keep"] == ["value", "label"]
        assert second.components[0]["props"]["label"] == "renamed"
        assert said.label is None

    def test_the_same_key_twice_is_refused(self) -> None:
        with ds.Blocks() as app:

            @ds.render()
            def twins() -> None:
                ds.Textbox(key="a")
                ds.Number(key="a")
                ds.Textbox(key="a")

        with pytest.raises(UsageError, match="two blocks of the kind Textbox have the key 'a'"):
            Session(app).run(0)

    def test_layout_is_told_and_early_components_can_be_placed(self) -> None:
        with ds.Blocks() as app:

            @ds.render()
            def rows() -> None:
                early = ds.Textbox(render=False)
                with ds.Row():
                    ds.Number()
                    early.render()

        message = Session(app).render(0)
        assert [entry["type"] for entry in message.components] == ["row", "number", "textbox"]
        row, number, box = ids(message)
        assert message.children == [
            {"id": row, "children": [{"id": number, "children": []}, {"id": box, "children": []}]}
        ]

    def test_a_component_from_nowhere_is_named(self) -> None:
        stray = ds.Textbox()
        with ds.Blocks() as app:

            @ds.render()
            def wrong() -> None:
                ds.Button().click(print, stray)

        with pytest.raises(UsageError, match=r"print\(\) uses <Textbox \d+>, which is not on the page"):
            Session(app).run(0)

    def test_an_error_leaves_what_was_there(self) -> None:
        with ds.Blocks() as app:
            count = ds.Number()

            @ds.render(inputs=count)
            def picky(number: float) -> None:
                ds.Textbox()
                if number > 1:
                    raise ds.Error("too many")

        session = Session(app)
        session.render(0, 1)
        before = dict(session.visit.overlay.blocks)
        with pytest.raises(ds.Error):
            session.run(0, 2)
        assert session.visit.overlay.blocks == before
        with pytest.raises(UsageError):
            ds.Textbox().render()

    def test_a_value_that_is_a_function_is_loaded_after_the_part(self) -> None:
        with ds.Blocks() as app:

            @ds.render()
            def clock() -> None:
                ds.Textbox(lambda: "now")

        session = Session(app)
        message = session.render(0)
        assert message.dependencies[0]["after"] == [[0, "success"]]
        assert session.run(message.dependencies[0]["id"]) == {ids(message)[0]: {"value": "now"}}

    def test_an_interface_can_be_a_part(self) -> None:
        with ds.Blocks() as app:

            @ds.render()
            def tool() -> None:
                with ds.Blocks() as inner:
                    box = ds.Textbox()
                    inner.load(lambda: "loaded", None, box)
                ds.Interface(str.upper, "text", "text", flagging_mode="never")

        session = Session(app)
        message = session.render(0)
        assert message.dependencies[0]["after"] == [[0, "success"]]
        assert message.dependencies[0]["targets"] == []
        output = message.dependencies[1]["outputs"][0]
        assert session.run(message.dependencies[1]["id"], "a") == {output: {"value": "A"}}

    def test_a_function_may_ask_for_the_request(self) -> None:
        with ds.Blocks() as app:

            @ds.render()
            def hello(request: ds.Request | None) -> None:
                ds.Markdown("nobody" if request is None else "somebody")

        assert Session(app).render(0).components[0]["props"]["value"] == "nobody"

    def test_a_generator_is_refused(self) -> None:
        with ds.Blocks(), pytest.raises(UsageError, match="makes its components and returns"):

            @ds.render()
            def steps() -> Any:
                yield ds.Textbox()


class TestNesting:
    def nested(self) -> ds.Blocks:
        with ds.Blocks() as app:
            outer_count = ds.Number()

            @ds.render(inputs=outer_count)
            def outer(number: float) -> None:
                inner_count = ds.Number(key="count")

                @ds.render(inputs=inner_count)
                def inner(many: float) -> None:
                    for index in range(int(many)):
                        ds.Textbox(label=f"{number}-{index}", key=index)

        return app

    def test_the_inner_part_is_rendered_after_the_outer_one(self) -> None:
        session = Session(self.nested())
        message = session.render(0, 1)
        (inner,) = message.dependencies
        count, place = ids(message)
        assert inner["after"] == [[0, "success"]]
        assert inner["targets"] == [[count, "change"]]
        shown = session.render(inner["id"], 2)
        assert shown.block == place
        assert [entry["props"]["label"] for entry in shown.components] == ["1-0", "1-1"]

    def test_rendering_the_outer_part_again_keeps_the_inner_place_and_its_keys(self) -> None:
        session = Session(self.nested())
        first = session.render(0, 1)
        inside = session.render(first.dependencies[0]["id"], 1)
        second = session.render(0, 2)
        assert ids(second) == ids(first)
        again = session.render(second.dependencies[0]["id"], 2)
        assert ids(again)[:1] == ids(inside)
        assert again.components[0]["keep"] == ["value"]


async def test_an_event_that_crosses_a_rendering_is_answered_and_the_session_goes_on() -> None:
    app, _ = boxes(keyed=False)
    with served(app) as server:
        async with server.page() as page:
            await page.start(1)
            message, _done = await page.hear(), await page.hear()
            await page.start(1)
            await page.hear()
            await page.hear()
            answer = await page.run("a", fn=message["dependencies"][0]["id"])
            assert (answer["type"], answer["code"]) == ("failed", "cancelled")
            await page.start("a", fn=99)
            assert await page.end() == 1008


def test_sessions_have_parts_of_their_own() -> None:
    app, _ = boxes()
    mine, other = Session(app), Session(app)
    a, b = mine.render(0, 3), other.render(0, 1)
    assert len(mine.visit.overlay.blocks) == 3
    assert len(other.visit.overlay.blocks) == 1
    assert not set(ids(a)) & set(ids(b))


@pytest.mark.parametrize("is_async", [False, True])
async def test_the_part_arrives_before_its_job_is_done(is_async: bool) -> None:
    with ds.Blocks() as app:
        said = ds.Textbox()
        if is_async:

            @ds.render()
            async def part() -> None:
                ds.Button().click(lambda: "x", None, said)

        else:

            @ds.render()
            def part_in_thread() -> None:
                ds.Button().click(lambda: "x", None, said)

    with served(app) as server:
        async with server.page() as page:
            await page.start(fn=0)
            message, done = await page.hear(), await page.hear()
            assert [message["type"], done["type"]] == ["render", "done"]
            answer = await page.run(fn=message["dependencies"][0]["id"])
            assert answer["changes"] == [[said.id, {"value": "x"}]]
