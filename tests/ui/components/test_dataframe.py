"""Dataframe: tables of every kind to the page and back."""

from __future__ import annotations

import datetime
import math
import sys
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import doorstep as ds
from doorstep.components import table_edits
from doorstep.components.frames import Table
from doorstep.components.table_edits import edited
from doorstep.errors import MissingExtraError, OutputError, RefusedError, UsageError
from tests.ui.calls import run, visit_to
from tests.ui.support import FakeFiles

NO_FILES = FakeFiles(Path("/nonexistent"))
TIMES = pd.to_datetime(["2024-01-01 00:00:00", "2024-02-03 04:05:06", None])


def shown(value: Any, **options: Any) -> Any:
    """What the page gets, through JSON as it does."""
    wire = ds.Dataframe(**options).postprocess(value, NO_FILES)
    return msgspec.json.decode(msgspec.json.encode(wire))


def passed(headers: list[Any], rows: list[list[Any]], kind: Any) -> Any:
    wire = {"headers": headers, "data": rows, "metadata": None}
    return ds.Dataframe(type=kind).preprocess(wire, NO_FILES)


@pytest.mark.parametrize(
    ("value", "headers", "rows"),
    [
        (pd.DataFrame({"a": [1, 2], "b": ["x", None]}), ["a", "b"], [[1, "x"], [2, None]]),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), ["a", "a"], [[1, 2]]),
        (pd.DataFrame([[1, 2]]), [0, 1], [[1, 2]]),
        (pd.DataFrame([[1]], columns=[pd.Timestamp("2024-01-01")]), ["2024-01-01 00:00:00"], [[1]]),
        (pd.DataFrame({"t": TIMES}), ["t"], [["2024-01-01 00:00:00"], ["2024-02-03 04:05:06"], [None]]),
        (pd.DataFrame({"d": [pd.Timedelta(seconds=5)]}), ["d"], [["0 days 00:00:05"]]),
        (pd.DataFrame({"c": pd.Categorical(["u", "v"])}), ["c"], [["u"], ["v"]]),
        (pd.DataFrame({"n": pd.array([1, None], dtype="Int64")}), ["n"], [[1], [None]]),
        (pd.DataFrame({"f": np.array([0.1], dtype="float32")}), ["f"], [[0.1]]),
        (pd.Series([1, 2], name="s"), ["s"], [[1], [2]]),
        (pl.DataFrame({"a": [1, None], "b": ["x", "y"]}), ["a", "b"], [[1, "x"], [None, "y"]]),
        (pl.LazyFrame({"t": [datetime.date(2024, 1, 2)]}), ["t"], [["2024-01-02"]]),
        (np.array([[1.5, np.nan]]), ["1", "2"], [[1.5, None]]),
        (np.array(["2024-01-01", "NaT"], dtype="datetime64[s]"), ["1"], [["2024-01-01 00:00:00"], [None]]),
        ([[1, "a"], [2]], ["1", "2"], [[1, "a"], [2, None]]),
        (["a", "b"], ["1"], [["a"], ["b"]]),
        ({"headers": ["p", "q"], "data": [[1, 2]]}, ["p", "q"], [[1, 2]]),
        ({"a": [1, 2], "b": [3, 4]}, ["a", "b"], [[1, 3], [2, 4]]),
        ([{"a": 1}, {"b": np.int64(2)}], ["a", "b"], [[1, None], [None, 2]]),
    ],
)
def test_every_kind_of_table_is_shown(value: Any, headers: list[Any], rows: list[Any]) -> None:
    wire = shown(value)

    assert (wire["headers"], wire["data"]) == (headers, rows)


def test_the_component_s_headers_are_for_values_without_any() -> None:
    assert shown([[1, 2, 3]], headers=["a", "b"])["headers"] == ["a", "b", "3"]
    assert shown(pd.DataFrame({"own": [1]}), headers=["a"])["headers"] == ["own"]
    assert shown(None, headers=["a", "b"]) == {"headers": ["a", "b"], "data": [], "metadata": None}
    assert shown(None)["headers"] == ["1", "2", "3"]


def test_a_styler_brings_its_texts_and_colours() -> None:
    table = pd.DataFrame({"a": [1.234, 2.345], "b": ["x", "y"]})
    styler = (
        table.style.format(precision=1, subset=["a"])
        .highlight_max(subset=["a"], color="red")
        .hide(["b"], axis=1)
    )

    wire = shown(styler)

    assert wire["data"] == [[1.234], [2.345]]
    assert wire["metadata"]["display_value"] == [["1.2"], ["2.3"]]
    assert wire["metadata"]["styling"] == [[""], ["background-color: red"]]


