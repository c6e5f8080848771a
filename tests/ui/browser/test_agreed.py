"""What scripts for Gradio rely on: notes in Markdown, tabs that the app selects, components as arguments."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from playwright.sync_api import Page, expect

import doorstep as ds
from tests.support.waiting import wait_for
from tests.ui.browser.moments import A_SECOND

Visit = Callable[[ds.Blocks], Page]
NOTE = "**bold** `x*y` _very_ [the **docs**](https://example.org) <i>tag</i> [bad](javascript:alert(1))"


def test_a_note_is_markdown_that_can_do_no_harm(visit: Visit) -> None:
    with ds.Blocks() as app:
        name = ds.Textbox(label="name", info=NOTE)
        ds.Checkbox(label="sure", info="read *this*")
        ds.Button("Change").click(lambda: ds.Textbox(info="max_tokens: plain"), None, name)
    page = visit(app)
    note = page.locator(".info").first
    link = note.get_by_role("link", name="the docs")

    expect(note.locator("strong").first).to_have_text("bold")
    expect(note.locator("code")).to_have_text("x*y")
    expect(note.locator("em")).to_have_text("very")
    expect(note.locator("i")).to_have_text("tag")
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    expect(note.locator("a[href^=javascript]")).to_have_count(0)
    expect(page.get_by_label("sure")).to_have_accessible_description("read this")
    page.get_by_role("button", name="Change").click()
    expect(note).to_have_text("max_tokens: plain")
    expect(page.get_by_label("name")).to_have_accessible_description("max_tokens: plain")


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


def test_a_function_that_asks_for_a_sound_is_told_where_it_is(visit: Visit) -> None:
    tone = (8000, np.zeros(16000, np.int16))

    def where(sound: ds.Audio, name: str) -> str:
        return f"{sound.label} at {sound.playback_position} of {len(sound.value[1])}, {name}"

    with ds.Blocks() as app:
        sound, name = ds.Audio(tone, label="tone", interactive=True), ds.Textbox("Ann", label="name")
        seen = ds.Textbox(label="seen")
        ds.Button("Where?").click(where, [sound, name], seen)
    page = visit(app)
    position = page.get_by_role("slider", name="Position in tone")

    position.press("End")
    expect(position).to_have_attribute("aria-valuenow", "2")
    page.get_by_role("button", name="Where?").click()
    expect(page.get_by_label("seen")).to_have_value("tone at 2 of 16000, Ann")


def test_a_function_that_asks_for_a_sound_is_told_whether_it_is_being_recorded(
    page: Page, visit: Visit
) -> None:
    page.context.grant_permissions(["microphone"])

    def whether(sound: ds.Audio) -> str:
        return f"recording: {sound.recording}, something: {sound.value is not None}"

    with ds.Blocks() as app:
        sound, seen = ds.Audio(label="voice", sources="microphone"), ds.Textbox(label="seen")
        ds.Button("Whether").click(whether, sound, seen)
    visit(app)

    page.get_by_role("button", name="Record").click()
    expect(page.get_by_text(A_SECOND)).to_be_visible()
    page.get_by_role("button", name="Whether").click()
    expect(page.get_by_label("seen")).to_have_value("recording: True, something: False")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("slider", name="Position in voice")).to_be_visible()
    page.get_by_role("button", name="Whether").click()
    expect(page.get_by_label("seen")).to_have_value("recording: False, something: True")
