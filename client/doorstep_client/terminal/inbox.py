"""What the main thread waits for while a link is shown: signals, keys, and news of other threads.

Signals raise nothing: an exception in the middle of a frame would leave the terminal as no one wants it.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
from collections.abc import Callable
from typing import Any, Final, Self

_ENDS: Final = ("SIGINT", "SIGTERM", "SIGHUP")
_NEWS: Final = ("SIGWINCH", "SIGTSTP", "SIGCONT")
AT_ONCE: Final = 130
"""The exit code of a program that was interrupted, by the shells' convention."""


class Inbox:
    """Hears signals while it is entered, in the main thread. `last_words` is called before a quick end.

    `ends=False` leaves the signals that end a program to whoever has the main thread.
    """

    def __init__(self, last_words: Callable[[], None], *, terminal: bool, ends: bool = True) -> None:
        self.asked = False
        """Whether the end was asked for."""
        self._last_words = last_words
        self._waits_here = ends
        self._names = (_ENDS if ends else ()) + (_NEWS if terminal else ())
        self._signals: list[str] = []
        self._before: dict[int, Any] = {}
        self._fd_before = -1

    def __enter__(self) -> Self:
        self._ear, self._mouth = socket.socketpair()
        self._ear.setblocking(False)
        self._mouth.setblocking(False)
        for name in self._names:
            number = getattr(signal, name, None)  # Windows has few of them
            if number is not None:
                self._before[number] = signal.signal(number, self._hear)
        if self._waits_here:
            self._fd_before = signal.set_wakeup_fd(self._mouth.fileno(), warn_on_full_buffer=False)
        return self

    def __exit__(self, *_exc: object) -> None:
        if self._waits_here:
            signal.set_wakeup_fd(self._fd_before)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._ear.close()
        self._mouth.close()

    def wake(self) -> None:
        """There is news. From any thread."""
        with contextlib.suppress(OSError):  # full of news, or nobody waits any longer
            self._mouth.send(b"n")

    def wait(self, seconds: float | None, keys: int | None = None) -> bool:
        """Until something comes; whether keys were pressed on the file descriptor."""
        ears = [self._ear.fileno()] + ([] if keys is None else [keys])
        ready, _, _ = select.select(ears, [], [], seconds)
        with contextlib.suppress(BlockingIOError):
            self._ear.recv(4096)
        return keys in ready

    def take_signals(self) -> list[str]:
        """Those of the terminal that came since the last time."""
        taken, self._signals = self._signals, []
        return taken

    def _hear(self, number: int, _frame: object) -> None:
        name = signal.Signals(number).name
        if name not in _ENDS:
            self._signals.append(name)
            self.wake()
        elif self.asked and name != "SIGHUP":
            self._last_words()
            os._exit(AT_ONCE)  # asked twice: what is still open is cut by the system
        self.asked = True if name in _ENDS else self.asked
