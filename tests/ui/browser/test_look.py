"""How the page sits on a screen: beside and below, light and dark, for everybody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

import doorstep as ds

Visit = Callable[[ds.Blocks], Page]


def kitchen_sink() -> ds.Interface:
    def everything(*values: object) -> tuple[str, dict[str, float], None]:
        if values[0] == "boom":
            raise ds.Error("it went wrong")
        return repr(values), {"cat": 0.9, "dog": 0.1}, None

    return ds.Interface(
        everything,
        [
            ds.Textbox(label="Name", info="Who is it about?", placeholder="Ada", buttons=["copy"]),
            ds.Textbox(label="Secret", type="password"),
            ds.Number(label="Number", info="Any"),
            ds.Slider(0, 10, label="Amount"),
            ds.Checkbox(label="Sure", info="Really"),
            ds.Radio(["small", "large"], value="small", label="Size"),
            ds.Dropdown(["red", "green"], label="Colour"),
            ds.Dropdown(["fig", "plum"], multiselect=True, value=["fig"], label="Fruit"),
            ds.Image(label="Picture"),
        ],
        [ds.Textbox(label="Text"), ds.Label(label="Animal"), ds.Image(label="Out")],
        title="Kitchen sink",
        description="Some *emphasis* and a [link](https://example.org).",
    )


def columns(page: Page) -> tuple[dict[str, Any], dict[str, Any]]:
    """Where both are at one moment: what comes later above them moves them together."""
    expect(page.locator(".column").nth(1)).to_be_visible()
    left, right = page.evaluate(
        """() => [...document.querySelectorAll(".column")].slice(0, 2).map((each) => {
            const { x, y, width, height } = each.getBoundingClientRect();
            return { x, y, width, height };
        })"""
    )
    return left, right


def test_on_a_desktop_outputs_stand_right_of_inputs(visit: Visit, page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    visit(kitchen_sink())

    left, right = columns(page)

    assert right["x"] >= left["x"] + left["width"]
    assert right["y"] == left["y"]


def test_on_a_phone_outputs_stand_below_inputs_and_nothing_is_cut_off(visit: Visit, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    visit(kitchen_sink())

    left, right = columns(page)

    assert right["y"] >= left["y"] + left["height"]
    assert right["x"] == left["x"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def brightness(page: Page) -> float:
    colour = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    return sum(int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(",")) / 3


@pytest.mark.parametrize(
    ("system", "query", "dark"),
    [
        ("light", "", False),
        ("dark", "", True),
        ("light", "?__theme=dark", True),
        ("dark", "?__theme=light", False),
    ],
)
def test_dark_follows_the_system_unless_the_address_says_otherwise(
    page: Page, serve: Callable[[ds.Blocks], str], system: Any, query: str, dark: bool
) -> None:
    page.emulate_media(color_scheme=system)
    page.goto(serve(ds.Interface(str.upper, "text", "text")) + query)
    expect(page.get_by_role("button", name="Submit")).to_be_visible()

    assert (brightness(page) < 60) is dark


@pytest.mark.parametrize("system", ["light", "dark"])
def test_axe_finds_nothing_serious(
    visit: Visit, page: Page, violations: Callable[[Page], list[dict[str, Any]]], system: Any
) -> None:
    # Reduced motion, so that no colour is judged half-way through a transition.
    page.emulate_media(color_scheme=system, reduced_motion="reduce")
    visit(kitchen_sink())
    expect(page.locator(".prose em")).to_be_visible()
    assert violations(page) == []

    page.get_by_role("button", name="Submit").click()
    expect(page.locator(".label-heading")).to_be_visible()
    page.get_by_role("combobox", name="Fruit").click()
    assert violations(page) == []

    page.get_by_label("Name").fill("boom")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    assert violations(page) == []
