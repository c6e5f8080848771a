"""Shows the link of a script that runs in this process, which has the main thread and Ctrl-C to itself."""

from __future__ import annotations

import _thread
import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, Final, Self, TypeVar

import click

from doorstep_client.errors import DoorstepError
from doorstep_client.link import Link
from doorstep_client.terminal.attend import DRAIN, View, follow
from doorstep_client.terminal.inbox import AT_ONCE, Inbox
from doorstep_client.wishes import wishes

T = TypeVar("T")

FAILED: Final = 1
_LAST_FRAME: Final = 5.0
_ENDS: Final = ("SIGINT", "SIGTERM", "SIGHUP")
_NOBODYS: Final = (signal.SIG_DFL, signal.default_int_handler)


class Beside:
    """Entered on the main thread while the script runs; a view follows its first link on another thread.

    Who ends the view (`q`) does to the script what Ctrl-C does, and so does the link when something else ends
    it: the script was run for it. Unless the script hears signals itself, its links are drained before it is
    interrupted.
    """

    def __init__(self, view: View, *, quiet: bool = False) -> None:
        self.error: DoorstepError | None = None
        """Why there is no link, or why it ended; None when the script's end was its end."""
        self.links: list[Link] = []
        self._view = view
        self._quiet = quiet
        self._inbox = Inbox(view.restore, terminal=view.on_terminal, ends=False)
        self._thread: threading.Thread | None = None
        self._handlers: dict[int, Any] = {}
        self._draining: threading.Thread | None = None
        self._has_script_ended = False

    def __enter__(self) -> Self:
        for number in (getattr(signal, name) for name in _ENDS if hasattr(signal, name)):
            if signal.getsignal(number) in _NOBODYS:
                self._handlers[number] = signal.signal(number, self._hear)
        self._inbox.__enter__()
        self._view.starting()
        wishes.shower = self
        return self

    def __exit__(self, *exc: object) -> None:
        """Whoever interrupts at its end does so before that is Ctrl-C's as it was."""
        self._has_script_ended = True
        wishes.shower = None
        for link in self.links:
            link.close()
        for thread in (self._draining, self._thread):
            if thread is not None:
                thread.join(_LAST_FRAME)
        self._view.restore()
        self._inbox.__exit__(*exc)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def stay(self) -> None:
        """The script has come to its end: what it has shared stays, until Ctrl-C."""
        self._has_script_ended = True
        for link in self.links:
            link.wait()

    def close(self) -> bool:
        """End what the script has left open; requests under way may finish. Whether Ctrl-C let them."""
        try:
            for link in self.links:
                link.close(drain=DRAIN)
        except KeyboardInterrupt:
            return False
        return True

    # -- what `share` and `launch` ask of it -------------------------------------------------------

    def open(self, share: Callable[..., T], wanted: dict[str, Any]) -> T:
        if self.links:
            return self._open_another(share, wanted)
        self._view.opening()
        try:
            link = share(**self._watched(wanted))
        except DoorstepError as error:
            self._fail(error)
            if threading.current_thread() is not threading.main_thread():
                _interrupt()
            raise SystemExit(FAILED) from error
        if isinstance(link, Link):
            self._show(link)
        return link

    def say(self, text: str) -> None:
        if not self._quiet:
            click.echo(text, err=not self._view.on_terminal)

    def restore(self) -> None:
        self._view.restore()

    # ----------------------------------------------------------------------------------------------

    def _open_another(self, share: Callable[..., T], wanted: dict[str, Any]) -> T:
        """One has the view; of others what matters is told there."""
        link = share(**wanted | {"on_event": _both(self._view.told, wanted.get("on_event"))})
        if isinstance(link, Link):
            self.links.append(link)
            if link.status == "live":
                self.say(f"One more link: {link.visit_url}")
        return link

    def _watched(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """The script may listen, too."""
        told, saw = (wanted.get(name) for name in ("on_event", "on_request"))
        return wanted | {"on_event": _both(self._view.told, told), "on_request": _both(self._view.saw, saw)}

    def _show(self, link: Link) -> None:
        """On a running loop the script gets its link before that is open."""
        self.links.append(link)
        is_open = link.status == "live"
        if is_open:
            self._view.opened(link, self._inbox)
        self._thread = threading.Thread(target=self._follow, args=(link, is_open), daemon=True)
        self._thread.start()

    def _follow(self, link: Link, is_open: bool) -> None:
        try:
            if not is_open:
                _ = link.url
                self._view.opened(link, self._inbox)
        except DoorstepError as error:
            self._fail(error)
            _interrupt()
            return
        follow(link, self._view, self._inbox, _interrupt)
        if link.error is not None:
            self.error = link.error
            _interrupt()

    def _hear(self, number: int, frame: FrameType | None) -> None:
        """On the main thread, in the middle of whatever the script does."""
        if not any(link.status in ("live", "reconnecting") for link in self.links):
            if not self._has_script_ended:
                signal.default_int_handler(number, frame)
        elif self._draining is None:
            self._draining = threading.Thread(target=self._drain, daemon=True)
            self._draining.start()
        elif number == signal.SIGINT:
            self._view.restore()
            os._exit(AT_ONCE)

    def _drain(self) -> None:
        self.close()
        _interrupt()

    def _fail(self, error: DoorstepError) -> None:
        self.error = error
        self._view.failed(error)


def _interrupt() -> None:
    """As Ctrl-C, for this program alone."""
    if sys.platform == "win32":  # there `os.kill` ends a process, whatever the signal
        _thread.interrupt_main()
    else:
        os.kill(os.getpid(), signal.SIGINT)


def _both(first: Callable[..., Any] | None, second: Callable[..., Any] | None) -> Callable[..., Any] | None:
    if first is None or second is None:
        return first or second

    def call(*args: Any) -> None:
        first(*args)
        second(*args)

    return call
