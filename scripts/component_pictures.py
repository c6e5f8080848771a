"""Takes the pictures of docs/components: each example in a browser, wide and on a phone, light and dark."""

from __future__ import annotations

import contextlib
import io
import tempfile
from typing import TYPE_CHECKING, Final

from PIL import Image
from playwright.sync_api import TimeoutError as NotQuiet

from scripts.component_docs import EXAMPLES, NOT_SHOWN, PICTURES, SCHEMES, WIDTHS, app_of, file_name
from tests.support import chromium, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from playwright.sync_api import Browser, FloatRect, Page

HEIGHT: Final = 900
"""Of the window, in pixels: what sizes itself by the window needs one that people have."""
SETTLED: Final = 30_000
"""Milliseconds that a page has to load all that it shows."""
QUIET: Final = 5_000
"""Milliseconds that its requests have to come to rest."""
LOSSLESS: Final = 60_000
"""Bytes. What is bigger has a photograph or many colours in it, and is kept with losses."""


def take(names: Sequence[str] = ()) -> None:
    """The pictures of these examples, by file name without ending; of all if none is named."""
    PICTURES.mkdir(exist_ok=True)
    with chromium() as browser, tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        hidden = {file_name(each).replace("-", "_") for each in NOT_SHOWN}
        for path in sorted(EXAMPLES.glob("*.py")):
            if path.stem not in hidden and (not names or path.stem in names):
                _of_example(browser, path)


def _of_example(browser: Browser, path: Path) -> None:
    app = app_of(path)
    try:
        url = app.launch(prevent_thread_lock=True, quiet=True, server_port=free_port()).local_url
        for width in WIDTHS:
            for scheme in SCHEMES:
                with opened(browser, url, width, scheme) as page:
                    shoot(page, PICTURES / f"{path.stem.replace('_', '-')}-{width}-{scheme}.webp")
    finally:
        app.close()


@contextlib.contextmanager
def opened(browser: Browser, url: str, width: str, scheme: str) -> Iterator[Page]:
    """The app's page, settled."""
    context = browser.new_context(
        viewport={"width": WIDTHS[width], "height": HEIGHT},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(url)
    settle(page)
    yield page
    context.close()


def settle(page: Page) -> None:
    """Until the page shows what it has: modules, media, and what its `load` events fill in."""
    page.wait_for_selector("main.page > *", state="attached", timeout=SETTLED)
    with contextlib.suppress(NotQuiet):  # now and then one of Chromium's requests is never said to end
        page.wait_for_load_state("networkidle", timeout=QUIET)
    page.wait_for_function("() => document.querySelector('[aria-busy=true]') === null", timeout=SETTLED)
    page.evaluate("() => document.fonts.ready.then(() => true)")


def shoot(page: Page, path: Path) -> None:
    """The app without the footer, and no higher than it is."""
    bottom = page.evaluate(
        """() => {
          const main = document.querySelector("main.page");
          main.style.flex = "none";
          return Math.ceil(main.getBoundingClientRect().bottom + scrollY);
        }"""
    )
    size = page.viewport_size
    assert size is not None  # noqa: S101  # every page here has one
    clip: FloatRect = {"x": 0, "y": 0, "width": size["width"], "height": bottom}
    path.write_bytes(webp(page.screenshot(clip=clip, full_page=True, animations="disabled")))


def webp(png: bytes) -> bytes:
    """The same picture in fewer bytes."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    exact = _saved(picture, lossless=True, quality=60)
    return exact if len(exact) <= LOSSLESS else _saved(picture, lossless=False, quality=88)


def _saved(picture: Image.Image, *, lossless: bool, quality: int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", lossless=lossless, quality=quality, method=4)
    return buffer.getvalue()
