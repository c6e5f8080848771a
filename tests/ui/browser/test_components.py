"""Each component: a person's input → the function → the page again."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

import doorstep as ds

Visit = Callable[[ds.Blocks], Page]


def submit(page: Page) -> None:
    page.get_by_role("button", name="Submit").click()


def seen(component: ds.Component) -> ds.Interface:
    """An app that says what its function was given."""
    return ds.Interface(lambda value: repr(value), component, ds.Textbox(label="seen"))  # noqa: PLW0108


def test_a_multi_line_textbox_takes_line_breaks_and_submits_with_shift_enter(visit: Visit) -> None:
    page = visit(seen(ds.Textbox(label="story", lines=3)))

    page.get_by_label("story").press_sequentially("one")
    page.get_by_label("story").press("Enter")
    page.get_by_label("story").press_sequentially("two")
    page.get_by_label("story").press("Shift+Enter")

    expect(page.get_by_label("seen")).to_have_value(repr("one\ntwo"))


def test_a_password_is_hidden_until_its_owner_looks(visit: Visit) -> None:
    page = visit(seen(ds.Textbox(label="secret", type="password")))
    box = page.get_by_label("secret", exact=True)

    expect(box).to_have_attribute("type", "password")
    page.get_by_role("button", name="Show password").click()
    expect(box).to_have_attribute("type", "text")


@pytest.mark.parametrize(("typed", "given"), [("2.5", 2.5), ("-3", -3), ("", None)])
def test_a_number_arrives_as_a_number_or_none(visit: Visit, typed: str, given: float | None) -> None:
    page = visit(seen(ds.Number(label="number", value=1)))

    page.get_by_label("number").fill(typed)
    submit(page)

    expect(page.get_by_label("seen")).to_have_value(repr(given))


def test_a_slider_moves_by_keys_and_by_its_number(visit: Visit) -> None:
    page = visit(seen(ds.Slider(0, 10, value=4, step=1, label="amount")))

    page.get_by_role("slider", name="amount").press("ArrowRight")
    submit(page)
    expect(page.get_by_label("seen")).to_have_value("5")

    page.get_by_role("spinbutton", name="amount").fill("99")
    page.get_by_role("spinbutton", name="amount").press("Tab")
    submit(page)
    expect(page.get_by_label("seen")).to_have_value("10")
    expect(page.get_by_role("slider", name="amount")).to_have_value("10")


def test_a_checkbox_is_true_when_checked(visit: Visit) -> None:
    page = visit(seen(ds.Checkbox(label="sure")))

    page.get_by_label("sure").check()
    submit(page)

    expect(page.get_by_label("seen")).to_have_value("True")


def test_a_radio_gives_the_value_behind_the_chosen_label(visit: Visit) -> None:
    page = visit(seen(ds.Radio([("Small", 1), ("Large", 2)], label="size")))

    page.get_by_role("radio", name="Large").check()
    submit(page)

    expect(page.get_by_label("seen")).to_have_value("2")


def test_a_short_dropdown_is_the_browser_s_own(visit: Visit) -> None:
    page = visit(seen(ds.Dropdown(["red", "green"], label="colour")))

    page.get_by_label("colour").select_option(label="green")
    submit(page)

    expect(page.get_by_label("seen")).to_have_value("'green'")


def test_a_long_dropdown_is_filtered_by_typing_and_chosen_by_keys(visit: Visit) -> None:
    page = visit(seen(ds.Dropdown([f"city {n}" for n in range(40)], label="city")))
    box = page.get_by_role("combobox", name="city")

    box.fill("37")
    expect(page.get_by_role("option")).to_have_text(["city 37"])
    box.press("ArrowDown")
    box.press("Enter")
    expect(box).to_have_value("city 37")
    expect(page.get_by_role("listbox")).to_be_hidden()
    submit(page)

    expect(page.get_by_label("seen")).to_have_value("'city 37'")


def test_a_multiselect_dropdown_gives_a_list_and_chips_can_be_removed(visit: Visit) -> None:
    page = visit(seen(ds.Dropdown(["fig", "pear", "plum"], multiselect=True, label="fruit")))

    page.get_by_role("combobox", name="fruit").click()
    page.get_by_role("option", name="fig").click()
    page.get_by_role("option", name="plum").click()
    page.get_by_role("button", name="Remove fig").click()
    submit(page)

    expect(page.get_by_label("seen")).to_have_value("['plum']")


def test_a_label_shows_confidences_in_their_order(visit: Visit) -> None:
    page = visit(ds.Interface(lambda _: {"cat": 0.9, "dog": 0.1}, "text", ds.Label(label="animal")))

    submit(page)

    result = page.get_by_role("region", name="animal")
    expect(result.locator(".label-heading")).to_have_text("cat")
    expect(result.get_by_role("listitem")).to_have_text(["cat 90%", "dog 10%"])


def png(colour: tuple[int, int, int]) -> dict[str, Any]:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 4), colour).save(buffer, "PNG")
    return {"name": "one.png", "mimeType": "image/png", "buffer": buffer.getvalue()}


def test_an_image_goes_to_the_function_and_another_comes_back(visit: Visit) -> None:
    def negative(image: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        assert image.shape == (4, 8, 3)
        return 255 - image

    page = visit(ds.Interface(negative, ds.Image(label="before"), ds.Image(label="after")))

    page.locator("input[type=file]").set_input_files(png((255, 0, 0)))
    expect(page.get_by_role("img", name="before")).to_be_visible()
    submit(page)

    after = page.get_by_role("img", name="after")
    expect(after).to_be_visible()
    page.wait_for_function("() => document.querySelectorAll('main img')[1]?.naturalWidth === 8")
    assert page.request.get(after.get_attribute("src") or "").ok


def test_an_image_can_be_cleared(visit: Visit) -> None:
    page = visit(seen(ds.Image(label="picture", type="filepath")))
    page.locator("input[type=file]").set_input_files(png((0, 0, 0)))
    expect(page.get_by_role("img", name="picture")).to_be_visible()

    page.get_by_role("group", name="picture").get_by_role("button", name="Clear").click()

    expect(page.get_by_role("img", name="picture")).to_have_count(0)
    expect(page.locator("input[type=file]")).to_be_focused()


def test_an_image_can_be_dropped(visit: Visit) -> None:
    page = visit(seen(ds.Image(label="picture", type="filepath")))
    transfer = page.evaluate_handle(
        """async () => {
            const canvas = new OffscreenCanvas(4, 4);
            canvas.getContext("2d");
            const file = new File([await canvas.convertToBlob()], "drop.png", {type: "image/png"});
            const transfer = new DataTransfer();
            transfer.items.add(file);
            return transfer;
        }"""
    )

    page.locator(".image .drop-area").dispatch_event("drop", {"dataTransfer": transfer})

    expect(page.get_by_role("img", name="picture")).to_be_visible()


def test_a_file_that_is_no_image_is_refused_where_it_was_chosen(visit: Visit) -> None:
    page = visit(seen(ds.Image(label="picture")))

    page.locator("input[type=file]").set_input_files(
        {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"hello"}
    )

    expect(page.get_by_role("alert")).to_contain_text("notes.txt is not an image")


def test_markdown_is_rendered_without_what_could_run(visit: Visit) -> None:
    text = "# Hi\n\nsome *emphasis*, [a link](https://example.org) <img src=x onerror='window.ran = 1'>"
    page = visit(ds.Interface(lambda _: text, "text", ds.Markdown()))

    submit(page)

    expect(page.get_by_role("heading", name="Hi")).to_be_visible()
    expect(page.locator("em")).to_have_text("emphasis")
    expect(page.get_by_role("link", name="a link")).to_have_attribute("rel", "noopener noreferrer")
    assert page.evaluate("window.ran") is None
    assert page.locator("[onerror]").count() == 0


def test_markdown_covers_nothing_of_the_page_around_it(visit: Visit) -> None:
    text = "<div style='position:fixed;inset:0;margin:-50em;z-index:9'>log in again</div>"
    page = visit(ds.Interface(lambda _: text, "text", ds.Markdown()))

    submit(page)
    expect(page.get_by_text("log in again")).to_be_attached()

    page.get_by_label("_").click()  # which waits until nothing lies over it
