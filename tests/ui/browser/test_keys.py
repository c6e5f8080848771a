"""Without a pointer: every kind of control is reached by Tab, given a value by keys, and left again."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

import doorstep as ds

Visit = Callable[[ds.Blocks], Page]
MOST_STOPS = 12
"""Between two controls: their own buttons, and no more."""


def controls() -> list[ds.Component]:
    return [
        ds.Textbox(label="text"),
        ds.Number(1, label="number"),
        ds.Slider(0, 10, 4, step=1, label="slider"),
        ds.Checkbox(label="checkbox"),
        ds.CheckboxGroup(["a", "b"], label="group"),
        ds.Radio(["a", "b"], value="a", label="radio"),
        ds.Dropdown(["red", "green"], value="red", label="short"),
        ds.Dropdown([f"city {n}" for n in range(40)], value="city 1", label="long"),
        ds.Dropdown(["fig", "plum"], multiselect=True, label="several"),
        ds.ColorPicker("#ff0000", label="colour"),
        ds.DateTime("2024-01-31 13:45:00", type="string", label="when"),
        ds.Code("x", language="python", label="code", interactive=True),
        ds.Dataframe([["old"]], headers=["h"], label="table", interactive=True, type="array"),
        ds.MultimodalTextbox(label="message"),
    ]


KEYS: dict[str, tuple[str, ...]] = {
    "text": ("h", "i"),
    "number": ("ArrowUp",),
    "slider": ("ArrowRight",),
    "checkbox": ("Space",),
    "group": ("Space",),
    "radio": ("ArrowDown",),
    "short": ("ArrowDown",),
    "long": ("Control+a", "3", "7", "ArrowDown", "Enter"),
    "several": ("ArrowDown", "Enter", "Escape"),
    "colour": ("Control+a", *"#00ff00", "Enter"),
    "when": ("Control+a", *"2025-02-01 10:00:00", "Enter"),
    "code": ("End", "1", "Escape"),
    "table": ("n", "e", "w", "Enter", "Escape"),
    "message": ("y", "o"),
}

GIVEN: dict[str, Any] = {
    "text": "hi",
    "number": 2,
    "slider": 5,
    "checkbox": True,
    "group": ["a"],
    "radio": "b",
    "short": "green",
    "long": "city 37",
    "several": ["fig"],
    "colour": "#00ff00",
    "when": "2025-02-01 10:00:00",
    "code": "x1",
    "table": [["new"]],
    "message": {"text": "yo", "files": []},
}

WHERE = """() => {
    const at = document.activeElement;
    const block = at.closest(".block");
    const name = block?.querySelector(".label, .check span")?.textContent
        || block?.getAttribute("aria-label") || at.getAttribute("aria-label") || "";
    const isField = at.matches("input, textarea, select, [role=textbox], [role=combobox], [role=grid]")
        && !at.matches("[type=color], [type=datetime-local], .slider-number");  // another beside it
    return { name: name.trim(), isField, text: at.textContent.trim().slice(0, 40) };
}"""


def tab_to(page: Page, name: str) -> None:
    """Fails when the control of this name is not among the next stops."""
    stops = []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stops.append(at := page.evaluate(WHERE))
        if at["name"] == name and at["isField"]:
            return
    raise AssertionError(f"{name} is not reached by Tab: {stops}")


def test_every_control_is_given_a_value_by_keys_alone(visit: Visit) -> None:
    with ds.Blocks() as app:
        made = controls()
        seen = ds.Textbox(label="seen")
        names = [str(each.label) for each in made]

        def tell(*values: Any) -> str:
            return json.dumps(dict(zip(names, values, strict=True)))

        ds.Button("Go").click(tell, made, seen)
    page = visit(app)
    expect(page.locator(".cm-content")).to_be_visible()
    expect(page.locator("main .block")).to_have_count(len(names) + 1)  # each kind came by itself
    expect(page.get_by_role("grid")).to_be_visible()

    for name in names:
        tab_to(page, name)
        for key in KEYS[name]:
            page.keyboard.press(key)
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        if page.evaluate(WHERE)["text"] == "Go":
            break
    page.keyboard.press("Enter")

    expect(page.get_by_label("seen")).not_to_have_value("")
    assert json.loads(page.get_by_label("seen").input_value()) == GIVEN


def test_what_opens_is_left_by_escape_and_the_focus_is_where_it_was(visit: Visit) -> None:
    with ds.Blocks() as app:
        with ds.Accordion("More", open=False):
            ds.Textbox(label="inside")
        with ds.Tabs():
            for name in ("One", "Two"):
                with ds.Tab(name):
                    ds.Textbox(label=f"in {name}")
        ds.Gallery([ds.get_image()], label="shots", interactive=False)
        ds.File(label="file")
        ds.Image(label="image")
    page = visit(app)

    expect(page.get_by_text("More")).to_be_visible()
    expect(page.get_by_role("tab", name="Two")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("inside")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_label("inside")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Two")).to_be_focused()
    expect(page.get_by_label("in Two")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_label("in Two")).to_be_focused()
    tile = page.locator(".tile")
    expect(tile).to_be_visible()
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        if tile.evaluate("(tile) => tile === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(page.locator(".stage")).to_be_visible()
    page.keyboard.press("Escape")
    expect(tile).to_be_focused()
    for label in ("file", "image"):
        tab_to(page, label)
        with page.expect_file_chooser():
            page.keyboard.press("Space")


CHOOSERS = ("sound", "film", "shape", "shots", "drawing", "More files")


def test_files_of_every_kind_are_chosen_by_keys_alone(visit: Visit) -> None:
    with ds.Blocks() as app:
        ds.Audio(label="sound", sources=["upload"], interactive=True)
        ds.Video(label="film", sources=["upload"], interactive=True)
        ds.Model3D(label="shape", interactive=True)
        ds.Gallery(label="shots", interactive=True)
        ds.ImageEditor(label="drawing", interactive=True)
        ds.UploadButton("More files")
    page = visit(app)
    expect(page.locator("main input[type=file]")).to_have_count(len(CHOOSERS))  # each kind came by itself
    expect(page.get_by_role("button", name="Start with a blank canvas")).to_be_visible()

    opened = []
    for _ in range(40):
        page.keyboard.press("Tab")
        at = page.evaluate("""() => {
            const at = document.activeElement;
            const block = at.closest(".block");
            const own = at.textContent || at.ariaLabel || at.parentElement?.textContent || "";
            const name = (block?.querySelector(".label")?.textContent || own).trim();
            const opens = at.matches("[type=file]") || (at.matches("button") && name === "More files");
            return { name, takes: opens };
        }""")
        if at["takes"] and at["name"] not in opened:
            with page.expect_file_chooser():
                page.keyboard.press("Space")
            opened.append(at["name"])
    assert opened == list(CHOOSERS)
