"""ImageEditor: what is drawn reaches the function, and can be undone, erased, cropped and cleared."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
from playwright.sync_api import Locator, Page, expect

import doorstep as ds

Visit = Callable[[ds.Blocks], Page]
PAPER = np.full((60, 100, 3), 200, np.uint8)


def said(value: dict[str, Any] | None) -> str:
    """The sizes of the parts, and how much is drawn on each layer."""
    if value is None or value["composite"] is None:
        return repr(value)
    inked = [int((layer[..., 3] > 0).sum() > 0) for layer in value["layers"]]
    return f"{value['composite'].shape} {inked} {int(value['composite'][..., :3].min())}"


def app_of(editor: Callable[[], ds.ImageEditor]) -> ds.Blocks:
    with ds.Blocks() as app:
        component = editor()
        seen, fired = ds.Textbox(label="seen"), ds.Textbox(label="fired")
        ds.Button("Go").click(said, component, seen)
        component.clear(lambda: "cleared", None, fired)
    return app


def stage(page: Page) -> Locator:
    return page.get_by_role("img", name="canvas")


def draw(page: Page, *, y: float = 0.5) -> None:
    """A line from the left to the right of the middle."""
    box = stage(page).bounding_box()
    assert box is not None
    at = box["y"] + y * box["height"]
    page.mouse.move(box["x"] + 0.4 * box["width"], at)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], at, steps=5)
    page.mouse.up()


def go(page: Page) -> Locator:
    page.get_by_role("button", name="Go").click()
    return page.get_by_label("seen")


def test_a_sketch_is_on_white_paper_and_its_strokes_are_undone(
    visit: Visit, violations: Callable[[Page], list[dict[str, Any]]]
) -> None:
    page = visit(app_of(lambda: ds.Sketchpad(label="sketch", canvas_size=(200, 200))))
    expect(go(page)).to_have_value("{'background': None, 'layers': [], 'composite': None}")

    draw(page)
    expect(go(page)).to_have_value("(200, 200, 4) [1] 0")
    assert violations(page) == []
    stage(page).press("Control+z")
    expect(go(page)).to_have_value("{'background': None, 'layers': [], 'composite': None}")
    stage(page).press("Control+Shift+z")
    expect(go(page)).to_have_value("(200, 200, 4) [1] 0")

    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_label("fired")).to_have_value("cleared")
    expect(go(page)).to_have_value("{'background': None, 'layers': [], 'composite': None}")


def test_layers_are_added_hidden_and_drawn_on_alone(visit: Visit) -> None:
    page = visit(app_of(lambda: ds.ImageEditor(PAPER, label="photo", brush=ds.Brush(colors=["#000"]))))
    expect(page.get_by_role("button", name="Brush")).to_have_attribute("aria-pressed", "true")

    page.get_by_role("button", name="Layers").click()
    page.get_by_role("button", name="Add a layer").click()
    page.get_by_role("button", name="Layers").click()
    draw(page)
    expect(go(page)).to_have_value("(60, 100, 4) [0, 1] 0")
    page.get_by_role("button", name="Layers").click()
    page.get_by_role("button", name="Hide Layer 2").click()
    page.get_by_role("button", name="Layers").click()
    composite = go(page)
    expect(composite).not_to_have_value("(60, 100, 4) [0, 1] 0")
    expect(composite).to_have_value("(60, 100, 4) [0, 1] 200")


def test_a_picture_is_cropped_by_keys_and_resized(visit: Visit) -> None:
    page = visit(app_of(lambda: ds.ImageEditor(PAPER, label="photo", format="png")))
    expect(page.get_by_role("button", name="Brush")).to_have_attribute("aria-pressed", "true")

    stage(page).press("c")
    crop = page.get_by_role("group", name="What to keep")
    for _ in range(5):
        crop.press("Shift+ArrowLeft")
    expect(crop).not_to_contain_text("100 ×")
    crop.press("Enter")
    expect(crop).to_have_count(0)
    expect(go(page)).to_have_value(re.compile(r"\(60, \d\d, 4\) \[0\] 200"))

    stage(page).press("r")
    page.get_by_label("Keep the proportions").uncheck()
    page.get_by_label("Width").fill("50")
    page.get_by_label("Height").fill("30")
    page.get_by_role("button", name="Apply").click()
    expect(go(page)).to_have_value("(30, 50, 4) [0] 200")


def test_a_change_is_told_when_the_app_listens_and_its_own_value_is_drawn_on(visit: Visit) -> None:
    with ds.Blocks() as app:
        editor = ds.ImageEditor(label="photo", canvas_size=(100, 100), brush=ds.Brush(colors=["#000"]))
        seen = ds.Textbox(label="seen")
        editor.input(said, editor, seen)
        ds.Button("Give").click(lambda: PAPER, None, editor)
    page = visit(app)

    page.get_by_role("button", name="Give").click()
    expect(stage(page).locator(".sheets")).to_have_css("height", "60px")  # what was given is there
    expect(page.get_by_role("button", name="Brush")).to_have_attribute("aria-pressed", "true")
    draw(page)
    expect(page.get_by_label("seen")).to_have_value("(60, 100, 4) [1] 0")
