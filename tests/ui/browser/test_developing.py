"""`doorstep app.py` as its developer sees it: the open page follows the file."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.support import free_port
from tests.ui.test_dev import doorstep, save

SCRIPT = """
import doorstep as ds
with ds.Blocks() as demo:
    ds.Markdown("{version}")
    name, said = ds.Textbox(label="Name"), ds.Textbox(label="Said")
    ds.Button("Say").click(lambda name: "{version}: " + name, name, said)
demo.launch(server_port={port})
"""


def test_an_open_page_shows_what_was_saved_and_keeps_what_was_typed(page: Page, tmp_path: Path) -> None:
    script, port = tmp_path / "app.py", free_port()
    save(script, SCRIPT.format(version="first", port=port))
    with doorstep(script) as process:
        process.wait_for_line("Watching for changes")
        page.goto(f"http://127.0.0.1:{port}/")
        page.get_by_label("Name").fill("Ada")
        save(script, SCRIPT.format(version="second", port=port))
        expect(page.get_by_text("second")).to_be_visible()
        expect(page.get_by_label("Name")).to_have_value("Ada")
        page.get_by_role("button", name="Say").click()
        expect(page.get_by_label("Said")).to_have_value("second: Ada")
        save(script, "demo =")
        expect(page.get_by_text("app.py has an error")).to_be_visible()
