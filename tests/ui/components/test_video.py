"""Video: paths of films in and out, as browsers and functions want them."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import doorstep as ds
from doorstep.components import ffmpeg
from doorstep.errors import FileRefusedError, MissingProgramError, RefusedError, UsageError
from tests.ui.calls import FakeCall, visit_to
from tests.ui.support import FakeFiles


@pytest.fixture
def files(tmp_path: Path) -> FakeFiles:
    (tmp_path / "session").mkdir()
    return FakeFiles(tmp_path / "session")


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of short films: one that browsers play, and two that they do not."""
    folder = tmp_path_factory.mktemp("films")
    made = ["-f", "lavfi", "-i", "testsrc=size=65x48:rate=10:duration=0.5"]
    sound = ["-f", "lavfi", "-i", "sine=duration=0.5"]
    for options in (
        [*made, *sound, "-c:v", "libx264", "-pix_fmt", "yuv420p", "-vf", "scale=64:48", "a.mp4"],
        [*made, "-c:v", "mpeg4", "old.mp4"],
        [*made, "-c:v", "mpeg4", "b.avi"],
    ):
        subprocess.run(["ffmpeg", "-v", "error", *options], cwd=folder, check=True)
    return folder


def has_sound(path: Path) -> bool:
    return ffmpeg._probed(path, "stream=codec_name", "-select_streams", "a:0") != ""


# -- what comes in -------------------------------------------------------------------------------


def test_a_function_gets_the_path_of_the_film_or_of_one_in_its_format(files: FakeFiles, films: Path) -> None:
    wire = files.add(films / "a.mp4")
    assert ds.Video().preprocess(wire, files) == str(files.folder / "a.mp4")
    converted = Path(ds.Video(format="webm").preprocess(wire, files) or "")
    assert (converted.name, ffmpeg.codec(converted)) == ("a.webm", "vp9")
    assert ds.PlayableVideo().preprocess(files.add(films / "b.avi"), files) == str(files.folder / "b.mp4")
    assert ds.Video().preprocess(None, files) is None


def test_the_sound_is_taken_away_where_it_is_not_wanted(files: FakeFiles, films: Path) -> None:
    wire = files.add(films / "a.mp4")
    assert has_sound(Path(ds.Video(include_audio=True).preprocess(wire, files) or ""))
    assert not has_sound(Path(ds.Video(include_audio=False).preprocess(wire, files) or ""))


def test_the_page_records_sound_unless_a_film_only_comes_from_the_camera() -> None:
    assert ds.Video().props()["include_audio"]
    assert not ds.Video(sources="webcam").props()["include_audio"]
    assert ds.Video(sources="webcam", include_audio=True).props()["include_audio"]


def test_what_is_no_film_is_refused_by_name(files: FakeFiles) -> None:
    video = ds.Video(label="clip", format="webm")
    with pytest.raises(RefusedError, match="Video “clip”: 'a.txt' is not the name of a film"):
        video.preprocess(files.add_bytes(b"x", "a.txt"), files)
    with pytest.raises(RefusedError, match="Video “clip”: the file cannot be read") as refused:
        video.preprocess(files.add_bytes(b"x", "a.mp4"), files)
    assert str(files.folder) not in str(refused.value), "visitors are told no folder of this machine"
    with pytest.raises(FileRefusedError, match="Video “clip”"):
        video.preprocess({"path": "/etc/passwd"}, files)


def test_the_older_limits_of_length_refuse(files: FakeFiles, films: Path) -> None:
    wire = files.add(films / "a.mp4")
    assert ds.Video(min_length=0.2, max_length=2).preprocess(wire, files)
    with pytest.raises(RefusedError, match=r"0.5 s long; at least 3 s"):
        ds.Video(min_length=3).preprocess(wire, files)


# -- what goes out -------------------------------------------------------------------------------


def test_what_browsers_play_is_shown_as_it_is(files: FakeFiles, films: Path) -> None:
    shown = ds.Video().postprocess(films / "a.mp4", files)
    assert files.path_of(shown).read_bytes() == (films / "a.mp4").read_bytes()


@pytest.mark.parametrize("name", ["b.avi", "old.mp4"])
def test_what_browsers_do_not_play_becomes_mp4(files: FakeFiles, films: Path, name: str) -> None:
    shown = files.path_of(ds.Video().postprocess(str(films / name), files))
    assert (shown.suffix, ffmpeg.codec(shown)) == (".mp4", "h264")


def test_without_ffmpeg_a_film_stays_what_it_is_with_a_note(
    files: FakeFiles, films: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.warns(UserWarning, match="browsers may not play 'b.avi'; with the program ffmpeg"):
        assert ds.Video().postprocess(films / "b.avi", files) == {"path": "b.avi"}
    assert ds.Video().postprocess(films / "a.mp4", files) == {"path": "a.mp4"}
    with pytest.raises(MissingProgramError, match="A watermark on a Video needs the program ffmpeg"):
        ds.Video(watermark=np.zeros((2, 2, 3), np.uint8)).postprocess(films / "a.mp4", files)


@pytest.mark.parametrize(("position", "corner"), [("top-left", (12, 12)), ((30, 20), (31, 21))])
def test_a_watermark_lies_over_the_film(
    files: FakeFiles, films: Path, position: Any, corner: tuple[int, int]
) -> None:
    mark = ds.WatermarkOptions(np.full((8, 8, 3), (255, 0, 0), np.uint8), position)
    shown = files.path_of(ds.Video(watermark=mark).postprocess(films / "a.mp4", files))
    raw = ffmpeg.decoded(shown, "rawvideo", ("-frames:v", "1", "-pix_fmt", "rgb24"))
    x, y = corner
    red, green, blue = np.frombuffer(raw, np.uint8).reshape(48, 64, 3)[y + 2, x + 2]
    assert red > 180
    assert max(green, blue) < 90


def test_a_film_may_bring_its_subtitles(files: FakeFiles, films: Path, tmp_path: Path) -> None:
    (tmp_path / "a.vtt").write_text("WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n")
    shown = ds.Video().postprocess((films / "a.mp4", tmp_path / "a.vtt"), files)
    assert shown is not None
    assert shown["subtitles"] == [{"start": 0, "end": 1, "text": "Hello"}]
    assert ds.Video().postprocess((str(films / "a.mp4"), None), files) == {"path": "a.mp4"}


@pytest.mark.parametrize("value", ["notes.txt", 3, ("a", "b", "c")])
def test_what_is_no_film_is_not_shown(files: FakeFiles, value: Any) -> None:
    with pytest.raises((ValueError, TypeError), match="film"):
        ds.Video().postprocess(value, files)


def test_a_generators_films_are_told_of_together(files: FakeFiles, films: Path) -> None:
    with ds.Blocks() as app:
        video = ds.Video(streaming=True)
        dependency = app.load(lambda: None, None, video)
    visit = visit_to(app)
    visit.files = files
    call = FakeCall(dependency, visit)
    first, second = (video.show_of(call, films / name) for name in ("a.mp4", "b.avi"))
    assert [each["path"] for each in first["pieces"]] == ["a.mp4"]
    assert [each["path"] for each in second["pieces"]] == ["a.mp4", "b-playable.mp4"]
    assert (second["path"], second["is_stream"]) == ("b-playable.mp4", True)


@pytest.mark.parametrize(
    "wrong",
    [{"sources": ["microphone"]}, {"format": "../x"}, {"webcam_options": 3}, {"buttons": ["copy"]}],
    ids=str,
)
def test_mistakes_are_told_at_once(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="Video: "):
        ds.Video(**wrong)
