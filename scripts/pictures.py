"""Takes the README's pictures anew: the first example behind a relay, in a real browser.

.venv/bin/python -m scripts.pictures
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tests.support import chromium, run_relay, run_script

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"


def main() -> None:
    """One picture for light and one for dark readers, of the same size."""
    with TemporaryDirectory() as folder, run_relay(Path(folder) / "relay") as relay, chromium() as browser:
        environment = relay.client_env()
        with run_script(ROOT / "examples" / "hello.py", env=environment) as script:
            url = script.wait_for_line(r"public URL: +(http://\S+)").group(1)
            for scheme in ("light", "dark"):
                _take(browser, url, scheme, PICTURES / f"first-link-{scheme}.png")


def _take(browser: Browser, url: str, scheme: str, path: Path) -> None:
    context = browser.new_context(
        viewport={"width": 900, "height": 400},
        color_scheme="dark" if scheme == "dark" else "light",
        device_scale_factor=1.5,
    )
    page = context.new_page()
    page.goto(url)
    page.get_by_label("name").fill("World")
    page.get_by_role("button", name="Submit").click()
    page.wait_for_function(
        "() => [...document.querySelectorAll('textarea')].some(e => e.value.includes('World!'))"
    )
    page.mouse.move(0, 0)
    page.wait_for_timeout(400)  # the button's own movement
    page.screenshot(path=path)
    context.close()


if __name__ == "__main__":
    main()
