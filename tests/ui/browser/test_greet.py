"""The first page anyone makes: a box, a button and a text."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

import doorstep as ds

Visit = Callable[[ds.Blocks], Page]


def greet(name: str) -> str:
    if name == "nobody":
        raise ds.Error("there is nobody to greet")
    return f"Hello {name}!"


def greeter() -> ds.Interface:
    return ds.Interface(greet, "text", "text", title="Greeter")


def test_a_person_with_a_mouse_is_greeted(visit: Visit) -> None:
    page = visit(greeter())

    page.get_by_label("name").fill("World")
    page.get_by_role("button", name="Submit").click()

    expect(page.get_by_label("output")).to_have_value("Hello World!")


def test_a_person_with_a_keyboard_is_greeted(visit: Visit) -> None:
    page = visit(greeter())

    page.keyboard.press("Tab")
    expect(page.get_by_label("name")).to_be_focused()
    page.keyboard.type("World")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Clear")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Submit")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.get_by_label("output")).to_have_value("Hello World!")


def test_enter_in_a_box_of_one_line_submits(visit: Visit) -> None:
    page = visit(greeter())

    page.get_by_label("name").fill("World")
    page.get_by_label("name").press("Enter")

    expect(page.get_by_label("output")).to_have_value("Hello World!")


def test_clear_empties_inputs_and_outputs(visit: Visit) -> None:
    page = visit(greeter())
    page.get_by_label("name").fill("World")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_label("output")).to_have_value("Hello World!")

    page.get_by_role("button", name="Clear").click()

    expect(page.get_by_label("name")).to_have_value("")
    expect(page.get_by_label("output")).to_have_value("")


def test_an_error_is_shown_at_the_output_and_goes_with_the_next_run(visit: Visit) -> None:
    page = visit(greeter())
    output = page.locator(".block", has=page.get_by_label("output"))

    page.get_by_label("name").fill("nobody")
    page.get_by_role("button", name="Submit").click()
    expect(output.get_by_role("alert")).to_contain_text("there is nobody to greet")
    expect(page.locator(".toast")).to_have_count(0)

    page.get_by_label("name").fill("World")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_label("output")).to_have_value("Hello World!")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_an_error_out_of_sight_is_told_in_a_corner_too(visit: Visit, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 200})
    visit(greeter())

    page.get_by_label("name").fill("nobody")
    page.get_by_label("name").press("Enter")

    expect(page.locator(".toast")).to_contain_text("there is nobody to greet")


def test_the_page_says_its_title(visit: Visit) -> None:
    page = visit(greeter())

    expect(page).to_have_title(re.compile("Greeter"))
    expect(page.get_by_role("heading", name="Greeter", level=1)).to_be_visible()
