"""What happens to a link, told to whoever wants to know."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

log = logging.getLogger("doorstep_client")

T = TypeVar("T")

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
            call_users(listener, Change(what, text), name="on_change")
        if self._on_event is not None and not silent:
            call_users(self._on_event, text, name="on_event")


def call_users(callback: Callable[[T], object], news: T, *, name: str) -> None:
    """Call what the user gave: if that fails, or a terminal is closed, it is no reason to end anything.

    `sys.exit` ends the program where it would elsewhere, on the main thread. On the links' own thread it
    would end that, and with it every link of the process, without a word.
    """
    try:
        callback(news)
    except Exception:  # noqa: BLE001  # as above
        log.exception("%s failed", name)
    except SystemExit:
        if threading.current_thread() is threading.main_thread():
            raise
        log.warning("%s called sys.exit, which ends nothing on this thread: use link.wait() for that", name)
