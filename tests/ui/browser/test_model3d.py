"""Model3D: files shown on a canvas, turned by pointer and keys, given and taken away."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

import doorstep as ds

Visit = Callable[[ds.Blocks], Page]
MODELS = Path(ds.get_model3d("knot.glb")).parent


def canvas(page: Page) -> Locator:
    return page.locator("canvas[data-ready=true]")


@pytest.mark.parametrize("name", ["knot.glb", "house.gltf", "house.obj", "house.stl"])
def test_a_model_of_each_kind_is_shown(visit: Visit, name: str) -> None:
    with ds.Blocks() as app:
        ds.Model3D(MODELS / name, label="thing", interactive=False)
    page = visit(app)

    expect(canvas(page)).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_role("link", name="Download")).to_have_attribute("download", name)


def test_a_model_is_uploaded_turned_by_keys_and_cleared(
    visit: Visit, violations: Callable[[Page], list[dict[str, Any]]]
) -> None:
    with ds.Blocks() as app:
        model = ds.Model3D(label="thing")
        seen, edited = ds.Textbox(label="seen"), ds.Textbox(label="edited")
        model.upload(lambda path: Path(path).name, model, seen)
        model.clear(lambda: "cleared", None, seen)
        model.edit(lambda: "edited", None, edited)
    page = visit(app)

    page.locator("input[type=file]").set_input_files(MODELS / "house.obj")
    expect(page.get_by_label("seen")).to_have_value("house.obj")
    expect(canvas(page)).to_be_visible()
    before = canvas(page).screenshot()
    canvas(page).press("ArrowRight")
    canvas(page).press("ArrowRight")
    page.get_by_label("Shown as").select_option("wireframe")
    expect(page.get_by_label("edited")).to_have_value("edited")
    assert canvas(page).screenshot() != before
    assert violations(page) == []

    page.get_by_role("group", name="thing").get_by_role("button", name="Clear").click()
    expect(page.get_by_label("seen")).to_have_value("cleared")
    expect(page.locator("input[type=file]")).to_be_focused()


def test_a_damaged_model_says_so(visit: Visit, tmp_path: Path) -> None:
    (tmp_path / "broken.glb").write_bytes(b"no model")
    with ds.Blocks() as app:
        ds.Model3D(tmp_path / "broken.glb", label="thing", interactive=False)
    page = visit(app)

    expect(page.get_by_role("alert")).to_contain_text("cannot be shown")
