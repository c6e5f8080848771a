"""Everything that one run found, as Markdown: printed, and put into a document between its two marks.

python -m bench.document build/bench.json docs/performance.md     the tables of a run that is over
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench import goals, report
from bench.loads import LOADS, Load
from bench.report import Results

BEGIN, END = "<!-- begin: make bench -->", "<!-- end: make bench -->"


def written(results: Results, loads: Sequence[Load], facts: Mapping[str, object]) -> str:
    """The ratios first, then the goals, then each load by itself."""
    parts = [
        ", ".join(f"{name}: {fact}" for name, fact in facts.items()) + ".",
        "**How many times as fast Doorstep is**, in what gets done, or where visitors wait, in their p50:",
        report.summary(results, loads),
        "**What it is to reach:**",
        goals.check(results),
    ]
    if results.first_answers:
        parts.append(f"`launch(share=True)` to the first answer: {first_answer(results)} ms.")
    for load in loads:
        parts += [heading(load), report.table(results, load)]
    if results.failures:
        parts.append("\n".join(["Failed:", "", *(f"- {failure}" for failure in results.failures)]))
    return "\n\n".join(parts)


def heading(load: Load) -> str:
    unit = f"; µs are CPU time for each {load.unit}" if load.alone else ""
    return f"**{load.title}** (`{load.name}`{unit})"


def first_answer(results: Results) -> report.Figure:
    return report.Figure.of(results.first_answers, report.MILLI)


def put(document: Path, text: str, marks: tuple[str, str] = (BEGIN, END)) -> None:
    """Replaces what is between the marks. Raises `ValueError` when they are not there."""
    whole = document.read_text()
    before, begin, rest = whole.partition(marks[0])
    _, end, after = rest.partition(marks[1])
    if not begin or not end:
        raise ValueError(f"{document} has no {marks[0]} followed by {marks[1]}")
    document.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}")


def main() -> None:
    source, page = map(Path, sys.argv[1:])
    results, facts = report.from_json(source.read_text())
    loads = [load for load in LOADS if load.name in results.turns]
    put(page, written(results, loads, facts))


if __name__ == "__main__":
    main()
