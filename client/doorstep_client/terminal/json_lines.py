"""The link for programs: one JSON object a line on standard output, nothing else (docs/cli.md)."""

from __future__ import annotations

import json
import os
import stat
import sys
import threading
import time
from typing import Any, TextIO

from doorstep_client.errors import DoorstepError, EndedError, RefusedError
from doorstep_client.holding.changes import Change
from doorstep_client.link import Link
from doorstep_client.terminal.inbox import Inbox
from doorstep_client.terminal.tally import Tally
from doorstep_client.traffic.exchange import Exchange
from doorstep_client.wire import readable


class JsonLines:
    """Writes what happens as objects; each has `event` and `at` (Unix time, seconds)."""

    on_terminal = False

    def __init__(self) -> None:
        self._tally = Tally()
        self._lock = threading.Lock()
        self._link: Link | None = None
        self._inbox: Inbox | None = None
        self._early: list[str] = []
        self._farewell = ""
        self._out, sys.stdout = sys.stdout, sys.stderr  # an app of this process may print
        self._pipe = _pipe_of(self._out)

    def saw(self, exchange: Exchange) -> None:
        self._tally.saw(exchange)
        if exchange.state != "open" or exchange.is_websocket:
            self._tally.take()
            self._write("request", **request_fields(exchange))

    def told(self, text: str) -> None:
        """Changes say the same and more, once there is a link to be asked for them."""
        if self._link is None:
            self._early.append(text)

    def _changed(self, change: Change) -> None:
        if change.what == "ended":
            self._farewell = change.text
        elif self._link is not None and change.what != "closing":  # an event of its own
            self._write("change", what=change.what, message=change.text, **_state(self._link))

    def starting(self) -> None:
        """What it prints goes to standard error already."""

    def opening(self) -> None:
        """Nothing comes before the link."""

    def opened(self, link: Link, inbox: Inbox) -> None:
        self._inbox = inbox
        fields = {"url": link.url, "visit_url": link.visit_url, "name": link.name, "relay": link.relay}
        if link.inspect_url:
            fields["inspect_url"] = link.inspect_url
        self._write("opened", **fields, **_state(link))
        self._link = link
        for text in self._early:
            self._changed(Change("notice", text))
        link.on_change(self._changed)

    def turn(self) -> float | None:
        return None

    def keys(self) -> int | None:
        """None come; but a pipe tells here that its reader has gone, before there is anything to write."""
        return self._pipe

    def pressed(self) -> None:
        self._nobody_reads()

    def closing(self) -> None:
        self._write("closing", under_way=len(self._tally.under_way))

    def ended(self, link: Link) -> None:
        reason = link.error
        self._write(
            "ended",
            code="closed" if reason is None else _code(reason),
            message=self._farewell,
            requests=self._tally.requests,
            visitors=self._tally.visitors,
        )

    def failed(self, error: DoorstepError) -> None:
        """The link could not be opened."""
        self._write("error", code=_code(error), message=str(error))

    def restore(self) -> None:
        sys.stdout = self._out

    def _write(self, event: str, **fields: Any) -> None:
        line = json.dumps({"event": event, "at": round(time.time(), 3), **fields})
        try:
            with self._lock:
                self._out.write(line + "\n")
                self._out.flush()
        except BrokenPipeError:
            self._nobody_reads()

    def _nobody_reads(self) -> None:
        """The program that wanted the link has gone: so does the link. Python's last flush finds no error."""
        self._pipe = None
        os.dup2(os.open(os.devnull, os.O_WRONLY), self._out.fileno())
        if self._inbox is not None:
            self._inbox.asked = True
            self._inbox.wake()


def _pipe_of(out: TextIO) -> int | None:
    """Its descriptor, if it is a pipe's end that can only be written to: nothing is ever read there."""
    if sys.platform == "win32":
        return None
    import fcntl

    try:
        pipe = out.fileno()
    except (OSError, ValueError):  # not a file of the system's
        return None
    is_pipe = stat.S_ISFIFO(os.fstat(pipe).st_mode)
    return pipe if is_pipe and fcntl.fcntl(pipe, fcntl.F_GETFL) & os.O_ACCMODE == os.O_WRONLY else None


def request_fields(exchange: Exchange) -> dict[str, Any]:
    """A request that ended, or a WebSocket that opened. Sizes are bytes of bodies, `duration` seconds."""
    return {
        "number": exchange.number,
        "method": exchange.method,
        "path": exchange.path,
        "visitor": readable(exchange.visitor),
        "status": exchange.status,
        "state": exchange.state,
        "websocket": exchange.is_websocket,
        "began": round(exchange.began, 3),
        "duration": None if exchange.duration is None else round(exchange.duration, 6),
        "request_size": exchange.request.size,
        "answer_size": exchange.answer.size,
    }


def _code(error: DoorstepError) -> str:
    return error.code if isinstance(error, EndedError | RefusedError) else "error"


def _state(link: Link) -> dict[str, Any]:
    return {"status": link.status, "paused": link.paused, "expires_at": link.expires_at}
