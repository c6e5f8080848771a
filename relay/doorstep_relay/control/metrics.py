"""What Prometheus is told, on a listener of its own: text as its exposition format 0.0.4 has it.

No share has a label of its own: ten thousand of them would be as many time series. `/api/v1/live` has those.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from doorstep_relay import __version__
from doorstep_relay.control.here import Here
from doorstep_relay.edge.access_log import AccessLog
from doorstep_relay.edge.context import Edge
from doorstep_relay.edge.record import Record

_CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Seconds from a request's head to the end of its answer."""
_Line = tuple[str, str, str, Iterable[tuple[str, float]]]
"""Name, type, help, and samples: labels and value."""


class Metrics:
    """Counts requests as they end (it is a sink of the edge's recorder), and looks at the rest when asked."""

    def __init__(self, here: Here, edge: Edge, access_log: Callable[[], AccessLog | None]) -> None:
        self._here = here
        self._edge = edge
        self._access_log = access_log
        self._answers: dict[str, int] = {}
        self._refused: dict[str, int] = {}
        self._own: dict[str, int] = {}
        self._buckets = [0] * len(BUCKETS)
        self._count = 0
        self._sum = 0.0

    def __call__(self, record: Record) -> None:
        """A request is over."""
        status = f"{record.status // 100}xx" if record.status else "none"
        if record.place:
            self._own[status] = self._own.get(status, 0) + 1
            return
        self._answers[status] = self._answers.get(status, 0) + 1
        if record.code:
            self._refused[record.code] = self._refused.get(record.code, 0) + 1
        if record.head.upgrade:
            return
        self._count += 1
        self._sum += record.seconds
        for place, most in enumerate(BUCKETS):
            if record.seconds <= most:
                self._buckets[place] += 1
                break

    def text(self) -> str:
        """Everything, as of now."""
        return "".join(part for line in self._lines() for part in _written(*line))

    def _lines(self) -> Iterator[_Line]:
        edge, tallies = self._edge, self._here.tallies
        yield "info", "gauge", "The relay's version.", [(_labels(version=__version__), 1)]
        yield "shares", "gauge", "Shares whose client is connected.", [("", len(self._here.switchboard))]
        yield "visitors", "gauge", "Open connections of visitors.", [("", len(edge.visitors))]
        yield "tunnels", "gauge", "Open tunnel connections.", [("", len(edge.tunnels))]
        yield "paced", "gauge", "Transfers held back by a limit now.", [("", len(edge.pacer.waiting))]
        yield "draining", "gauge", "Whether the relay is stopping.", [("", self._here.is_draining)]
        yield "share_requests_total", "counter", "Requests that went to apps.", [("", tallies.requests)]
        sizes = [
            (_labels(direction="in"), tallies.bytes_in),
            (_labels(direction="out"), tallies.bytes_out),
        ]
        yield "share_bytes_total", "counter", "Bytes from visitors and to them.", sizes
        yield "answers_total", "counter", "Requests that are over.", _by("status", self._answers)
        yield (
            "own_host_answers_total",
            "counter",
            "Requests to API, pages and dashboard.",
            _by("status", self._own),
        )
        yield "own_answers_total", "counter", "Answers of the relay itself.", _by("code", self._refused)
        access_log = self._access_log()
        dropped = access_log.dropped if access_log is not None else 0
        yield "access_log_dropped_total", "counter", "Lines that were not written.", [("", dropped)]
        yield "request_seconds", "histogram", "From head to end of answer.", self._histogram()

    def _histogram(self) -> Iterator[tuple[str, float]]:
        total = 0
        for most, count in zip(BUCKETS, self._buckets, strict=True):
            total += count
            yield "_bucket" + _labels(le=f"{most:g}"), total
        yield "_bucket" + _labels(le="+Inf"), self._count
        yield "_sum", self._sum
        yield "_count", self._count


def metrics_app(metrics: Metrics) -> ASGIApp:
    """The app of the metrics' listener."""

    async def answer(_request: Request) -> Response:
        return PlainTextResponse(metrics.text(), headers={"Content-Type": _CONTENT_TYPE})

    return Starlette(routes=[Route("/metrics", answer)])


def _written(name: str, kind: str, about: str, samples: Iterable[tuple[str, float]]) -> Iterator[str]:
    name = f"doorstep_relay_{name}"
    yield f"# HELP {name} {about}\n# TYPE {name} {kind}\n"
    for labels, value in samples:
        yield f"{name}{labels} {float(value)!r}\n"


def _labels(**labels: str) -> str:
    return "{" + ",".join(f'{name}="{value}"' for name, value in labels.items()) + "}"


def _by(label: str, counts: dict[str, int]) -> list[tuple[str, float]]:
    return [(_labels(**{label: name}), count) for name, count in sorted(counts.items())]
