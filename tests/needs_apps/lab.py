"""JupyterLab in a real browser: what a cell shows, the link, and the same one again. `make test-apps`.

The kernel is of this Python, JupyterLab has an environment of its own. The browser forbids storage to what is
framed by another site, as many people's do.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support import Process, Relay, chromium, clean_env, free_port, run_relay, visit, wait_for

APPS = Path(os.environ["DOORSTEP_APPS"]).resolve() / "bin"
DEADLINE = 60.0
LAUNCH = """import doorstep as ds
ds.Interface(lambda name: f"Hello {name}!", "text", "text", title="The page").launch(share=True)"""
SHARE = """from doorstep_client import share
share(".")"""

pytestmark = [pytest.mark.timeout(300), pytest.mark.filterwarnings("default")]


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    with run_relay(tmp_path_factory.mktemp("relay")) as running:
        yield running


@pytest.fixture(scope="module")
def lab(relay: Relay, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """JupyterLab with a notebook of two cells; the notebook's address."""
    home, port = tmp_path_factory.mktemp("lab"), free_port()
    (home / "notes").mkdir()
    (home / "notes" / "notes.ipynb").write_text(json.dumps(_notebook(LAUNCH, SHARE)))
    _install_kernel(home)
    command = [
        str(APPS / "jupyter-lab"), "--no-browser", "--allow-root", f"--port={port}",
        f"--ServerApp.root_dir={home}/notes", "--IdentityProvider.token=", "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]  # fmt: skip
    env = clean_env(home, relay.client_env() | {"JUPYTER_PATH": str(home / "jupyter")})
    process = Process(command, log=home / "lab.log", env=env, cwd=home)
    try:
        wait_for(lambda: _answers(port), DEADLINE, what="JupyterLab on its port")
        yield f"http://localhost:{port}/lab/tree/notes.ipynb"
    except BaseException:
        print(process.output)
        raise
    finally:
        process.kill()


def _notebook(*cells: str) -> dict[str, object]:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    made = [
        {
            "cell_type": "code",
            "id": f"cell-{number}",
            "source": code,
            "metadata": {},
            "outputs": [],
            "execution_count": None,
        }
        for number, code in enumerate(cells)
    ]
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": made}


def _install_kernel(home: Path) -> None:
    place = home / "jupyter" / "kernels" / "python3"
    place.mkdir(parents=True)
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": command, "display_name": "Python 3", "language": "python"}
    (place / "kernel.json").write_text(json.dumps(spec))


def _answers(port: int) -> bool:
    try:
        return visit(f"http://localhost:{port}/lab", deadline=30).status == 200
    except (OSError, ValueError):
        return False


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def page(browser: Browser, lab: str) -> Iterator[Page]:
    """The notebook, with a kernel."""
    expect.set_options(timeout=DEADLINE * 1000)
    page = browser.new_page(viewport={"width": 1200, "height": 1400})
    page.set_default_timeout(DEADLINE * 1000)
    page.goto(lab)
    expect(page.locator(".jp-Notebook .jp-CodeCell")).to_have_count(2)
    expect(page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]")).to_be_visible()
    yield page
    page.close()


def run_cell(page: Page, number: int) -> Locator:
    """Run the cell, to its end; what it shows."""
    cell = page.locator(".jp-Notebook .jp-CodeCell").nth(number)
    prompt = cell.locator(".jp-InputPrompt")
    before = prompt.inner_text()
    editor = cell.locator(".cm-content")
    editor.click()
    expect(editor).to_be_focused()
    editor.press("Control+Enter")
    expect(prompt).not_to_have_text(before)
    expect(prompt).to_have_text(re.compile(r"\[\d+\]:"))
    return cell.locator(".jp-OutputArea")


def link_in(output: Locator) -> str:
    """The public link that a cell shows."""
    link = output.get_by_role("link", name="http")
    expect(link).to_have_count(1)
    return str(link.get_attribute("href"))


def test_a_cell_shows_its_page_and_the_link_opens(page: Page) -> None:
    output = run_cell(page, 0)
    shown = output.frame_locator("iframe[title='Doorstep app']")
    shown.get_by_label("name").fill("Ada")
    shown.get_by_role("button", name="Submit").click()
    expect(shown.get_by_label("output")).to_have_value("Hello Ada!")

    with page.expect_popup() as opening:
        output.get_by_role("link", name="http").click()
    expect(opening.value.get_by_role("button", name="Submit")).to_be_visible()
    assert opening.value.url.rstrip("/") == link_in(output)
    opening.value.close()


def test_a_cells_card_has_the_link_and_its_code(page: Page) -> None:
    output = run_cell(page, 1)

    expect(output.locator("svg.segno")).to_be_visible()
    assert "notes.ipynb" in visit(link_in(output)).text


def test_a_cell_keeps_its_link_when_it_is_run_again_and_after_a_restart(page: Page) -> None:
    first, other = link_in(run_cell(page, 0)), link_in(run_cell(page, 1))
    assert first != other
    assert link_in(run_cell(page, 0)) == first
    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.get_by_role("menuitem", name="Restart Kernel and Clear Outputs of All Cells").click()
    page.locator(".jp-Dialog .jp-mod-accept").click()
    expect(page.locator(".jp-Notebook .jp-OutputArea-output")).to_have_count(0)
    expect(page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]")).to_be_visible()

    assert (link_in(run_cell(page, 0)), link_in(run_cell(page, 1))) == (first, other)
