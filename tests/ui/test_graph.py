"""The tree of blocks and the functions attached to it."""

from __future__ import annotations

import time
from typing import Any

import pytest

import doorstep as ds
from doorstep.errors import UsageError


def test_a_block_goes_into_the_innermost_open_container() -> None:
    with ds.Blocks() as app:
        outer = ds.Textbox()
        with ds.Row() as row:
            inner = ds.Textbox()
    assert app.children == [outer, row]
    assert row.children == [inner]
    assert list(app.walk()) == [outer, row, inner]


def test_a_block_made_early_is_rendered_where_render_is_called() -> None:
    early = ds.Textbox()
    with ds.Blocks() as app, ds.Column() as column:
        early.render()
    assert column.children == [early]
    assert early.root is app


def test_rendering_outside_of_an_app_says_what_is_missing() -> None:
    with pytest.raises(UsageError, match="needs an open `with Blocks"):
        ds.Textbox().render()


def test_a_block_cannot_be_on_the_page_twice() -> None:
    with ds.Blocks():
        box = ds.Textbox()
        with pytest.raises(UsageError, match="on the page already"):
            box.render()


def test_an_event_outside_of_an_app_is_refused() -> None:
    with pytest.raises(UsageError, match="only inside `with Blocks"):
        ds.Button().click(print)


def test_an_error_inside_the_with_closes_it() -> None:
    with pytest.raises(RuntimeError), ds.Blocks():
        raise RuntimeError
    with pytest.raises(UsageError):
        ds.Textbox().render()


def test_an_event_becomes_a_dependency_with_its_targets_inputs_and_outputs() -> None:
    with ds.Blocks() as app:
        name, said, button = ds.Textbox(), ds.Textbox(), ds.Button()
        dependency = button.click(str.upper, name, said, api_name="shout", show_progress="minimal")
    assert app.dependencies == [dependency]
    assert dependency.config() == {
        "id": 0,
        "targets": [[button.id, "click"]],
        "inputs": [name.id],
        "outputs": [said.id],
        "api_name": "shout",
        "js": None,
        "backend_fn": True,
        "show_progress": "minimal",
        "trigger_mode": "once",
    }


def test_api_names_are_unique_words() -> None:
    with ds.Blocks() as app:
        button = ds.Button()
        for _ in range(3):
            button.click(lambda: None)
    assert [each.api_name for each in app.dependencies] == ["lambda", "lambda_1", "lambda_2"]


def test_a_change_that_comes_while_the_last_is_handled_is_not_lost() -> None:
    with ds.Blocks():
        box = ds.Textbox()
        assert box.change(print, box).trigger_mode == "always_last"
        assert box.submit(print, box).trigger_mode == "once"
        assert box.change(print, box, trigger_mode="multiple").trigger_mode == "multiple"


def test_a_component_that_is_on_no_page_is_named_when_the_app_starts() -> None:
    lost = ds.Textbox(label="lost")
    with ds.Blocks() as app:
        ds.Button().click(print, lost)
    with pytest.raises(UsageError, match=r"print\(\) uses <Textbox \d+>, which is not on the page"):
        app.finish()


@pytest.mark.parametrize("wrong", ["text", 3, [None]])
def test_inputs_that_are_no_components_are_refused(wrong: object) -> None:
    with ds.Blocks():
        button = ds.Button()
        with pytest.raises(UsageError, match="inputs are components"):
            button.click(print, wrong)  # type: ignore[arg-type]


def test_a_callable_value_is_loaded_with_the_page() -> None:
    with ds.Blocks() as app:
        box = ds.Textbox(lambda: "now")
    app.finish()
    app.finish()
    (dependency,) = app.dependencies
    assert dependency.targets[0].block == app.id
    assert dependency.outputs == [box]


def test_a_callable_value_is_loaded_again_when_its_inputs_change_and_every_so_often() -> None:
    with ds.Blocks() as app:
        seed = ds.Number(1)
        same: Any = lambda n: n  # noqa: E731  # its value takes an input
        slow, shared = ds.Number(same, every=2.5, inputs=seed), ds.Timer(9)
        ds.Textbox(lambda: "now", every=shared)
    app.finish()
    first, second = app.dependencies
    (timer,) = [each for each in app.walk() if isinstance(each, ds.Timer) and each is not shared]
    assert timer.value == 2.5
    assert first.inputs == [seed]
    assert first.outputs == [slow]
    assert [(each.block, each.event) for each in first.targets] == [
        (app.id, "load"),
        (seed.id, "change"),
        (timer.id, "tick"),
    ]
    assert [(each.block, each.event) for each in second.targets] == [(app.id, "load"), (shared.id, "tick")]


def test_a_page_of_many_components_is_built_in_no_time() -> None:
    """The best of three: the collector of garbage may look through all that other tests left."""

    def built() -> float:
        started = time.thread_time()
        with ds.Blocks() as app:
            for number in range(125):
                with ds.Row():
                    box, out = ds.Textbox(label=f"box {number}"), ds.Textbox()
                    ds.Button().click(lambda text: text, box, out)
        app.finish()
        return time.thread_time() - started

    assert min(built() for _ in range(3)) < 0.25, "50 ms, on a machine that is not busy"


def test_functions_of_one_concurrency_id_share_the_strictest_limit() -> None:
    with ds.Blocks() as app:
        button = ds.Button()
        first = button.click(print, concurrency_id="gpu", concurrency_limit=4)
        second = button.click(print, concurrency_id="gpu", concurrency_limit=2)
        third = button.click(print, concurrency_limit=None)
        fourth = button.click(print)
    assert [app.concurrency_limit_of(each) for each in (first, second, third, fourth)] == [2, 2, None, 1]
    app.queue(default_concurrency_limit=5)
    assert app.concurrency_limit_of(fourth) == 5


def test_a_clear_button_empties_its_components_without_a_round_trip() -> None:
    with ds.Blocks() as app:
        box, slider = ds.Textbox("x"), ds.Slider(3, 9, value=5)
        clear = ds.ClearButton([box, slider])
    config = app.dependencies[0].config()
    assert config["targets"] == [[clear.id, "click"]]
    assert config["backend_fn"] is False
    assert config["changes"] == [(box.id, {"value": None}), (slider.id, {"value": 3})]
