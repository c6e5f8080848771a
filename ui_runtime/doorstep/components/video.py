"""A film: recorded or uploaded by the visitor, or played by the app."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Unpack

from doorstep.components import films
from doorstep.components.arguments import check_number
from doorstep.components.base import Component, ComponentProps, Files
from doorstep.components.media_values import (
    FILE_SCHEMA,
    buttons_of,
    check_length,
    lengths_of,
    located,
    sources_of,
)
from doorstep.components.subtitles import SUFFIXES, cues
from doorstep.components.watermark import WatermarkOptions, watermark_options
from doorstep.components.webcam import WebcamOptions
from doorstep.components.webcam import webcam_options as checked_webcam_options
from doorstep.errors import OutputError, RefusedError
from doorstep.events.listener import EventListener
from doorstep.remote_files import is_address, name_of

if TYPE_CHECKING:
    from doorstep.events.call import Call

Source = Literal["upload", "webcam"]


class Video(Component):
    """Passes the path of a film; shows a path, an address, or `(film, subtitles)`.

    What browsers do not play is converted to MP4 by the program ffmpeg, where it is installed; so is what
    is not of the wanted `format`. A camera's view may be mirrored, its film is not. With `streaming` a
    generator's films are played one after another.
    """

    type: ClassVar[str] = "video"
    PROPS: ClassVar = (
        *("sources", "height", "width", "webcam_options", "include_audio", "autoplay", "loop", "buttons"),
        *("subtitles", "playback_position"),
    )
    LIVE: ClassVar = {"playback_position": (int, float)}
    heavy: ClassVar[bool] = True

    change = EventListener()
    clear = EventListener()
    start_recording = EventListener()
    stop_recording = EventListener()
    stop = EventListener()
    play = EventListener()
    pause = EventListener()
    end = EventListener()
    upload = EventListener()
    input = EventListener()

    def __init__(
        self,
        value: Any = None,
        *,
        format: str | None = None,  # noqa: A002  # the public name
        sources: list[Source] | Source | None = None,
        height: int | str | None = None,
        width: int | str | None = None,
        webcam_options: WebcamOptions | None = None,
        include_audio: bool | None = None,
        autoplay: bool = False,
        buttons: list[Any] | None = None,
        loop: bool = False,
        streaming: bool = False,
        watermark: WatermarkOptions | Any | None = None,
        subtitles: str | Path | list[dict[str, Any]] | None = None,
        playback_position: float = 0,
        source: Source | None = None,
        mirror_webcam: bool | None = None,
        webcam_constraints: dict[str, Any] | None = None,
        min_length: float | None = None,
        max_length: float | None = None,
        show_download_button: bool | None = None,
        show_share_button: bool | None = None,
        **common: Unpack[ComponentProps],
    ) -> None:
        check_number("Video", "playback_position", playback_position)
        known = ("upload", "webcam")
        self.format = films.checked_format("Video", format)
        self.sources = sources_of("Video", sources or source, known, known)
        self.height = height
        self.width = width
        self.camera = checked_webcam_options("Video", webcam_options, mirror_webcam, webcam_constraints)
        self.keeps_sound = include_audio
        self.autoplay = autoplay
        self.buttons = buttons_of("Video", buttons, show_download_button, show_share_button)
        self.loop = loop
        self.streaming = streaming
        self.watermark = watermark_options(watermark)
        self.subtitles = cues("Video", subtitles)
        self.playback_position = playback_position
        self.lengths = lengths_of("Video", min_length, max_length)
        super().__init__(value, **common)

    @property
    def webcam_options(self) -> dict[str, Any]:
        """How the page uses the camera."""
        return self.camera.props()

    @property
    def include_audio(self) -> bool:
        """Whether the page records sound: by itself where a film could be uploaded with sound as well."""
        return "upload" in self.sources if self.keeps_sound is None else self.keeps_sound

    # -- from the page -------------------------------------------------------------------------

    def preprocess(self, wire: Any, files: Files) -> str | None:
        if wire is None:
            return None
        path = located(self, wire, files)
        try:
            check_length(path, self.lengths, films.seconds, "film")
            return str(films.passed(path, self.format, has_sound=self.keeps_sound is not False))
        except RefusedError as error:
            raise self.refuse(str(error)) from None

    # -- to the page ---------------------------------------------------------------------------

    def postprocess(self, value: Any, files: Files) -> dict[str, Any] | None:
        if value is None:
            return None
        if isinstance(value, (tuple, list)):
            return self._with_subtitles(value, files)
        if is_address(value):
            return files.add_address(value, name_of(value))
        if not isinstance(value, (str, Path)):
            raise TypeError("a film is a path, an address, or (film, subtitles)")
        return films.shown(Path(value), files, self.format, self.watermark)

    def show_of(self, call: Call, value: Any) -> Any:
        shown = super().show_of(call, value)
        if not self.streaming or shown is None:
            return shown
        pieces = call.streams.setdefault(self.id, [])
        pieces.append(shown)
        return {**shown, "is_stream": True, "pieces": list(pieces)}

    def _with_subtitles(self, value: Any, files: Files) -> dict[str, Any] | None:
        if len(value) != 2:
            raise ValueError(f"a film is a path or (film, subtitles), not {len(value)} values")
        shown = self.postprocess(value[0], files)
        if shown is None or value[1] is None:
            return shown
        return {**shown, "subtitles": cues("Video", _subtitles_path(value[1], files))}

    def api_info(self) -> dict[str, Any]:
        return FILE_SCHEMA


def _subtitles_path(given: Any, files: Files) -> Any:
    """What a function returns may come from a visitor: only subtitles that may be shown are read."""
    if not isinstance(given, (str, Path)):
        return given
    if Path(given).suffix.lower() not in SUFFIXES:
        raise OutputError(f"{str(given)!r} is not the name of subtitles ({', '.join(SUFFIXES)})")
    return files.path_of(files.add(Path(given)))


class PlayableVideo(Video):
    """A `Video` that is uploaded, and always MP4, which every browser plays."""

    def __init__(
        self,
        value: Any = None,
        *,
        format: str | None = "mp4",  # noqa: A002  # the public name
        sources: Any = "upload",
        **rest: Any,
    ) -> None:
        super().__init__(value, format=format, sources=sources, **rest)
