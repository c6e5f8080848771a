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
    """At most `limit` threads, started when they are first needed."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._work: SimpleQueue[Work | None] = SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._threads = 0

    def submit(self, work: Work) -> None:
        """Run `work` in a thread soon. It must not raise. Called from one thread only: the loop's."""
        self._work.put(work)
        if not self._idle.acquire(blocking=False) and self._threads < self.limit:
            self._threads += 1
            threading.Thread(target=self._run, name=f"doorstep-{self._threads}", daemon=True).start()

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            work()
            del work  # what it holds must not live until the next one comes
            self._idle.release()

    def close(self) -> None:
        """Idle threads end now, busy ones when they are done."""
        for _ in range(self._threads):
            self._work.put(None)
