"""Choices, colours, dates, JSON, code, highlighted text, dialogue: Python value <-> wire value."""

from __future__ import annotations

import dataclasses
import math
from datetime import date, datetime, timedelta, timezone
from enum import Enum
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

import doorstep as ds
from doorstep.components.base import Component
from doorstep.errors import RefusedError, UsageError
from tests.ui.support import FakeFiles

NO_FILES = FakeFiles(Path("/nonexistent"))

EVERY: list[Component] = [
    ds.CheckboxGroup(["a", ("Two", 2)]),
    ds.ColorPicker(),
    ds.DateTime(),
    ds.HighlightedText(),
    ds.File(),
    ds.File(file_count="multiple"),
    ds.UploadButton(),
    ds.DownloadButton(),
    ds.FileExplorer(),
    ds.Code(),
    ds.ParamViewer(),
    ds.Dialogue(speakers=["Ann"]),
    ds.Dialogue(type="list", max_lines=2),
]


def accept(component: Component, wire: Any) -> Any:
    return component.preprocess(wire, NO_FILES)


def show(component: Component, value: Any) -> Any:
    return component.postprocess(value, NO_FILES)


@pytest.mark.parametrize("component", EVERY, ids=lambda each: type(each).__name__)
def test_the_emptied_value_is_json_and_accepted_back(component: Component) -> None:
    msgspec.json.encode([component.props(), component.blank(), component.api_info()])
    accept(component, component.blank())


class TestCheckboxGroup:
    def test_one_value_or_several_are_shown(self) -> None:
        group = ds.CheckboxGroup(["a", ("Bee", "b")])
        assert [show(group, each) for each in ("b", ["a", "b"], None, np.array(["a"]))] == [
            ["b"],
            ["a", "b"],
            [],
            ["a"],
        ]

    def test_values_or_indices_pass(self) -> None:
        assert accept(ds.CheckboxGroup(["a", ("Bee", "b")]), ["b"]) == ["b"]
        assert accept(ds.CheckboxGroup(["a", ("Bee", "b")], type="index"), ["b", "a"]) == [1, 0]

    def test_what_is_no_choice_is_refused(self) -> None:
        with pytest.raises(RefusedError, match="'c' is not one of the choices"):
            accept(ds.CheckboxGroup(["a"]), ["c"])
        with pytest.raises(RefusedError, match="3 chosen of 1"):
            accept(ds.CheckboxGroup(["a"]), ["a", "a", "a"])


class TestColorPicker:
    @pytest.mark.parametrize(
        "colour", ["#fff", "#ff0000", "rgba(1, 2, 3, 0.5)", "hsl(120deg 9% 25%)", "teal"]
    )
    def test_a_colour_passes_as_it_is(self, colour: str) -> None:
        assert accept(ds.ColorPicker(), colour) == colour

    @pytest.mark.parametrize("text", ["#ggg", "red; background: url(x)", "</style>", "#12345", "url(x)"])
    def test_anything_else_is_refused(self, text: str) -> None:
        with pytest.raises(RefusedError, match="is not a colour"):
            accept(ds.ColorPicker(), text)


class TestDateTime:
    @pytest.mark.parametrize(
        ("kind", "passed"),
        [
            ("timestamp", 1704193445.0),
            ("string", "2024-01-02 03:04:05"),
            ("datetime", datetime(2024, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=-8)))),
        ],
    )
    def test_it_passes_the_kind_that_is_asked_for_in_its_zone(self, kind: Any, passed: Any) -> None:
        component = ds.DateTime(type=kind, timezone="US/Pacific")
        assert accept(component, "2024-01-02 03:04:05") == passed

    @pytest.mark.parametrize(
        ("value", "shown"),
        [
            (0, "1970-01-01 00:00:00"),
            (datetime(2024, 1, 2, 3, 4, 5), "2024-01-02 03:04:05"),  # noqa: DTZ001  # one without a zone
            (datetime(2024, 1, 2, 3, tzinfo=timezone(timedelta(hours=1))), "2024-01-02 02:00:00"),
            (date(2024, 1, 2), "2024-01-02 00:00:00"),
            (np.datetime64("2024-01-02T03:04:05"), "2024-01-02 03:04:05"),
            ("now - 5m", "now - 5m"),
            (None, None),
        ],
    )
    def test_numbers_dates_and_texts_are_shown(self, value: Any, shown: str | None) -> None:
        assert show(ds.DateTime(timezone="UTC"), value) == shown

    def test_now_is_when_it_is_read(self) -> None:
        hour_ago = accept(ds.DateTime(), "now - 1h")
        assert abs(datetime.now().astimezone().timestamp() - 3600 - hour_ago) < 60

    def test_without_time_it_is_a_day(self) -> None:
        component = ds.DateTime(include_time=False, timezone="UTC", type="string")
        assert show(component, 86400) == "1970-01-02"
        assert accept(component, "2024-02-29") == "2024-02-29"

    @pytest.mark.parametrize("text", ["tomorrow", "2024-13-01", "now - x", "now - 999999999d"])
    def test_what_is_no_date_is_refused(self, text: str) -> None:
        with pytest.raises(RefusedError, match="is not a date such as"):
            accept(ds.DateTime(), text)

    def test_mistakes_are_told_at_once(self) -> None:
        with pytest.raises(UsageError, match="timezone='Mars' is not known"):
            ds.DateTime(timezone="Mars")
        with pytest.raises(UsageError, match="'soon' is not a date"):
            ds.DateTime("soon")


