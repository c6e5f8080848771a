"""Lets a view show a link until it has ended, by itself or because somebody asked."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol

from doorstep_client.errors import DoorstepError
from doorstep_client.holding.changes import Change
from doorstep_client.link import Link
from doorstep_client.terminal.inbox import Inbox

if TYPE_CHECKING:
    from doorstep_client.traffic.observed import Observer

DRAIN: Final = 10.0
"""Seconds in which requests under way may finish once the end was asked for."""


class View(Protocol):
    """Shows a link. `told`, `saw` and `closing` are called on the link's thread, all else on one other."""

    @property
    def saw(self) -> Observer | None:
        """Told of every request; None where nobody looks."""

    @property
    def on_terminal(self) -> bool:
        """Whether it wants to know of the terminal's signals."""

    def told(self, text: str) -> None:
        """A sentence for the user."""

    def starting(self) -> None:
        """What is shared is about to be imported or run here; it may print from now on."""

    def opening(self) -> None:
        """The relay is asked for the link."""

    def opened(self, link: Link, inbox: Inbox) -> None:
        """The link works."""

    def turn(self) -> float | None:
        """Show what is new; the seconds after which it wants the next turn even without news."""

    def keys(self) -> int | None:
        """The file descriptor where keys come from."""

    def pressed(self) -> None:
        """There are keys to be read."""

    def closing(self) -> None:
        """The end was asked for: requests under way may finish within `DRAIN` seconds."""

    def ended(self, link: Link) -> None:
        """The link is over."""

    def failed(self, error: DoorstepError) -> None:
        """The link could not be opened."""

    def restore(self) -> None:
        """Give the terminal back for good. May come at any moment."""


def attend(link: Link, view: View) -> int:
    """Show the link until it has ended. Returns the exit code: 0 when the user ended it, else 1."""
    with Inbox(view.restore, terminal=view.on_terminal) as inbox:
        try:
            view.opened(link, inbox)
            follow(link, view, inbox, lambda: _drain(link))
        finally:
            view.restore()
    return 0 if link.error is None else 1


def follow(link: Link, view: View, inbox: Inbox, end: Callable[[], None]) -> None:
    """Show an open link until it has ended; `end` is called once, when the view's user asks for that."""

    def changed(change: Change) -> None:
        if change.what == "closing":
            view.closing()
            inbox.wake()

    link.on_change(changed)
    threading.Thread(target=_tell_end, args=(link, inbox), daemon=True).start()
    ending = False
    while not link.wait(0):
        patience = view.turn()
        if inbox.asked and not ending:
            ending = True
            end()
        elif inbox.wait(patience, view.keys()):
            view.pressed()
    view.ended(link)


def _drain(link: Link) -> None:
    threading.Thread(target=link.close, kwargs={"drain": DRAIN}, daemon=True).start()


def _tell_end(link: Link, inbox: Inbox) -> None:
    link.wait()
    inbox.wake()
