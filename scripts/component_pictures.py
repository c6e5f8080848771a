"""Takes the pictures of docs/components: each example in a browser, wide and on a phone, light and dark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scripts.component_docs import EXAMPLES, PICTURES, SCHEMES, WIDTHS, app_of
from tests.support import chromium, free_port

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from playwright.sync_api import Browser, Page

SETTLED: Final = 10_000
"""Milliseconds that a page has to load all that it shows."""


def take(names: Sequence[str] = ()) -> None:
    """The pictures of these examples, by file name without ending; of all if none is named."""
    PICTURES.mkdir(exist_ok=True)
    with chromium() as browser:
        for path in sorted(EXAMPLES.glob("*.py")):
            if not names or path.stem in names:
                _of_example(browser, path)


def _of_example(browser: Browser, path: Path) -> None:
    app = app_of(path)
    try:
        url = app.launch(prevent_thread_lock=True, quiet=True, server_port=free_port()).local_url
        for width in WIDTHS:
            for scheme in SCHEMES:
                _one(browser, url, width, scheme, path.stem.replace("_", "-"))
    finally:
        app.close()


def _one(browser: Browser, url: str, width: str, scheme: str, name: str) -> None:
    context = browser.new_context(
        viewport={"width": WIDTHS[width], "height": 400},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(url)
    settle(page)
    page.locator("#app").screenshot(path=PICTURES / f"{name}-{width}-{scheme}.png", animations="disabled")
    context.close()


def settle(page: Page) -> None:
    """Until the page shows what it has: modules, media, and what its `load` events fill in."""
    page.wait_for_selector("main.page > *", state="attached", timeout=SETTLED)
    page.wait_for_load_state("networkidle", timeout=SETTLED)
    page.wait_for_function("() => document.querySelector('[aria-busy=true]') === null", timeout=SETTLED)
    page.evaluate("() => document.fonts.ready.then(() => true)")
