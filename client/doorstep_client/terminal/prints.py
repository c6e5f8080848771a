"""What the shared app prints goes above the board, line by line, and not into the middle of it."""

from __future__ import annotations

import io
import sys
import threading
from collections.abc import Callable
from typing import Any


class Prints:
    """Stands for `sys.stdout` and `sys.stderr` while it is taken. `take_line` may be called on any thread."""

    def __init__(self, take_line: Callable[[str], None]) -> None:
        self._take_line = take_line
        self._before: tuple[Any, Any] | None = None
        self._mine = _Lines(take_line)

    def take(self) -> None:
        self._before = sys.stdout, sys.stderr
        sys.stdout = sys.stderr = self._mine

    def give_back(self) -> None:
        before, self._before = self._before, None
        if before is not None:
            sys.stdout, sys.stderr = before
            self._mine.finish()


class _Lines(io.TextIOBase):
    """Cuts what is written into lines."""

    encoding = "utf-8"

    def __init__(self, take_line: Callable[[str], None]) -> None:
        super().__init__()
        self.buffer = _Bytes(self)
        self._take_line = take_line
        self._rest = ""
        self._lock = threading.Lock()

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        """For programs that the app starts: what they print goes to the terminal, past the board."""
        return 1

    def write(self, text: str) -> int:
        with self._lock:
            *lines, self._rest = (self._rest + text).split("\n")
            for line in lines:
                self._take_line(line.rstrip("\r"))
        return len(text)

    def finish(self) -> None:
        """The last line, although it has no end."""
        if self._rest:
            self.write("\n")


class _Bytes(io.RawIOBase):
    """The same for those who write bytes."""

    def __init__(self, lines: _Lines) -> None:
        super().__init__()
        self._lines = lines

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return self._lines.write(bytes(data).decode("utf-8", "replace"))
