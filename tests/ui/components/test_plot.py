"""Plot and the native plots: figures and tables to the page."""

from __future__ import annotations

import base64
import datetime
import json
from pathlib import Path
from typing import Any

import altair
import matplotlib.pyplot
import pandas as pd
import plotly.graph_objects
import polars as pl
import pytest
from bokeh.plotting import figure as bokeh_figure

import doorstep as ds
from doorstep.errors import UsageError
from tests.ui.support import FakeFiles

NO_FILES = FakeFiles(Path("/nonexistent"))


@pytest.fixture
def axes() -> Any:
    figure, axes = matplotlib.pyplot.subplots()
    axes.plot([1, 2])
    yield axes
    matplotlib.pyplot.close(figure)


@pytest.mark.parametrize(
    ("file_format", "media", "begins"),
    [
        ("webp", "webp", b"RIFF"),
        ("png", "png", b"\x89PNG"),
        ("jpg", "jpeg", b"\xff\xd8"),
        ("svg", "svg+xml", b"<?xml"),
    ],
)
def test_matplotlib_is_a_picture(axes: Any, file_format: str, media: str, begins: bytes) -> None:
    wire = ds.Plot(format=file_format).postprocess(axes.figure, NO_FILES)

    assert wire is not None
    head, _, data = wire["plot"].partition(",")
    assert (wire["type"], head) == ("matplotlib", f"data:image/{media};base64")
    assert base64.b64decode(data).startswith(begins)


def test_axes_and_pyplot_stand_for_their_figure(axes: Any) -> None:
    whole = ds.Plot(format="png").postprocess(axes.figure, NO_FILES)

    assert ds.Plot(format="png").postprocess(axes, NO_FILES) == whole
    assert ds.Plot(format="png").postprocess(matplotlib.pyplot, NO_FILES) == whole


def test_other_libraries_draw_themselves() -> None:
    bokeh = bokeh_figure()
    bokeh.line([1, 2], [3, 4])
    figures = {
        "plotly": plotly.graph_objects.Figure(data=[{"type": "bar", "y": [1]}]),
        "altair": altair.Chart(pd.DataFrame({"a": [1]})).mark_point().encode(x="a"),
        "bokeh": bokeh,
    }

    for kind, figure in figures.items():
        wire = ds.Plot().postprocess(figure, NO_FILES)
        assert wire is not None
        assert wire["type"] == kind
        assert isinstance(json.loads(wire["plot"]), dict)
        assert ds.Plot(figure).value is figure


def test_what_is_no_figure_is_said_to_be_none() -> None:
    with pytest.raises(ValueError, match="no figure"):
        ds.Plot().postprocess("x", NO_FILES)
    with pytest.raises(UsageError, match="format='gif'"):
        ds.Plot(format="gif")
    assert ds.Plot().postprocess(None, NO_FILES) is None


TABLE = pd.DataFrame(
    {"t": pd.to_datetime(["2024-01-01", None]), "y": [1, 2.5], "c": ["u", None], "n": [1, 2]}
)


@pytest.mark.parametrize(
    ("kind", "mark"), [(ds.LinePlot, "line"), (ds.BarPlot, "bar"), (ds.ScatterPlot, "point")]
)
def test_a_native_plot_says_what_its_columns_are(kind: type[ds.LinePlot], mark: str) -> None:
    wire = kind(TABLE, x="t", y="y", color="c").postprocess(TABLE, NO_FILES)

    assert wire == {
        "columns": ["t", "y", "c", "n"],
        "data": [(1704067200000, 1.0, "u", 1), (None, 2.5, None, 2)],
        "datatypes": {"t": "temporal", "y": "quantitative", "c": "nominal", "n": "quantitative"},
        "mark": mark,
    }


def test_a_native_plot_takes_polars_and_times_with_a_zone() -> None:
    frame = pl.DataFrame({"t": [datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC), None], "y": [1, 2]})

    for table in (frame, pd.DataFrame({"t": pd.to_datetime(["2024-01-01 01:00+01:00"]), "y": [1]})):
        wire = ds.LinePlot(x="t", y="y").postprocess(table, NO_FILES)
        assert wire is not None
        assert wire["data"][0] == (1704067200000, 1)
        assert wire["datatypes"]["t"] == "temporal"


def test_an_unknown_column_is_named_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match="no column 'z'; the columns are: t, y, c, n"):
        ds.LinePlot(x="z", y="y").postprocess(TABLE, NO_FILES)


def test_mistakes_are_told_where_they_are_made() -> None:
    with pytest.raises(UsageError, match="x_bin='1w'"):
        ds.BarPlot(x="t", y="y", x_bin="1w")
    with pytest.raises(UsageError, match="y_aggregate='avg'"):
        ds.BarPlot(x="t", y="y", y_aggregate="avg")  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(UsageError, match="x_lim"):
        ds.BarPlot(x="t", y="y", x_lim=[1])


def test_limits_may_be_points_of_time() -> None:
    start = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)

    assert ds.LinePlot(x="t", y="y", x_lim=[start, None]).props()["x_lim"] == [1704067200.0, None]
