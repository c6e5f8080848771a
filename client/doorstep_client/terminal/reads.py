"""What the shared app asks its user: `input()` gets the terminal for one line, and the board waits."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

Lend = Callable[[], AbstractContextManager[None]]


class Reads:
    """Stands before `sys.stdin` while it is taken. Who reads there does so inside `lend()`."""

    def __init__(self, lend: Lend) -> None:
        self._lend = lend
        self._before: Any = None

    def take(self) -> None:
        if self._before is None and sys.stdin is not None:
            self._before = sys.stdin
            sys.stdin = _Lent(self._before, self._lend)

    def give_back(self) -> None:
        before, self._before = self._before, None
        if before is not None:
            sys.stdin = before


class _Lent(io.TextIOBase):
    """Has no file descriptor that it tells of: `input()` would read there without asking."""

    def __init__(self, stream: Any, lend: Lend) -> None:
        super().__init__()
        self._stream = stream
        self._lend = lend

    def readable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return True

    def readline(self, size: int = -1, /) -> str:  # type: ignore[override]  # typeshed has bytes' signature
        with self._lend():
            return str(self._stream.readline(size))

    def read(self, size: int | None = -1, /) -> str:
        with self._lend():
            return str(self._stream.read(size))
