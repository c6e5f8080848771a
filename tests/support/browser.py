"""Debian's Chromium, driven by Playwright's sync API."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A camera and a microphone of its own; a page still has to be let use them: `grant_permissions`.
    "--use-fake-device-for-media-stream",
]


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """A browser for one test. It has no state of an earlier one."""
    if not CHROMIUM.exists():
        raise RuntimeError(f"browser tests need {CHROMIUM}: apt-get install -y chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS, timeout=120_000)
        try:
            yield browser
        finally:
            browser.close()