def test_a_csv_file_is_shown_if_it_may_be(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("a,b\n1,x\n")
    (tmp_path / "notes.ini").write_text("secret")

    wire = ds.Dataframe().postprocess(tmp_path / "table.csv", FakeFiles(tmp_path))

    assert (wire["headers"], wire["data"]) == (["a", "b"], [(1, "x")])
    with pytest.raises(OutputError, match="neither a table nor"):
        ds.Dataframe().postprocess(str(tmp_path / "notes.ini"), FakeFiles(tmp_path))


@pytest.mark.parametrize("value", [3, object(), np.zeros((2, 2, 2))])
def test_what_is_no_table_is_said_to_be_none(value: Any) -> None:
    with pytest.raises(ValueError, match="no table"):
        ds.Dataframe().postprocess(value, NO_FILES)


# -- back ----------------------------------------------------------------------------------------


def test_an_unchanged_table_keeps_its_kinds() -> None:
    before = pd.DataFrame(
        {"i": [1, 2**60], "f": [0.5, math.inf], "n": [1.0, None], "b": [True, False], "s": ["x", "2"]}
    )

    after = ds.Dataframe().preprocess(shown(before), NO_FILES)

    assert [each.kind for each in after.dtypes[:4]] == ["i", "f", "f", "b"]
    pd.testing.assert_frame_equal(after, before, check_dtype=False)


def test_headers_of_several_levels_come_back_as_they_were() -> None:
    columns = pd.MultiIndex.from_tuples([("a", "x"), ("a", "y")])
    before = pd.DataFrame([[1, 2]], columns=columns)

    assert ds.Dataframe().preprocess(shown(before), NO_FILES).columns.equals(columns)


def test_each_type_passes_its_kind() -> None:
    rows: list[list[Any]] = [[1, "x"], [2, None]]

    frame = passed(["a", "b"], rows, "pandas")
    assert (list(frame.columns), frame.dtypes["a"].kind) == (["a", "b"], "i")
    assert passed(["a", "a"], rows, "polars").columns == ["a", "a_"]
    assert passed(["a", "b"], [[1, 2.5]], "numpy").tolist() == [[1.0, 2.5]]
    assert passed(["a", "b"], rows, "array") == rows


@pytest.mark.parametrize("kind", ["pandas", "polars", "numpy", "array"])
def test_an_empty_table_is_one(kind: Any) -> None:
    assert len(passed(["a", "b"], [], kind)) == 0


def test_the_older_names_pass_what_they_did() -> None:
    wire = {"headers": ["1"], "data": [[1.5], [2]], "metadata": None}

    assert ds.Numpy().preprocess(wire, NO_FILES).tolist() == [[1.5], [2.0]]
    assert ds.Matrix().preprocess(wire, NO_FILES) == [[1.5], [2]]
    assert (ds.List().headers, ds.List().preprocess(wire, NO_FILES)) == (["1"], [[1.5], [2]])
    assert ds.DataFrame is ds.Dataframe


@pytest.mark.parametrize(
    "wire",
    [
        *(3, "x", [], {}, {"headers": 1, "data": []}, {"headers": [{}], "data": []}),
        *(
            {"headers": ["a"], "data": [1]},
            {"headers": ["a"], "data": [[1, 2]]},
            {"headers": ["a"], "data": "x"},
        ),
    ],
)
def test_what_is_no_table_of_a_page_is_refused_by_name(wire: Any) -> None:
    with pytest.raises(RefusedError, match="Dataframe “prices”"):
        ds.Dataframe(label="prices").preprocess(wire, NO_FILES)


@given(
    rows=st.lists(
        st.lists(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), min_size=2, max_size=2),
        max_size=4,
    ),
    kind=st.sampled_from(["pandas", "polars", "numpy", "array"]),
)
@settings(max_examples=60, deadline=None)
def test_whatever_cells_there_are_they_come_through(rows: list[Any], kind: Any) -> None:
    assert len(ds.Dataframe(type=kind).preprocess(shown(rows, headers=["a", "b"]), NO_FILES)) == len(rows)


# -- parameters ----------------------------------------------------------------------------------


def test_mistakes_are_told_where_they_are_made() -> None:
    with pytest.raises(UsageError, match="datatype='text'"):
        ds.Dataframe(datatype="text")  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(UsageError, match="2 headers for column_count=3"):
        ds.Dataframe(headers=["a", "b"], column_count=3)
    with pytest.raises(UsageError, match="type='list'"):
        ds.Dataframe(type="list")  # type: ignore[arg-type]  # wrong on purpose


