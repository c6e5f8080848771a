"""What happens to a link, told to whoever wants to know."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

log = logging.getLogger("doorstep_client")

What = Literal[
    "live",
    "lost",
    "waiting",
    "moved",
    "failing",
    "notice",
    "expiring",
    "extended",
    "paused",
    "resumed",
    "closing",
    "ended",
]


@dataclass(frozen=True, slots=True)
class Change:
    """Something about a link is another than before.

    `what` is `live` (open, or back), `lost` and `waiting` (the relay is away), `moved` (from elsewhere, or to
    another relay), `failing` (visitors cannot be served), `notice` (something to know),
    `expiring` (the end is near), `extended` (the end has moved), `paused`, `resumed`, `closing` (requests
    under way may finish) or `ended`.
    `text` says it in a sentence for people.
    """

    what: What
    text: str


Listener = Callable[[Change], object]


class Changes:
    """Tells all listeners, on the loop's thread; one that fails stops nothing."""

    def __init__(self, on_event: Callable[[str], None] | None = None) -> None:
        self._listeners: list[Listener] = []
        self._on_event = on_event

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Tell this one too, from now on. Returns what ends that."""
        self._listeners.append(listener)

        def forget() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return forget

    def tell(self, what: What, text: str, *, silent: bool = False) -> None:
        """`silent` is for what the user of `on_event` has just done: there it needs no words."""
        for listener in list(self._listeners):
            try:
                listener(Change(what, text))
            except Exception:  # a user's callback: no reason to end the link
                log.exception("on_change failed")
        if self._on_event is None or silent:
            return
        try:
            self._on_event(text)
        except Exception:  # a user's callback, or a closed terminal: no reason to end the link
            log.exception("on_event failed")
