"""The names of the first tutorials make today's components, with a note that says the new name."""

from __future__ import annotations

from typing import Any

import pytest

import doorstep as gr
from doorstep.older import INPUTS, OUTPUTS


def former(make: Any, *args: Any, **kwargs: Any) -> Any:
    with pytest.warns(UserWarning, match="former name of `doorstep"):
        return make(*args, **kwargs)


def test_a_slider_by_position() -> None:
    slider = former(gr.inputs.Slider, 0, 10, 2, 4, "Speed")
    assert isinstance(slider, gr.Slider)
    assert (slider.minimum, slider.maximum, slider.step, slider.value, slider.label) == (0, 10, 2, 4, "Speed")


def test_a_text_box_of_numbers_is_a_number() -> None:
    number = former(gr.inputs.Textbox, numeric=True, default=3, label="n")
    assert isinstance(number, gr.Number)
    assert number.value == 3


def test_choices_come_before_their_type() -> None:
    radio = former(gr.inputs.Radio, ["a", "b"], "index", "b", label="which")
    assert isinstance(radio, gr.Radio)
    assert radio.value == "b"
    assert radio.label == "which"


def test_the_label_of_an_image_classifier() -> None:
    label = former(gr.outputs.Label, num_top_classes=3, type="auto")
    assert isinstance(label, gr.Label)
    assert label.num_top_classes == 3


def test_a_state_has_no_label() -> None:
    state = former(gr.inputs.State, default=[1])
    assert isinstance(state, gr.State)
    assert state.initial() == [1]


def test_they_work_in_an_interface() -> None:
    with pytest.warns(UserWarning, match="former name"):
        app = gr.Interface(lambda text: text, gr.inputs.Textbox(lines=2), gr.outputs.Textbox())
    assert [type(each).__name__ for each in app.input_components + app.output_components] == ["Textbox"] * 2


def test_the_note_says_the_parameters_that_are_called_otherwise_now() -> None:
    with pytest.warns(UserWarning, match=r"inputs\.Number is .*`doorstep\.Number`.*`value` for `default`"):
        gr.inputs.Number(3)


def test_a_name_that_never_was_is_told_with_those_that_were() -> None:
    with pytest.raises(AttributeError, match=r"doorstep\.outputs.* no attribute 'Slider'; it has Audio"):
        gr.outputs.Slider  # noqa: B018  # the access is what is tested


def test_too_many_arguments_are_an_error() -> None:
    with pytest.raises(TypeError, match=r"inputs\.Number\(\) takes at most 3 arguments"):
        gr.inputs.Number(1, "a", True, 4)
    with pytest.raises(TypeError, match="got 'default' twice"):
        gr.inputs.Number(1, default=2)


@pytest.mark.parametrize(
    ("module", "name"), [("inputs", name) for name in INPUTS] + [("outputs", name) for name in OUTPUTS]
)
def test_every_former_name_makes_a_component(module: str, name: str) -> None:
    given = {"choices": ["a"]} if name in {"CheckboxGroup", "Dropdown", "Radio"} else {}
    component = former(getattr(getattr(gr, module), name), **given)
    assert isinstance(component, gr.Component)
