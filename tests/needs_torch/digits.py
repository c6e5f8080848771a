"""examples/digits.py: a real PyTorch model behind a sketch pad. `make test-torch` runs it."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support import chromium, free_port

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "digits.py"

pytestmark = [pytest.mark.timeout(180), pytest.mark.filterwarnings("default")]


@pytest.fixture(scope="module")
def example() -> dict[str, Any]:
    return runpy.run_path(str(EXAMPLE))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


def test_it_reads_digits_that_it_never_saw(example: dict[str, Any]) -> None:
    assert example["ACCURACY"] > 0.85


def test_it_reads_a_stroke_as_a_one(example: dict[str, Any]) -> None:
    drawing = np.full((280, 280), 255, "uint8")
    drawing[40:240, 125:155] = 0
    confidences = example["classify"]({"composite": drawing})
    assert max(confidences, key=confidences.get) == "1"
    assert sum(confidences.values()) == pytest.approx(1, abs=1e-3)


def test_a_visitor_draws_and_sees_the_answer(page: Page, example: dict[str, Any]) -> None:
    app = example["app"]
    url = app.launch(prevent_thread_lock=True, quiet=True, server_port=free_port()).local_url
    try:
        page.goto(url)
        canvas = page.get_by_role("img", name="canvas")
        expect(canvas).to_be_visible()
        box = canvas.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.2)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.8, steps=8)
        page.mouse.up()
        expect(page.get_by_text("%").first).to_be_visible(timeout=20_000)
    finally:
        app.close()
