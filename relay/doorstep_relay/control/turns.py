"""Who says very much in very small pieces is heard in turns, so that the others are heard, too.

One read may bring 256 KB, and a frame may have six bytes: parsed in one go, that is a third of a second in
which nobody else is served. So bytes are parsed a slice at a time, and in between the loop does what else
there is. Whose slices are full of small frames gets smaller ones, and all of these together have a fifth of
the time: what they send beyond that waits on their own side.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Final

SMALLEST: Final = 1024
USUAL: Final = 4 * 1024
LARGEST: Final = 16 * 1024
"""Bytes of a slice."""
MANY: Final = 32
"""Frames in a slice, above which it is a dense one."""
REST: Final = 4.0
"""For the others after a dense slice: so many times what it took."""


class Slice:
    """How many bytes of one peer are read in a turn, by what was in the last ones."""

    __slots__ = ("is_dense", "size")

    def __init__(self) -> None:
        self.size = USUAL
        self.is_dense = False
        """Whether the last one had many frames."""

    def had(self, frames: int) -> None:
        """So many frames were in it."""
        self.is_dense = frames > MANY
        self.size = SMALLEST if self.is_dense else min(2 * self.size, LARGEST)


class Turns:
    """The line of those who send dense slices. One of them at a time, and then a rest."""

    def __init__(self) -> None:
        self._line: deque[Callable[[], None]] = deque()
        self._is_due = False
        self._free_at = 0.0

    def wait(self, read: Callable[[], None], *, is_dense: bool) -> None:
        """Call `read`, once: soon, or when it is the turn of one who is dense."""
        loop = asyncio.get_running_loop()
        if not is_dense:
            loop.call_soon(read)
            return
        self._line.append(read)
        if not self._is_due:
            self._plan(loop)

    def _plan(self, loop: asyncio.AbstractEventLoop) -> None:
        self._is_due = True
        loop.call_later(max(0.0, self._free_at - time.monotonic()), self._next)

    def _next(self) -> None:
        began = time.monotonic()
        try:
            self._line.popleft()()
        finally:
            self._is_due = False
            now = time.monotonic()
            self._free_at = now + REST * (now - began)
            if self._line:
                self._plan(asyncio.get_running_loop())


class Intake:
    """One peer's bytes on their way to `parse(data)`, which tells how many frames were in them."""

    __slots__ = ("_is_due", "_is_stopped", "_parse", "_rest", "_slice", "_turns")

    def __init__(self, turns: Turns, parse: Callable[[bytes], int]) -> None:
        self._turns = turns
        self._parse = parse
        self._rest = bytearray()
        self._slice = Slice()
        self._is_due = self._is_stopped = False

    @property
    def waits(self) -> bool:
        """Whether something came that is not parsed yet."""
        return bool(self._rest)

    def feed(self, data: bytes) -> None:
        """Parse now what is little; the rest when it is its turn."""
        if self._rest or self._slice.is_dense or len(data) > self._slice.size:
            self._rest += data
            self._go_on()
        else:
            self._slice.had(self._parse(data))

    def stop(self, *, stopped: bool) -> None:
        """Parse nothing that waits, until it is let go on."""
        self._is_stopped = stopped
        self._go_on()

    def clear(self) -> None:
        """The peer is gone."""
        self._rest.clear()

    def _go_on(self) -> None:
        if self._rest and not self._is_due and not self._is_stopped:
            self._is_due = True
            self._turns.wait(self._parse_slice, is_dense=self._slice.is_dense)

    def _parse_slice(self) -> None:
        if self._rest and not self._is_stopped:
            data = bytes(self._rest[: self._slice.size])
            del self._rest[: self._slice.size]
            self._slice.had(self._parse(data))
        self._is_due = False
        self._go_on()
