"""A region of a few lines at the end of what a terminal shows, redrawn in place; all else scrolls above it.

The cursor waits, hidden, at the region's beginning. Terminals keep it with its text when they are resized,
however they break lines anew, so what is below it can always be erased and drawn again. Lines are written
over, not erased first, and a frame is one write between the marks for synchronized output: nothing flickers.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Sequence
from typing import Final

from doorstep_client.terminal.words import width

_BEGIN: Final = "\x1b[?2026h"
_END: Final = "\x1b[?2026l"
_HIDE: Final = "\x1b[?25l"
_SHOW: Final = "\x1b[?25h"
_NO_WRAP: Final = "\x1b[?7l"
_WRAP: Final = "\x1b[?7h"
_REST_OF_LINE: Final = "\x1b[K"
_BELOW: Final = "\x1b[J"
_COLOUR: Final = re.compile(r"\x1b\[[0-9;]*m")


class Screen:
    """The end of the terminal on a file descriptor. Lines must fit its columns."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._region: list[str] = []
        self._open = False

    def size(self) -> tuple[int, int]:
        """Columns and lines; those of a small one where the terminal does not say."""
        with contextlib.suppress(OSError):
            columns, lines = os.get_terminal_size(self._fd)
            if columns > 0 and lines > 0:
                return columns, lines
        return 80, 24

    def open(self) -> None:
        self._open = True
        self._region = []
        self._write(_HIDE)

    def show(self, region: Sequence[str], above: Sequence[str] = (), *, afresh: bool = False) -> None:
        """Draw the region, after lines that stay above it. `afresh`: the terminal may show anything now."""
        region = list(region)
        if not self._open or (region == self._region and not above and not afresh):
            return
        clear = afresh or not self._fit(above)
        frame = _BELOW if clear else ""
        frame += "".join(f"{line}{'' if clear else _REST_OF_LINE}\r\n" for line in above)
        frame += _NO_WRAP + "\r\n".join(f"{line}{_REST_OF_LINE}" for line in region) + _WRAP + _BELOW
        if len(region) > 1:
            frame += f"\x1b[{len(region) - 1}A"
        self._write(f"{_BEGIN}{frame}\r{_END}")
        self._region = region

    def _fit(self, lines: Sequence[str]) -> bool:
        """Whether each takes one line of the terminal: longer ones go on over what was there."""
        columns, _ = self.size()
        return all(width(_COLOUR.sub("", line)) < columns for line in lines)

    def close(self, last: Sequence[str] = ()) -> None:
        """Erase the region, leave `last` in its place, and give the cursor back."""
        if self._open:
            self._open = False
            self._write(_BELOW + "".join(f"{line}\r\n" for line in last) + _SHOW)

    def send(self, code: str) -> None:
        """A code for the terminal itself: it moves nothing."""
        self._write(code)

    def _write(self, text: str) -> None:
        data = text.encode("utf-8", "replace")
        with contextlib.suppress(OSError):  # a terminal that was closed; its end comes as a signal
            while data:
                data = data[os.write(self._fd, data) :]
