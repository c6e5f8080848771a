"""Numbers that count while they are typed."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

import doorstep as ds

Visit = Callable[[ds.Blocks], Page]


def test_a_number_beside_a_slider_counts_while_it_is_typed_once_it_is_in_range(visit: Visit) -> None:
    with ds.Blocks() as app:
        slider, seen = ds.Slider(10, 50, value=10, label="size"), ds.Textbox(label="seen")
        slider.change(str, slider, seen)
    page = visit(app)
    number = page.locator(".slider-number")

    number.press("ControlOrMeta+a")
    number.press_sequentially("30")
    expect(page.get_by_label("seen")).to_have_value("30")
    expect(number).to_have_value("30")
    number.fill("99")
    expect(page.get_by_label("seen")).to_have_value("30")
    number.press("Tab")
    expect(page.get_by_label("seen")).to_have_value("50")
