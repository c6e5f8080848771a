"""The link in a terminal: requests scroll by, and below them a few lines say how it stands."""

from __future__ import annotations

import base64
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import click

from doorstep_client.errors import DoorstepError
from doorstep_client.link import Link
from doorstep_client.terminal.attend import DRAIN
from doorstep_client.terminal.browser import open_in_browser
from doorstep_client.terminal.inbox import Inbox
from doorstep_client.terminal.ink import Ink
from doorstep_client.terminal.keys import Keyboard
from doorstep_client.terminal.panel import State, message_lines, panel, request_line, summary
from doorstep_client.terminal.prints import Prints
from doorstep_client.terminal.qr import qr_lines, qr_size
from doorstep_client.terminal.reads import Reads
from doorstep_client.terminal.screen import Screen
from doorstep_client.terminal.tally import Tally
from doorstep_client.traffic.exchange import Exchange

FRAME: Final = 0.1
"""Seconds between two frames at least."""
_PATIENCE: Final = 0.7
"""Seconds after which a relay that has not answered yet is spoken of."""
_MOST_LINES: Final = 1000
"""What is printed faster than the terminal shows it: the oldest lines go."""
_LEND_DEADLINE: Final = 2.0
_BESIDE_QR: Final = 5
"""Lines that a QR code leaves for the rest."""

Pause = Callable[[Link, bool], None]


