"""Audio in Chromium, whose microphone beeps: recorded, uploaded, played, trimmed, and streamed both ways."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

import doorstep as ds
from doorstep.components import sounds
from tests.ui.browser.moments import A_SECOND, expect_noted, note

Visit = Callable[[ds.Blocks], Page]
Sound = tuple[int, "np.ndarray[Any, Any]"]

RATE = 8000
TONE: Sound = (RATE, (np.sin(np.arange(2 * RATE) / 4) * 12000).astype(np.int16))
WAV = {"name": "tone.wav", "mimeType": "audio/wav", "buffer": sounds.wav(*TONE)}
EVENTS = (
    *("play", "pause", "stop", "start_recording", "pause_recording", "stop_recording", "clear", "upload"),
    *("input", "change", "edit"),
)


@pytest.fixture
def hearing(page: Page) -> Page:
    """A page that may use the microphone."""
    page.context.grant_permissions(["microphone"])
    return page


def logged(audio: ds.Audio, log: ds.Textbox, names: tuple[str, ...] = EVENTS) -> list[str]:
    """Writes the names of the component's events into `log`, and into the list that is returned."""
    told: list[str] = []

    def teller(name: str) -> Callable[[], str]:
        def tell() -> str:
            told.append(name)
            return " ".join(told)

        return tell

    for name in names:
        getattr(audio, name)(teller(name), None, log, concurrency_id="log")  # told in their order
    return told


def expect_seconds(box: Locator, began: float) -> None:
    """It says how long a recording is that has begun then and reached a second."""
    expect(box).to_have_value(re.compile(r"^\d+\.\d\d s$"))
    assert 1.0 <= float(box.input_value().removesuffix(" s")) <= time.monotonic() - began


def length_of(sound: Sound | None) -> str:
    return "nothing" if sound is None else f"{len(sound[1]) / sound[0]:.2f} s"


def test_a_recording_is_there_when_it_has_stopped(hearing: Page, visit: Visit) -> None:
    with ds.Blocks() as app:
        voice = ds.Audio(label="voice")
        log, got = ds.Textbox(label="log"), ds.Textbox(label="got")
        told = logged(voice, log)
        voice.stop_recording(length_of, voice, got)
    page = visit(app)
    group = page.get_by_role("group", name="voice")

    began = time.monotonic()
    group.get_by_role("button", name="Record").click()
    expect(group.get_by_role("button", name="Stop")).to_be_focused()
    expect(group.get_by_role("timer")).to_contain_text(A_SECOND)
    group.get_by_role("button", name="Pause").click()
    group.get_by_role("button", name="Go on").click()
    group.get_by_role("button", name="Stop").click()

    expect_seconds(page.get_by_label("got"), began)
    expect(group.get_by_role("slider", name="Position in voice")).to_be_visible()
    group.get_by_role("button", name="Clear").click()
    expect(page.get_by_label("log")).to_have_value(re.compile("clear"))
    assert set(told) == {
        *("start_recording", "pause_recording", "stop_recording", "input", "change", "clear"),
    }


def test_a_sound_is_played_by_keys_and_its_ends_are_cut_off(visit: Visit) -> None:
    with ds.Blocks() as app:
        sound = ds.Audio(label="tone", waveform_options=ds.WaveformOptions(skip_length=25, sample_rate=RATE))
        log, got = ds.Textbox(label="log"), ds.Textbox(label="got")
        told = logged(sound, log)
        sound.change(length_of, sound, got)
    page = visit(app)
    group = page.get_by_role("group", name="tone")

    page.locator("input[type=file]").set_input_files(WAV)
    position = group.get_by_role("slider", name="Position in tone")
    expect(position).to_be_visible()
    expect(page.get_by_label("got")).to_have_value("2.00 s")
    position.press("ArrowRight")
    expect(position).to_have_attribute("aria-valuenow", "0.5")
    position.press(" ")
    expect(page.get_by_label("log")).to_have_value(re.compile("play.* stop"))

    group.get_by_role("button", name="Trim").click()
    group.get_by_role("spinbutton", name="From").fill("0.5")
    group.get_by_role("spinbutton", name="To").fill("1.25")
    group.get_by_role("spinbutton", name="To").press("Tab")
    group.get_by_role("button", name="Trim").click()

    expect(page.get_by_label("got")).to_have_value("0.75 s")
    expect(page.get_by_label("log")).to_have_value(re.compile("edit"))
    assert {"upload", "input", "change", "play", "pause", "stop", "edit"} <= set(told)


def test_samples_are_heard_and_the_app_says_how(visit: Visit) -> None:
    with ds.Blocks() as app:
        out = ds.Audio(
            TONE,
            label="tone",
            interactive=False,
            subtitles=[{"text": "A tone", "timestamp": [0, 0.4]}, {"text": "Still", "timestamp": [1, 2]}],
        )
        ds.Button("Jump").click(lambda: ds.update(playback_position=1.5, loop=True), None, out)
    page = visit(app)
    group = page.get_by_role("group", name="tone")

    expect(group.get_by_text("A tone")).to_be_visible()
    expect(group.get_by_role("button", name="Clear")).to_have_count(0)
    expect(group.get_by_role("button", name="Trim")).to_have_count(0)
    address = group.get_by_role("link", name="Download").get_attribute("href") or ""
    assert page.request.get(address).body() == WAV["buffer"]

    group.get_by_role("button", name="Speed: 1×").click()
    page.get_by_role("button", name="Jump").click()

    expect(group.get_by_text("Still")).to_be_visible()
    media = "document.querySelector('audio')"
    page.wait_for_function(f"() => {media}.playbackRate === 1.25 && {media}.loop")


