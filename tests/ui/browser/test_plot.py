"""Plots: drawn by the library they are of, told of in words, chosen from, changed in place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import altair
import matplotlib.figure
import matplotlib.pyplot
import numpy as np
import pandas as pd
import plotly.express
import pytest
from bokeh.plotting import figure as bokeh_figure
from playwright.sync_api import Locator, Page, expect

import doorstep as ds

Visit = Callable[[ds.Blocks], Page]

LOADING = 20_000
"""Milliseconds for a big library, on a busy machine."""

TABLE = pd.DataFrame({"x": [0, 1, 2, 3], "y": [1, 4, 2, 3], "kind": ["a", "b", "a", "b"]})
HOURS = pd.DataFrame({"t": pd.date_range("2024-01-01", periods=48, freq="h"), "y": range(48)})


@pytest.fixture
def silent(page: Page) -> Iterator[list[str]]:
    """What the browser complained of: nothing, at the end."""
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda each: said.append(each.text) if each.type == "error" else None)
    yield said
    assert said == []


def marks(page: Page, kind: str) -> Locator:
    """The marks of a drawing that is made of elements, by what they are."""
    return page.locator(f".canvas [aria-roledescription='{kind}']")


def figures() -> dict[str, Any]:
    drawn, axes = matplotlib.pyplot.subplots()
    axes.plot([1, 2])
    matplotlib.pyplot.close(drawn)
    bokeh = bokeh_figure(height=200, width=200)
    bokeh.line([1, 2], [3, 4])
    return {
        "matplotlib": drawn,
        "plotly": plotly.express.scatter(TABLE, x="x", y="y", render_mode="webgl"),
        "altair": altair.Chart(TABLE).mark_bar().encode(x="x:N", y="y"),
        "bokeh": bokeh,
    }


def test_each_library_draws_its_figures_and_the_page_allows_it(visit: Visit, silent: list[str]) -> None:
    with ds.Blocks() as app:
        for name, figure in figures().items():
            ds.Plot(figure, label=name)
    page = visit(app)

    expect(page.get_by_role("img", name="matplotlib")).to_have_attribute(
        "src", re.compile("^data:image/webp")
    )
    expect(page.get_by_role("region", name="plotly").locator(".scatterlayer .point")).to_have_count(
        4, timeout=LOADING
    )
    expect(page.get_by_role("region", name="altair").locator("[aria-roledescription='bar']")).to_have_count(
        4, timeout=LOADING
    )
    expect(page.get_by_role("region", name="bokeh").locator("canvas").first).to_be_attached(timeout=LOADING)


GROUND = """(element) => {
    const canvas = Object.assign(document.createElement("canvas"), {width: 1, height: 1});
    const brush = canvas.getContext("2d");
    brush.drawImage(element, 0, 0, 1, 1, 0, 0, 1, 1);
    return [...brush.getImageData(0, 0, 1, 1).data];
}"""


def test_a_figure_keeps_its_own_ground_in_the_dark(page: Page, visit: Visit) -> None:
    plain, blue, clear = (matplotlib.figure.Figure() for _ in range(3))
    blue.set_facecolor("#0000ff")
    clear.set_facecolor("none")
    with ds.Blocks() as app:
        for name, figure in {"plain": plain, "blue": blue, "clear": clear}.items():
            figure.subplots()
            ds.Plot(figure, label=name, format="png")
        ds.Plot(figures()["bokeh"], label="bokeh")
    page.emulate_media(color_scheme="dark")
    visit(app)

    for name, colour in {"plain": [255] * 4, "blue": [0, 0, 255, 255], "clear": [0] * 4}.items():
        picture = page.get_by_role("img", name=name)
        page.wait_for_function("(img) => img.complete", arg=picture.element_handle())
        assert picture.evaluate(GROUND) == colour
        expect(picture).to_have_css("background-color", "rgba(0, 0, 0, 0)")
    bokeh = page.get_by_role("region", name="bokeh")
    expect(bokeh.locator("canvas").first).to_be_attached(timeout=LOADING)
    expect(bokeh.locator(".bokeh")).to_have_css("background-color", "rgb(255, 255, 255)")


def test_a_figure_takes_the_place_of_another(visit: Visit, silent: list[str]) -> None:
    made = figures()
    with ds.Blocks() as app:
        plot, which, seen = (
            ds.Plot(label="figure"),
            ds.Radio(list(made), label="which"),
            ds.Textbox(label="seen"),
        )
        which.change(made.get, which, plot)
        plot.change(lambda drawn: drawn["type"], plot, seen)
    page = visit(app)
    place = page.get_by_role("region", name="figure")

    expect(place).to_contain_text("No plot yet")
    page.get_by_role("radio", name="plotly").check()
    expect(place.locator(".scatterlayer .point")).to_have_count(4, timeout=LOADING)
    page.get_by_role("radio", name="altair").check()
    expect(place.locator("[aria-roledescription='bar']")).to_have_count(4, timeout=LOADING)
    expect(place.locator(".scatterlayer")).to_have_count(0)
    page.get_by_role("radio", name="matplotlib").check()
    expect(place.get_by_role("img", name="figure")).to_be_visible()
    expect(page.get_by_label("seen", exact=True)).to_have_value("matplotlib")


def test_native_plots_draw_lines_bars_and_points_and_say_so(
    visit: Visit, silent: list[str], violations: Callable[[Page], list[Any]]
) -> None:
    with ds.Blocks() as app:
        ds.LinePlot(TABLE, x="x", y="y", color="kind", label="lines", title="Over x", caption="Made up.")
        ds.BarPlot(TABLE, x="kind", y="y", label="bars", sort="-y", color_map={"a": "red"})
        ds.BarPlot(HOURS, x="t", y="y", x_bin="1d", y_aggregate="mean", label="days")
        ds.ScatterPlot(TABLE, x="x", y="y", color="y", label="points", tooltip="all", x_lim=[0, None])
    page = visit(app)

    expect(page.get_by_role("img", name="A line plot of y by x, in series by kind: 4 points")).to_be_visible()
    expect(marks(page, "line mark")).to_have_count(2, timeout=LOADING)
    expect(marks(page, "bar")).to_have_count(2)
    expect(marks(page, "rect mark")).to_have_count(2)
    expect(page.get_by_text("Made up.")).to_be_visible()
    days = page.get_by_role("region", name="days")
    days.get_by_role("button", name="Show as a table").click()
    expect(days.get_by_role("row")).to_have_text(
        ["t y", "2024-01-01 11.5", "2024-01-02 35.5"], use_inner_text=True
    )
    assert violations(page) == []


def dragged(page: Page, begin: float, end: float) -> None:
    """A part of the first drawing's width is chosen with the mouse."""
    box = page.locator(".canvas").first.bounding_box()
    assert box is not None
    height = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * begin, height)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * end, height, steps=4)
    page.mouse.up()


