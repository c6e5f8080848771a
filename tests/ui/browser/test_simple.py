"""Choices, colours, dates, JSON, code, highlighted text, dialogue and parameters, by a person's own input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

import doorstep as ds

Visit = Callable[[ds.Blocks], Page]


def told_by(component: Any, *events: str) -> None:
    """A box that lists which of these events came, and one that says the value."""
    told, seen = ds.Textbox(label="told"), ds.Textbox(label="seen")
    came: set[str] = set()

    def tell(event: str) -> Callable[[], str]:
        return lambda: (came.add(event), " ".join(sorted(came)))[1]

    component.change(lambda value: repr(value), component, seen)  # noqa: PLW0108  # `repr` has no signature
    for event in events:
        getattr(component, event)(tell(event), None, told, concurrency_id="told")  # in their order


def test_choices_are_checked_one_by_one_or_all_at_once(visit: Visit) -> None:
    with ds.Blocks() as app:
        told_by(
            ds.CheckboxGroup(["a", ("Bee", 2), "c"], label="pick", show_select_all=True), "select", "input"
        )
    page = visit(app)

    page.get_by_role("checkbox", name="Bee").check()
    expect(page.get_by_label("seen")).to_have_value("[2]")
    expect(page.get_by_label("told")).to_have_value("input select")
    page.get_by_role("checkbox", name="Select all").check()
    expect(page.get_by_label("seen")).to_have_value("['a', 2, 'c']")
    page.get_by_role("checkbox", name="Select all").press("Space")
    expect(page.get_by_label("seen")).to_have_value("[]")


def test_a_colour_is_typed_or_chosen(visit: Visit) -> None:
    with ds.Blocks() as app:
        told_by(ds.ColorPicker("#ff0000", label="ink"), "submit", "release", "focus")
    page = visit(app)
    box = page.get_by_role("textbox", name="ink", exact=True)

    box.fill("no colour")
    box.press("Tab")
    expect(box).to_have_value("#ff0000")
    box.fill("teal")
    box.press("Enter")
    expect(page.get_by_label("seen")).to_have_value("'teal'")
    expect(page.get_by_label("Choose ink")).to_have_value("#008080")
    page.get_by_label("Choose ink").fill("#123456")
    expect(page.get_by_label("seen")).to_have_value("'#123456'")
    expect(page.get_by_label("told")).to_have_value("focus release submit")


def test_a_date_is_typed_or_chosen_in_the_calendar(visit: Visit) -> None:
    with ds.Blocks() as app:
        told_by(ds.DateTime("2024-01-31 13:45:00", type="string", label="when"), "submit")
    page = visit(app)
    box = page.get_by_role("textbox", name="when")

    box.fill("tomorrow")
    box.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Not a date")
    box.fill("2025-02-01 10:00:00")
    box.press("Enter")
    expect(page.get_by_label("seen")).to_have_value("'2025-02-01 10:00:00'")
    expect(page.get_by_label("told")).to_have_value("submit")
    expect(page.get_by_role("alert")).to_have_count(0)
    page.locator("input[type=datetime-local]").fill("2026-03-04T05:06:07")
    expect(box).to_have_value("2026-03-04 05:06:07")
    expect(page.get_by_label("seen")).to_have_value("'2026-03-04 05:06:07'")


def test_json_is_folded_below_three_levels_and_unfolds(visit: Visit) -> None:
    with ds.Blocks() as app:
        ds.JSON({"a": {"b": {"c": {"d": "inmost"}}}, "list": [7]}, label="data", show_indices=True)
    page = visit(app)
    tree = page.get_by_role("region", name="data")

    expect(tree.get_by_text("inmost")).to_have_count(0)
    tree.get_by_role("button", name="Contents of c").press("Enter")
    expect(tree.get_by_text('"inmost"')).to_be_visible()
    expect(tree.get_by_text("0: 7")).to_be_visible()
    tree.get_by_role("button", name="Contents of a").click()
    expect(tree.get_by_text("inmost")).to_have_count(0)


def test_of_a_huge_value_only_what_is_in_sight_is_on_the_page(visit: Visit) -> None:
    with ds.Blocks() as app:
        ds.JSON([{"number": number} for number in range(50_000)], label="data")
    page = visit(app)
    tree = page.locator(".json")

    assert page.locator(".json .line").count() < 200
    tree.evaluate("tree => (tree.scrollTop = tree.scrollHeight)")
    expect(tree.get_by_text("49999")).to_be_visible()
    assert page.locator(".json .line").count() < 200


def test_code_is_typed_coloured_and_left_by_escape_and_tab(visit: Visit) -> None:
    with ds.Blocks() as app:
        code = ds.Code("x = 1", language="python", label="program", interactive=True)
        told_by(code, "focus", "blur", "input")
        ds.Button("Set").click(lambda: "def f():\n    return 2", None, code)
    page = visit(app)
    editor = page.get_by_role("textbox", name="program")

    editor.press("End")
    editor.press_sequentially("23")
    expect(page.get_by_label("seen")).to_have_value("'x = 123'")
    editor.press("Enter")
    editor.press("Tab")
    expect(page.get_by_label("seen")).to_have_value("'x = 123\\n  '")
    editor.press("Escape")
    editor.press("Tab")
    expect(editor).not_to_be_focused()
    expect(page.get_by_label("told")).to_have_value("blur focus input")
    page.get_by_role("button", name="Set").click()
    expect(page.locator(".cm-line").nth(1)).to_have_text("    return 2")
    expect(page.locator(".tok-keyword").first).to_have_text("def")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "file.py"


def test_every_language_of_code_can_be_shown(visit: Visit) -> None:
    with ds.Blocks() as app:
        language = ds.Textbox(label="language")
        code = ds.Code('SELECT a FROM b WHERE "c" = 1', interactive=False)
        language.submit(lambda name: ds.Code(language=name), language, code)
    page = visit(app)
    failed: list[str] = []
    page.on("pageerror", lambda error: failed.append(str(error)))

    for name, known in (("yaml", "yaml"), ("latex", "stex"), ("shell", "shell"), ("r", "r")):
        page.get_by_label("language").fill(name)
        page.get_by_label("language").press("Enter")
        expect(page.locator(".cm-content")).to_have_attribute("data-language", known)
    page.get_by_label("language").fill("sql-mySQL")
    page.get_by_label("language").press("Enter")
    expect(page.locator(".tok-keyword").first).to_have_text("SELECT")
    assert failed == []


TEXT: list[Any] = [("Ada", "person"), (" lived in London.", None)]


def test_a_category_stands_out_and_a_piece_is_selected(visit: Visit) -> None:
    with ds.Blocks() as app:
        text = ds.HighlightedText(
            [*TEXT, ("Bath", "place")], label="text", show_legend=True, interactive=False
        )
        told = ds.Textbox(label="told")

        @text.select(inputs=None, outputs=told)
        def selected(data: ds.SelectData) -> str:
            return f"{data.index} {data.value}"

    page = visit(app)

    page.get_by_role("group", name="Legend").get_by_role("button", name="place").click()
    expect(page.locator(".mark.dim")).to_have_text("Ada")
    page.get_by_role("button", name="Ada").press("Enter")
    expect(page.get_by_label("told")).to_have_value("0 ['Ada', 'person']")


def test_selected_text_is_labelled_and_a_label_taken_away_by_keys(visit: Visit) -> None:
    with ds.Blocks() as app:
        told_by(ds.HighlightedText(TEXT, label="text", interactive=True))
    page = visit(app)
    text = page.get_by_role("textbox", name="text")

    text.press("Control+End")
    for _ in range(len(".")):
        text.press("ArrowLeft")
    for _ in range(len("London")):
        text.press("Shift+ArrowLeft")
    text.press_sequentially("nothing is typed")
    text.press("Enter")
    page.get_by_role("textbox", name="Label").fill("place")
    page.get_by_role("textbox", name="Label").press("Enter")
    labelled = [("Ada", "person"), (" lived in ", None), ("London", "place"), (".", None)]
    expect(page.get_by_label("seen")).to_have_value(repr(labelled))

    page.get_by_role("button", name="Change the label person").press("Enter")
    page.get_by_role("button", name="Remove label").click()
    expect(page.get_by_label("seen")).to_have_value(repr([("Ada lived in ", None), *labelled[2:]]))


def test_a_dialogue_is_written_in_lines_and_as_text(visit: Visit) -> None:
    with ds.Blocks() as app:
        dialogue = ds.Dialogue(
            [{"speaker": "Ann", "text": "Hello"}],
            speakers=["Ann", "Bob"],
            tags=["(laughs)", "(sighs)"],
            label="talk",
        )
        told_by(dialogue, "submit")
    page = visit(app)

    page.get_by_role("button", name="Add a line").click()
    line = page.get_by_role("combobox", name="Line 2", exact=True)
    expect(line).to_be_focused()
    line.press_sequentially("Oh :si")
    expect(page.get_by_role("option", name="(sighs)")).to_be_visible()
    line.press("Enter")
    expect(line).to_have_value("Oh (sighs)")
    expect(page.get_by_label("seen")).to_have_value("'[Ann] Hello\\n[Bob] Oh (sighs)'")
    line.press("Enter")
    expect(page.get_by_label("told")).to_have_value("submit")

    page.get_by_role("button", name="Text", exact=True).click()
    text = page.get_by_role("combobox", name="talk")
    expect(text).to_have_value("[Ann] Hello\n[Bob] Oh (sighs)")
    text.fill("[Bob] Well\n[Ann] Yes")
    page.get_by_role("button", name="Lines").click()
    expect(page.get_by_role("combobox", name="Line 1", exact=True)).to_have_value("Well")
    expect(page.get_by_label("Speaker of line 1")).to_have_value("Bob")
    page.get_by_role("button", name="Remove Line 1").click()
    expect(page.get_by_label("seen")).to_have_value("'[Ann] Yes'")


def test_parameters_are_looked_up(visit: Visit) -> None:
    with ds.Blocks() as app:
        ds.ParamViewer(
            {
                "text": {"type": "str | None", "description": "See label.", "default": "None"},
                "label": {"type": "str", "description": "Above it.", "default": None},
            },
            linkify=["label"],
            anchor_links="box",
        )
    page = visit(app)

    page.get_by_text("text", exact=True).click()
    page.get_by_role("link", name="label", exact=True).click()
    expect(page.get_by_text("Above it.")).to_be_visible()
    assert page.url.endswith("#param-box-label")
    page.get_by_role("button", name="Open or close all").click()
    expect(page.get_by_text("Above it.")).to_be_hidden()


def test_the_app_s_own_button_stands_beside_a_label(visit: Visit) -> None:
    with ds.Blocks() as app:
        button = ds.Button("Surprise")
        number = ds.Number(1, label="number", buttons=[button])
        button.click(lambda: 42, None, number)
        ds.LogoutButton()
    page = visit(app)

    page.locator(".block", has=page.get_by_label("number")).get_by_role("button", name="Surprise").click()
    expect(page.get_by_label("number")).to_have_value("42")
    expect(page.get_by_role("button", name="Surprise")).to_have_count(1)
    expect(page.get_by_role("link", name="Logout")).to_have_attribute("href", f"{page.url}logout")


def test_a_number_steps_by_its_step_and_keeps_its_digits(visit: Visit) -> None:
    with ds.Blocks() as app:
        told_by(ds.Number(1, step=0.5, precision=1, label="number"))
    page = visit(app)
    box = page.get_by_label("number")

    box.press("ArrowUp")
    expect(page.get_by_label("seen")).to_have_value("1.5")
    box.fill("2.345")
    box.press("Tab")
    expect(box).to_have_value("2.3")
    expect(page.get_by_label("seen")).to_have_value("2.3")


def test_a_short_dropdown_tells_of_keys(visit: Visit) -> None:
    with ds.Blocks() as app:
        told_by(ds.Dropdown(["a", "b"], label="pick"), "key_up", "focus")
    page = visit(app)

    page.get_by_label("pick").press("ArrowDown")

    expect(page.get_by_label("told")).to_have_value("focus key_up")