def test_the_older_way_of_a_fixed_count_is_a_limit() -> None:
    table = ds.Dataframe(row_count=(4, "fixed"), col_count=(2, "dynamic"), height=300)

    props = table.props()
    assert (props["row_count"], props["row_limits"], props["column_limits"]) == (4, [4, 4], None)
    assert (props["headers"], props["max_height"]) == (["1", "2"], 300)


@pytest.mark.parametrize(("kind", "extra"), [("pandas", "table"), ("polars", "polars"), ("numpy", "table")])
def test_a_missing_package_is_named_with_its_extra(
    monkeypatch: pytest.MonkeyPatch, kind: Any, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, kind, None)

    with pytest.raises(MissingExtraError, match=rf"doorstep\[{extra}\]"):
        ds.Dataframe(type=kind).check_needs(is_read=True)
    ds.Dataframe(type=kind).check_needs(is_read=False)


# -- big tables ----------------------------------------------------------------------------------


def test_edits_are_done_to_the_table_that_the_app_remembers() -> None:
    table = Table(["a", "b"], [(1, 2), (3, 4), (5, 6)])

    after = edited(
        table,
        [
            *(["set", 1, 0, 30], ["delete_rows", 0, 1], ["insert_rows", 2, [[7, 8]]], ["rename", 0, "x"]),
            *(["insert_column", 1, "new"], ["delete_column", 2], ["keep", [0, 2]]),
        ],
    )

    assert (after.headers, [list(row) for row in after.rows]) == (["x", "new"], [[30, None], [7, None]])
    assert table.rows[1] == (3, 4)


@pytest.mark.parametrize(
    "edit",
    [
        *("x", [], ["set"], ["set", 9, 0, 1], ["set", 0, -1, 1], ["set", True, 0, 1], ["fly", 1], [[], 1]),
        *(["insert_rows", 0, [[1]]], ["delete_rows", 0, 99], ["keep", [7]], ["rename", 5, "x"]),
    ],
)
def test_an_edit_that_fits_nowhere_is_refused(edit: Any) -> None:
    with pytest.raises(RefusedError):
        edited(Table(["a", "b"], [(1, 2)]), [edit])


def test_a_page_sends_of_a_big_table_only_what_it_did() -> None:
    with ds.Blocks() as app:
        table = ds.Dataframe(type="array")
        total = ds.Number()
        make = table.change(lambda: np.ones((6000, 2)), None, table)
        add = table.change(lambda rows: sum(row[0] for row in rows), table, total)
    visit = visit_to(app, tell=[].append)

    wire = run(visit, make)[table.id]["value"]
    short = {
        "headers": [],
        "data": [],
        "metadata": {"kept": wire["metadata"]["kept"], "edits": [["set", 0, 0, 5]]},
    }

    assert len(wire["data"]) == 6000
    assert run(visit, add, short)[total.id]["value"] == 6004
    short["metadata"]["kept"] = "another"
    with pytest.raises(RefusedError, match="not the table that the app has"):
        run(visit, add, short)


def test_the_table_that_an_app_begins_with_is_remembered_too() -> None:
    with ds.Blocks() as app:
        table = ds.Dataframe(np.ones((6000, 2)), type="array")
        count = table.change(len, table, ds.Number())
    first = table.postprocess(table.value, NO_FILES)
    visit = visit_to(app, tell=[].append)

    assert first["metadata"] == {"kept": table_edits.FIRST}
    short = {"headers": [], "data": [], "metadata": {"kept": "first", "edits": [["delete_rows", 0, 10]]}}
    assert next(iter(run(visit, count, short).values()))["value"] == 5990


def test_what_takes_values_as_they_are_gets_a_big_table_whole() -> None:
    with ds.Blocks() as app:
        table = ds.Dataframe(np.ones((6000, 2)))
        count = table.change(lambda wire: len(wire["data"]), table, ds.Number(), preprocess=False)
    table.postprocess(table.value, NO_FILES)
    short = {"headers": [], "data": [], "metadata": {"kept": "first", "edits": [["set", 0, 0, 2]]}}

    assert next(iter(run(visit_to(app), count, short).values()))["value"] == 6000


def test_a_program_is_told_nothing_that_is_for_pages() -> None:
    with ds.Blocks() as app:
        table = ds.Dataframe()
        make = table.change(lambda: np.ones((6000, 2)), None, table)

    assert run(visit_to(app), make)[table.id]["value"]["metadata"] is None
