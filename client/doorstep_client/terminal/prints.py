"""What the shared app prints goes above the board, line by line, and not into the middle of it."""

from __future__ import annotations

import io
import sys
import threading
from collections.abc import Callable
from typing import Any


class Prints:
    """Stands before `sys.stdout` and `sys.stderr`: what is written there passes, or is cut into lines.

    Lines they are while it is taken; `take_line` may be called on any thread.
    """

    def __init__(self, take_line: Callable[[str], None]) -> None:
        self._take_line = take_line
        self._before: tuple[Any, Any] | None = None
        self._mine: tuple[_Lines, _Lines] | None = None

    def stand_in(self) -> None:
        """From now on. Who gets hold of a stream after this (a handler of `logging`) never writes past it."""
        if self._before is None:
            self._before = sys.stdout, sys.stderr
            if self._mine is None:
                self._mine = _Lines(sys.stdout, self._take_line), _Lines(sys.stderr, self._take_line)
            sys.stdout = self._mine[0]
            if sys.stderr is None or sys.stderr.isatty():  # else it goes where the user has sent it
                sys.stderr = self._mine[1]

    def take(self) -> None:
        self.stand_in()
        for stream in self._mine or ():
            stream.taken = True

    def take_prompt(self) -> str:
        """What was written to standard output since the end of its last line."""
        return self._mine[0].take_rest() if self._mine is not None else ""

    def give_back(self) -> None:
        before, self._before = self._before, None
        if before is not None:
            sys.stdout, sys.stderr = before
        for stream in self._mine or ():
            stream.finish()
            stream.taken = False


class _Lines(io.TextIOBase):
    """Cuts what is written into lines while it is `taken`; else it is as `stream`."""

    def __init__(self, stream: Any, take_line: Callable[[str], None]) -> None:
        super().__init__()
        self.taken = False
        self.buffer = _Bytes(self, stream)
        self._stream = stream
        self._take_line = take_line
        self._rest = ""
        self._lock = threading.Lock()

    @property
    def encoding(self) -> str:  # type: ignore[override]  # a plain attribute in typeshed
        return getattr(self._stream, "encoding", "utf-8")

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        """For programs that the app starts: what they print goes to the terminal, past the board."""
        return int(self._stream.fileno())

    def flush(self) -> None:
        if not self.taken and self._stream is not None:
            self._stream.flush()

    def write(self, text: str) -> int:
        if not self.taken:
            return int(self._stream.write(text))
        with self._lock:
            *lines, self._rest = (self._rest + text).split("\n")
            for line in lines:
                self._take_line(line.rstrip("\r"))
        return len(text)

    def take_rest(self) -> str:
        with self._lock:
            rest, self._rest = self._rest, ""
        return rest

    def finish(self) -> None:
        """The last line, although it has no end."""
        if self._rest:
            self.write("\n")


class _Bytes(io.RawIOBase):
    """The same for those who write bytes."""

    def __init__(self, lines: _Lines, stream: Any) -> None:
        super().__init__()
        self._lines = lines
        self._stream = stream

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        if not self._lines.taken:
            return int(self._stream.buffer.write(data))
        return self._lines.write(bytes(data).decode("utf-8", "replace"))

    def flush(self) -> None:
        self._lines.flush()
