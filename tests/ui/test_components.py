"""Each component: its Python value <-> its wire value, and what it refuses."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import doorstep as ds
from doorstep.components.base import Component
from doorstep.errors import RefusedError, UsageError
from tests.ui.support import FakeFiles

NO_FILES = FakeFiles(Path("/nonexistent"))

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)

EVERY: list[Component] = [
    ds.Textbox(max_length=5),
    ds.Number(minimum=-3, maximum=3, precision=1),
    ds.Slider(0, 10),
    ds.Checkbox(),
    ds.Radio(["a", 1, ("two", 2.5)]),
    ds.Dropdown(["a", "b"]),
    ds.Dropdown(["a", "b"], multiselect=True, max_choices=1),
    ds.Dropdown(["a"], allow_custom_value=True),
    ds.Label(),
    ds.Image(),
    ds.Button(),
    ds.Markdown(),
]


def accept(component: Component, wire: Any) -> Any:
    return component.preprocess(wire, NO_FILES)


def show(component: Component, value: Any) -> Any:
    return component.postprocess(value, NO_FILES)


@pytest.mark.parametrize("component", EVERY, ids=lambda each: type(each).__name__)
@given(wire=JSON)
@settings(max_examples=40, deadline=None)
def test_whatever_a_page_sends_is_taken_or_refused_by_name(component: Component, wire: Any) -> None:
    try:
        accept(component, wire)
    except RefusedError as error:
        named = (error.component, type(component).__name__ in str(error))
    else:
        return
    assert named == (component.id, True)


@pytest.mark.parametrize("component", EVERY, ids=lambda each: type(each).__name__)
def test_the_props_and_the_emptied_value_are_json(component: Component) -> None:
    msgspec.json.encode([component.props(), component.blank(), component.api_info()])


@pytest.mark.parametrize("component", EVERY, ids=lambda each: type(each).__name__)
def test_the_emptied_value_is_accepted_back(component: Component) -> None:
    accept(component, component.blank())


class TestTextbox:
    @given(text=st.text())
    @settings(max_examples=40, deadline=None)
    def test_text_passes_unchanged(self, text: str) -> None:
        assert accept(ds.Textbox(), text) == text

    def test_anything_is_shown_as_text(self) -> None:
        assert show(ds.Textbox(), 3) == "3"
        assert show(ds.Textbox(), None) is None

    def test_too_much_text_is_refused_with_both_numbers(self) -> None:
        with pytest.raises(RefusedError, match="Textbox “bio”: 6 characters; at most 5 are allowed"):
            accept(ds.Textbox(label="bio", max_length=5), "123456")

    def test_a_password_has_one_line(self) -> None:
        with pytest.warns(UserWarning, match="a password has one line"):
            assert ds.Textbox(type="password", lines=3).lines == 1


class TestNumber:
    @pytest.mark.parametrize(
        ("precision", "wire", "number"), [(None, 1.26, 1.26), (0, 1.6, 2), (1, 1.26, 1.3)]
    )
    def test_precision_rounds(self, precision: int | None, wire: float, number: float) -> None:
        got = accept(ds.Number(precision=precision), wire)
        assert got == number
        assert type(got) is type(number)

    @pytest.mark.parametrize("wire", [True, "3", [3], math.inf, math.nan])
    def test_what_is_no_number_is_refused(self, wire: Any) -> None:
        with pytest.raises(RefusedError, match="expected a number"):
            accept(ds.Number(), wire)

    def test_the_ends_are_kept(self) -> None:
        with pytest.raises(RefusedError, match="0 is less than the minimum 1"):
            accept(ds.Number(minimum=1), 0)
        with pytest.raises(RefusedError, match="11 is greater than the maximum 10"):
            accept(ds.Number(maximum=10), 11)

    def test_numpy_numbers_are_shown(self) -> None:
        for value in (np.float32(1.5), np.int64(2), np.array(3.0)):
            assert msgspec.json.encode(show(ds.Number(), value))


class TestSlider:
    @pytest.mark.parametrize(("span", "step"), [((0, 100), 1), ((0, 1), 0.01), ((0, 10), 0.1), ((0, 255), 1)])
    def test_the_step_suits_the_span(self, span: tuple[float, float], step: float) -> None:
        assert ds.Slider(*span).step == step

    def test_it_stands_at_its_minimum(self) -> None:
        assert ds.Slider(2, 10).value == 2
        assert ds.Slider(2, 10).blank() == 2

    def test_random_values_are_within_its_ends(self) -> None:
        slider = ds.Slider(1, 2, step=0.3, randomize=True)
        assert slider.loader is not None
        assert all(1 <= slider.loader() <= 2 for _ in range(100))


class TestChoices:
    def test_a_pair_shows_its_name_and_passes_its_value(self) -> None:
        radio = ds.Radio([("One", 1), "two"])
        assert radio.props()["choices"] == [("One", 1), ("two", "two")]
        assert accept(radio, 1) == 1

    def test_the_index_passes_on_request(self) -> None:
        assert accept(ds.Radio(["a", "b"], type="index"), "b") == 1
        assert accept(ds.Dropdown(["a", "b"], type="index", multiselect=True), ["b", "a"]) == [1, 0]

    @pytest.mark.parametrize("make", [ds.Radio, ds.Dropdown])
    def test_what_is_no_choice_is_refused_with_the_choices(self, make: Any) -> None:
        with pytest.raises(RefusedError, match=r"'c' is not one of the choices: 'a', 'b'"):
            accept(make(["a", "b"]), "c")

    def test_true_is_not_one(self) -> None:
        with pytest.raises(RefusedError):
            accept(ds.Radio([1, 2]), True)

    def test_a_dropdown_starts_at_its_first_choice_unless_told(self) -> None:
        assert ds.Dropdown(["a", "b"]).value == "a"
        assert ds.Dropdown(["a", "b"], value=None).value is None
        assert ds.Dropdown(["a", "b"], multiselect=True).value == []
        assert ds.Dropdown().value is None

    def test_custom_values_are_taken_only_on_request(self) -> None:
        assert accept(ds.Dropdown(["a"], allow_custom_value=True), "new") == "new"

    def test_too_many_choices_are_refused(self) -> None:
        with pytest.raises(RefusedError, match="2 chosen; at most 1"):
            accept(ds.Dropdown(["a", "b"], multiselect=True, max_choices=1), ["a", "b"])

    def test_a_list_for_a_single_choice_is_refused(self) -> None:
        with pytest.raises(TypeError, match="multiselect=True"):
            show(ds.Dropdown(["a"]), ["a"])


class TestLabel:
    def test_the_surest_come_first_and_only_so_many(self) -> None:
        assert show(ds.Label(num_top_classes=2), {"a": 0.2, "b": 0.7, "c": 0.1}) == {
            "label": "b",
            "confidences": [{"label": "b", "confidence": 0.7}, {"label": "a", "confidence": 0.2}],
        }

    def test_of_labels_that_are_as_sure_the_first_one_wins(self) -> None:
        shown = show(ds.Label(num_top_classes=2), {"dog": 0.4, "ant": 0.2, "cat": 0.4})
        assert shown["label"] == "dog"
        assert [each["label"] for each in shown["confidences"]] == ["dog", "cat"]

    def test_a_plain_label_has_no_confidences(self) -> None:
        assert show(ds.Label(), "cat") == {"label": "cat", "confidences": None}
        assert show(ds.Label(), 3.2) == {"label": "3.2", "confidences": None}
        assert show(ds.Label(), {}) is None

    def test_as_an_input_it_passes_what_it_shows(self) -> None:
        shown = show(ds.Label(), {"a": 0.2, "b": 0.8})
        assert accept(ds.Label(), shown) == {"b": 0.8, "a": 0.2}
        assert accept(ds.Label(), show(ds.Label(), "cat")) == "cat"


def test_markdown_may_be_indented_in_the_source() -> None:
    assert show(ds.Markdown(), "\n    # Title\n\n    Text\n") == "# Title\n\nText"


def test_an_unknown_parameter_is_an_error() -> None:
    with pytest.raises(TypeError, match="foo"):
        ds.Textbox(foo=1)  # type: ignore[call-arg]


def test_an_untouched_text_is_an_empty_one() -> None:
    assert accept(ds.Textbox(), None) == ""
    assert accept(ds.TextArea(), None) == ""


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        (ds.Image, {"type": "wrong"}, "Image: type='wrong' is not one of 'numpy', 'pil', 'filepath'"),
        (ds.Image, {"sources": ["uplaod"]}, "Image: sources='uplaod' is not one of 'upload', "),
        (ds.Textbox, {"type": "nope"}, "Textbox: type='nope' is not one of 'text', 'password', 'email'"),
        (ds.Radio, {"choices": ["a"], "type": "key"}, "Radio: type='key' is not one of 'value', 'index'"),
        (
            ds.Dropdown,
            {"choices": ["a"], "type": "key"},
            "Dropdown: type='key' is not one of 'value', 'index'",
        ),
        (ds.Slider, {"minimum": 10, "maximum": 1}, "Slider: minimum=10 must be less than maximum=1"),
        (ds.Slider, {"minimum": 0, "maximum": 10, "value": 99}, "Slider: value=99 is not between 0 and 10"),
        (ds.Slider, {"minimum": 0, "maximum": 10, "step": 0}, "Slider: step=0 must be more than 0"),
        (ds.Slider, {"minimum": "0", "maximum": 10}, "Slider: minimum='0' is not a number"),
        (ds.Number, {"minimum": 5, "maximum": 1}, "Number: minimum=5 must be at most maximum=1"),
    ],
)
def test_a_wrong_argument_is_told_where_it_is_made(kind: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as said:
        kind(**options)
    assert str(said.value).startswith(message)


@pytest.mark.parametrize(
    "make",
    [
        lambda: ds.Radio(["a"], value="zzz"),
        lambda: ds.Dropdown(["a"], value="zzz"),
        lambda: ds.Dropdown(["a"], value=["a", "zzz"], multiselect=True),
    ],
)
def test_a_value_that_is_no_choice_is_warned_of(make: Callable[[], Component]) -> None:
    with pytest.warns(UserWarning, match="value='zzz' is not one of the choices: 'a'$") as said:
        make()
    assert said[0].filename == __file__


def test_a_value_that_may_still_become_a_choice_is_taken_in_silence() -> None:
    ds.Radio(["a"], value=lambda: "zzz")
    ds.Radio([], value="zzz")
    ds.Dropdown(["a"], value="zzz", allow_custom_value=True)


@pytest.mark.parametrize(
    ("kind", "parameter", "said"),
    [
        (ds.Label, "show_share_button", "Label: `show_share_button` does nothing yet"),
        (ds.Column, "buttons", "Column: `buttons` does nothing yet"),
        (ds.Row, "show_progress", "Row: `show_progress` does nothing yet"),
    ],
)
def test_a_parameter_of_another_gradio_is_taken_with_a_warning(kind: Any, parameter: str, said: str) -> None:
    with pytest.warns(UserWarning, match=said) as warned:
        kind(**{parameter: True})
    assert warned[0].filename == __file__
    kind(**{parameter: False})
