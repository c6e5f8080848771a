"""`make bench`: every way to the same app under every load, in one run.

The ways take turns in every round, so that a busy moment of the machine hits all of them;
figures are medians over rounds, with the lowest and the highest beside them.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import os
import platform
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import document, report
from bench.loads import LOADS, Load, Scale
from bench.loads.generator import wrk
from bench.loads.turn import take
from bench.peers import PEERS, doorstep
from bench.peers.direct import direct
from bench.peers.programs import missing
from bench.processes import raise_file_limit
from bench.report import Results
from bench.ways import Setting, Way, certificates

FIRST_ANSWER = "first-answer"
QUICK = Scale(seconds=1, bulk=50_000_000, many=200)


def main() -> None:
    options = arguments()
    if missing("wrk"):
        raise SystemExit(
            "the visitors are wrk's, which is not on PATH (apt-get install wrk, or brew install wrk)"
        )
    raise_file_limit()
    with contextlib.ExitStack() as stack:
        place = Path(stack.enter_context(TemporaryDirectory(prefix="doorstep-bench-")))
        results = measure(start(stack, place, options.ways), options)
        if FIRST_ANSWER in options.only:
            first_answers(stack, place, results, 2 * options.rounds)
    facts = machine() | {"rounds": options.rounds} | told(options.scale)
    text = document.written(results, options.loads, facts)
    print(f"\n{text}")
    if options.document:
        document.put(options.document, text)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(report.as_json(results, facts))
    print(f"\nevery round: {options.json}")


def arguments() -> argparse.Namespace:
    loads = [*(load.name for load in LOADS), FIRST_ANSWER]
    ways = ["app", *(peer.name for peer in PEERS)]
    parser = argparse.ArgumentParser(prog="python -m bench.tunnel", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a round of short turns: does it all work?")
    parser.add_argument("--rounds", type=int, help="times that each way gets its turn (5, or 1 if quick)")
    parser.add_argument("--seconds", type=float, help="seconds a turn (3)")
    parser.add_argument("--megabytes", type=float, help="size of the one download and upload (1000)")
    parser.add_argument("--visitors", type=int, help="how many visitors are many (1000)")
    parser.add_argument(
        "--only", nargs="+", choices=loads, default=loads, metavar="LOAD", help=", ".join(loads)
    )
    parser.add_argument("--ways", nargs="+", choices=ways, default=ways, metavar="WAY", help=", ".join(ways))
    parser.add_argument("--json", type=Path, default=Path("build/bench.json"), help="file for every round")
    parser.add_argument("--document", type=Path, help="put the tables into this file, between its marks")
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 5)
    options.scale = scale(options)
    options.loads = [load for load in LOADS if load.name in options.only]
    return options


def scale(options: argparse.Namespace) -> Scale:
    base = QUICK if options.quick else Scale()
    return Scale(
        seconds=options.seconds or base.seconds,
        bulk=round(options.megabytes * 1e6) if options.megabytes else base.bulk,
        many=options.visitors or base.many,
    )


def told(size: Scale) -> dict[str, object]:
    big = f"{size.bulk / 1e6:g} MB"
    return {"seconds a turn": f"{size.seconds:g}", "big transfers": big, "many visitors": size.many}


def start(stack: contextlib.ExitStack, place: Path, wanted: list[str]) -> list[Way]:
    """Every wanted way that this machine has, all up at once; an idle one costs the others nothing."""
    app = stack.enter_context(direct(place))
    certificate, ca = certificates(place)
    setting = Setting(place, app, certificate, ca)
    ways = [app] if app.name in wanted else []
    for peer in PEERS:
        if peer.name not in wanted:
            continue
        if absent := missing(*peer.programs):
            print(f"{peer.name}: left out, no {' and '.join(absent)} here ({peer.install})", flush=True)
        else:
            ways.append(stack.enter_context(peer.start(setting)))
    return ways


def measure(ways: list[Way], options: argparse.Namespace) -> Results:
    results = Results()
    for way in ways:  # nobody's first request counts: caches, lazy imports, a pool that grows
        wrk(way, visitors=32, seconds=1)
    for number in range(options.rounds):
        for load in options.loads:
            for way in ways:
                turn(results, load, way, options.scale, number)
    return results


def turn(results: Results, load: Load, way: Way, size: Scale, number: int) -> None:
    """A way that cannot do it is told about, and does not end the run."""
    try:
        done = take(way, lambda: load.run(way, size))
    except (RuntimeError, subprocess.TimeoutExpired) as error:
        results.add(load.name, way.name, None)
        results.failures.append(f"{load.name}, {way.name}, round {number + 1}: {error}")
        print(results.failures[-1], flush=True)
    else:
        results.add(load.name, way.name, done)
        unit = load.unit if load.unit == "MB" else f"{load.unit}s"
        print(f"round {number + 1}: {load.name:12} {way.name:14} {done.per_second:9.0f} {unit}/s", flush=True)


def first_answers(stack: contextlib.ExitStack, place: Path, results: Results, times: int) -> None:
    apart = place / FIRST_ANSWER
    apart.mkdir()
    relay = stack.enter_context(doorstep.relay(apart))
    try:
        results.first_answers += [first_answer(relay) for _ in range(times)]
    except RuntimeError as error:
        results.failures.append(f"{FIRST_ANSWER}: {error}")


def first_answer(relay: doorstep.Relay) -> float:
    """Seconds, with everything imported, from `launch(share=True)` to the page over its public URL."""
    command = [sys.executable, "-m", "bench.first_answer", "--warm"]
    done = subprocess.run(
        command,
        env=relay.env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode:
        raise RuntimeError((done.stderr.strip().splitlines() or ["no word"])[-1])
    return float(done.stdout.splitlines()[-1])


def machine() -> dict[str, object]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        "cores": cores,
        "machine": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


if __name__ == "__main__":
    main()
