"""Which of a script's files changed since the last look.

By modification time and size, looked at a few times a second: portable, and nothing to install.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from doorstep.dev.current import read_files

Signature = tuple[int, int]


class Watcher:
    """Watches the script, the modules that it imported from `folders`, every `.py` file of `extra`, and
    what the app read for its page.
    """

    def __init__(self, script: Path, folders: list[Path], extra: list[Path]) -> None:
        self._script = script
        self._folders = folders
        self._extra = extra
        self._seen: dict[Path, Signature] = {}
        self.take_up_new()

    def changed(self) -> set[Path]:
        """The files that differ from the last call's; one that is new to the watcher is not among them."""
        now = self._look()
        changed = {path for path, found in now.items() if self._seen.get(path, found) != found}
        self._seen |= now  # an editor may replace a file: gone for a moment is not changed
        return changed

    def take_up_new(self) -> None:
        """Watch from here on what is new. What else changed since the last call is still to be told."""
        self._seen = self._look() | self._seen

    def _look(self) -> dict[Path, Signature]:
        return {path: found for path in self._files() if (found := _signature(path)) is not None}

    def _files(self) -> Iterator[Path]:
        yield self._script
        for _, path in own_modules(self._folders):
            yield path
        yield from [*read_files]
        for folder in self._extra:
            yield from folder.rglob("*.py")


def own_modules(folders: list[Path]) -> Iterator[tuple[str, Path]]:
    """The imported modules that are the developer's own: name and file."""
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if name != "__main__" and file and file.endswith(".py") and is_own(path := Path(file), folders):
            yield name, path


def is_own(path: Path, folders: list[Path]) -> bool:
    installed = {"site-packages", "dist-packages"} & set(path.parts)
    return not installed and any(path.is_relative_to(folder) for folder in folders)


def _signature(path: Path) -> Signature | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
