"""One request of a visitor, and its answer."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Literal

State = Literal["open", "done", "broken"]


@dataclass(slots=True)
class Message:
    """A request or an answer. `size` counts its whole body, `body` is where that begins."""

    headers: list[tuple[str, str]] = field(default_factory=list)
    size: int = 0
    body: bytearray = field(default_factory=bytearray)

    @property
    def is_whole(self) -> bool:
        return self.size == len(self.body)

    def get(self, name: str) -> str:
        """A field's last value; empty without one. The relay writes its own fields last."""
        return next((value for key, value in reversed(self.headers) if key.lower() == name), "")


@dataclass(slots=True)
class Exchange:
    """A request and its answer. `began` is Unix time, `duration` seconds until the answer was whole."""

    number: int
    method: str
    path: str
    request: Message
    replay_of: int | None = None
    answer: Message = field(default_factory=Message)
    status: int | None = None
    state: State = "open"
    duration: float | None = None
    is_websocket: bool = False
    began: float = field(default_factory=time.time)
    held: int = 0
    """Bytes that it takes, for the bound."""
    _clock: float = field(default_factory=time.monotonic)

    @property
    def visitor(self) -> str:
        """Who asked: an address, as the relay tells it."""
        return self.request.get("x-forwarded-for")

    def end(self, state: State) -> None:
        self.state = state
        self.duration = time.monotonic() - self._clock