def test_a_chosen_part_of_the_axis_is_told_and_zoomed_into(visit: Visit, silent: list[str]) -> None:
    with ds.Blocks() as app:
        plot, seen = ds.LinePlot(HOURS, x="t", y="y", label="hours"), ds.Textbox(label="seen")

        def zoom(event: ds.SelectData) -> tuple[Any, str]:
            start, end = event.index  # type: ignore[misc]
            first = pd.Timestamp("2024-01-01").timestamp()
            return ds.LinePlot(x_lim=[start, end]), str(first <= start < end <= first + 48 * 3600)

        plot.select(zoom, None, [plot, seen])
        plot.double_click(lambda: (ds.LinePlot(x_lim=None), "out"), None, [plot, seen])
    page = visit(app)
    expect(marks(page, "line mark")).to_have_count(1, timeout=LOADING)
    expect(page.locator(".canvas")).to_contain_text("2024")

    dragged(page, 0.5, 0.8)
    expect(page.get_by_label("seen", exact=True)).to_have_value("True")
    expect(page.locator(".canvas")).not_to_contain_text("2024")
    expect(page.locator(".canvas")).to_contain_text("AM")
    page.locator(".canvas").dblclick()
    expect(page.get_by_label("seen", exact=True)).to_have_value("out")
    expect(page.locator(".canvas")).to_contain_text("2024")


def test_a_part_of_the_axis_is_chosen_by_keys(visit: Visit, silent: list[str]) -> None:
    with ds.Blocks() as app:
        plot, seen = ds.BarPlot(TABLE, x="x", y="y", label="bars"), ds.Textbox(label="seen")

        def chosen(event: ds.SelectData) -> str:
            return str([round(each) for each in event.index])  # type: ignore[union-attr]

        plot.select(chosen, None, seen)
        plot.double_click(lambda: "out", None, seen)
    page = visit(app)
    expect(marks(page, "rect mark")).to_have_count(4, timeout=LOADING)

    page.locator(".canvas").focus()
    for key in ("ArrowRight", "ArrowRight", "Shift+ArrowRight", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_label("seen", exact=True)).to_have_value("[1, 3]")
    page.keyboard.press("Escape")
    expect(page.get_by_label("seen", exact=True)).to_have_value("out")


def test_other_points_come_into_the_same_drawing(visit: Visit, silent: list[str]) -> None:
    with ds.Blocks() as app:
        plot, more = ds.ScatterPlot(TABLE, x="x", y="y", label="points"), ds.Button("more")
        rows = pd.DataFrame({"x": np.arange(20), "y": np.arange(20)})
        more.click(lambda: rows, None, plot)
    page = visit(app)
    expect(marks(page, "point")).to_have_count(4, timeout=LOADING)
    page.evaluate("document.querySelector('.canvas svg').dataset.same = 'yes'")

    page.get_by_role("button", name="more").click()

    expect(marks(page, "point")).to_have_count(20)
    expect(page.locator(".canvas svg")).to_have_attribute("data-same", "yes")


def test_many_points_are_painted_and_saved_as_a_picture(visit: Visit, silent: list[str]) -> None:
    rows = pd.DataFrame({"x": np.arange(10_000), "y": np.sin(np.arange(10_000))})
    page = visit(
        ds.Interface(lambda: rows, None, ds.ScatterPlot(x="x", y="y", label="many", buttons=["export"]))
    )

    page.get_by_role("button", name="Generate").click()
    expect(page.locator(".canvas canvas")).to_be_visible(timeout=LOADING)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()

    assert download.value.suggested_filename == "many.png"
