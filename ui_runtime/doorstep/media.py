"""Small pictures, sounds, films, tables and 3D models to try an app with. They come with the package.

    ds.Image(ds.media.get_image("lighthouse.png"))

Each function answers the path of one file: the one that is named, or any. The names of the files that Gradio
brings are known, too, and stand for one of the same kind.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Final

from doorstep.later import note

FOLDER: Final = Path(__file__).parent / "media_files"

_GRADIOS: Final = {
    "images": (
        *("avatar.png", "bus.png", "cheetah.jpg", "cheetah1.jpg", "groot.jpeg", "hf-logo_transpng.png"),
        *("lion.jpg", "logo.png", "screenshot.gif", "tower.jpg"),
    ),
    "videos": ("a.mp4", "b.avi", "b.mp4", "muted_b.mp4", "world.mp4"),
    "audio": (
        *("audio_sample.wav", "cantina.wav", "cate_blanch.mp3", "cate_blanch_2.mp3", "heath_ledger.mp3"),
        *("recording1.wav", "sax.wav"),
    ),
    "data": (
        *("imagenet_labels.json", "s1.srt", "s2.vtt", "s3.json", "sample.txt", "time.csv", "titanic.csv"),
    ),
    "models3d": ("Bunny.obj", "Duck.glb", "Fox.gltf", "face.obj", "sofia.stl"),
}
"""The names that scripts written for Gradio ask for."""


def get_image(filename: str | None = None) -> str:
    """The path of a picture. Raises `FileNotFoundError` for a name that there is not."""
    return _path("images", filename)


def get_video(filename: str | None = None) -> str:
    """The path of a film. Raises `FileNotFoundError` for a name that there is not."""
    return _path("videos", filename)


def get_audio(filename: str | None = None) -> str:
    """The path of a sound. Raises `FileNotFoundError` for a name that there is not."""
    return _path("audio", filename)


def get_file(filename: str | None = None) -> str:
    """The path of a table, a text or another file of data. Raises `FileNotFoundError` for an unknown name."""
    return _path("data", filename)


def get_model3d(filename: str | None = None) -> str:
    """The path of a 3D model. Raises `FileNotFoundError` for a name that there is not."""
    return _path("models3d", filename)


def _path(kind: str, name: str | None) -> str:
    files = sorted((FOLDER / kind).iterdir())
    if name is None:
        return str(random.choice(files))  # noqa: S311  # any will do
    if name.startswith(("http://", "https://")) or (Path(name).is_absolute() and Path(name).is_file()):
        return name
    for path in files:
        if path.name == name:
            return str(path)
    if name in _GRADIOS[kind]:
        return _stand_in(name, files)
    raise FileNotFoundError(f"there is no {name!r}; there are: {', '.join(path.name for path in files)}")


def _stand_in(name: str, files: list[Path]) -> str:
    alike = [path for path in files if path.suffix == Path(name).suffix] or files
    note(f"media: {name} comes with Gradio, not with Doorstep; {alike[0].name} stands in for it")
    return str(alike[0])
