"""A real pseudo-terminal with a program in it, and an emulator that knows what a person would see there."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import pyte

from tests.support.process import clean_env
from tests.support.waiting import wait_for


class Terminal:
    """A program, its terminal's picture, and its keys. Ended with its `with` block."""

    def __init__(
        self,
        command: Sequence[str],
        home: Path,
        *,
        columns: int = 80,
        lines: int = 24,
        env: dict[str, str] | None = None,
    ) -> None:
        self._screen = pyte.HistoryScreen(columns, lines, history=1000)
        self._stream = pyte.ByteStream(self._screen)
        self.written = b""
        """Everything that the program wrote."""
        self._ours, theirs = pty.openpty()
        set_size(theirs, columns, lines)
        self.process = subprocess.Popen(
            list(command),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=clean_env(home, {"TERM": "xterm-256color", **(env or {})}),
            preexec_fn=_take_terminal,  # noqa: PLW1509  # no thread of ours runs in the child
            start_new_session=True,
        )
        os.close(theirs)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._ours)

    @property
    def rows(self) -> list[str]:
        """The lines on the screen now, without what is blank at their ends."""
        self._read()
        return [row.rstrip() for row in self._screen.display]

    @property
    def text(self) -> str:
        """The screen, and what scrolled out of it."""
        self._read()
        past = ["".join(cell.data for _, cell in sorted(row.items())) for row in self._screen.history.top]
        return "\n".join(row.rstrip() for row in [*past, *self._screen.display])

    @property
    def shows_cursor(self) -> bool:
        self._read()
        return not self._screen.cursor.hidden

    @property
    def picture(self) -> pyte.Screen:
        """The emulator's own screen, for colours."""
        self._read()
        return self._screen

    def wait_for(self, text: str, deadline: float = 45.0) -> None:
        """Until the text is to be seen, or has been. Fails at once when the program ends without."""

        def look() -> bool:
            alive = self.process.poll() is None
            if text in self.text:
                return True
            if not alive:
                raise AssertionError(f"ended ({self.process.returncode}) without {text!r}:\n{self.text}")
            return False

        try:
            wait_for(look, deadline, what=f"{text!r} on the terminal")
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{self.text}") from None

    def press(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def resize(self, columns: int, lines: int) -> None:
        """As xterm does it: no line is broken anew, and as many go at the top as the cursor needs."""
        self._read()
        screen = self._screen
        row, column = screen.cursor.y, screen.cursor.x
        lost = max(0, row - (lines - 1))
        screen.cursor_position()
        screen.insert_lines(max(0, screen.lines - lines - lost))  # pyte takes all from the top
        screen.resize(lines, columns)
        screen.cursor.y, screen.cursor.x = row - lost, min(column, columns - 1)
        set_size(self._ours, columns, lines)
        os.kill(self.process.pid, signal.SIGWINCH)

    def wait(self, deadline: float = 45.0) -> int:
        """The exit status, once the program has ended by itself."""
        wait_for(self._has_ended, deadline, what="the program's end")
        return self.process.returncode

    def _has_ended(self) -> bool:
        self._read()  # a program whose output nobody takes does not end
        return self.process.poll() is not None

    def _read(self) -> None:
        with contextlib.suppress(OSError):  # Linux's word for the end of a terminal
            while select.select([self._ours], [], [], 0)[0]:
                data = os.read(self._ours, 65536)
                if not data:
                    return
                self.written += data
                self._stream.feed(data)


def set_size(fd: int, columns: int, lines: int) -> None:
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
