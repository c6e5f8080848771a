"""Threads for functions that are not async.

They are daemons: a function that hangs must not keep the process from ending, which is what the threads of
`concurrent.futures` do.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue

Work = Callable[[], object]


class Workers:
    """At most `limit` threads, started when they are first needed; up to as many again for those lost."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._most = 2 * limit
        self._work: SimpleQueue[Work | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._unfinished = 0
        self._threads = 0

    def submit(self, work: Work) -> None:
        """Run `work` in a thread soon. It must not raise. Called from one thread only: the loop's."""
        with self._lock:
            self._unfinished += 1
        self._work.put(work)
        self._start_if_needed()

    def lose(self) -> None:
        """A thread's work was given up and may hang: another one may take its place until it is `found`."""
        self.limit += 1
        self._start_if_needed()

    def found(self) -> None:
        """Work that was given up has ended after all."""
        self.limit -= 1

    def _start_if_needed(self) -> None:
        if self._threads < self._unfinished and self._threads < min(self.limit, self._most):
            self._threads += 1
            threading.Thread(target=self._run, name=f"doorstep-{self._threads}", daemon=True).start()

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            work()
            del work  # what it holds must not live until the next one comes
            with self._lock:
                self._unfinished -= 1

    def close(self) -> None:
        """Idle threads end now, busy ones when they are done."""
        for _ in range(self._threads):
            self._work.put(None)
