"""A real UI app on two clients of one name: each visitor's page, events and uploads reach one process."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.link.clients import ROOT
from tests.link.conftest import Lasting
from tests.support import run_script

_APP = """
import os, sys
import doorstep as ds

def tell(text, file):
    size = len(open(file, "rb").read()) if file else 0
    return f"{text} {size} {os.getpid()}"

app = ds.Interface(tell, ["text", ds.File(label="File")], ds.Textbox(label="Told"))
app.launch(share=True, name="two-apps", balance=True)
"""


def test_an_interface_on_two_clients_works_for_each_visitor(
    lasting: Lasting, page: Page, tmp_path: Path
) -> None:
    env = {"PYTHONPATH": ROOT, "DOORSTEP_RELAY": lasting.relay.url, "DOORSTEP_TOKEN": lasting.token()}
    with run_script(_APP, env=env) as first, run_script(_APP, env=env) as second:
        for process in (first, second):
            url = process.wait_for_line(r"public URL: (\S+)", 30).group(1)
        upload = tmp_path / "some.bin"
        upload.write_bytes(b"x" * 4321)
        page.goto(url)
        page.locator("input[type=file]").set_input_files(upload)
        expect(page.get_by_text("some.bin")).to_be_visible()
        told = page.get_by_label("Told")
        pids = set()
        for word in ("one", "two", "three"):
            page.get_by_label("text").first.fill(word)
            page.get_by_role("button", name="Submit").click()
            expect(told).to_have_value(re.compile(rf"{word} 4321 \d+"))
            pids.add(int(told.input_value().split()[2]))
        assert len(pids) == 1
        assert pids <= {first.pid, second.pid}
