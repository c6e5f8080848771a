"""What Audio and Video share: where their files are, and in which format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from doorstep.components import ffmpeg
from doorstep.components.arguments import check_number, check_option
from doorstep.errors import FileRefusedError, RefusedError
from doorstep.later import note

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from doorstep.components.base import Component, Files

FILE_SCHEMA: Final = {
    "type": "object",
    "properties": {"path": {"type": "string"}, "meta": {"const": {"_type": "gradio.FileData"}}},
    "required": ["path"],
}
"""The JSON schema of a file value."""


Lengths = tuple[float | None, float | None]
"""Seconds: from, to."""


def located(component: Component, wire: Any, files: Files) -> Path:
    """Where a file value's bytes are. Raises `FileRefusedError`, naming the component."""
    try:
        return files.path_of(wire)
    except FileRefusedError as error:
        raise FileRefusedError(f"{component.title}: {error}", component.id) from None


def converted(path: Path, kind: str | None, options: Sequence[str] = ()) -> Path:
    """The file as one of `kind`, made beside it once; itself when it is one, or when ffmpeg is missing.

    Raises `RefusedError` for a file that cannot be read.
    """
    if kind is None or path.suffix.lower() == f".{kind}":
        return path
    target = path.with_name(f"{path.stem}.{kind}")
    if target.exists():
        return target
    if not ffmpeg.is_installed():
        note(f"format={kind!r}: without the program ffmpeg a {path.suffix or 'file'} stays what it is")
        return path
    return ffmpeg.convert(path, target, options)


def sources_of(owner: str, given: Any, default: Sequence[str], known: Sequence[str]) -> list[str]:
    """Where a visitor may take a value from: one name, several, or None for all. Raises `UsageError`."""
    sources = [given] if isinstance(given, str) else list(default if given is None else given)
    for source in sources:
        check_option(owner, "sources", source, known)
    return sources


def lengths_of(owner: str, shortest: float | None, longest: float | None) -> Lengths:
    """Of the older parameters: how many seconds a value may last, from and to."""
    check_number(owner, "min_length", shortest)
    check_number(owner, "max_length", longest)
    return shortest, longest


def check_length(path: Path, lengths: Lengths, measure: Callable[[Path], float], kind: str) -> None:
    """Raises `RefusedError` unless a file lasts as long as the limits say; without, nothing is measured."""
    if lengths == (None, None):
        return
    shortest, longest = lengths
    lasts = measure(path)
    if shortest is not None and lasts < shortest:
        raise RefusedError(f"the {kind} is {lasts:.1f} s long; at least {shortest:g} s are needed")
    if longest is not None and lasts > longest:
        raise RefusedError(f"the {kind} is {lasts:.1f} s long; at most {longest:g} s are taken")


def buttons_of(
    owner: str, given: Sequence[Any] | None, download: bool | None, share: bool | None
) -> list[Any]:
    """The buttons that a component shows, or what the older parameters say."""
    buttons = ["download"] if given is None else list(given)
    for name, wanted in (("download", download), ("share", share)):
        if wanted is not None:
            note(f'{owner}: `show_{name}_button` is now a matter of buttons=["{name}", …]')
            buttons = [each for each in buttons if each != name] + ([name] if wanted else [])
    for button in buttons:
        if isinstance(button, str):
            check_option(owner, "buttons", button, ("download", "share"))
    return buttons
