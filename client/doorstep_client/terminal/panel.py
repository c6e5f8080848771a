"""What the terminal shows, as lines: pure, so a picture of any moment and size can be tested."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from doorstep_client.terminal.ink import Ink
from doorstep_client.terminal.words import clip, countdown, counted, duration, pad, size
from doorstep_client.traffic.exchange import Exchange
from doorstep_client.wire import readable

LONG: Final = 1.0
"""Seconds after which a request under way has a line of its own."""
_MOST_UNDER_WAY: Final = 5
_ROOMY: Final = 10
"""Lines of a terminal that has room for more than what is needed."""
_WIDE: Final = 72
_WIDER: Final = 100
_LAST: Final = "Ctrl-C again quits at once"
_LEAST_URL: Final = 8
_SEPARATOR: Final = " · "


@dataclass(frozen=True, slots=True)
class State:
    """A moment of a link. Times are Unix time, seconds."""

    url: str
    status: str
    """As `Link.status` says it, or `paused`, `closing`."""
    now: float
    expires_at: float | None = None
    visitors: int = 0
    requests: int = 0
    under_way: Sequence[Exchange] = ()
    inspect_url: str | None = None
    closes_in: float | None = None
    """Seconds for which the end still waits, once it was asked for."""


def panel(state: State, columns: int, lines: int, ink: Ink) -> list[str]:
    """The region at the terminal's end: at most `lines - 1` lines, each shorter than `columns`."""
    room = columns - 1
    shown = [_headline(state, room, ink), ink.dim(_numbers(state, room))]
    if lines >= _ROOMY:
        shown = [ink.dim("─" * room), *shown, *_under_way(state, room, lines, ink)]
    shown.append(_keys(state, room, ink))
    return shown[: max(1, lines - 1)]


def request_line(exchange: Exchange, columns: int, ink: Ink, now: float = 0.0) -> str:
    """A request that has ended, or is under way `now`."""
    room = columns - 1
    left = ""
    right = f"{_duration(exchange, now):>10}"
    if room >= _WIDE:
        left = time.strftime("%H:%M:%S  ", time.localtime(exchange.began))
        right += f"{_size(exchange):>9}  {pad(readable(exchange.visitor), 39 if room >= _WIDER + 24 else 15)}"
    method = "WS" if exchange.is_websocket else readable(exchange.method)
    path_room = room - len(left) - len(right) - 7 - 4
    path = pad(readable(exchange.path, 2000), max(1, path_room))
    line = f"{ink.dim(left)}{pad(method, 6)} {path} {_status(exchange, ink)}{ink.dim(right)}"
    return line if path_room > 0 else clip(f"{method} {path}", room)


def message_lines(text: str, now: float, columns: int, ink: Ink) -> list[str]:
    """Something that a person should know, broken between words; an address stays whole."""
    stamp = time.strftime("%H:%M:%S  ", time.localtime(now)) if columns > _WIDE else ""
    room = max(columns - 1 - len(stamp), 1)
    lines = textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False) or [""]
    stamps = [ink.dim(stamp), *[" " * len(stamp)] * (len(lines) - 1)]
    return [before + ink.odd(line) for before, line in zip(stamps, lines, strict=True)]


def summary(requests: int, visitors: int, seconds: float) -> str:
    """What is left to say at the end."""
    asked = counted(requests, "request")
    who = f" from {counted(visitors, 'visitor')}" if requests else ""
    return f"{asked}{who} in {duration(seconds)}."


_LIGHTS: Final = {
    "live": ("●", "live"),
    "connecting": ("◌", "connecting"),
    "reconnecting": ("◌", "reconnecting"),
    "paused": ("‖", "paused"),
    "closing": ("◌", "closing"),
    "ended": ("○", "ended"),
}


def _headline(state: State, room: int, ink: Ink) -> str:
    sign, word = _LIGHTS.get(state.status, ("○", state.status))
    light = ink.good if state.status == "live" else ink.odd
    start = clip(f"{sign} {word}", room)
    room -= len(start) + 2
    if room < _LEAST_URL:
        return light(start)
    url = state.url if len(state.url) <= room else state.url.partition("://")[2]
    return f"{light(start)}  {ink.bold(clip(url, room))}"


def _numbers(state: State, room: int) -> str:
    """The most important first: what does not fit is left out, for half an address is of no use."""
    parts = [counted(state.requests, "request"), counted(state.visitors, "visitor")]
    if state.expires_at is not None:
        parts.insert(0, f"ends in {countdown(state.expires_at - state.now)}")
    if state.under_way:
        parts.append(f"{len(state.under_way)} open")
    if state.inspect_url:
        parts.append(f"inspect: {state.inspect_url}")
    while len(parts) > 1 and len(_SEPARATOR.join(parts)) > room:
        parts.pop()
    return clip(_SEPARATOR.join(parts), room)


def _under_way(state: State, room: int, lines: int, ink: Ink) -> list[str]:
    """The requests that take their time, and WebSockets, the newest last."""
    closing = state.status == "closing"
    long = [each for each in state.under_way if closing or state.now - each.began >= LONG]
    most = min(_MOST_UNDER_WAY, lines - _ROOMY)
    rows = [request_line(each, room + 1, ink, state.now) for each in long[-most:]] if most > 0 else []
    if len(long) > len(rows):
        rows.append(ink.dim(clip(f"… and {len(long) - len(rows)} more under way", room)))
    return rows


def _keys(state: State, room: int, ink: Ink) -> str:
    if state.status == "closing":
        return ink.dim(_waits(state, room))
    pause = "resume" if state.status == "paused" else "pause"
    words = (("q", "quit"), ("o", "open"), ("c", "copy"), ("p", pause), ("r", "QR"))
    if sum(len(word) + 2 for _, word in words) + 2 * (len(words) - 1) > room:
        return ink.dim(clip("q quit", room))
    return "  ".join(f"{ink.bold(key)} {ink.dim(word)}" for key, word in words)


def _waits(state: State, room: int) -> str:
    """What the end waits for, in as many words as fit. WebSockets have no end of their own."""
    count = sum(not each.is_websocket for each in state.under_way)
    left = "" if state.closes_in is None else f", {max(0, round(state.closes_in))} s at most"
    for what in (f"waiting for {counted(count, 'request')}{left}; {_LAST}", _LAST):
        if count and len(what) <= room:
            return what
    return clip(_LAST, room)


def _status(exchange: Exchange, ink: Ink) -> str:
    status = exchange.status
    if status is None:
        return ink.bad("---") if exchange.state == "broken" else ink.dim("  …")
    colour = {2: ink.good, 3: ink.calm, 4: ink.odd, 5: ink.bad}.get(status // 100, ink.calm)
    return colour(f"{status:3}")


def _duration(exchange: Exchange, now: float) -> str:
    if exchange.duration is None:
        return f"open {countdown(now - exchange.began)}"
    return duration(exchange.duration)


def _size(exchange: Exchange) -> str:
    return "cut off" if exchange.state == "broken" else size(exchange.answer.size)
