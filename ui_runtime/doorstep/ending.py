"""Waits for the end of a launched app: Ctrl-C, SIGTERM, or the server's own.

Signals raise nothing here: an exception in the middle of a wait can leave the lock that is waited on
broken. And what is waited on is a socket, because a signal that comes just before a lock is waited
for is noticed only when that wait is over.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import threading
import time
from collections.abc import Callable
from typing import Any, Self


class Ending:
    """Hears signals while it is entered, if that is in the main thread; elsewhere there are none to hear.

    `last_words` is called before a quick end.
    """

    def __init__(self, last_words: Callable[[], object] = int) -> None:
        self.asked_for = False
        """Whether a signal asked for the end."""
        self._last_words = last_words
        self._come = False
        self._before: dict[int, Any] = {}
        self._fd_before = -1

    def __enter__(self) -> Self:
        self._ear, self._mouth = socket.socketpair()
        self._ear.setblocking(False)
        self._mouth.setblocking(False)
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._hear)
            self._fd_before = signal.set_wakeup_fd(self._mouth.fileno(), warn_on_full_buffer=False)
        return self

    def __exit__(self, *_exc: object) -> None:
        if self._before:
            signal.set_wakeup_fd(self._fd_before)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._ear.close()
        self._mouth.close()

    def wait(self, seconds: float | None = None) -> None:
        """Until the end has come, or was asked for; no longer than `seconds`."""
        until = None if seconds is None else time.monotonic() + seconds
        while not (self._come or self.asked_for):  # any other signal wakes it too
            left = None if until is None else until - time.monotonic()
            if left is not None and left <= 0:
                return
            select.select([self._ear], [], [], left)
            with contextlib.suppress(BlockingIOError):
                self._ear.recv(64)

    def come(self) -> None:
        """The end has come by itself. From any thread."""
        self._come = True
        with contextlib.suppress(OSError):  # full of news, or nobody waits any longer
            self._mouth.send(b"e")

    def _hear(self, number: int, _frame: object) -> None:
        if self.asked_for and number == signal.SIGINT:
            self._last_words()
            os._exit(130)  # asked twice: what is still open is cut by the system
        self.asked_for = True
