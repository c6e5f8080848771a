"""A sound: recorded or uploaded by the visitor, or played by the app."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Unpack

from doorstep.components import ffmpeg, sounds
from doorstep.components.arguments import check_number, check_option
from doorstep.components.base import Component, ComponentProps, Files
from doorstep.components.media_options import WaveformOptions
from doorstep.components.media_options import waveform_options as options_of
from doorstep.components.media_values import (
    FILE_SCHEMA,
    buttons_of,
    check_length,
    converted,
    lengths_of,
    located,
    sources_of,
)
from doorstep.components.sound_streams import SoundStream
from doorstep.components.subtitles import cues
from doorstep.errors import RefusedError
from doorstep.events.listener import EventListener
from doorstep.remote_files import is_address, name_of

if TYPE_CHECKING:
    from doorstep.events.call import Call

Source = Literal["upload", "microphone"]


class Audio(Component):
    """Passes a sound as `(rate, array)` or as a path, by `type`.

    The rate is in samples a second, the array is of 16-bit integers: (samples,) or (samples, channels).
    Shows the same, with samples of any number type (floats are scaled by their peak), a file's path, its
    bytes, or its address. With `streaming` a generator's sounds are played one after another, as one.
    """

    type: ClassVar[str] = "audio"
    PROPS: ClassVar = (
        *("sources", "streaming", "autoplay", "loop", "editable", "buttons", "recording"),
        *("waveform_options", "subtitles", "playback_position", "accepts_wav_only"),
    )
    LIVE: ClassVar = {"recording": (bool,), "playback_position": (int, float)}
    heavy: ClassVar[bool] = True

    stream = EventListener()
    change = EventListener()
    clear = EventListener()
    play = EventListener()
    pause = EventListener()
    stop = EventListener()
    start_recording = EventListener()
    pause_recording = EventListener()
    stop_recording = EventListener()
    upload = EventListener()
    input = EventListener()
    edit = EventListener()

    def __init__(
        self,
        value: Any = None,
        *,
        sources: list[Source] | Source | None = None,
        type: Literal["numpy", "filepath"] = "numpy",  # noqa: A002  # the public name
        streaming: bool = False,
        format: Literal["wav", "mp3"] | None = None,  # noqa: A002  # the public name
        autoplay: bool = False,
        editable: bool = True,
        buttons: list[Any] | None = None,
        waveform_options: WaveformOptions | dict[str, Any] | None = None,
        loop: bool = False,
        recording: bool = False,
        subtitles: str | Path | list[dict[str, Any]] | None = None,
        playback_position: float = 0,
        source: Source | None = None,
        min_length: float | None = None,
        max_length: float | None = None,
        show_download_button: bool | None = None,
        show_share_button: bool | None = None,
        **common: Unpack[ComponentProps],
    ) -> None:
        check_option("Audio", "type", type, ("numpy", "filepath"))
        check_number("Audio", "playback_position", playback_position)
        if format is not None:
            check_option("Audio", "format", format, ("wav", "mp3"))
        known = ("upload", "microphone")
        self.sources = sources_of("Audio", sources or source, known[1:] if streaming else known, known)
        self.passes = type
        self.streaming = streaming
        self.format = format
        self.lengths = lengths_of("Audio", min_length, max_length)
        self.autoplay = autoplay
        self.editable = editable
        self.buttons = buttons_of("Audio", buttons, show_download_button, show_share_button)
        self.waveform = options_of("Audio", waveform_options)
        self.loop = loop
        self.recording = recording
        self.subtitles = cues("Audio", subtitles)
        self.playback_position = playback_position
        super().__init__(value, **common)

    @property
    def waveform_options(self) -> dict[str, Any]:
        return asdict(self.waveform)

    @property
    def accepts_wav_only(self) -> bool:
        """The page turns other sounds into WAV before it uploads them: nothing here could read them."""
        return self.passes == "numpy" and not ffmpeg.is_installed()

    def check_needs(self, *, is_read: bool) -> None:
        if is_read and self.passes == "numpy":
            sounds.check_installed()

    # -- from the page -------------------------------------------------------------------------

    def preprocess(self, wire: Any, files: Files) -> Any:
        if wire is None:
            return None
        path = located(self, wire, files)
        try:
            check_length(path, self.lengths, sounds.seconds, "sound")
            return str(converted(path, self.format)) if self.passes == "filepath" else sounds.read(path)
        except RefusedError as error:
            raise self.refuse(str(error)) from None

    # -- to the page ---------------------------------------------------------------------------

    def postprocess(self, value: Any, files: Files) -> dict[str, Any] | None:
        if value is None:
            return None
        if is_address(value):
            return files.add_address(value, name_of(value))
        if isinstance(value, (str, Path)):
            return self._file(Path(value), files)
        if isinstance(value, (bytes, bytearray)):
            kind = sounds.kind_of(bytes(value[:16])) or self.format or "wav"
            return self._file_of_bytes(bytes(value), kind, files)
        return self._file_of_bytes(sounds.wav(*sounds.samples_of(value)), "wav", files)

    def show_of(self, call: Call, value: Any) -> Any:
        if not self.streaming or value is None or is_address(value):
            return super().show_of(call, value)
        goes_on = call.dependency.is_stream
        streams = call.visit.streams if goes_on else call.streams
        stream = streams.get(self.id)
        if stream is None or (goes_on and stream.is_over):
            stream = streams[self.id] = SoundStream(call.visit.files)
        return stream.grown(value)

    def _file(self, path: Path, files: Files) -> dict[str, Any]:
        """What a function returns may come from a visitor: other files than sounds are not shown."""
        if path.suffix.lower() not in sounds.SUFFIXES:
            raise ValueError(f"{str(path)!r} is not the name of a sound")
        shown = files.add(path)
        return self._as_format(shown, path.suffix.lower().lstrip("."), files)

    def _file_of_bytes(self, data: bytes, kind: str, files: Files) -> dict[str, Any]:
        return self._as_format(files.add_bytes(data, f"audio.{kind}"), kind, files)

    def _as_format(self, shown: dict[str, Any], kind: str, files: Files) -> dict[str, Any]:
        if self.format is None or self.format == kind:
            return shown
        target = converted(files.path_of(shown), self.format)
        return shown if target.suffix == f".{kind}" else files.add_bytes(target.read_bytes(), target.name)

    def api_info(self) -> dict[str, Any]:
        return FILE_SCHEMA


class Microphone(Audio):
    """An `Audio` that is only recorded."""

    def __init__(self, value: Any = None, *, sources: Any = "microphone", **rest: Any) -> None:
        super().__init__(value, sources=sources, **rest)


Mic = Microphone
