"""Tables: sorted, searched, chosen from, filled in and pasted into, by real input."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from playwright.sync_api import Locator, Page, expect

import doorstep as ds
from tests.support import wait_for
from tests.ui.browser.moments import expect_noted, note

Visit = Callable[[ds.Blocks], Page]
ROWS = [["fig", 3, True], ["pear", 10, False], ["plum", None, True], ["date", 2, False]]
HEADERS = ["fruit", "count", "ripe"]


def table_with(*, said: str = "array", **options: Any) -> ds.Blocks:
    """An editable table, and what its function is given when it changes."""
    with ds.Blocks() as app:
        given: dict[str, Any] = {"value": ROWS, "headers": HEADERS, "label": "basket", "interactive": True}
        table = ds.Dataframe(**(given | {"type": said, "datatype": ["str", "number", "bool"]} | options))
        seen = ds.Textbox(label="seen")
        table.change(repr, table, seen)
    return app


def cell(page: Page, row: int, column: int) -> Locator:
    return page.locator(f"[data-row='{row}'][data-column='{column}']")


def column(page: Page, place: int) -> Locator:
    return page.locator(f".body [data-column='{place}']")


def seen(page: Page) -> Locator:
    return page.get_by_label("seen", exact=True)


def test_a_table_says_to_screen_readers_what_it_is(
    visit: Visit, violations: Callable[[Page], list[Any]]
) -> None:
    page = visit(
        table_with(show_row_numbers=True, pinned_columns=1, show_search="filter", static_columns=[2])
    )
    grid = page.get_by_role("grid", name="basket")

    expect(grid).to_have_attribute("aria-rowcount", "5")
    expect(grid).to_have_attribute("aria-colcount", "4")
    expect(grid.get_by_role("columnheader", name="fruit")).to_have_attribute("aria-colindex", "2")
    expect(cell(page, 1, 0)).to_have_text("pear")
    expect(cell(page, 1, 2)).to_have_attribute("aria-readonly", "true")
    grid.focus()
    page.keyboard.press("ArrowDown")
    expect(grid).to_have_attribute("aria-activedescendant", re.compile("-1-0$"))
    assert violations(page) == []


def test_headers_sort_up_then_down_and_shift_adds_another(visit: Visit) -> None:
    page = visit(table_with(value=[["b", 1, True], ["a", 2, True], ["b", 0, True], ["a", None, True]]))
    fruit = page.get_by_role("columnheader", name="fruit")

    fruit.click(position={"x": 20, "y": 15})
    expect(column(page, 0)).to_have_text(["a", "a", "b", "b"])
    expect(fruit).to_have_attribute("aria-sort", "ascending")
    page.get_by_role("columnheader", name="count").locator(".name").click(modifiers=["Shift"])
    expect(column(page, 1)).to_have_text(["2", "", "0", "1"])
    fruit.locator(".name").click(modifiers=["Shift"])
    expect(column(page, 0)).to_have_text(["b", "b", "a", "a"])

    # An edit is of the row that is seen there.
    cell(page, 0, 1).dblclick()
    page.keyboard.press("Control+a")
    page.keyboard.type("7")
    page.keyboard.press("Enter")
    expect(seen(page)).to_have_value("[['b', 1, True], ['a', 2, True], ['b', 7, True], ['a', None, True]]")


def test_cells_are_filled_in_by_keys_alone(visit: Visit) -> None:
    page = visit(table_with())
    page.get_by_role("grid").focus()

    page.keyboard.type("kiwi")
    page.keyboard.press("Tab")
    page.keyboard.type("4")
    page.keyboard.press("Enter")
    expect(seen(page)).to_have_value(re.compile(re.escape("[['kiwi', 4, True], ['pear', 10, False]")))
    page.keyboard.press("F2")
    page.keyboard.type("5")
    page.keyboard.press("Escape")
    expect(cell(page, 1, 1)).to_have_text("10")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(seen(page)).to_have_value(re.compile(re.escape("['pear', 10, True]")))
    page.keyboard.press("Control+Home")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Delete")
    expect(seen(page)).to_have_value(re.compile(re.escape("[['', 4, True], ['', 10, True]")))
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    expect(seen(page)).to_have_value(re.compile(re.escape("[['kiwi', 4, True], ['pear', 10, False]")))
    page.keyboard.press("Control+y")
    expect(seen(page)).to_have_value(re.compile(re.escape("['pear', 10, True]")))


def test_cells_go_to_a_spreadsheet_and_come_from_one(visit: Visit) -> None:
    page = visit(table_with())
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    cell(page, 0, 0).click()
    cell(page, 1, 1).click(modifiers=["Shift"])

    page.keyboard.press("Control+c")
    wait_for(lambda: page.evaluate("navigator.clipboard.readText()") == "fig\t3\npear\t10", what="the copy")
    page.evaluate("navigator.clipboard.writeText('kiwi\\t7\\n\"two\\nlines\"\\tx\\n')")
    cell(page, 3, 0).click()
    page.keyboard.press("Control+v")

    expect(seen(page)).to_have_value(
        re.compile(re.escape(r"['kiwi', 7, False], ['two\nlines', 'x', False]]") + "$")
    )
    cell(page, 0, 1).click()
    cell(page, 1, 1).click(modifiers=["Shift"])
    page.evaluate("navigator.clipboard.writeText('1')")
    page.keyboard.press("Control+v")
    expect(seen(page)).to_have_value(re.compile(re.escape("[['fig', 1, True], ['pear', 1, False]")))
    note(page, "button")
    page.get_by_role("group", name="basket").get_by_role("button", name="Copy").click()
    expect_noted(page, "Copied")
    assert page.evaluate("navigator.clipboard.readText()").startswith("fruit\tcount\tripe\nfig\t1\ttrue\n")


def test_rows_and_columns_are_added_and_taken_away(visit: Visit) -> None:
    page = visit(table_with(row_limits=(None, 6), datatype="str"))

    page.get_by_role("button", name="Add a row").click()
    expect(page.get_by_role("grid")).to_have_attribute("aria-rowcount", "6")
    cell(page, 0, 0).click(button="right")
    page.get_by_role("menuitem", name="Insert a row below").click()
    expect(column(page, 0)).to_have_text(["fig", "", "pear", "plum", "date", ""])
    expect(page.get_by_role("button", name="Add a row")).to_have_count(0)
    cell(page, 2, 0).click()
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+F10")
    page.get_by_role("menuitem", name="Delete", exact=True).press("Enter")
    expect(column(page, 0)).to_have_text(["fig", "", "date", ""])
    page.get_by_role("columnheader", name="count").hover()
    page.get_by_role("button", name="Menu of count").click()
    page.get_by_role("menuitem", name="Delete the column").click()
    expect(page.get_by_role("columnheader")).to_have_text(["fruit", "ripe"])
    page.get_by_role("columnheader", name="ripe").click(button="right")
    page.get_by_role("menuitem", name="Insert a column after").click()
    expect(page.get_by_role("columnheader")).to_have_text(["fruit", "ripe", "Column 3"])
    page.keyboard.press("F2")
    page.keyboard.press("Control+a")
    page.keyboard.type("new")
    page.keyboard.press("Enter")
    expect(page.get_by_role("columnheader")).to_have_text(["fruit", "ripe", "new"])
    expect(seen(page)).to_have_value(re.compile(re.escape("[['fig', True, None]")))


def test_a_search_finds_rows_and_filters_are_by_column(visit: Visit) -> None:
    page = visit(table_with(show_search="filter"))

    page.get_by_role("searchbox", name="Search").fill("P")
    expect(column(page, 0)).to_have_text(["pear", "plum"])
    expect(page.get_by_text("2 of 4 rows")).to_be_visible()
    page.get_by_role("searchbox", name="Search").fill("")
    page.get_by_role("textbox", name="Filter count").fill(">2")
    expect(column(page, 0)).to_have_text(["fig", "pear"])
    page.get_by_role("button", name="Keep these rows").click()
    expect(seen(page)).to_have_value("[['fig', 3, True], ['pear', 10, False]]")


def test_a_chosen_cell_is_told_with_its_row_and_column(visit: Visit) -> None:
    with ds.Blocks() as app:
        table = ds.Dataframe(ROWS, headers=HEADERS, label="basket", interactive=False)
        out, edits = ds.Textbox(label="seen"), ds.Textbox(label="edits")

        def chosen(event: ds.SelectData) -> str:
            return f"{event.index} {event.value} {event.row_value} {event.col_value}"

        table.select(chosen, None, out)
        table.edit(lambda: "edited", None, edits)
    page = visit(app)

    cell(page, 1, 1).click()
    expect(seen(page)).to_have_value("[1, 1] 10 ['pear', 10, False] [3, 10, None, 2]")
    page.keyboard.press("ArrowLeft")
    expect(seen(page)).to_have_value(re.compile(re.escape("[1, 0] pear")))
    page.keyboard.type("x")
    cell(page, 1, 0).dblclick()
    expect(page.locator(".grid textarea")).to_have_count(0)
    expect(page.get_by_role("button", name="Add a row")).to_have_count(0)


def test_an_edit_is_told_with_what_was_there(visit: Visit) -> None:
    with ds.Blocks() as app:
        table = ds.Dataframe(headers=["a", "b"], row_count=2, label="basket", type="array")
        out, typed = ds.Textbox(label="seen"), ds.Textbox(label="typed")

        def edited(event: ds.EditData) -> str:
            return f"{event.index} {event.previous_value!r} {event.value!r}"

        table.edit(edited, None, out)
        table.input(repr, table, typed)
    page = visit(app)

    cell(page, 1, 1).dblclick()
    page.keyboard.type("here")
    page.get_by_label("typed").click()

    expect(seen(page)).to_have_value("[1, 1] '' 'here'")
    expect(page.get_by_label("typed")).to_have_value("[['', ''], ['', 'here']]")


def test_cells_show_what_their_columns_hold(visit: Visit) -> None:
    html = "<b>bold</b><img src=x onerror='window.ran = 1'>"
    row = ["*soft*", html, "data:image/gif;base64,R0lGODlhAQABAAAAACw=", True, "x" * 30, None]
    headers = ["text", "html", "image", "bool", "long", "none"]
    kinds = ["markdown", "html", "image", "bool", "str", "str"]
    styler = (
        pd.DataFrame({"a": [1.25]})
        .style.format(precision=1)
        .map(lambda _: "background-color: rgb(255, 0, 0)")
    )
    with ds.Blocks() as app:
        ds.Dataframe([row], headers=headers, datatype=kinds, label="kinds", max_chars=10, interactive=False)
        ds.Dataframe(styler, label="styled", interactive=False)
    page = visit(app)
    kinds_of = page.get_by_role("grid", name="kinds")

    expect(kinds_of.locator("em")).to_have_text("soft")
    expect(kinds_of.locator("b")).to_have_text("bold")
    expect(kinds_of.get_by_role("img", name="image")).to_have_attribute("src", re.compile("^data:image/gif"))
    expect(kinds_of.get_by_role("checkbox", name="bool")).to_be_checked()
    expect(kinds_of.locator("[data-column='4']")).to_have_text("x" * 10 + "…")
    kinds_of.locator("[data-column='4']").click()
    expect(kinds_of.locator("[data-column='4']")).to_have_text("x" * 30)
    styled = page.get_by_role("grid", name="styled").get_by_role("gridcell")
    expect(styled).to_have_text("1.2")
    expect(styled).to_have_css("background-color", "rgb(255, 0, 0)")
    assert page.evaluate("window.ran") is None


def test_a_big_table_is_only_in_part_on_the_page_and_is_not_sent_back(visit: Visit) -> None:
    with ds.Blocks() as app:
        table = ds.Dataframe(
            np.arange(40_000).reshape(20_000, 2),
            type="numpy",
            label="basket",
            datatype="number",
            interactive=True,
        )
        out = ds.Textbox(label="seen")
        table.change(lambda rows: f"{rows.shape} {rows[19_999].tolist()}", table, out)
    sent: list[int] = []
    page = visit(app)
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(len(frame))))
    page.reload()
    page.get_by_role("grid").focus()

    page.keyboard.press("Control+End")
    expect(cell(page, 19_999, 1)).to_have_text("39999")
    assert page.get_by_role("row").count() < 60
    page.keyboard.type("-1")
    page.keyboard.press("Enter")

    expect(seen(page)).to_have_value("(20000, 2) [39998, -1]")
    assert max(sent) < 1000


def test_the_app_changes_a_table_while_it_is_shown(visit: Visit) -> None:
    with ds.Blocks() as app:
        table = ds.Dataframe(ROWS, headers=HEADERS, label="basket", interactive=False)
        changed = ds.Textbox(label="seen")
        fewer, more = ds.Button("fewer"), ds.Button("more")
        fewer.click(lambda: ds.Dataframe([["one"]], show_row_numbers=True, wrap=True), None, table)
        more.click(lambda: ds.update(interactive=True, label="pantry"), None, table)
        table.change(lambda: "changed", None, changed)
    page = visit(app)
    cell(page, 3, 2).click()

    page.get_by_role("button", name="fewer").click()
    expect(page.get_by_role("gridcell")).to_have_text(["one"])
    expect(page.get_by_role("rowheader")).to_have_text(["1"])
    expect(seen(page)).to_have_value("changed")
    page.get_by_role("button", name="more").click()
    expect(page.get_by_role("grid", name="pantry")).to_be_visible()
    cell(page, 0, 0).dblclick()
    expect(page.locator(".grid textarea")).to_be_focused()
