"""Audio: sounds of every kind in, samples or paths out, and back."""

from __future__ import annotations

import io
import struct
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import doorstep as ds
from doorstep.components import ffmpeg, sounds
from doorstep.errors import FileRefusedError, MissingProgramError, RefusedError, UsageError
from tests.ui.calls import FakeCall, visit_to
from tests.ui.support import FakeFiles

RATE = 8000
SWELL = np.linspace(-32768, 32767, 400).astype(np.int16)


@pytest.fixture
def files(tmp_path: Path) -> FakeFiles:
    return FakeFiles(tmp_path)


def riff(tag: int, bits: int, data: bytes, channels: int = 1, extra: bytes = b"") -> bytes:
    """A WAV file by hand, with a chunk before the samples that nobody needs."""
    width = channels * bits // 8
    form = struct.pack("<HHIIHH", tag, channels, RATE, RATE * width, width, bits) + extra
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"LIST" + struct.pack("<I", 3) + b"abc\0"
    body += b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def given(files: FakeFiles, data: bytes, name: str = "a.wav") -> dict[str, Any]:
    return files.add_bytes(data, name)


def played(files: FakeFiles, shown: Any) -> tuple[int, np.ndarray[Any, Any]]:
    with wave.open(str(files.path_of(shown))) as file:
        assert file.getsampwidth() == 2
        frames = np.frombuffer(file.readframes(file.getnframes()), np.int16)
        return file.getframerate(), frames.reshape(-1, file.getnchannels()).squeeze()


# -- what comes in -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tag", "bits", "data", "error"),
    [
        (1, 8, ((SWELL >> 8) + 128).astype(np.uint8).tobytes(), 256),
        (1, 16, SWELL.tobytes(), 0),
        (1, 24, (SWELL.astype("<i4") << 8).view(np.uint8).reshape(-1, 4)[:, :3].tobytes(), 0),
        (1, 32, (SWELL.astype("<i4") << 16).tobytes(), 0),
        (3, 32, (SWELL / 32768).astype("<f4").tobytes(), 2),
        (3, 64, (SWELL / 32768).astype("<f8").tobytes(), 2),
    ],
    ids=["8 bit", "16 bit", "24 bit", "32 bit", "float", "double"],
)
def test_wav_files_of_every_width_become_16_bit_samples(
    files: FakeFiles, tag: int, bits: int, data: bytes, error: int
) -> None:
    rate, samples = ds.Audio().preprocess(given(files, riff(tag, bits, data)), files)
    assert (rate, samples.dtype, samples.shape) == (RATE, np.int16, (400,))
    assert abs(samples.astype(int) - SWELL).max() <= error


def test_several_channels_are_the_columns(files: FakeFiles) -> None:
    both = np.stack([SWELL, -SWELL - 1], axis=1)
    _, samples = ds.Audio().preprocess(given(files, riff(1, 16, both.tobytes(), 2)), files)
    assert np.array_equal(samples, both)


def test_an_extensible_header_says_its_kind_further_behind(files: FakeFiles) -> None:
    extra = struct.pack("<HHI", 22, 16, 4) + b"\x01\x00" + bytes(14)
    _, samples = ds.Audio().preprocess(given(files, riff(0xFFFE, 16, SWELL.tobytes(), extra=extra)), files)
    assert np.array_equal(samples, SWELL)


def test_a_recorder_that_did_not_know_the_length_is_read_to_the_end(files: FakeFiles) -> None:
    data = bytearray(riff(1, 16, SWELL.tobytes()))
    data[data.index(b"data") + 4 : data.index(b"data") + 8] = b"\xff\xff\xff\xff"
    assert len(ds.Audio().preprocess(given(files, bytes(data)), files)[1]) == 400


@pytest.mark.parametrize("name", ["a.mp3", "a.ogg", "a.flac", "a.webm", "a.m4a"])
def test_other_kinds_are_read_by_ffmpeg(files: FakeFiles, name: str) -> None:
    tone = (np.sin(np.arange(RATE) / 5) * 20000).astype(np.int16)
    source = files.folder / "tone.wav"
    source.write_bytes(sounds.wav(RATE, tone))
    ffmpeg.convert(source, files.folder / name)
    rate, samples = ds.Audio().preprocess({"path": name}, files)
    assert rate in {RATE, 48000}
    assert len(samples) / rate == pytest.approx(1, abs=0.15)
    assert abs(samples.astype(int)).max() > 15000


