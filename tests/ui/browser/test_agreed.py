"""What scripts for Gradio rely on: a step that changes, tabs that the app selects."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

import doorstep as ds
from tests.support.waiting import wait_for

Visit = Callable[[ds.Blocks], Page]


def test_a_step_that_the_app_changes_leaves_number_and_handle_at_the_value(visit: Visit) -> None:
    with ds.Blocks() as app:
        slider, seen = ds.Slider(0, 10, 5, step=1, label="much"), ds.Textbox(label="seen")
        ds.Button("Coarse").click(lambda: ds.Slider(step=2), None, slider)
        slider.release(str, slider, seen)
    page = visit(app)
    handle = page.get_by_role("slider", name="much")
    number = page.get_by_role("spinbutton", name="much")

    page.get_by_role("button", name="Coarse").click()
    expect(number).to_have_attribute("step", "2")
    expect(handle).to_have_value("5")
    expect(number).to_have_value("5")
    handle.press("ArrowRight")
    expect(page.get_by_label("seen")).to_have_value("8")
    expect(number).to_have_value("8")
    expect(handle).to_have_value("8")


def test_a_tab_is_told_that_it_shows_whoever_selected_it(visit: Visit) -> None:
    came: list[str] = []

    def note(name: str) -> Callable[[], None]:
        return lambda: came.append(name)

    with ds.Blocks() as app:
        with ds.Tabs() as tabs:
            for number, name in enumerate(("One", "Two")):
                with ds.Tab(name, id=number) as tab:
                    ds.Textbox(label=f"in {name}")
                tab.select(note(name), None, None)
        tabs.select(note("by hand"), None, None)
        ds.Button("Second").click(lambda: ds.Tabs(selected=1), None, tabs)
    page = visit(app)

    wait_for(lambda: came == ["One"], what="the first tab is shown")
    page.get_by_role("button", name="Second").click()
    wait_for(lambda: came == ["One", "Two"], what="the app selects the second")
    page.get_by_role("tab", name="One").click()
    wait_for(lambda: sorted(came) == ["One", "One", "Two", "by hand"], what="a person selects the first")
