"""`make bench-ui`: the same page by Doorstep and by Gradio, in turn, from the install to a thousand sessions.

The two take turns in every round, so that a busy moment of the machine hits both; figures are medians over
rounds, with the lowest and the highest beside them. Gradio is installed under build/ when it is first needed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
from pathlib import Path

from playwright.sync_api import Error as BrowserError

from bench import document
from bench.processes import raise_file_limit
from bench.tunnel import machine
from bench.ui import results as tables
from bench.ui.measures import MEASURES, Measure
from bench.ui.results import Results
from bench.ui.runtimes import RUNTIMES, Runtime
from bench.ui.scale import QUICK, Scale, sizes

MARKS = ("<!-- begin: make bench-ui -->", "<!-- end: make bench-ui -->")
FAILURES = (OSError, RuntimeError, TimeoutError, subprocess.SubprocessError, BrowserError)
"""What ends a turn and not the run."""


def main() -> None:
    options = arguments()
    raise_file_limit()
    runtimes = [RUNTIMES[name]() for name in options.runtimes]
    before = os.getloadavg()[0]
    results = measure(runtimes, options)
    facts = machine() | {runtime.module: runtime.version for runtime in runtimes}
    facts |= {"rounds": options.rounds, "load before and after": f"{before:.1f}, {os.getloadavg()[0]:.1f}"}
    facts |= sizes(options.scale)
    text = tables.written(results, facts)
    print(f"\n{text}")
    if options.document:
        document.put(options.document, text, MARKS)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(tables.as_json(results, facts))
    print(f"\nevery round: {options.json}")


def arguments() -> argparse.Namespace:
    measures, runtimes = [each.name for each in MEASURES], list(RUNTIMES)
    parser = argparse.ArgumentParser(prog="python -m bench.ui", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a round of short turns: does it all work?")
    parser.add_argument("--rounds", type=int, help="times that each gets its turn (3, or 1 if quick)")
    parser.add_argument(
        "--only", nargs="+", choices=measures, default=measures, metavar="MEASURE", help=", ".join(measures)
    )
    parser.add_argument(
        "--runtimes",
        nargs="+",
        choices=runtimes,
        default=runtimes,
        metavar="RUNTIME",
        help=", ".join(runtimes),
    )
    parser.add_argument("--json", type=Path, default=Path("build/bench-ui.json"), help="file for every round")
    parser.add_argument("--document", type=Path, help="put the tables into this file, between its marks")
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 3)
    options.scale = QUICK if options.quick else Scale()
    options.measures = [each for each in MEASURES if each.name in options.only]
    return options


def measure(runtimes: list[Runtime], options: argparse.Namespace) -> Results:
    results = Results()
    for number in range(options.rounds):
        for each in options.measures:
            for runtime in runtimes:
                if number == 0 or not each.once:
                    turn(results, each, runtime, options.scale, number)
    return results


def turn(results: Results, measure: Measure, runtime: Runtime, scale: Scale, number: int) -> None:
    """A runtime that cannot do it is told about, and does not end the run."""
    found: dict[str, float] = {}
    where = f"round {number + 1}: {measure.name:9} {runtime.module:8}"
    try:
        found = measure.take(runtime, scale)
        print(where, "  ".join(f"{name} {value:.4g}" for name, value in found.items()), flush=True)
    except FAILURES as error:
        results.failures.append(f"{measure.name}, {runtime.module}, round {number + 1}: {error}")
        print(where, error, flush=True)
    results.add(runtime.module, measure.finds, found)


if __name__ == "__main__":
    main()
