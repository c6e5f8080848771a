"""Takes the pictures of the relay's dashboard anew: five links, visitors, and one link that is chosen.

.venv/bin/python -m scripts.dashboard_pictures
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import itertools
import threading
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from playwright.sync_api import expect

from tests.link.clients import client
from tests.support import chromium, visit
from tests.ui.browser.dashboard import choose, field, open_stage, sign_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from playwright.sync_api import Browser

    from tests.ui.browser.dashboard import Stage

PICTURES: Final = Path(__file__).resolve().parents[1] / "docs" / "pictures"
LINKS: Final = {
    "churn-model": "alice",
    "speech-demo": "bob",
    "review-app": "carol",
    "thesis-plots": "dana",
}
_VISITS: Final = {
    "lunch-menu": (2, 5, 9, 12, 8, 4, 3, 6),
    "speech-demo": (1, 0, 2, 3, 0, 0),
    "review-app": (0, 0, 0, 1, 0, 0, 2),
}
"""Visits in each half second, again and again."""


def main() -> None:
    """One picture for light and one for dark readers, of the same size."""
    with TemporaryDirectory() as folder, _stage(Path(folder)) as stage, chromium() as browser:
        for scheme in ("light", "dark"):
            _take(browser, stage, scheme, PICTURES / f"dashboard-{scheme}.png")


@contextlib.contextmanager
def _stage(folder: Path) -> Iterator[Stage]:
    with open_stage(folder) as stage, contextlib.ExitStack() as links:
        for name, owner in LINKS.items():
            links.enter_context(
                client(stage.relay, stage.relay.token(owner), name=name, expires_in=3 * 86400)
            )
        yield stage


@contextlib.contextmanager
def _visitors(stage: Stage) -> Iterator[None]:
    """Some come and go, more or fewer as time goes by, and two stay."""
    over = threading.Event()

    def come(name: str, times: Sequence[int]) -> None:
        for count in itertools.cycle(times):
            for _ in range(count):
                visit(stage.relay.share_url(name))
            if over.wait(0.5):
                return

    with concurrent.futures.ThreadPoolExecutor(len(_VISITS) + 2) as visitors:
        for name, times in _VISITS.items():
            visitors.submit(come, name, times)
        for _ in range(2):
            visitors.submit(visit, stage.relay.share_url("lunch-menu", "/slow?14"), deadline=30)
        yield
        over.set()


def _take(browser: Browser, stage: Stage, scheme: str, path: Path) -> None:
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, color_scheme="dark" if scheme == "dark" else "light"
    )
    page = context.new_page()
    sign_in(page, stage, stage.admin)
    with _visitors(stage):
        choose(page, "lunch-menu")
        field(page, "Reason").fill("shows data of customers")
        expect(page.locator("#about")).to_contain_text("Visitors now")
        page.wait_for_timeout(11_000)  # so that the last minute has its ups and downs
        page.mouse.move(0, 0)
        page.screenshot(path=path, full_page=True)
    context.close()


if __name__ == "__main__":
    main()