class Board:
    """A view. `wants_qr` is None for a code where there is room; `pause(link, on)` asks the relay for it."""

    on_terminal = True

    def __init__(
        self, screen: Screen, keyboard: Keyboard, ink: Ink, *, wants_qr: bool | None, pause: Pause
    ) -> None:
        self._screen = screen
        self._keyboard = keyboard
        self._ink = ink
        self._wants_qr = wants_qr
        self._pause = pause
        self._tally = Tally()
        self._texts: deque[str] = deque(maxlen=_MOST_LINES)
        self._prints = Prints(self._print)
        self._printed: deque[str] = deque(maxlen=_MOST_LINES)
        self._reads = Reads(self._lend)
        self._wanted = threading.Event()
        """Somebody in this process reads what is typed."""
        self._lent = threading.Event()
        self._link: Link
        self._waiting: threading.Timer
        self._inbox: Inbox | None = None
        self._cut_at: float | None = None
        """When an end that was asked for waits no longer."""
        self._woken = False
        self._afresh = True
        self._last = -1.0
        self._began = time.monotonic()
        self._open = False
        self._gone = False

    # -- on any thread ---------------------------------------------------------------------------

    def told(self, text: str) -> None:
        self._texts.append(text)
        self._wake()

    def saw(self, exchange: Exchange) -> None:
        self._tally.saw(exchange)
        self._wake()

    def _print(self, text: str) -> None:
        self._printed.append(text)
        self._wake()

    @contextmanager
    def _lend(self) -> Iterator[None]:
        """The terminal, for whoever reads a line of it."""
        self._wanted.set()
        self._wake()
        self._lent.wait(_LEND_DEADLINE)
        try:
            yield
        finally:
            self._wanted.clear()
            self._lent.clear()
            self._wake()

    def _wake(self) -> None:
        """Once a frame is enough."""
        if not self._woken and self._inbox is not None:
            self._woken = True
            self._inbox.wake()

    # -- on the main thread ----------------------------------------------------------------------

    def starting(self) -> None:
        self._prints.stand_in()

    def opening(self) -> None:
        self._waiting = threading.Timer(_PATIENCE, self._screen.send, ["Asking the relay for a link …\r"])
        self._waiting.daemon = True
        self._waiting.start()

    def opened(self, link: Link, inbox: Inbox) -> None:
        self._link, self._inbox = link, inbox
        self._waiting.cancel()
        self._take()
        self._screen.show([], self._introduction())

    def turn(self) -> float | None:
        for name in self._inbox.take_signals() if self._inbox else []:
            self._heard(name)
        now = time.monotonic()
        if now - self._last < FRAME:
            return self._last + FRAME - now
        self._last = now
        self._draw()
        return 1.0 - time.time() % 1.0 + 0.01  # the countdown's next second

    def keys(self) -> int | None:
        return self._keyboard.fd if self._keyboard.is_ours() else None

    def pressed(self) -> None:
        keys = self._keyboard.read()
        if keys is None and self._inbox is not None:
            self._inbox.asked = True  # the terminal has gone
        for key in keys or "":
            self._press(key)

    def closing(self) -> None:
        self._cut_at = time.monotonic() + DRAIN
        self._last = -1.0

    def ended(self, link: Link) -> None:
        seconds = time.monotonic() - self._began
        farewell = summary(self._tally.requests, self._tally.visitors, seconds)
        self._close(f"{self._ink.dim('○ ended')}  {link.url}", self._ink.dim(farewell))

    def failed(self, error: DoorstepError) -> None:
        self._waiting.cancel()
        self.restore()
        self._screen.send("\r\x1b[K")
        click.echo(f"Error: {error}", err=True)

    def restore(self) -> None:
        self._gone = True
        self._close()
        self._prints.give_back()

    # -- helpers -----------------------------------------------------------------------------------

    def _take(self) -> None:
        """Take the terminal, if it is not taken yet."""
        if self._gone:
            return
        self._keyboard.take()
        if not self._open:
            self._open = self._afresh = True
            self._screen.open()
            self._prints.take()
            self._reads.take()

    def _close(self, *last: str) -> None:
        """Give the terminal back; what was not shown yet stays there, before `last`."""
        if self._open:
            self._open = False
            self._prints.give_back()
            self._reads.give_back()
            self._keyboard.give_back()
            self._screen.close([*self._above(self._screen.size()[0]), *last])

    def _give_away(self) -> None:
        """Whoever reads has asked a question first, in a line without an end."""
        if self._open:
            question = self._prints.take_prompt()
            self._close()
            self._screen.send(question)
            self._lent.set()

    def _introduction(self) -> list[str]:
        columns, lines = self._screen.size()
        url = self._link.visit_url
        code: list[str] = []
        if self._wants_qr or (self._wants_qr is None and self._ink.colours and _fits(url, columns, lines)):
            code = [*qr_lines(url, self._ink), ""]
        inspect = self._link.inspect_url
        for_you = [self._ink.dim("Its requests, for you alone:"), inspect, ""] if inspect else []
        return ["", self._ink.bold(url), "", *for_you, *code]

    def _draw(self) -> None:
        self._woken = False
        if self._wanted.is_set():
            self._give_away()
            return
        if not self._keyboard.is_in_front():
            return
        self._take()  # after `fg`, which a program that runs is not told of
        columns, lines = self._screen.size()
        above = self._above(columns)
        region = panel(self._state(), columns, lines, self._ink)
        afresh, self._afresh = self._afresh, False
        self._screen.show(region, above, afresh=afresh)

    def _above(self, columns: int) -> list[str]:
        above = _all(self._printed)
        for text in _all(self._texts):
            above += message_lines(text, time.time(), columns, self._ink)
        news = self._tally.take()
        if news.skipped:
            above.append(self._ink.dim(f"… {news.skipped} more requests"))
        return above + [request_line(each, columns, self._ink) for each in news.ended]

    def _state(self) -> State:
        link = self._link
        status = "paused" if link.paused and link.status == "live" else link.status
        now, left = time.time(), link.seconds_left
        return State(
            link.visit_url,
            status if self._cut_at is None else "closing",
            now,
            None if left is None else now + left,
            self._tally.visitors,
            self._tally.requests,
            self._tally.under_way,
            link.inspect_url,
            None if self._cut_at is None else self._cut_at - time.monotonic(),
        )

    def _heard(self, name: str) -> None:
        self._afresh = True
        self._last = -1.0
        if name == "SIGTSTP":
            self._close()
            self._keyboard.suspend()

    def _press(self, key: str) -> None:
        match key.lower():
            case "q" | "\x04" if self._inbox is not None:
                self._inbox.asked = True
            case "o":
                self.told(open_in_browser(self._link.visit_url))
            case "c":
                text = base64.b64encode(self._link.visit_url.encode()).decode()
                self._screen.send(f"\x1b]52;c;{text}\x07")
                self.told("The link was handed to the terminal, to be pasted elsewhere.")
            case "p":
                threading.Thread(target=self._toggle, args=(not self._link.paused,), daemon=True).start()
            case "r":
                self._show_code()

    def _toggle(self, on: bool) -> None:
        try:
            self._pause(self._link, on)
        except Exception as error:  # noqa: BLE001  # told to the user, who pressed a key
            self.told(str(error))

    def _show_code(self) -> None:
        columns, lines = self._screen.size()
        if _fits(self._link.visit_url, columns, lines):
            for line in qr_lines(self._link.visit_url, self._ink):
                self._print(line)
        else:
            self.told("The terminal is too small for the link's QR code.")


def _fits(url: str, columns: int, lines: int) -> bool:
    wide, high = qr_size(url)
    return wide < columns and high + _BESIDE_QR <= lines


def _all(queue: deque[str]) -> list[str]:
    """Take what another thread may add to meanwhile."""
    return [queue.popleft() for _ in range(len(queue))]
