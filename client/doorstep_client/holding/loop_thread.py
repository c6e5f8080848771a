"""The event loop on which links without one of the caller's live: one thread for all of a process.

So shares of the same relay go over one session, and one more costs little. The thread ends with the last of
them.
"""

from __future__ import annotations

import asyncio
import threading
from typing import Final

from doorstep_client.network.dial import run_loop_factory

STOP_DEADLINE: Final = 5.0


class LoopThread:
    """A running loop, and how many use it."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner(loop_factory=run_loop_factory())
        self.loop = self._runner.get_loop()
        self.users = 0
        self._idle = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="doorstep-link", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with self._runner as runner:
            runner.run(self._until_idle())

    async def _until_idle(self) -> None:
        await self._idle.wait()

    @property
    def is_alive(self) -> bool:
        """Whether it runs; not in a process that was forked meanwhile."""
        return self._thread.is_alive()

    def end(self) -> None:
        """Let the thread end, soon."""
        self.loop.call_soon_threadsafe(self._idle.set)

    def join(self) -> None:
        """Wait until the thread has ended, if it is about to."""
        if self.users == 0 and threading.current_thread() is not self._thread:
            self._thread.join(STOP_DEADLINE)


_lock: Final = threading.Lock()
_running: list[LoopThread] = []


def use_loop() -> LoopThread:
    """The process's thread for links; to be given back with `give_back`."""
    with _lock:
        if not _running or not _running[0].is_alive:
            _running[:] = [LoopThread()]
        _running[0].users += 1
        return _running[0]


def give_back(thread: LoopThread) -> None:
    """It is not needed any more, here; the last one ends it."""
    with _lock:
        thread.users -= 1
        if thread.users > 0:
            return
        if _running and _running[0] is thread:
            _running.clear()
    thread.end()
