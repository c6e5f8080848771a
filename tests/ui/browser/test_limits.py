"""What is too big for a message, who is logged in, and what is left of an earlier visit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

import doorstep as ds
from tests.support import free_port

Visit = Callable[[ds.Blocks], Page]


@pytest.mark.parametrize("kept", [False, True], ids=["a new table", "a table that the app remembers"])
def test_a_big_table_is_pasted_whole(visit: Visit, kept: bool) -> None:
    rows, columns = 20_000, 20
    with ds.Blocks() as app:
        first = [["old"] * columns] * (1_000 if kept else 1)
        table = ds.Dataframe(first, headers=[f"c{each}" for each in range(columns)], type="array")
        seen = ds.Textbox(label="seen")
        table.change(lambda cells: f"{len(cells)} x {len(cells[0])}: {cells[-1][-1]}", table, seen)
    page = visit(app)
    page.locator("[data-row='0'][data-column='0']").click()
    page.evaluate(
        """([rows, columns]) => {
          const row = (number) =>
            Array.from({ length: columns }, (_, column) => `${number},${column}`).join("\\t");
          const data = new DataTransfer();
          data.setData("text/plain", Array.from({ length: rows }, (_, number) => row(number)).join("\\n"));
          const event = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
          document.activeElement.dispatchEvent(event);
        }""",
        [rows, columns],
    )
    expect(page.get_by_label("seen", exact=True)).to_have_value(
        f"{rows} x {columns}: {rows - 1},{columns - 1}", timeout=60_000
    )


def test_who_is_logged_in_can_log_out_by_keyboard(
    page: Page, violations: Callable[[Page], list[Any]]
) -> None:
    app = ds.Interface(lambda name: f"Hello {name}", "text", "text")
    try:
        page.goto(
            app.launch(
                prevent_thread_lock=True, quiet=True, server_port=free_port(), auth=("ann", "secret")
            ).local_url
        )
        page.get_by_label("Name").fill("ann")
        page.get_by_label("Password").fill("secret")
        page.get_by_role("button", name="Log in").click()
        out = page.get_by_role("link", name="Log out")
        expect(out).to_be_visible()
        assert violations(page) == []
        out.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_label("Password")).to_be_visible()
        page.goto(page.url)
        expect(page.get_by_label("Password")).to_be_visible()
    finally:
        app.close()


def test_without_a_login_there_is_nothing_to_log_out_of(visit: Visit) -> None:
    page = visit(ds.Interface(lambda name: name, "text", "text"))
    expect(page.get_by_role("contentinfo")).to_be_visible()
    expect(page.get_by_role("link", name="Log out")).to_have_count(0)


def test_after_a_reload_the_last_conversation_is_there_and_says_which_files_are_gone(
    visit: Visit, tmp_path: Path
) -> None:
    def describe(message: dict[str, Any], history: list[Any]) -> str:
        return f"{message['text']}, {len(message['files'])} files, after {len(history)}"

    (tmp_path / "notes.txt").write_text("notes")
    page = visit(ds.ChatInterface(describe, multimodal=True, save_history=True))
    message = page.get_by_label("Message", exact=True)
    page.locator("input[type=file]").first.set_input_files(tmp_path / "notes.txt")
    expect(page.get_by_text("notes.txt")).to_be_visible()
    message.fill("first")
    message.press("Enter")
    chat = page.get_by_role("log")
    expect(chat.get_by_text("first, 1 files, after 0")).to_be_visible()
    expect(chat.get_by_role("link", name="notes.txt")).to_be_visible()
    expect(page.get_by_role("navigation", name="Conversations").get_by_role("listitem")).to_have_count(1)

    page.reload()
    expect(chat.get_by_text("first, 1 files, after 0")).to_be_visible()
    expect(chat.get_by_text("notes.txt – no longer available")).to_be_visible()
    expect(chat.get_by_role("link", name="notes.txt")).to_have_count(0)
    message.fill("second")
    message.press("Enter")
    expect(chat.get_by_text("second, 0 files, after 2")).to_be_visible()
