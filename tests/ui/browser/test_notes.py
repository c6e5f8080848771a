"""Short texts of the app that are more than words, and numbers that count while they are typed."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

import doorstep as ds

Visit = Callable[[ds.Blocks], Page]


def test_a_note_is_markdown_and_can_do_no_harm(visit: Visit) -> None:
    with ds.Blocks() as app:
        box = ds.Textbox(
            label="rich", info="**bold**, [a link](https://example.org)<img src=x onerror=boo()>"
        )
        ds.Checkbox(label="tick", info="`code`")
        ds.Textbox(label="plain", info="only max_new_tokens, 3 > 2")
        ds.Button("change").click(lambda: ds.Textbox(info="plain again"), None, box)
    page = visit(app)

    note = page.locator(".info").first
    expect(note.locator("strong")).to_have_text("bold")
    expect(note.get_by_role("link")).to_have_attribute("href", "https://example.org")
    expect(note.locator("[onerror]")).to_have_count(0)
    expect(page.locator(".info code")).to_have_text("code")
    expect(page.locator(".info").last).to_have_text("only max_new_tokens, 3 > 2")
    expect(page.get_by_label("rich")).to_have_accessible_description("bold, a link")

    page.get_by_role("button", name="change").click()
    expect(note).to_have_text("plain again")


def test_a_message_shows_its_html_and_can_do_no_harm(visit: Visit) -> None:
    def say(name: str) -> None:
        ds.Info(f"<em>Done</em>: {name}<img src=x onerror=boo()>")
        raise ds.Error("<class 'int'> is no number")

    with ds.Blocks() as app:
        name = ds.Textbox("Ann", label="name")
        ds.Button("go").click(say, name)
    page = visit(app)
    page.get_by_role("button", name="go").click()

    toasts = page.locator(".toast")
    expect(toasts.locator("em")).to_have_text("Done")
    expect(toasts.locator("[onerror]")).to_have_count(0)
    expect(page.get_by_text("<class 'int'> is no number").first).to_be_visible()


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
