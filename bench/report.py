"""From the figures of every round to a table and a file. Spread is the lowest and the highest round."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

MICRO, MILLI = 1e6, 1e3


@dataclass(frozen=True)
class Round:
    """One way in one round. CPU in seconds a request by role; times in seconds."""

    per_second: float
    p50: float
    p99: float
    cpu: dict[str, float]
    download: float


Rounds = Mapping[str, list[Round]]
"""The rounds of each way, by its name."""


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
        digits = 0 if self.median >= 100 else 1
        return f"{self.median:.{digits}f} ({self.low:.{digits}f}–{self.high:.{digits}f})"


def figures(rounds: list[Round], megabytes: float) -> dict[str, Figure]:
    """The columns of one way's line, by their headings; a role that it has not is left out."""
    columns = {
        f"{role} µs CPU": Figure.of((each.cpu[role] for each in rounds), MICRO)
        for role in ("relay", "client", "app")
        if role in rounds[0].cpu
    }
    columns["all µs CPU"] = Figure.of((sum(each.cpu.values()) for each in rounds), MICRO)
    columns["requests/s"] = Figure.of(each.per_second for each in rounds)
    columns["p50 ms"] = Figure.of((each.p50 for each in rounds), MILLI)
    columns["p99 ms"] = Figure.of((each.p99 for each in rounds), MILLI)
    columns[f"{megabytes:.0f} MB, MB/s"] = Figure.of(megabytes / each.download for each in rounds)
    return columns


def table(rounds: Rounds, megabytes: float) -> str:
    """A Markdown table, one line a way, in the order of `rounds`."""
    lines = {name: figures(found, megabytes) for name, found in rounds.items()}
    headings = list(dict.fromkeys(heading for line in lines.values() for heading in line))
    headings.sort(key=column_order)
    rows = [["way", *headings]]
    rows += [
        [name, *(str(line[heading]) if heading in line else "–" for heading in headings)]
        for name, line in lines.items()
    ]
    return markdown(rows)


def column_order(heading: str) -> int:
    """Roles first, in the order of a request's way; the sort is stable for the rest."""
    first = ["relay µs CPU", "client µs CPU", "app µs CPU"]
    return first.index(heading) if heading in first else len(first)


def markdown(rows: list[list[str]]) -> str:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    rows = [rows[0], ["-" * width for width in widths], *rows[1:]]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    )


def ratios(rounds: Rounds) -> list[str]:
    """Doorstep beside each other way, from the medians."""

    def median(name: str, what: str) -> float:
        values: list[float] = [getattr(each, what) for each in rounds[name]]
        return statistics.median(values)

    sentences = []
    for other in rounds:
        if other != "doorstep" and "doorstep" in rounds:
            faster = median("doorstep", "per_second") / median(other, "per_second")
            slower = median("doorstep", "p99") / median(other, "p99")
            longer = median("doorstep", "download") / median(other, "download")
            sentences.append(
                f"doorstep / {other}: {faster:.2f} × the requests a second, {slower:.2f} × the p99, "
                f"{longer:.2f} × the time of the download"
            )
    return sentences


def as_json(rounds: Rounds, facts: Mapping[str, object]) -> str:
    """Every round, unrounded, beside what was measured and on what machine."""
    listed = {name: [vars(each) for each in found] for name, found in rounds.items()}
    return json.dumps({**facts, "rounds": listed}, indent=2) + "\n"
