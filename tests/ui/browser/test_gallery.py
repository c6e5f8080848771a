"""Gallery, ImageSlider, AnnotatedImage and thumbnails of examples in a real browser."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Locator, Page, expect

import doorstep as ds

Visit = Callable[[ds.Blocks], Page]

PICTURES = [(np.full((30, 40, 3), 20 * each, np.uint8), f"no. {each}") for each in range(6)]


def group(page: Page, name: str) -> Locator:
    return page.get_by_role("group", name=name, exact=True)


def png(name: str, colour: tuple[int, int, int] = (255, 0, 0)) -> dict[str, Any]:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 20), colour).save(buffer, "PNG")
    return {"name": name, "mimeType": "image/png", "buffer": buffer.getvalue()}


def viewed(value: list[Any] | None = None, **how: Any) -> ds.Blocks:
    """A gallery that says what happens to it."""
    with ds.Blocks() as app:
        gallery = ds.Gallery(value or PICTURES, label="shots", interactive=False, **how)
        said = ds.Textbox(label="said")

        def chosen(event: ds.SelectData) -> str:
            return f"{event.index} {event.value['caption']}"

        gallery.select(chosen, None, said)
        gallery.preview_open(lambda: "open", None, ds.Textbox(label="opened"))
        gallery.preview_close(lambda: "closed", None, ds.Textbox(label="closed"))
    return app


def test_a_gallery_is_walked_through_by_keys_alone(page: Page, visit: Visit, violations: Any) -> None:
    visit(viewed(columns=3))
    shots = group(page, "shots").first
    first = shots.get_by_role("button", name="no. 0", exact=True)
    assert violations(page) == []

    first.focus()
    first.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(shots.get_by_role("button", name="no. 4", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_label("said")).to_have_value("4 no. 4")
    expect(page.get_by_label("opened")).to_have_value("open")
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_label("said")).to_have_value("3 no. 3")
    expect(shots.get_by_role("img", name="no. 3")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")

    expect(page.get_by_label("closed")).to_have_value("closed")
    expect(shots.get_by_role("button", name="no. 3", exact=True)).to_be_focused()


def test_the_large_one_follows_the_buttons_the_small_ones_and_the_app(page: Page, visit: Visit) -> None:
    with ds.Blocks() as app:
        gallery = ds.Gallery(PICTURES, label="shots", selected_index=1)
        ds.Button("Fifth").click(lambda: ds.Gallery(selected_index=5), None, gallery)
        ds.Button("Other").click(lambda: PICTURES[:3], None, gallery)
    visit(app)
    shots = group(page, "shots").first

    expect(shots.get_by_role("img", name="no. 1")).to_be_visible()
    shots.get_by_role("button", name="Next").click()
    expect(shots.get_by_role("img", name="no. 2")).to_be_visible()
    shots.get_by_role("button", name="no. 0").click()
    expect(shots.get_by_role("img", name="no. 0")).to_be_visible()
    expect(shots.get_by_role("button", name="Previous")).to_be_hidden()
    page.get_by_role("button", name="Fifth").click()
    expect(shots.get_by_role("img", name="no. 5")).to_be_visible()
    page.get_by_role("button", name="Other").click()
    expect(shots.locator(".tile")).to_have_count(3)


def test_what_is_chosen_is_a_file_for_the_function_and_can_be_shown_again(page: Page, visit: Visit) -> None:
    with ds.Blocks() as app:
        gallery = ds.Gallery(PICTURES, label="shots", interactive=False)
        chosen, album = ds.Image(label="chosen", interactive=False), ds.Gallery(label="album", type="pil")

        def take(event: ds.SelectData) -> tuple[str, list[Any]]:
            path = event.value["image"]["path"]
            with Image.open(path) as picture:
                assert picture.size == (40, 30)
            return path, [event.value]

        gallery.select(take, None, [chosen, album])
        album.change(lambda items: str(items[0][0].size), album, ds.Textbox(label="size"))
    visit(app)

    page.get_by_role("button", name="no. 2", exact=True).click()

    expect(group(page, "chosen").get_by_role("img")).to_be_visible()
    expect(group(page, "album").first.locator(".tile .caption")).to_have_text("no. 2")
    expect(page.get_by_label("size")).to_have_value("(40, 30)")


def test_a_swipe_leads_on_and_the_whole_page_shows_one(page: Page, visit: Visit) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    visit(viewed(preview=True))
    shots = group(page, "shots").first
    expect(shots.get_by_role("img", name="no. 0")).to_be_visible()

    stage = shots.locator(".stage")
    for kind, x in (("pointerdown", 300), ("pointerup", 180)):
        stage.dispatch_event(kind, {"clientX": x, "clientY": 300, "pointerType": "touch", "bubbles": True})
    expect(shots.get_by_role("img", name="no. 1")).to_be_visible()
    shots.get_by_role("button", name="View larger").click()
    dialog = page.get_by_role("dialog", name="shots")
    dialog.get_by_role("button", name="Next").click()
    expect(dialog.get_by_role("img", name="no. 2")).to_be_visible()
    dialog.get_by_role("button", name="Close").click()
    expect(shots.get_by_role("img", name="no. 2")).to_be_visible()

    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390


def test_a_gallery_without_a_preview_marks_what_is_chosen(page: Page, visit: Visit) -> None:
    visit(viewed(allow_preview=False))

    page.get_by_role("button", name="no. 2", exact=True).click()

    expect(page.get_by_label("said")).to_have_value("2 no. 2")
    expect(page.get_by_role("button", name="no. 2", exact=True)).to_have_attribute("aria-pressed", "true")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download all").click()
    assert download.value.suggested_filename == "image.webp"


def test_pictures_are_given_added_and_taken_away(page: Page, visit: Visit, violations: Any) -> None:
    with ds.Blocks() as app:
        gallery = ds.Gallery(label="mine", type="pil")
        seen = ds.Textbox(label="seen")
        gone = ds.Textbox(label="gone")
        given = ds.Number(label="given", value=0)
        gallery.change(lambda items: str([each.size for each, _ in items or []]), gallery, seen)
        gallery.upload(lambda count: count + 1, given, given)

        def left(event: ds.DeletedFileData) -> str | None:
            return event.file.orig_name

        gallery.delete(left, None, gone)
    visit(app)
    mine = group(page, "mine").first

    mine.locator("input[type=file]").set_input_files([png("a.png"), png("b.png", (0, 255, 0))])
    expect(page.get_by_label("seen")).to_have_value("[(40, 20), (40, 20)]")
    expect(page.get_by_label("given")).to_have_value("1")
    mine.locator("input[type=file]").set_input_files(png("c.png", (0, 0, 255)))
    expect(mine.locator(".tile")).to_have_count(3)
    expect(page.get_by_label("given")).to_have_value("2")
    assert violations(page) == []
    mine.get_by_role("button", name="Remove Picture 2 of 3").click()
    expect(page.get_by_label("gone")).to_have_value("b.png")
    expect(mine.locator(".tile").nth(1)).to_be_focused()
    mine.get_by_role("button", name="Clear").click()

    expect(page.get_by_label("seen")).to_have_value("[]")
    expect(mine.locator("input[type=file]")).to_be_focused()


def test_a_line_between_two_pictures_moves_by_keys_and_pointer(
    page: Page, visit: Visit, violations: Any
) -> None:
    with ds.Blocks() as app:
        slider = ds.ImageSlider(
            (np.zeros((100, 400, 3)), np.ones((100, 400, 3))), label="pair", slider_position=25
        )
        said = ds.Textbox(label="said")

        def where(event: ds.SelectData) -> str:
            return str(event.index)

        slider.select(where, None, said)
    visit(app)
    line = group(page, "pair").get_by_role("slider")
    page.wait_for_function("() => document.querySelector('.pair img')?.naturalWidth === 400")
    expect(line).to_have_value("25")
    assert violations(page) == []

    line.press("ArrowRight")
    expect(line).to_have_attribute("aria-valuetext", "26 %")
    box = line.bounding_box()
    assert box is not None
    line.click(position={"x": box["width"] * 300.5 / 400, "y": box["height"] / 2})
    expect(line).to_have_attribute("aria-valuetext", "75 %")
    expect(page.get_by_label("said")).to_have_value("[300, 50]")
    page.wait_for_function("() => getComputedStyle(document.querySelector('.over')).clipPath.includes('75')")


def test_two_pictures_are_given_one_by_one(page: Page, visit: Visit) -> None:
    with ds.Blocks() as app:
        slider = ds.ImageSlider(label="pair")
        slider.change(
            lambda pair: str([each is not None for each in pair or ()]), slider, ds.Textbox(label="seen")
        )
        slider.clear(lambda: "cleared", None, ds.Textbox(label="over"))
    visit(app)

    page.get_by_label("pair: First image").set_input_files(png("a.png"))
    expect(page.get_by_label("seen")).to_have_value("[True, False]")
    page.get_by_label("pair: Second image").set_input_files(png("b.png"))
    expect(page.get_by_label("seen")).to_have_value("[True, True]")
    expect(page.get_by_role("slider")).to_be_visible()
    page.get_by_role("button", name="Clear").click()

    expect(page.get_by_label("over")).to_have_value("cleared")


def test_an_area_stands_out_while_its_label_is_pointed_at(page: Page, visit: Visit, violations: Any) -> None:
    areas = [((5, 5, 20, 20), "cat"), (np.ones((30, 40)), "sofa")]
    with ds.Blocks() as app:
        image = ds.AnnotatedImage((np.zeros((30, 40, 3), np.uint8), areas), label="found")
        said = ds.Textbox(label="said")

        def chosen(event: ds.SelectData) -> str:
            return f"{event.index} {event.value}"

        image.select(chosen, None, said)
    visit(app)
    assert violations(page) == []

    page.get_by_role("button", name="sofa").focus()
    expect(page.get_by_role("img", name="sofa")).to_have_css("opacity", "1")
    expect(page.get_by_role("img", name="cat")).to_have_css("opacity", "0.08")
    page.keyboard.press("Enter")
    expect(page.get_by_label("said")).to_have_value("1 sofa")
    page.get_by_role("button", name="cat").hover()
    expect(page.get_by_role("img", name="cat")).to_have_css("opacity", "1")


def test_examples_show_their_pictures(page: Page, visit: Visit, tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(png(name)["buffer"])
    paths = [str(tmp_path / "a.png"), str(tmp_path / "b.png")]
    with ds.Blocks() as app:
        image, gallery = ds.Image(label="photo"), ds.Gallery(label="album", interactive=True)
        ds.Examples([[paths[0], paths]], [image, gallery])
    visit(app)
    row = page.locator(".samples-table tbody tr")

    expect(row.locator("img")).to_have_count(3)
    page.wait_for_function(
        "() => [...document.querySelectorAll('.samples-table img')].every((each) => each.naturalWidth === 40)"
    )
    row.get_by_role("button").first.click()

    expect(group(page, "photo").get_by_role("img", name="photo")).to_be_visible()
    expect(group(page, "album").first.locator(".tile")).to_have_count(2)
