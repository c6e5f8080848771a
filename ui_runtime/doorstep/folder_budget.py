"""A folder that visitors fill: how much may lie in it, so that it never fills the disk."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from doorstep.errors import Error
from doorstep.files import shown_size
from doorstep.report import print_line

if TYPE_CHECKING:
    from collections.abc import Iterator


class FolderBudget:
    """Of one folder. What is in it is counted once, then what is added; not safe to call from threads."""

    def __init__(self, folder: Path, most: int) -> None:
        """`most` is in bytes."""
        self._folder = folder
        self._most = most
        self._used: int | None = None

    def take(self, size: int) -> None:
        """So many bytes are about to be written. Raises `Error`, which the visitor sees, when it is full."""
        used = size_of(self._folder) if self._used is None else self._used
        if used + size > self._most:
            print_line(
                f"Nothing more is written to {self._folder}: it holds {shown_size(used)} of the "
                f"{shown_size(self._most)} that it may. Move its files away, or allow more with max_size."
            )
            raise Error("This was not kept: the app has no room for more. Please tell who runs it.")
        self._used = used + size


def size_of(folder: Path) -> int:
    """The bytes of all files in a folder and below."""
    return sum(path.lstat().st_size for path in _files(folder))


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