class TestHighlightedText:
    def test_entities_become_parts_with_the_text_between_them(self) -> None:
        value = {
            "text": "Ada of London",
            "entities": [
                {"entity_group": "place", "start": 7, "end": 13},
                {"entity": "who", "start": 0, "end": 3},
            ],
        }
        assert [tuple(each.values()) for each in show(ds.HighlightedText(), value)] == [
            ("Ada", "who"),
            (" of ", None),
            ("London", "place"),
        ]

    def test_neighbours_are_combined_and_spaces_taken_off_on_request(self) -> None:
        parts = [("a ", "x"), ("b", "x"), (" c", None)]
        together = show(ds.HighlightedText(combine_adjacent=True, adjacent_separator="-"), parts)
        assert [each["token"] for each in together] == ["a -b", " c"]
        bare = show(ds.HighlightedText(show_whitespaces=False), parts)
        assert [each["token"] for each in bare] == ["a", "b", "c"]

    def test_what_was_shown_passes_as_pairs(self) -> None:
        parts = [("good", 0.5), (" or ", None), ("Ada", "who")]
        component = ds.HighlightedText()
        assert accept(component, show(component, parts)) == parts
        assert show(component, show(component, parts)) == show(component, parts)

    def test_an_object_without_entities_cannot_be_shown(self) -> None:
        with pytest.raises(ValueError, match="needs the keys"):
            show(ds.HighlightedText(), {"text": "a"})


class Colour(Enum):
    RED = "red"


@dataclasses.dataclass
class Point:
    x: float
    when: date


class TestJSON:
    def test_text_is_read_and_objects_are_what_they_hold(self) -> None:
        assert show(ds.JSON(), '{"a": [1, null]}') == {"a": [1, None]}
        value = {1: Colour.RED, "p": Point(math.nan, date(2024, 1, 2)), "n": np.arange(2), "t": (1, {2})}
        assert show(ds.JSON(), value) == {
            "1": "red",
            "p": {"x": None, "when": "2024-01-02"},
            "n": [0, 1],
            "t": [1, [2]],
        }

    def test_what_has_no_form_is_named(self) -> None:
        with pytest.raises(ValueError, match="the text is not JSON"):
            show(ds.JSON(), "{")
        with pytest.raises(TypeError, match="JSON has no form for a object"):
            show(ds.JSON(), object())


class TestCode:
    def test_the_space_around_it_is_taken_off(self) -> None:
        assert show(ds.Code(), "\n x = 1 \n") == "x = 1"
        assert accept(ds.Code(), None) == ""

    def test_languages_are_known_by_name(self) -> None:
        assert "sql-mySQL" in ds.Code.languages
        with pytest.raises(UsageError, match="language='cobol' is not one of"):
            ds.Code(language="cobol")


LINES = [{"speaker": "Ann", "text": "Hello"}, {"speaker": "Bob", "text": "Hi"}]


class TestDialogue:
    def test_lines_are_one_text_or_a_list(self) -> None:
        speakers = ["Ann", "Bob"]
        assert accept(ds.Dialogue(speakers=speakers), LINES) == "[Ann] Hello\n[Bob] Hi"
        assert accept(ds.Dialogue(speakers=speakers, type="list"), LINES) == LINES
        assert accept(ds.Dialogue(speakers=speakers, type="list"), "[Ann] Hello\n[Bob] Hi") == LINES

    def test_the_app_may_write_and_read_lines_its_own_way(self) -> None:
        def read(line: str) -> dict[str, str]:
            speaker, text = line.split(": ")
            return {"speaker": speaker, "text": text}

        own = ds.Dialogue(
            speakers=["Ann", "Bob"],
            separator=" | ",
            formatter=lambda speaker, text: f"{speaker}: {text}",
            unformatter=read,
        )
        assert accept(own, LINES) == "Ann: Hello | Bob: Hi"
        assert own.unformat("Ann: Hello | Bob: Hi") == LINES

    def test_strangers_and_too_many_lines_are_refused(self) -> None:
        with pytest.raises(RefusedError, match="'Bob' is not one of the speakers: Ann"):
            accept(ds.Dialogue(speakers=["Ann"]), LINES)
        with pytest.raises(RefusedError, match="2 lines; at most 1"):
            accept(ds.Dialogue(max_lines=1), LINES)


class TestButtons:
    def test_a_clear_button_can_be_called_by_programs(self) -> None:
        with ds.Blocks() as app:
            box = ds.Textbox("full")
            ds.ClearButton(box, api_visibility="public", api_name="empty")
        (dependency,) = app.dependencies
        assert (dependency.api_name, dependency.fn is not None) == ("empty", True)

    def test_an_app_s_own_button_stands_only_beside_the_label(self) -> None:
        with ds.Blocks() as app:
            button = ds.Button("mine")
            radio = ds.Radio(["a"], buttons=[button])
        assert [each for each in app.children if each.is_placed] == [radio]
        assert radio.props()["buttons"] == [button.id]


def test_other_names_are_the_same() -> None:
    assert (ds.Text, ds.Json, ds.Variable, ds.Highlight) == (
        ds.Textbox,
        ds.JSON,
        ds.State,
        ds.HighlightedText,
    )
