"""`make bench`: what a request costs directly, through Doorstep and through `ssh -R`, in one run.

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

from bench import load, report, ways
from bench.processes import cpu_seconds
from bench.ways import Relay, Way


def main() -> None:
    options = arguments()
    with contextlib.ExitStack() as stack:
        place = Path(stack.enter_context(TemporaryDirectory(prefix="doorstep-bench-")))
        relay = stack.enter_context(ways.relay(place))
        compared = start(stack, place, relay)
        rounds, first_answers = measure(compared, relay, options)
    facts = machine() | {
        "visitors": options.visitors,
        "seconds": options.seconds,
        "generator": load.generator(),
    }
    print("\n" + ", ".join(f"{name}: {fact}" for name, fact in facts.items()) + "\n")
    print(report.table(rounds, options.megabytes))
    print("\nThrough Doorstep the app runs inside the client: its CPU is in the client's column.")
    print("\n" + "\n".join(report.ratios(rounds)))
    print(f"launch(share=True) to the first answer: {report.Figure.of(first_answers, 1000)} ms")
    facts |= {"megabytes": options.megabytes, "first_answer_seconds": first_answers}
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(report.as_json(rounds, facts))
    print(f"every round: {options.json}")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.tunnel", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="times that each way gets its turn (5)")
    parser.add_argument("--seconds", type=float, default=4, help="seconds of requests a turn (4)")
    parser.add_argument("--visitors", type=int, default=32, help="keep-alive connections (32)")
    parser.add_argument("--megabytes", type=float, default=100, help="size of the download (100)")
    parser.add_argument("--json", type=Path, default=Path("build/bench.json"), help="file for every round")
    return parser.parse_args()


def start(stack: contextlib.ExitStack, place: Path, relay: Relay) -> list[Way]:
    """Every way that this machine has, all up at once; an idle one costs the others nothing."""
    app = stack.enter_context(ways.direct(place))
    compared = [app, stack.enter_context(ways.doorstep(place, relay))]
    if sshd := ways.find_sshd():
        compared.append(stack.enter_context(ways.ssh(place, sshd, app)))
    else:
        print("no sshd and ssh on this machine: `ssh -R` is left out (apt-get install openssh-server)")
    return compared


def measure(
    compared: list[Way], relay: Relay, options: argparse.Namespace
) -> tuple[dict[str, list[report.Round]], list[float]]:
    rounds: dict[str, list[report.Round]] = {way.name: [] for way in compared}
    first_answers = []
    for way in compared:  # nobody's first request counts: caches, lazy imports, a pool that grows
        load.visitors(way.port, way.host, count=options.visitors, seconds=1)
    for number in range(options.rounds):
        for way in compared:
            found = one_round(way, options)
            rounds[way.name].append(found)
            print(f"round {number + 1}: {way.name:8} {found.per_second:7.0f} requests/s", flush=True)
        first_answers.append(first_answer(relay))
    return rounds, first_answers


def one_round(way: Way, options: argparse.Namespace) -> report.Round:
    before = {role: cpu_seconds(pid) for role, pid in way.pids.items()}
    seen = load.visitors(way.port, way.host, count=options.visitors, seconds=options.seconds)
    cpu = {role: (cpu_seconds(pid) - before[role]) / seen.requests for role, pid in way.pids.items()}
    took = load.download(way.port, way.host, round(options.megabytes * 1e6))
    return report.Round(seen.per_second, seen.p50, seen.p99, cpu, took)


def first_answer(relay: Relay) -> float:
    """Seconds, in a fresh process, from `launch(share=True)` to the page over its public URL."""
    command = [sys.executable, "-m", "bench.first_answer"]
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
        raise RuntimeError(f"bench.first_answer:\n{done.stderr}")
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
