"""Blocks that hold others, as people use them: with keys, with a finger, on a phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.ui.browser.stage import Job, Stage

Open = Callable[[Stage], Page]
PHONE = {"width": 390, "height": 844}


def tabbed(*names: str, **props: Any) -> tuple[Stage, int]:
    stage = Stage()
    with stage.within("tabs", **props) as tabs:
        for name in names:
            with stage.within("tab", label=name, id=name.lower(), interactive=name != "Off"):
                stage.add("textbox", label=f"in {name}")
    return stage, tabs


def test_tabs_are_one_stop_and_arrows_go_between_them(open_stage: Open) -> None:
    stage, _ = tabbed("One", "Off", "Three")
    page = open_stage(stage)
    tab = {name: page.get_by_role("tab", name=name) for name in ("One", "Three")}

    page.keyboard.press("Tab")
    expect(tab["One"]).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(tab["Three"]).to_be_focused()
    expect(tab["Three"]).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("tabpanel", name="Three").get_by_label("in Three")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(tab["One"]).to_be_focused()
    page.keyboard.press("End")
    expect(tab["Three"]).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_label("in Three")).to_be_focused()


def test_what_was_typed_in_a_tab_is_there_when_it_is_shown_again(open_stage: Open) -> None:
    stage, _ = tabbed("One", "Two")
    page = open_stage(stage)

    page.get_by_label("in One").fill("typed")
    page.get_by_role("tab", name="Two").click()
    expect(page.get_by_label("in One")).to_be_hidden()
    page.get_by_role("tab", name="One").click()

    expect(page.get_by_label("in One")).to_have_value("typed")


def test_a_tab_tells_that_it_was_selected_and_the_app_selects_one(open_stage: Open) -> None:
    stage, tabs = tabbed("One", "Two", "Three")
    log, go = stage.add("textbox", label="log", interactive=False), stage.add("button", value="Third")
    told: list[str] = []

    def note(job: Job) -> None:
        told.append(f"{job.event['index']} {job.event['value']}" if job.event else "change")
        job.done(log, ", ".join(told))

    stage.on(tabs, "select", [], [log], note, wants_event=True)
    stage.on(tabs, "change", [], [log], note, trigger_mode="multiple")
    stage.on(go, "click", [], [tabs], lambda job: job.done(tabs, selected="three"))

    page = open_stage(stage)
    page.get_by_role("tab", name="Two").click()
    expect(page.get_by_label("log")).to_have_value("1 Two, change")
    page.get_by_role("button", name="Third").click()
    expect(page.get_by_label("in Three")).to_be_visible()
    expect(page.get_by_label("log")).to_have_value("1 Two, change, change")


def test_tabs_that_do_not_fit_a_phone_are_in_a_menu(page: Page, open_stage: Open) -> None:
    page.set_viewport_size({**PHONE})  # type: ignore[typeddict-item]
    stage, _ = tabbed("Overview", "Measurements", "Evaluation", "Deployment", "Settings")
    open_stage(stage)

    page.get_by_role("button", name="All tabs").click()
    page.get_by_role("dialog").get_by_role("button", name="Settings").click()

    expect(page.get_by_label("in Settings")).to_be_visible()
    expect(page.get_by_role("tab", name="Settings")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_an_accordion_opens_by_key_and_by_the_app_and_tells(open_stage: Open) -> None:
    stage = Stage()
    with stage.within("accordion", label="More", open=False) as accordion:
        stage.add("textbox", label="inside")
    log, go = stage.add("textbox", label="log", interactive=False), stage.add("button", value="Close it")
    stage.on(accordion, "expand", [], [log], lambda job: job.done(log, "expanded"))
    stage.on(accordion, "collapse", [], [log], lambda job: job.done(log, "collapsed"))
    stage.on(go, "click", [], [accordion], lambda job: job.done(accordion, open=False))

    page = open_stage(stage)
    expect(page.get_by_label("inside")).to_be_hidden()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("inside")).to_be_visible()
    expect(page.get_by_label("log")).to_have_value("expanded")
    page.get_by_role("button", name="Close it").click()
    expect(page.get_by_label("inside")).to_be_hidden()
    expect(page.get_by_label("log")).to_have_value("expanded")


def test_a_sidebar_covers_a_phone_only_when_it_is_asked_for(page: Page, open_stage: Open) -> None:
    page.set_viewport_size({**PHONE})  # type: ignore[typeddict-item]
    stage = Stage()
    with stage.within("sidebar", label="Settings", open=True):
        stage.add("textbox", label="model")
    stage.add("textbox", label="question")
    open_stage(stage)

    expect(page.get_by_label("model")).to_be_hidden()
    page.get_by_label("question").fill("why?")
    page.get_by_role("button", name="Open Settings").click()
    expect(page.get_by_label("model")).to_be_in_viewport()
    page.get_by_label("model").press("Escape")
    expect(page.get_by_label("model")).to_be_hidden()
    expect(page.get_by_role("button", name="Open Settings")).to_be_focused()


def test_on_a_desktop_the_page_makes_room_for_a_sidebar(open_stage: Open) -> None:
    stage = Stage()
    with stage.within("sidebar", label="Settings", open=True):
        stage.add("textbox", label="model")
    stage.add("textbox", label="question")
    page = open_stage(stage)
    page.emulate_media(reduced_motion="reduce")

    page.wait_for_function(
        """() => {
            const side = document.querySelector("aside").getBoundingClientRect();
            const question = [...document.querySelectorAll("main .block")].at(-1).getBoundingClientRect();
            return side.right > 0 && question.left >= side.right;
        }"""
    )
    page.get_by_role("button", name="Close Settings").click()
    expect(page.get_by_label("model")).to_be_hidden()
    page.wait_for_function("() => getComputedStyle(document.getElementById('app')).paddingLeft === '0px'")


def test_items_are_put_in_another_order_with_the_keys_and_with_a_pointer(open_stage: Open) -> None:
    stage = Stage()
    with stage.within("draggable", orientation="column"):
        for name in ("a", "b", "c"):
            stage.add("textbox", label=name)
    page = open_stage(stage)
    order = page.locator(".draggable-item .label")
    handle = page.get_by_role("button", name="Move a")

    handle.press("ArrowDown")
    expect(order).to_have_text(["b", "a", "c"])
    expect(handle).to_be_focused()
    expect(page.get_by_role("status").filter(has_text="a: 2 of 3")).to_be_attached()

    page.get_by_role("button", name="Move c").hover()
    page.mouse.down()
    top = page.locator(".draggable-item").first.bounding_box()
    assert top is not None
    page.mouse.move(top["x"] + 10, top["y"] + 10, steps=8)
    page.mouse.up()
    expect(order).to_have_text(["c", "b", "a"])


def test_a_walkthrough_goes_on_by_the_app_and_back_by_hand(open_stage: Open) -> None:
    stage = Stage()
    with stage.within("walkthrough", selected=1) as walk:
        for number, name in enumerate(("Upload", "Check"), 1):
            with stage.within("step", label=name, id=number):
                stage.add("textbox", label=f"in {name}")
    go = stage.add("button", value="Next")
    stage.on(go, "click", [], [walk], lambda job: job.done(walk, selected=2))

    page = open_stage(stage)
    expect(page.get_by_role("button", name="Check")).to_be_disabled()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_label("in Check")).to_be_visible()
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_label("in Upload")).to_be_visible()


def test_pages_of_an_app_link_to_each_other(open_stage: Open) -> None:
    pages = [{"path": "", "title": "Home"}, {"path": "about", "title": "About"}]
    stage = Stage(pages=[{**each, "in_navbar": True} for each in pages])
    stage.add("textbox", label="box")
    page = open_stage(stage)
    bar = page.get_by_role("navigation", name="Pages")

    expect(bar.get_by_role("link", name="Home")).to_have_attribute("aria-current", "page")
    bar.get_by_role("link", name="About").click()
    page.wait_for_url("**/about")
    expect(bar.get_by_role("link", name="About")).to_have_attribute("aria-current", "page")
    bar.get_by_role("link", name="Home").click()
    expect(bar.get_by_role("link", name="Home")).to_have_attribute("aria-current", "page")


@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_serious_in_any_layout(
    page: Page, open_stage: Open, violations: Callable[[Page], list[dict[str, Any]]], width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme="dark" if width == 390 else "light", reduced_motion="reduce")
    stage, _ = tabbed("Overview", "Measurements", "Off", "Evaluation", "Deployment", "Settings")
    stage.config["pages"] = [{"path": "", "title": "Home"}, {"path": "about", "title": "About"}]
    with stage.within("accordion", label="Open", open=True):
        stage.add("textbox", label="one")
    with stage.within("sidebar", label="Side", open=True):
        stage.add("textbox", label="two")
    with stage.within("draggable", orientation="row"):
        stage.add("textbox", label="three")
        stage.add("textbox", label="four")
    with stage.within("walkthrough", selected=2):
        for number in (1, 2, 3):
            with stage.within("step", label=f"Step {number}", id=number):
                stage.add("textbox", label=f"in step {number}")
    open_stage(stage)
    expect(page.get_by_label("in step 2")).to_be_visible()

    assert violations(page) == []


def test_tabs_stand_at_either_side_in_rows_that_wrap_and_scroll_inside(open_stage: Open) -> None:
    stage = Stage()
    with stage.within("tabs", overflow_behavior="wrap"):
        with stage.within("tab", label="About", alignment="right"):
            stage.add("textbox", label="about")
        for number in range(12):
            with stage.within("tab", label=f"Chapter {number}", elem_id=f"ch{number}", height=90):
                for line in range(4):
                    stage.add("textbox", label=f"line {number} {line}")
    page = open_stage(stage)
    page.set_viewport_size({"width": 900, "height": 700})

    tabs = page.get_by_role("tab")
    expect(tabs.last).to_have_text("About")
    page.wait_for_function(
        """() => {
            const found = document.querySelectorAll("[role=tab]");
            const all = [...found].map((tab) => tab.getBoundingClientRect());
            const strip = document.querySelector("[role=tablist]").getBoundingClientRect();
            return all.every((tab) => tab.right <= strip.right + 1)
                && all[0].top < all.at(-1).top && all.at(-1).right > strip.right - 8;
        }"""
    )
    page.locator("#ch3-button").click()
    page.wait_for_function(
        "() => { const panel = document.getElementById('ch3');"
        " return panel.clientHeight === 90 && panel.scrollHeight > 90; }"
    )
    page.keyboard.press("End")
    expect(page.get_by_role("tab", name="About")).to_be_focused()
