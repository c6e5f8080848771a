"""When a client that says nothing counts as gone."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Final

from doorstep_relay.control.channel import Channel

_LOOKS: Final = 20
"""For silence, in a heartbeat at the most: the sessions share them, and the process sleeps in between."""
_LAST_LOOK: Final = 0.05
"""Seconds in which what has already arrived from a silent client is read."""


class Silence:
    """Calls `left` when a channel's client was silent for two heartbeats."""

    def __init__(self, channel: Channel, heartbeat: float, left: Callable[[], None]) -> None:
        self._channel = channel
        self._heartbeat = heartbeat
        self._left = left
        self._timer: asyncio.TimerHandle
        self._doubted = -1.0
        """When the client was last heard, as of the last look that found it silent."""

    def watch(self) -> None:
        """Look, and look again when it could have been silent for so long.

        And once more after that: a loop runs its timers before it reads, so when this process itself
        stood still, what clients said meanwhile has not been heard yet.
        """
        loop = asyncio.get_running_loop()
        heard = self._channel.heard
        due = heard + 2 * self._heartbeat
        if due > loop.time():
            apart = self._heartbeat / _LOOKS
            self._timer = loop.call_at(math.ceil(due / apart) * apart, self.watch)
        elif self._doubted == heard:
            self._left()
        else:
            self._doubted = heard
            self._timer = loop.call_later(_LAST_LOOK, self.watch)

    def stop(self) -> None:
        """The session is over."""
        self._timer.cancel()
