"""Every component's example on a real page: no fault, wide and on a phone, in the light and in the dark."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

import doorstep as ds
from scripts.component_docs import EXAMPLES, app_of
from scripts.component_pictures import settle

Serve = Callable[[ds.Blocks], str]
Violations = Callable[[Page], list[dict[str, Any]]]

PHONE = {"width": 390, "height": 800}


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem)
def test_an_example_has_no_fault(
    path: Path,
    page: Page,
    serve: Serve,
    violations: Violations,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.emulate_media(reduced_motion="reduce", color_scheme="light")
    url = serve(app_of(path))

    page.goto(url)
    settle(page)
    assert violations(page) == []
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(
        "() => document.documentElement.scrollWidth <= innerWidth",  # nothing is wider than the phone
        timeout=30_000,
    )
    assert violations(page) == []

    assert said == []
    assert [each for each in asked if not each.startswith((url, "data:", "blob:"))] == []
