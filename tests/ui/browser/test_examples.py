"""The apps of examples/, each used as its visitor would. (`make test-torch` runs the one with PyTorch.)"""

from __future__ import annotations

import io
import re
import runpy
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from tests.support import free_port

FOLDER = Path(__file__).resolve().parents[3] / "examples"
NEEDS_MORE = {"hello", "digits"}
"""One waits for a relay (the story test runs it), one needs PyTorch."""

Open = Callable[[str], Page]


@pytest.fixture
def open_example(page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Opens the page of examples/NAME.py."""
    monkeypatch.chdir(tmp_path)
    apps: list[Any] = []
    wrong: list[str] = []

    def start(name: str) -> Page:
        app = runpy.run_path(str(FOLDER / f"{name}.py"))["app"]
        apps.append(app)
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.goto(app.launch(prevent_thread_lock=True, quiet=True, server_port=free_port()).local_url)
        expect(page.locator("main.page > *").first).to_be_visible()
        return page

    yield start
    page.close()  # before what it still loads is gone
    for app in apps:
        app.close()
    assert wrong == []


def picture() -> FilePayload:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), (200, 120, 40)).save(buffer, "PNG")
    return {"name": "orange.png", "mimeType": "image/png", "buffer": buffer.getvalue()}


def sound() -> FilePayload:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes((np.sin(np.arange(4000) / 4) * 20000).astype("<i2").tobytes())
    return {"name": "beep.wav", "mimeType": "audio/wav", "buffer": buffer.getvalue()}


def test_every_example_is_used_here() -> None:
    here = Path(__file__).read_text()
    for path in FOLDER.glob("*.py"):
        assert path.stem in NEEDS_MORE or f'open_example("{path.stem}")' in here


def test_every_example_is_shown_in_the_docs() -> None:
    shown = (FOLDER.parent / "docs" / "examples.md").read_text()
    for path in FOLDER.glob("*.py"):
        assert f"(../examples/{path.name})" in shown
    for image in re.findall(r'(?:src|srcset)="([^"]+)"', shown):
        assert (FOLDER.parent / "docs" / image).is_file(), image


def test_words_of_a_text(open_example: Open) -> None:
    page = open_example("text")
    page.get_by_label("Text").fill("rain rain rain sun")
    expect(page.locator("main")).to_contain_text("rain")
    expect(page.get_by_text("different words")).to_be_visible()


def test_a_picture_grows_finer(open_example: Open) -> None:
    page = open_example("mandelbrot")
    page.get_by_role("button", name="Submit").click()
    page.wait_for_function("() => document.querySelector('main img')?.naturalWidth === 480")


def test_a_sound_gets_an_echo(open_example: Open) -> None:
    page = open_example("audio")
    page.get_by_role("button", name="Upload a file").click()
    page.locator("input[type=file]").first.set_input_files(sound())
    expect(page.locator("input[type=file]")).to_have_count(0)
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("group", name="With an echo").get_by_role("button").first).to_be_visible()


def test_a_picture_becomes_a_film(open_example: Open) -> None:
    page = open_example("video")
    page.locator("input[type=file]").first.set_input_files(picture())
    page.get_by_role("button", name="Submit").click()
    page.wait_for_function("() => document.querySelector('main video')?.src !== undefined")


def test_a_drawing_is_mirrored(open_example: Open) -> None:
    page = open_example("sketch")
    canvas = page.get_by_role("img", name="canvas")
    expect(canvas).to_be_visible()
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 40, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 140, box["y"] + 160, steps=6)
    page.mouse.up()
    page.wait_for_function("() => document.querySelector('main img')?.naturalWidth > 0")


def test_a_chat_is_answered_word_by_word(open_example: Open) -> None:
    page = open_example("chat")
    page.get_by_role("textbox").last.fill("I am tired")
    page.keyboard.press("Enter")
    expect(page.get_by_role("log").get_by_text(re.compile("(being|been) tired\\?"))).to_be_visible()


def test_plots_follow_a_choice(open_example: Open) -> None:
    page = open_example("dashboard")
    expect(page.get_by_text("mean").first).to_be_visible()
    expect(page.locator("main canvas, main svg.marks").first).to_be_visible()
    expect(page.get_by_label("Seconds on this page")).not_to_have_value("0")


def test_a_table_is_read_and_drawn(open_example: Open) -> None:
    page = open_example("table")
    table = b"a,b\n" + b"\n".join(b"%d,%d" % (each, each * each) for each in range(20))
    page.locator("input[type=file]").first.set_input_files(
        {"name": "squares.csv", "mimeType": "text/csv", "buffer": table}
    )
    expect(page.get_by_text("361")).to_be_visible()
    expect(page.get_by_label("Along").locator("option:checked")).to_have_text("a")
    expect(page.get_by_label("Up").locator("option:checked")).to_have_text("b")
    expect(page.get_by_text("there is no column")).to_have_count(0)


def test_a_game_runs_until_it_is_stopped(open_example: Open) -> None:
    page = open_example("life")
    first = page.locator("main img").get_attribute("src")
    page.get_by_role("button", name="Start").click()
    expect(page.locator("main img")).not_to_have_attribute("src", first or "")
    page.get_by_role("button", name="Stop").click()


def test_a_list_is_kept_by_the_browser(open_example: Open) -> None:
    page = open_example("todo")
    expect(page.get_by_text("Enjoy the day")).to_be_visible()
    page.get_by_label("What is to be done?").fill("Water the plants")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Done")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Done")).to_be_visible()
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_text("Enjoy the day")).to_be_visible()


def test_a_simulation_is_drawn_and_saved(open_example: Open) -> None:
    page = open_example("simulation")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("walks.csv")).to_be_visible()
    expect(page.get_by_text("furthest")).to_be_visible()
    expect(page.locator("main img").first).to_be_visible()
