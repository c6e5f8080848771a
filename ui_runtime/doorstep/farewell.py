"""What is done when a session is over: the app's `unload` functions, its states, its files."""

from __future__ import annotations

import asyncio
import shutil
from typing import TYPE_CHECKING, Any, Final

from doorstep.events.dependency import kind_of, name_of
from doorstep.events.injection import arranged, parameters_of
from doorstep.report import print_error

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from doorstep.events.visit import Visit

DEADLINE: Final = 60.0
"""Seconds that an async `unload` function may take."""


class Farewell:
    """Made on the loop; said in a thread, because functions and disks are slow."""

    def __init__(self, visit: Visit, unloads: Sequence[Callable[..., Any]], folders: list[Path]) -> None:
        self.visit = visit
        self._unloads = unloads
        self._folders = folders
        self._loop = asyncio.get_running_loop()

    @property
    def is_needed(self) -> bool:
        return bool(self._unloads or self._folders or self.visit.states)

    def say(self) -> None:
        """Never raises: the next function is told all the same."""
        for fn in self._unloads:
            try:
                self._unload(fn)
            except BaseException as error:  # noqa: BLE001  # whatever the function raises
                print_error(name_of(fn), error, fn)
        self.visit.states.close()
        for folder in self._folders:
            shutil.rmtree(folder, ignore_errors=True)

    def _unload(self, fn: Callable[..., Any]) -> None:
        args, kwargs = arranged(parameters_of(fn), [], _Leaving(self.visit, self._loop))
        if not kind_of(fn).is_async:
            fn(*args, **kwargs)
        elif self._loop.is_running():
            asyncio.run_coroutine_threadsafe(fn(*args, **kwargs), self._loop).result(DEADLINE)


class _Leaving:
    """A call without a job: nothing started it, nobody waits for it."""

    dependency: Any = None
    data: list[Any]
    trigger = None
    event = None
    streams: dict[int, Any]

    def __init__(self, visit: Visit, loop: asyncio.AbstractEventLoop) -> None:
        self.visit = visit
        self.data = []
        self.streams = {}
        self._loop = loop

    def soon(self, callback: Callable[..., object], *args: Any) -> None:
        self._loop.call_soon_threadsafe(callback, *args)
