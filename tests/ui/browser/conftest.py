"""Apps served by the real server in this process, and what their pages are judged with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

import doorstep as ds
from doorstep.serving import ServerThread, bind
from tests.support import chromium, free_port
from tests.ui.browser.stage import Stage

FRONTEND = Path(__file__).resolve().parents[3] / "ui_runtime" / "frontend"

STILL = """() => document.getAnimations().every(
    (each) => each.playState !== "running" || each.effect.getComputedTiming().endTime === Infinity
)"""
"""No colour is half-way to another; what turns for ever does so."""

Serve = Callable[[ds.Blocks], str]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for a file's tests, which are plain functions all; each has a context of its own."""
    with chromium() as running:
        yield running


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Launches an app and returns its address; the app ends with the test."""
    apps: list[ds.Blocks] = []

    def start(app: ds.Blocks) -> str:
        apps.append(app)
        return app.launch(prevent_thread_lock=True, quiet=True, server_port=free_port()).local_url

    yield start
    for app in apps:
        app.close()


@pytest.fixture
def serve_stage() -> Iterator[Callable[[Stage], str]]:
    """Serves a hand-written app and returns its address."""
    servers: list[ServerThread] = []

    def start(stage: Stage) -> str:
        listener = bind("127.0.0.1", 0)
        servers.append(ServerThread(stage.app, listener))
        servers[-1].start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}/"

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def page(serve: Serve, serve_stage: Callable[[Stage], str], page: Page) -> Page:
    """The blank page, which is closed before the apps: what it loads late would fail without them."""
    return page


@pytest.fixture
def visit(page: Page, serve: Serve) -> Callable[[ds.Blocks], Page]:
    """Opens an app's page and waits until its components are there."""

    def open_page(app: ds.Blocks) -> Page:
        page.goto(serve(app))
        expect(page.locator("main .card, main .block, main .button").first).to_be_visible()
        return page

    return open_page


@pytest.fixture
def open_stage(page: Page, serve_stage: Callable[[Stage], str]) -> Callable[[Stage], Page]:
    """Opens a hand-written app's page and waits until its components are there."""

    def open_page(stage: Stage) -> Page:
        page.goto(serve_stage(stage))
        expect(page.locator("main.page > *").first).to_be_attached()
        return page

    return open_page


@pytest.fixture(scope="session")
def axe_script() -> str:
    """axe-core, the accessibility checker."""
    path = FRONTEND / "node_modules" / "axe-core" / "axe.min.js"
    if not path.exists():
        raise RuntimeError(f"accessibility tests need {path}: npm --prefix {FRONTEND} ci")
    return path.read_text()


@pytest.fixture
def violations(axe_script: str) -> Callable[[Page], list[dict[str, Any]]]:
    """What axe-core finds wrong on a page, from "serious" up."""

    def check(page: Page) -> list[dict[str, Any]]:
        page.wait_for_function(STILL)
        page.evaluate(axe_script)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        return [
            {
                "rule": each["id"],
                "help": each["help"],
                "where": [node["html"][:200] for node in each["nodes"]],
            }
            for each in found
            if each["impact"] in {"serious", "critical"}
        ]

    return check
