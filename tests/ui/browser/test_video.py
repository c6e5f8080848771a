"""Video in Chromium, whose camera counts: uploaded, recorded, played to the end, and piece by piece."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

import doorstep as ds
from tests.ui.browser.moments import A_SECOND

Visit = Callable[[ds.Blocks], Page]

A_MOMENT_LATER = re.compile(f"Stop · {A_SECOND.pattern}")

EVENTS = (
    *("play", "pause", "stop", "end", "start_recording", "stop_recording", "clear", "upload", "input"),
    "change",
)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half a second."""
    path = tmp_path_factory.mktemp("films") / "film.mp4"
    source = ["-f", "lavfi", "-i", "testsrc=size=160x90:rate=10:duration=0.5"]
    subprocess.run(["ffmpeg", "-v", "error", *source, "-pix_fmt", "yuv420p", str(path)], check=True)
    return path


@pytest.fixture
def seeing(page: Page) -> Page:
    """A page that may use camera and microphone."""
    page.context.grant_permissions(["camera", "microphone"])
    return page


def logged(video: ds.Video, log: ds.Textbox) -> None:
    told: list[str] = []

    def teller(name: str) -> Callable[[], str]:
        def tell() -> str:
            told.append(name)
            return " ".join(sorted(set(told)))

        return tell

    for name in EVENTS:
        getattr(video, name)(teller(name), None, log, concurrency_id="log")  # told in their order


def test_a_film_goes_to_the_function_and_its_copy_is_played(visit: Visit, film: Path) -> None:
    with ds.Blocks() as app:
        given = ds.Video(label="yours")
        log = ds.Textbox(label="log")
        logged(given, log)
        out = ds.Video(label="result", interactive=False, autoplay=True)
        seen = ds.Textbox(label="seen")
        ds.Button("Send").click(lambda path: (path, Path(path).name), given, [out, seen])
    page = visit(app)
    yours = page.get_by_role("group", name="yours")

    page.locator("input[type=file]").set_input_files(film)
    expect(yours.locator("video")).to_be_visible()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_label("seen")).to_have_value("film.mp4")
    page.wait_for_function("() => document.querySelectorAll('main video')[1]?.ended")
    result = page.get_by_role("group", name="result")
    expect(result.get_by_role("link", name="Download")).to_have_attribute("download", "film.mp4")
    expect(result.get_by_role("button", name="Clear")).to_have_count(0)

    yours.locator("video").press(" ")
    expect(page.get_by_label("log")).to_have_value("change end input pause play stop upload")
    yours.get_by_role("button", name="Clear").click()
    expect(page.get_by_label("log")).to_have_value(re.compile("clear"))
    expect(page.locator("input[type=file]")).to_be_focused()


def test_the_camera_records_a_film_that_is_there_when_it_has_stopped(seeing: Page, visit: Visit) -> None:
    with ds.Blocks() as app:
        video = ds.Video(label="clip", webcam_options=ds.WebcamOptions(constraints={"video": {"width": 320}}))
        log, seen = ds.Textbox(label="log"), ds.Textbox(label="seen")
        logged(video, log)
        video.stop_recording(lambda path: f"{Path(path).stat().st_size > 1000}", video, seen)
    page = visit(app)
    group = page.get_by_role("group", name="clip")

    group.get_by_role("button", name="Camera").click()
    expect(group.locator("video.mirrored")).to_be_visible()
    group.get_by_role("button", name="Record").click()
    expect(group.get_by_role("button", name=A_MOMENT_LATER)).to_be_visible()
    group.get_by_role("button", name="Stop").click()

    expect(page.get_by_label("seen")).to_have_value("True")
    expect(page.get_by_label("log")).to_have_value("change input start_recording stop_recording")
    page.wait_for_function("() => document.querySelector('main video')?.videoWidth === 320")


def test_without_leave_for_the_camera_the_page_says_what_to_do(visit: Visit) -> None:
    page = visit(ds.Interface(str, ds.Video(label="clip", sources="webcam"), "text"))
    page.get_by_role("button", name="Camera").click()
    expect(page.get_by_role("alert")).to_contain_text("This page may not use the camera")


def test_subtitles_stand_over_the_film(visit: Visit, film: Path) -> None:
    with ds.Blocks() as app:
        out = ds.Video(film, subtitles=[{"text": "Look", "timestamp": [0, 1]}], interactive=False)
        ds.Button("Other").click(
            lambda: ds.update(subtitles=[{"text": "There", "timestamp": [0, 1]}], loop=True), None, out
        )
    page = visit(app)
    cues = "[...document.querySelector('video').textTracks[0].cues].map(each => each.text).join()"
    page.wait_for_function(f"() => document.querySelector('video').textTracks[0] && {cues} === 'Look'")
    page.get_by_role("button", name="Other").click()
    page.wait_for_function(f"() => {cues} === 'There' && document.querySelector('video').loop")


def test_films_of_a_generator_follow_one_another(visit: Visit, film: Path) -> None:
    def parts() -> Iterator[Path]:
        for number in range(3):
            part = film.with_name(f"part{number}.mp4")
            part.write_bytes(film.read_bytes())
            yield part

    with ds.Blocks() as app:
        out = ds.Video(label="parts", streaming=True, autoplay=True, interactive=False)
        log = ds.Textbox(label="log")
        out.end(lambda: "over", None, log)
        ds.Button("Go").click(parts, None, out)
    page = visit(app)
    page.evaluate(
        """() => {
            window.shown = new Set();
            addEventListener("play", ({target}) => shown.add(target.src.split("/").at(-1)), true);
        }"""
    )
    page.get_by_role("button", name="Go").click()
    expect(page.get_by_label("log")).to_have_value("over")
    assert page.evaluate("() => [...shown]") == ["part0.mp4", "part1.mp4", "part2.mp4"]


def test_a_file_that_is_no_film_is_refused_where_it_was_chosen(visit: Visit) -> None:
    page = visit(ds.Interface(str, ds.Video(), "text"))
    page.locator("input[type=file]").set_input_files(
        {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"hello"}
    )
    expect(page.get_by_role("alert")).to_contain_text("notes.txt is not a video")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_of_it_shuts_anybody_out(
    seeing: Page, visit: Visit, violations: Callable[[Page], list[dict[str, Any]]], film: Path, scheme: Any
) -> None:
    seeing.emulate_media(color_scheme=scheme)
    seeing.set_viewport_size({"width": 390, "height": 900})
    with ds.Blocks() as app:
        ds.Video(film, label="film", interactive=True)
        ds.Video(label="upload")
        ds.Video(label="clip", sources="webcam")
        ds.Video(label="empty", interactive=False)
    page = visit(app)
    clip = page.get_by_role("group", name="clip")
    clip.get_by_role("button", name="Camera").click()
    expect(clip.get_by_role("button", name="Record")).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
