"""Every turn's figures, and the tables that are made of them. Spread is the lowest and the highest round."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bench.report import Figure, markdown
from bench.ui.quantities import QUANTITIES, Quantity
from bench.ui.runtimes import DOORSTEP, GRADIO

NONE = "–"


@dataclass
class Results:
    """By quantity and runtime: one figure for each round, None where its turn failed."""

    rounds: dict[str, dict[str, list[float | None]]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def add(self, runtime: str, names: Iterable[str], found: Mapping[str, float]) -> None:
        """`names` are what the turn was to find."""
        for name in names:
            self.rounds.setdefault(name, {}).setdefault(runtime, []).append(found.get(name))

    def figure(self, name: str, runtime: str) -> Figure | None:
        found = [each for each in self.rounds.get(name, {}).get(runtime, []) if each is not None]
        return Figure.of(found) if found else None

    def times_as_good(self, quantity: Quantity) -> float | None:
        """The median over rounds of Doorstep beside Gradio: what is slow in a round is slow for both."""
        ours, theirs = (self.rounds.get(quantity.name, {}).get(name, []) for name in (DOORSTEP, GRADIO))
        ratios = [
            (a / b if quantity.more_is_better else b / a)
            for a, b in zip(ours, theirs, strict=False)
            if a and b
        ]
        return statistics.median(ratios) if ratios else None


def measured(results: Results) -> list[Quantity]:
    return [quantity for quantity in QUANTITIES if quantity.name in results.rounds]


def table(results: Results) -> str:
    """A Markdown table: both runtimes, and how many times as good Doorstep is."""
    rows = [["figure", "Doorstep", "Gradio", "times as good"]]
    rows += [line(results, quantity) for quantity in measured(results)]
    return markdown(rows)


def line(results: Results, quantity: Quantity) -> list[str]:
    ratio = results.times_as_good(quantity)
    unit = f", {quantity.unit}" if quantity.unit not in {"", "/s"} else ""
    figures = [results.figure(quantity.name, runtime) for runtime in (DOORSTEP, GRADIO)]
    return [
        quantity.what + unit,
        *(shown(quantity, figure) for figure in figures),
        NONE if ratio is None else f"{ratio:.3g}",
    ]


def shown(quantity: Quantity, figure: Figure | None) -> str:
    """What has no unit is counted, so it has no decimals."""
    if figure is None:
        return NONE
    return f"{figure.median:g}" if not quantity.unit and figure.low == figure.high else str(figure)


def check(results: Results) -> str:
    """A Markdown table: each goal that this run measured, what was reached, and whether that is enough."""
    rows = [["goal", "target", "reached", "met"]]
    for quantity in measured(results):
        figure = results.figure(quantity.name, DOORSTEP)
        if quantity.goal is not None and figure is not None:
            unit = f" {quantity.unit}" if quantity.unit else ""
            met = "yes" if quantity.goal.met(figure.median) else "no"
            rows.append([quantity.what, f"{quantity.goal}{unit}", f"{shown(quantity, figure)}{unit}", met])
    return markdown(rows)


def written(results: Results, facts: Mapping[str, object]) -> str:
    """The whole run as Markdown."""
    parts = [
        ", ".join(f"{name}: {fact}" for name, fact in facts.items()) + ".",
        table(results),
        "**What Doorstep is to reach:**",
        check(results),
    ]
    if results.failures:
        parts.append("\n".join(["Failed:", "", *(f"- {failure}" for failure in results.failures)]))
    return "\n\n".join(parts)


def as_json(results: Results, facts: Mapping[str, object]) -> str:
    """Every round, unrounded, beside what was measured and on what machine."""
    return json.dumps({"facts": facts, **vars(results)}, indent=2) + "\n"
