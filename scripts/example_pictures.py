"""Takes the pictures of docs/examples.md: each app of examples/ after a visitor has used it, light and dark.

    python -m scripts.example_pictures [NAME …]

`digits` needs PyTorch (requirements/torch.txt); `hello` waits for a relay and has its picture in the README.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

from scripts.component_docs import SCHEMES, app_of
from scripts.component_pictures import opened, settle, shoot
from tests.support import chromium, free_port

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser, FilePayload, FloatRect, Page

ROOT: Final = Path(__file__).resolve().parent.parent
EXAMPLES: Final = ROOT / "examples"
PICTURES: Final = ROOT / "docs" / "pictures" / "examples"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", help="examples, without .py (default: all)")
    given = parser.parse_args()
    PICTURES.mkdir(parents=True, exist_ok=True)
    with chromium() as browser, tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for name in given.names or USES:
            _of_example(browser, name)


def _of_example(browser: Browser, name: str) -> None:
    app = app_of(EXAMPLES / f"{name}.py")
    try:
        url = app.launch(prevent_thread_lock=True, quiet=True, server_port=free_port()).local_url
        for scheme in SCHEMES:
            with opened(browser, url, "wide", scheme) as page:
                USES[name](page)
                settle(page)
                shoot(page, PICTURES / f"{name}-{scheme}.webp")
    finally:
        app.close()


# -- what a visitor does -----------------------------------------------------------------------------


def _look(page: Page) -> None:
    """Nothing: the page says it all."""


def _submit(page: Page, shown: str = "main img") -> None:
    page.get_by_role("button", name="Submit").click()
    page.locator(shown).last.wait_for()


def _write(page: Page) -> None:
    page.get_by_label("Text").press("End")
    page.keyboard.type(" Lamp!")
    page.get_by_text("different words").wait_for()


def _zoom(page: Page) -> None:
    page.get_by_role("button", name="-0.7436").click()
    _submit(page)


def _echo(page: Page) -> None:
    page.get_by_role("button", name="chime.wav").click()
    page.get_by_role("group", name="Your sound").get_by_role("button", name="Play").wait_for()
    page.get_by_role("button", name="Submit").click()
    page.get_by_role("group", name="With an echo").get_by_role("button", name="Play").wait_for()


def _film(page: Page) -> None:
    page.locator("input[type=file]").first.set_input_files(_landscape())
    page.get_by_role("button", name="Submit").click()
    page.wait_for_function("() => document.querySelector('main video')?.ended === true")


def _draw(page: Page) -> None:
    box = _canvas(page)
    turn = np.linspace(0, 5 * np.pi, 60)
    x = box["x"] + box["width"] / 2 + np.cos(turn) * turn * box["height"] / 40 + 20
    y = box["y"] + box["height"] / 2 + np.sin(turn) * turn * box["height"] / 40
    _stroke(page, list(zip(x.tolist(), y.tolist(), strict=True)))
    page.wait_for_function("() => document.querySelector('main img')?.naturalWidth > 0")


def _draw_a_two(page: Page) -> None:
    box = _canvas(page)
    points = [
        (0.3, 0.35),
        (0.35, 0.22),
        (0.5, 0.16),
        (0.65, 0.25),
        (0.66, 0.4),
        (0.5, 0.6),
        (0.3, 0.82),
        (0.72, 0.82),
    ]
    for near in (0, 0.02):  # twice, as a broad pen would
        _stroke(
            page, [(box["x"] + (x + near) * box["width"], box["y"] + y * box["height"]) for x, y in points]
        )
    page.get_by_text("%").first.wait_for()


def _canvas(page: Page) -> FloatRect:
    box = page.get_by_role("img", name="canvas").bounding_box()
    if box is None:
        raise RuntimeError("the canvas is not on the page")
    return box


def _stroke(page: Page, points: list[tuple[float, float]]) -> None:
    page.mouse.move(*points[0])
    page.mouse.down()
    for x, y in points[1:]:
        page.mouse.move(x, y, steps=4)
    page.mouse.up()


def _talk(page: Page) -> None:
    for text, answer in (
        ("I need a holiday", r"a holiday\?"),
        ("Because it rains", r"(reason|explain it)\?"),
    ):
        page.get_by_role("textbox").last.fill(text)
        page.keyboard.press("Enter")
        page.get_by_role("log").get_by_text(re.compile(answer)).wait_for()


def _live(page: Page) -> None:
    first = page.locator("main img").get_attribute("src")
    page.get_by_role("button", name="Start").click()
    page.wait_for_function(
        "first => document.querySelector('main img').src.endsWith(first) === false", arg=first
    )
    page.get_by_role("button", name="Stop").click()


def _plan(page: Page) -> None:
    for task in ("Water the plants", "Write to Ada", "Mend the lamp"):
        page.get_by_label("What is to be done?").fill(task)
        page.keyboard.press("Enter")
        page.wait_for_function(
            """task => {
              const [entry, ...rows] = document.querySelectorAll("main textarea, main input");
              return entry.value === "" && rows.some((row) => row.value === task);
            }""",
            arg=task,
        )


def _landscape() -> FilePayload:
    height, width = np.mgrid[0:480, 0:640]
    hill = height > 330 + 60 * np.sin(width / 90)
    sky = np.stack([255 - height // 3, 190 - height // 4, 110 + height // 4], axis=-1)
    sky[hill] = (40, 80, 70)
    sky[(height - 220) ** 2 + (width - 420) ** 2 < 1900] = (255, 240, 180)
    buffer = io.BytesIO()
    Image.fromarray(sky.astype("uint8")).save(buffer, "PNG")
    return {"name": "evening.png", "mimeType": "image/png", "buffer": buffer.getvalue()}


USES: Final[dict[str, Callable[[Page], None]]] = {
    "text": _write,
    "mandelbrot": _zoom,
    "audio": _echo,
    "video": _film,
    "sketch": _draw,
    "chat": _talk,
    "dashboard": _look,
    "table": _look,
    "life": _live,
    "todo": _plan,
    "simulation": _submit,
    "digits": _draw_a_two,
}


if __name__ == "__main__":
    main()