def test_without_ffmpeg_the_error_says_what_to_install(
    files: FakeFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    audio = ds.Audio()
    assert audio.props()["accepts_wav_only"]
    with pytest.raises(MissingProgramError, match="'mp3'.*needs the program ffmpeg: apt-get install ffmpeg"):
        audio.preprocess(given(files, b"ID3" + bytes(40), "a.mp3"), files)


def test_a_filepath_is_the_visitors_own_file_or_one_of_the_format(files: FakeFiles) -> None:
    wire = given(files, sounds.wav(RATE, SWELL))
    assert ds.Audio(type="filepath").preprocess(wire, files) == str(files.folder / "a.wav")
    converted = Path(ds.Audio(type="filepath", format="mp3").preprocess(wire, files))
    assert converted.name == "a.mp3"
    assert sounds.kind_of(converted.read_bytes()[:16]) == "mp3"


def test_without_ffmpeg_a_format_is_left_with_a_note(
    files: FakeFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.warns(UserWarning, match="without the program ffmpeg"):
        path = ds.Audio(type="filepath", format="mp3").preprocess(given(files, b"RIFF"), files)
    assert path.endswith("a.wav")


@pytest.mark.parametrize("data", [b"no sound at all", b"", b"RIFF\0\0\0\0WAVEdata"])
def test_what_is_no_sound_is_refused_by_name(files: FakeFiles, data: bytes) -> None:
    with pytest.raises(RefusedError, match="Audio “voice”: the file"):
        ds.Audio(label="voice").preprocess(given(files, data), files)


def test_a_playlist_cannot_name_other_files_of_the_machine(files: FakeFiles, tmp_path: Path) -> None:
    secret = tmp_path / "secret.wav"
    secret.write_bytes(sounds.wav(RATE, SWELL))
    lists = {
        "a.m3u8": f"#EXTM3U\n#EXTINF:1,\nfile://{secret}\n#EXT-X-ENDLIST\n",
        "a.mp3": f"ffconcat version 1.0\nfile '{secret}'\n",
    }
    for name, text in lists.items():
        with pytest.raises(RefusedError):
            ds.Audio().preprocess(given(files, text.encode(), name), files)


def test_a_file_of_another_session_is_refused(files: FakeFiles) -> None:
    with pytest.raises(FileRefusedError, match="Audio “voice”"):
        ds.Audio(label="voice").preprocess({"path": "/etc/passwd"}, files)


@pytest.mark.parametrize(("limits", "said"), [((1, None), "at least 1 s"), ((None, 0.01), "at most 0.01 s")])
def test_the_older_limits_of_length_refuse(files: FakeFiles, limits: Any, said: str) -> None:
    audio = ds.Audio(min_length=limits[0], max_length=limits[1])
    with pytest.raises(RefusedError, match=said):
        audio.preprocess(given(files, sounds.wav(RATE, SWELL)), files)


# -- what goes out -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("array", "first", "last"),
    [
        (np.array([-0.5, 0.25], np.float32), -32767, 16383),
        (np.array([0.0, 0.0]), 0, 0),
        (np.array([-2, 300], np.int16), -2, 300),
        (np.array([-(2**31), 2**30], np.int32), -32768, 16384),
        (np.array([0, 255], np.uint8), -32768, 32512),
        (np.array([0, 65535], np.uint16), -32768, 32767),
        (np.array([-128, 127], np.int8), -32768, 32512),
        (np.array([-7, 9]), -7, 9),
        (np.array([np.nan, 1.0]), 0, 32767),
    ],
    ids=str,
)
def test_samples_of_any_type_are_sent_as_16_bit(files: FakeFiles, array: Any, first: int, last: int) -> None:
    rate, samples = played(files, ds.Audio().postprocess((RATE, array), files))
    assert rate == RATE
    assert samples.tolist() == [first, last]


def test_channels_first_is_understood_as_well(files: FakeFiles) -> None:
    _, samples = played(files, ds.Audio().postprocess((RATE, np.stack([SWELL, SWELL])), files))
    assert samples.shape == (400, 2)


def test_bytes_paths_and_addresses_are_shown(files: FakeFiles, tmp_path: Path) -> None:
    data = sounds.wav(RATE, SWELL)
    (tmp_path / "own.wav").write_bytes(data)
    assert played(files, ds.Audio().postprocess(data, files))[0] == RATE
    assert ds.Audio().postprocess(tmp_path / "own.wav", files) == {"path": "own.wav"}
    shown = ds.Audio().postprocess("https://example.org/a/b.mp3?x=1", files)
    assert shown is not None
    assert (shown["url"], shown["orig_name"]) == ("https://example.org/a/b.mp3?x=1", "b.mp3")
    assert ds.Audio().postprocess(None, files) is None


def test_a_format_is_what_samples_are_sent_as(files: FakeFiles) -> None:
    shown = ds.Audio(format="mp3").postprocess((RATE, SWELL), files)
    assert sounds.kind_of(files.path_of(shown).read_bytes()[:16]) == "mp3"


@pytest.mark.parametrize(
    "value", [3, (RATE,), (RATE, "x"), (0, SWELL), (RATE, np.zeros((2, 2, 2))), "notes.txt"]
)
def test_what_is_no_sound_is_not_shown(files: FakeFiles, value: Any) -> None:
    with pytest.raises(ValueError, match=r"sound|rate"):
        ds.Audio().postprocess(value, files)


# -- streams -------------------------------------------------------------------------------------


def streamed(files: FakeFiles, *pieces: Any) -> list[dict[str, Any]]:
    with ds.Blocks() as app:
        audio = ds.Audio(streaming=True)
        dependency = app.load(lambda: None, None, audio)
    visit = visit_to(app)
    visit.files = files
    call = FakeCall(dependency, visit)
    return [audio.show_of(call, piece) for piece in pieces]


def test_a_generators_pieces_are_one_file_that_grows(files: FakeFiles) -> None:
    stereo = np.stack([SWELL[:50], SWELL[:50]], axis=1)
    shown = streamed(files, (RATE, SWELL), sounds.wav(RATE, SWELL), (RATE, stereo), (2 * RATE, SWELL))
    assert {each["path"] for each in shown} == {"audio.wav"}
    assert [each["size"] for each in shown] == [44 + 2 * frames for frames in (400, 800, 850, 1050)]
    assert all(each["is_stream"] for each in shown)
    rate, samples = played(files, shown[-1])
    assert (rate, len(samples)) == (RATE, 1050)
    assert np.array_equal(samples[:400], SWELL)


def test_answers_to_a_microphone_are_one_sound_until_a_long_pause(
    files: FakeFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ds.Blocks() as app:
        voice, answer = ds.Audio(streaming=True), ds.Audio(streaming=True)
        dependency = voice.stream(lambda sound: sound, voice, answer)
    visit = visit_to(app)
    visit.files = files
    sizes = [answer.show_of(FakeCall(dependency, visit), (RATE, SWELL))["size"] for _ in range(2)]
    monkeypatch.setattr("doorstep.components.sound_streams.PAUSE", -1)
    sizes.append(answer.show_of(FakeCall(dependency, visit), (RATE, SWELL))["size"])
    assert sizes == [844, 1644, 844]
    assert (dependency.is_stream, dependency.show_progress) == (True, "minimal")


def test_files_that_only_the_browser_reads_are_put_one_after_another(
    files: FakeFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    shown = streamed(files, b"ID3one", b"ID3two")
    assert files.path_of(shown[-1]).read_bytes() == b"ID3oneID3two"
    assert shown[-1]["path"] == "audio.mp3"


# -- parameters ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "file"},
        {"sources": ["webcam"]},
        {"format": "ogg"},
        {"buttons": ["copy"]},
        {"waveform_options": {"colour": "red"}},
        {"subtitles": [{"text": "x"}]},
        {"playback_position": "start"},
    ],
    ids=str,
)
def test_mistakes_are_told_at_once(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="Audio: "):
        ds.Audio(**wrong)


def test_sources_are_both_or_the_microphone_when_it_streams() -> None:
    assert ds.Audio().sources == ["upload", "microphone"]
    assert ds.Audio(streaming=True).sources == ["microphone"]
    assert ds.Microphone().sources == ds.Audio(source="microphone").sources == ["microphone"]


def test_subtitles_of_every_kind_are_the_same_cues(tmp_path: Path) -> None:
    srt = "1\n00:00:01,500 --> 00:00:02,000\nHello <i>you</i>\n\n2\n01:00:00,000 --> 01:00:01,000\nBye\nnow\n"
    (tmp_path / "a.srt").write_text(srt)
    (tmp_path / "a.vtt").write_text("WEBVTT\n\n" + srt.replace(",", ".").replace("00:00:", "00:"))
    cues = [{"start": 1.5, "end": 2, "text": "Hello you"}, {"start": 3600, "end": 3601, "text": "Bye\nnow"}]
    assert ds.Audio(subtitles=tmp_path / "a.srt").subtitles == cues
    assert ds.Audio(subtitles=str(tmp_path / "a.vtt")).subtitles == cues
    listed: Any = [{"text": each["text"], "timestamp": [each["start"], each["end"]]} for each in cues]
    assert ds.Audio(subtitles=listed).subtitles == cues


def test_wav_bytes_are_what_the_standard_library_writes() -> None:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(SWELL.tobytes())
    assert sounds.wav(RATE, SWELL) == out.getvalue()
