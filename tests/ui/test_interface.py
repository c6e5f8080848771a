"""`Interface`: the page of one function."""

from __future__ import annotations

from typing import Any

import pytest

import doorstep as ds
from doorstep.components.base import Component
from doorstep.components.layout import Column, Row
from doorstep.errors import UsageError


def greet(name: str, intensity: float = 1) -> str:
    return f"Hello {name}" + "!" * int(intensity)


def test_the_seed_example_has_inputs_left_and_outputs_right() -> None:
    app = ds.Interface(
        greet,
        ["text", "slider"],
        "text",
        title="Greeter",
        description="Says hello.",
        article="End.",
        flagging_mode="never",
    )
    title, description, row, article = app.children
    assert isinstance(title, ds.Markdown)
    assert title.value == "# Greeter"
    assert isinstance(description, ds.Markdown)
    assert isinstance(article, ds.Markdown)
    assert isinstance(row, Row)
    left, right = row.children
    assert isinstance(left, Column)
    assert isinstance(right, Column)
    assert [type(each).__name__ for each in left.children] == ["Textbox", "Slider", "Row"]
    assert [type(each).__name__ for each in right.children] == ["Textbox"]


def test_components_are_called_like_the_parameters_and_output() -> None:
    app = ds.Interface(greet, ["text", ds.Slider(label="how much")], ["text", "number"])
    assert [each.label for each in app.input_components] == ["name", "how much"]
    assert [each.label for each in app.output_components] == ["output 0", "output 1"]
    assert ds.Interface(greet, ["text", "slider"], "text").output_components[0].label == "output"


def test_submit_and_enter_run_the_function_and_clear_empties_everything() -> None:
    app = ds.Interface(greet, ["text", "slider"], "text", flagging_mode="never")
    run, clear = app.dependencies
    assert [target.event for target in run.targets] == ["click", "submit"]
    assert run.api_name == "greet"
    text, slider, output = (*app.input_components, *app.output_components)
    assert clear.changes == [
        (text.id, {"value": None}),
        (slider.id, {"value": 0}),
        (output.id, {"value": None}),
    ]


def test_live_runs_at_every_change_and_has_no_submit() -> None:
    app = ds.Interface(greet, ["text", "slider"], "text", live=True, flagging_mode="never")
    assert [target.event for target in app.dependencies[0].targets] == ["change", "change"]
    assert app.dependencies[0].trigger_mode == "always_last"
    assert [block.value for block in app.walk() if isinstance(block, ds.Button)] == ["Clear"]


def test_a_function_without_inputs_keeps_its_button() -> None:
    app = ds.Interface(lambda: "x", None, "text", flagging_mode="never")
    buttons = [block.value for block in app.walk() if isinstance(block, ds.Button)]
    assert buttons == ["Clear", "Generate"]


def test_buttons_can_be_renamed_replaced_or_left_out() -> None:
    go = ds.Button("Go", variant="stop")
    app = ds.Interface(greet, "text", "text", submit_btn=go, clear_btn=None, flagging_mode="never")
    (button,) = [block for block in app.walk() if isinstance(block, ds.Button)]
    assert (button.value, button.variant) == ("Go", "stop")
    assert len(app.dependencies) == 1


def test_the_interface_can_be_called_like_its_function() -> None:
    assert ds.Interface(greet, ["text", "slider"], "text")("Ann", intensity=2) == "Hello Ann!!"


@pytest.mark.parametrize(
    "word",
    [
        "text",
        "textbox",
        "textarea",
        "number",
        "slider",
        "checkbox",
        "radio",
        "dropdown",
        "image",
        "label",
        "Text",
    ],
)
def test_words_stand_for_components(word: str) -> None:
    assert isinstance(ds.Interface(print, word, None).input_components[0], Component)


def test_an_unknown_word_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"no component 'texxt'.*textbox"):
        ds.Interface(greet, "texxt", "text")


def test_what_is_no_function_is_refused() -> None:
    not_a_function: Any = "greet"
    with pytest.raises(UsageError, match="wraps a function"):
        ds.Interface(not_a_function, "text", "text")


def test_a_parameter_that_does_nothing_yet_says_so() -> None:
    with pytest.warns(UserWarning, match="`thumbnail` does nothing yet") as said:
        ds.Interface(greet, "text", "text", thumbnail="cat.png")
    assert said[0].filename == __file__


def test_a_parameter_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'inptus'"):
        ds.Interface(greet, "text", "text", inptus=3)


def test_a_class_for_a_component_is_answered_with_the_call() -> None:
    given: Any = ds.Textbox
    with pytest.raises(UsageError, match=r"Textbox is a class; write Textbox\(\)"):
        ds.Interface(greet, given, "text")
    with pytest.raises(UsageError, match=r"Textbox is a class; write Textbox\(\)"):
        ds.Interface(greet, "text", [given])


@pytest.mark.parametrize("given", [5, {"text"}, [None]])
def test_what_is_no_component_is_refused(given: Any) -> None:
    with pytest.raises(UsageError, match="inputs and outputs are components or words"):
        ds.Interface(greet, given, "text")


def add(a: float, b: float) -> float:
    return a + b


@pytest.mark.parametrize(("inputs", "have"), [("number", "1 input"), (["number"] * 3, "3 inputs")])
def test_inputs_that_do_not_fit_the_function_are_told_when_it_is_wrapped(inputs: Any, have: str) -> None:
    with pytest.warns(UserWarning, match=rf"add\(a, b\) cannot be called with .* {have}$") as said:
        ds.Interface(add, inputs, "number")
    assert said[0].filename == __file__


def test_parameters_with_defaults_and_any_number_of_arguments_fit() -> None:
    ds.Interface(greet, "text", "text")
    ds.Interface(lambda *several: several, ["text", "text"], "text")
    ds.Interface(max, ["number", "number"], "number")


def test_an_app_and_its_queue_take_what_other_versions_of_gradio_take() -> None:
    app = ds.Blocks(css="body {}")
    with pytest.warns(UserWarning, match="queue: `concurrency_count` does nothing yet"):
        app.queue(concurrency_count=3)
    with pytest.raises(TypeError, match="ccs"):
        ds.Blocks(ccs="body {}")
