"""Single keys, while a terminal's line editing is off. Ctrl-C and Ctrl-Z stay what they are."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
from typing import Any, Final, Self

_SEQUENCE: Final = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|O.|.)?", re.DOTALL)
"""Arrows, function keys and answers of the terminal."""


class Keyboard:
    """The terminal on a file descriptor, while it is entered."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self._before: list[Any] | None = None

    def __enter__(self) -> Self:
        self.take()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.give_back()

    def take(self) -> None:
        if sys.platform == "win32":
            return  # there the plain view is shown
        import termios
        import tty

        with contextlib.suppress(termios.error):
            if self._before is not None or not self.is_in_front():
                return  # to change another's terminal would stop this program
            self._before = termios.tcgetattr(self.fd)
            tty.setcbreak(self.fd, termios.TCSADRAIN)

    def give_back(self) -> None:
        if sys.platform == "win32":
            return  # there the plain view is shown
        import termios

        before, self._before = self._before, None
        if before is not None:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(self.fd, termios.TCSADRAIN, before)

    def is_in_front(self) -> bool:
        """Whether the terminal is this program's now, and not that of another one in the foreground."""
        if sys.platform == "win32":
            return True  # there the plain view is shown
        with contextlib.suppress(OSError):
            return os.tcgetpgrp(self.fd) == os.getpgrp()
        return True

    def is_ours(self) -> bool:
        """Whether keys may be read: one that reads in the background is stopped."""
        return self._before is not None and self.is_in_front()

    def suspend(self) -> None:
        """Stop as Ctrl-Z asks for. Returns when the user wants the program back."""
        if sys.platform == "win32":
            return  # there the plain view is shown
        os.kill(os.getpid(), signal.SIGSTOP)

    def read(self) -> str | None:
        """The keys that were pressed; None when there will be no more."""
        data = b""
        with contextlib.suppress(OSError):
            data = os.read(self.fd, 1024)
        if not data:
            self._before = None  # there is no terminal any more to be asked or given back
            return None
        return _SEQUENCE.sub(b"", data).decode("ascii", "ignore")