def test_the_browsers_own_player_does_where_no_picture_is_wanted(visit: Visit) -> None:
    page = visit(
        ds.Interface(lambda: None, None, ds.Audio(TONE, waveform_options={"show_recording_waveform": False}))
    )
    expect(page.locator("audio[controls]")).to_be_visible()
    expect(page.locator(".wave")).to_have_count(0)


def test_a_microphone_is_heard_while_it_records_and_nothing_is_lost(hearing: Page, visit: Visit) -> None:
    with ds.Blocks() as app:
        voice = ds.Audio(label="voice", streaming=True)
        heard = ds.State(0.0)
        total, pieces = ds.Textbox(label="total"), ds.Number(0, label="pieces")

        def add(seconds: float, count: int, sound: Sound) -> tuple[float, str, int]:
            time.sleep(0.15)  # slower than the pieces come, now and then
            seconds += len(sound[1]) / sound[0]
            return seconds, f"{seconds:.2f}", int(count) + 1

        voice.stream(add, [heard, pieces, voice], [heard, total, pieces], stream_every=0.2, time_limit=4.5)
        ended = ds.Textbox(label="ended")
        stops: list[int] = []
        voice.stop_recording(lambda: stops.append(1) or str(len(stops)), None, ended)
    page = visit(app)

    page.get_by_role("group", name="voice").get_by_role("button", name="Record").click()
    expect(page.get_by_label("ended")).to_have_value("1")

    expect(page.get_by_label("total")).to_have_value(re.compile(r"^(4\.[5-9]|[5-9]\.|\d\d)"))
    assert int(page.get_by_label("pieces").input_value()) > 1
    assert stops == [1]


def test_what_a_generator_yields_is_one_sound(visit: Visit) -> None:
    def parts() -> Iterator[Sound]:
        for pitch in (3, 4, 5, 6):
            yield RATE, (np.sin(np.arange(RATE // 2) / pitch) * 9000).astype(np.int16)

    with ds.Blocks() as app:
        out = ds.Audio(label="answer", streaming=True, autoplay=True, interactive=False)
        log = ds.Textbox(label="log")
        logged(out, log, ("play", "stop"))
        ds.Button("Speak").click(parts, None, out)
    page = visit(app)

    note(page, "progress, main [role=group]")
    page.get_by_role("button", name="Speak").click()
    group = page.get_by_role("group", name="answer")
    expect_noted(page, "Heard so far")
    expect_noted(page, "/ 0:02")

    expect(page.get_by_label("log")).to_have_value("play stop")
    expect(group.get_by_role("slider", name="Position in answer")).to_have_attribute("aria-valuemax", "2")
    assert page.evaluate("() => document.querySelector('audio').paused")


def test_a_page_that_may_not_use_the_microphone_says_so(visit: Visit) -> None:
    page = visit(ds.Interface(lambda _: None, ds.Microphone(label="voice"), None))

    page.get_by_role("button", name="Record: voice").click()

    expect(page.get_by_role("alert")).to_contain_text("This page may not use the microphone")
    expect(page.get_by_role("button", name="Record: voice")).to_have_text("Try again")


def test_without_ffmpeg_the_page_reads_what_the_app_cannot(
    visit: Visit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tone.wav").write_bytes(sounds.wav(*TONE))
    subprocess.run(["ffmpeg", "-v", "error", "-i", "tone.wav", "tone.ogg"], cwd=tmp_path, check=True)
    monkeypatch.setenv("PATH", "")
    page = visit(ds.Interface(length_of, ds.Audio(label="tone"), ds.Textbox(label="got"), live=True))

    page.locator("input[type=file]").set_input_files(tmp_path / "tone.ogg")

    expect(page.get_by_label("got")).to_have_value(re.compile("^(2.0|1.9)"))


def test_a_file_that_is_no_sound_is_refused_where_it_was_chosen(visit: Visit) -> None:
    page = visit(ds.Interface(length_of, ds.Audio(), "text"))
    page.locator("input[type=file]").set_input_files(
        {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"hello"}
    )
    expect(page.get_by_role("alert")).to_contain_text("notes.txt is not a sound")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_of_it_shuts_anybody_out(
    hearing: Page, visit: Visit, violations: Callable[[Page], list[dict[str, Any]]], scheme: Any
) -> None:
    hearing.emulate_media(color_scheme=scheme)
    hearing.set_viewport_size({"width": 390, "height": 900})
    with ds.Blocks() as app:
        ds.Audio(TONE, label="tone", interactive=True)
        ds.Audio(label="upload")
        ds.Microphone(label="voice")
        ds.Audio(label="empty", interactive=False)
    page = visit(app)
    page.get_by_role("button", name="Trim").click()
    page.get_by_role("button", name="Record: voice").click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_an_app_begins_and_ends_a_recording(hearing: Page, visit: Visit) -> None:
    with ds.Blocks() as app:
        voice, got = ds.Audio(label="voice", sources="microphone"), ds.Textbox(label="got")
        ds.Button("Begin").click(lambda: ds.Audio(recording=True), None, voice)
        ds.Button("End").click(lambda: ds.Audio(recording=False), None, voice)
        voice.stop_recording(length_of, voice, got)
        voice.input(lambda _: None, voice, None)
    page = visit(app)
    began = time.monotonic()
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("timer")).to_contain_text(A_SECOND)
    page.get_by_role("button", name="End").click()
    expect_seconds(page.get_by_label("got"), began)
