"""From the turns of every round to tables and a file. Spread is the lowest and the highest round."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bench.loads import Load
from bench.loads.turn import Turn

MICRO, MILLI = 1e6, 1e3
ROLES = ("front", "relay", "client", "app")
PLAIN, TLS = "doorstep", "doorstep tls"
ENCRYPTED = {"ssh -R", "frp", "frp http", "chisel"}
"""Peers that encrypt between their two halves, and not towards visitors."""


@dataclass(frozen=True)
class Figure:
    """A median with its spread, in the unit of its column."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float], scale: float = 1.0) -> Figure:
        scaled = [value * scale for value in values]
        return cls(statistics.median(scaled), min(scaled), max(scaled))

    def __str__(self) -> str:
        digits = 0 if self.median >= 100 else 1 if self.median >= 1 else 2
        median, low, high = (f"{value:.{digits}f}" for value in (self.median, self.low, self.high))
        return f"{median} ({low}–{high})" if self.low < self.high else median


@dataclass
class Results:
    """Every turn, by load and way: one for each round, None where it failed."""

    turns: dict[str, dict[str, list[Turn | None]]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    first_answers: list[float] = field(default_factory=list)
    """Seconds from `launch(share=True)` to the first answer."""

    def add(self, load: str, way: str, turn: Turn | None) -> None:
        self.turns.setdefault(load, {}).setdefault(way, []).append(turn)

    def good(self, load: str, way: str) -> list[Turn]:
        return [turn for turn in self.turns.get(load, {}).get(way, []) if turn is not None]

    def ways(self, load: str) -> list[str]:
        """Those with a good turn."""
        return [way for way in self.turns.get(load, {}) if self.good(load, way)]

    def median(self, load: str, way: str, value: Callable[[Turn], float | None]) -> float | None:
        found = [each for turn in self.good(load, way) if (each := value(turn)) is not None]
        return statistics.median(found) if found else None

    def times_as_fast(self, load: Load, one: str, other: str) -> Figure | None:
        """The two turns of the same round over each other, so that a busy moment is in neither alone."""
        turns = self.turns.get(load.name, {})
        pairs = zip(turns.get(one, []), turns.get(other, []), strict=False)
        found = [times_as_fast(load, a, b) for a, b in pairs if a is not None and b is not None]
        return Figure.of(found) if found else None


def times_as_fast(load: Load, one: Turn, other: Turn) -> float:
    """Above 1 where `one` gets more done, or where its visitors wait for less."""
    if load.waits and one.p50 and other.p50:
        return other.p50 / one.p50
    return one.per_second / other.per_second


def summary(results: Results, loads: Sequence[Load]) -> str:
    """A Markdown table: how many times as fast as each other way Doorstep is, by load."""
    ways = list(dict.fromkeys(way for load in loads for way in results.turns.get(load.name, {})))
    others = [way for way in ways if not way.startswith(PLAIN)]
    pairs = [(counterpart(way), way) for way in others]
    pairs += [(TLS, way) for way in others if way in ENCRYPTED]
    pairs = [pair for pair in pairs if pair[0] in ways]
    rows = [["load", *(f"{one} ÷ {other}" for one, other in pairs)]]
    rows += [[load.title, *(ratio(results, load, one, other) for one, other in pairs)] for load in loads]
    return markdown(rows)


def ratio(results: Results, load: Load, one: str, other: str) -> str:
    found = results.times_as_fast(load, one, other)
    return "–" if found is None else f"{found.median:.2f}"


def table(results: Results, load: Load) -> str:
    """A Markdown table of one load, one line a way."""
    lines = {way: figures(results, load, way) for way in results.turns.get(load.name, {})}
    headings = list(dict.fromkeys(heading for line in lines.values() for heading in line))
    headings.sort(key=column_order)
    rows = [["way", *headings]]
    rows += [
        [way, *(str(line.get(heading, "–")) for heading in headings)] if line else failed(way, headings)
        for way, line in lines.items()
    ]
    return markdown(rows)


def failed(way: str, headings: Sequence[str]) -> list[str]:
    return [way, *(["failed"] + ["–"] * len(headings))[: len(headings)]]


def figures(results: Results, load: Load, way: str) -> dict[str, Figure | str]:
    """The columns of one way's line, by their headings; what it has not is left out."""
    turns = results.good(load.name, way)
    if not turns:
        return {}
    columns: dict[str, Figure | str] = {}
    if load.alone:
        columns |= costs(turns)
    columns[f"{load.unit}s/s" if load.unit != "MB" else "MB/s"] = Figure.of(turn.per_second for turn in turns)
    for name in ("p50", "p99"):
        times = [time for turn in turns if (time := getattr(turn, name)) is not None]
        if times:
            columns[f"{name} ms"] = Figure.of(times, MILLI)
    busy = statistics.median((turn.generator or 0) / turn.duration for turn in turns)
    columns["visitors’ CPU"] = f"{busy:.0%}"
    return columns


def costs(turns: list[Turn]) -> dict[str, Figure | str]:
    shown: dict[str, Figure | str] = {
        f"{role} µs": Figure.of((turn.each[role] for turn in turns), MICRO)
        for role in ROLES
        if role in turns[0].each
    }
    return {**shown, "all µs": Figure.of((sum(turn.each.values()) for turn in turns), MICRO)}


def counterpart(way: str) -> str:
    """Which Doorstep a way is compared with: the one that speaks to visitors as it does."""
    return TLS if way.endswith(" tls") else PLAIN


def column_order(heading: str) -> int:
    """Roles first, in the order of a request's way; the sort is stable for the rest."""
    first = [f"{role} µs" for role in ROLES]
    return first.index(heading) if heading in first else len(first)


def markdown(rows: list[list[str]]) -> str:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    rows = [rows[0], ["-" * width for width in widths], *rows[1:]]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    )


def as_json(results: Results, facts: Mapping[str, object]) -> str:
    """Every round, unrounded, beside what was measured and on what machine."""
    rounds = {
        load: {way: [turn and vars(turn) for turn in turns] for way, turns in ways.items()}
        for load, ways in results.turns.items()
    }
    rest = {"failures": results.failures, "first_answer_seconds": results.first_answers}
    return json.dumps({"facts": facts, "rounds": rounds, **rest}, indent=2) + "\n"


def from_json(text: str) -> tuple[Results, dict[str, object]]:
    """What `as_json` wrote: the results, and the facts of its run."""
    found = json.loads(text)
    results = Results(failures=found["failures"], first_answers=found["first_answer_seconds"])
    for load, ways in found["rounds"].items():
        for way, turns in ways.items():
            for turn in turns:
                results.add(load, way, Turn(**turn) if turn else None)
    return results, found["facts"]
