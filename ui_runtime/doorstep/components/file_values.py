"""Files in and out of functions: what `File`, `UploadButton` and `DownloadButton` share."""

from __future__ import annotations

import mimetypes
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from doorstep.components.arguments import check_option
from doorstep.errors import FileRefusedError, UsageError

if TYPE_CHECKING:
    from doorstep.components.base import Component, Files

FileCount = Literal["single", "multiple", "directory"]
Passes = Literal["filepath", "binary"]

KINDS: Final = frozenset({"image", "audio", "video", "text"})
FILE: Final = {
    "type": "object",
    "properties": {"path": {"type": "string"}, "meta": {"const": {"_type": "gradio.FileData"}}},
    "required": ["path"],
}
_TEXTUAL: Final = ("application/json", "application/xml", "application/javascript", "application/x-sh")
_NAMES: Final = {"image": "picture.png", "audio": "sound.wav", "video": "video.mp4"}


class NamedPath(str):
    """The path of a file, as a text; `name` is the same, for scripts that expect a file object."""

    __slots__ = ()

    @property
    def name(self) -> str:
        return str(self)


def check_files(owner: str, count: str, file_types: Any, passes: str) -> None:
    """Raises `UsageError` for parameters that make no sense."""
    check_option(owner, "file_count", count, ("single", "multiple", "directory"))
    check_option(owner, "type", passes, ("filepath", "binary", "file"))
    if file_types is None:
        return
    if isinstance(file_types, str) or not all(isinstance(each, str) for each in file_types):
        raise UsageError(f"{owner}: file_types={file_types!r} is not a list such as ['image', '.csv']")
    for kind in file_types:
        if kind not in {*KINDS, "file"} and not kind.startswith(".") and "/" not in kind:
            raise UsageError(
                f"{owner}: file_types has {kind!r}, which is neither an ending such as '.csv' nor one of "
                f"{', '.join(sorted(KINDS))}, file"
            )


def is_of(name: str, file_types: Sequence[str] | None) -> bool:
    """Whether a file of this name is of one of the kinds."""
    return not file_types or "file" in file_types or any(_is_of_kind(name, each) for each in file_types)


def _is_of_kind(name: str, kind: str) -> bool:
    if kind.startswith("."):
        return name.lower().endswith(kind.lower())
    guessed = mimetypes.guess_type(name)[0] or ""
    if kind == "text" and guessed in _TEXTUAL:
        return True
    wanted = kind.removesuffix("/*").lower()
    return guessed == wanted or guessed.startswith(f"{wanted}/")


def read_files(
    component: Component,
    wire: Any,
    files: Files,
    *,
    many: bool,
    file_types: Sequence[str] | None,
    passes: str,
) -> Any:
    """What the function gets for a wire value. Raises `RefusedError`, naming the component."""
    if wire is None:
        return None
    given = wire if isinstance(wire, list) else [wire]
    if not many and len(given) > 1:
        raise component.refuse(f"{len(given)} files; one is taken")
    read = [_read(component, each, files, file_types, passes) for each in given]
    if many:
        return read
    return read[0] if read else None


def _read(
    component: Component, wire: Any, files: Files, file_types: Sequence[str] | None, passes: str
) -> NamedPath | bytes:
    try:
        path = files.path_of(wire)
    except FileRefusedError as error:
        raise FileRefusedError(f"{component.title}: {error}", component.id) from None
    if not is_of(path.name, file_types):
        raise component.refuse(f"{path.name} is not of a kind that is taken ({', '.join(file_types or ())})")
    return path.read_bytes() if passes == "binary" else NamedPath(path)


def show_files(value: Any, files: Files) -> Any:
    """The file value for a path, an address, an open file; a list of them for a list."""
    if value is None:
        return None
    if isinstance(value, (list, tuple)):
        return [_shown(each, files) for each in value]
    return _shown(value, files)


def _shown(value: Any, files: Files) -> dict[str, Any]:
    if isinstance(value, str) and value.startswith(("http://", "https://")):
        name = value.partition("?")[0].rstrip("/").rsplit("/", 1)[-1]
        return {"path": value, "url": value, "orig_name": name, "meta": {"_type": "gradio.FileData"}}
    if hasattr(value, "name") and not isinstance(value, (str, Path)):  # an open file
        value = value.name
    if not isinstance(value, (str, Path)):
        raise TypeError("a file is its path, its address or an open file")
    return files.add(Path(value))


def api_of(count: FileCount) -> dict[str, Any]:
    """The JSON schema of the wire value."""
    return dict(FILE) if count == "single" else {"type": "array", "items": dict(FILE)}


def file_example(name: str) -> dict[str, Any]:
    """A file of the caller's, called `name`, as a value that shows how to call the API."""
    return {"path": name, "meta": {"_type": "gradio.FileData"}}


def name_example(file_types: Sequence[str] | None) -> str:
    """What a file of these types may be called."""
    first = next(iter(file_types or ()), "")
    if first.startswith("."):
        return f"file{first}"
    return _NAMES.get(first.partition("/")[0], "file.txt")
