"""`make bench-share`: from the call to a usable link, beside `ssh -R`, and what an idle one costs in memory.

    make bench-share                       loopback, 40 ms of round trip (root), and memory
    make bench-share ARGS="--rounds 5"     quicker

A link counts as there when its own client knows so: when `share()` returns, when `doorstep share` prints it,
when `ssh` says that the port is forwarded. Each way takes its turn in every round, so that a busy moment hits
all of them. Figures are medians, the lowest and the highest in brackets.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from bench.network import figure
from bench.path import why_not
from bench.probes import Place
from bench.share_world import Opener, World, opener, world

DELAY = 0.020
"""Seconds, one way."""
FAR = 0.100
"""By how much a link is later there than with `DELAY`, round trips are counted."""
COUNTS = (1, 10, 100)
"""Shares in one process."""
GOALS = {"loopback": 0.150, "round trips": 4.0, "relay": 60.0, "client": 2000.0}
"""Seconds, round trips, kB, kB."""

Ways = dict[str, Callable[[], float]]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.share", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="links of each way (15)")
    parser.add_argument("--memory", type=int, default=3, help="times that memory is looked at (3)")
    options = parser.parse_args()
    print(f"{time.strftime('%Y-%m-%d')}, load {psutil.getloadavg()[0]:.1f} on {psutil.cpu_count()} cores\n")
    with TemporaryDirectory(prefix="doorstep-share-") as folder, world(Path(folder), far=False) as here:
        table("loopback", times(here, options.rounds), GOALS["loopback"])
    print("\n| memory of its own | kB |\n| --- | --- |")
    for name, values in memory(options.memory).items():
        print(f"| {name} | {figure(values, 1)} |", flush=True)
    if reason := why_not():
        print(f"\nnot over a path: {reason}")
        return
    with TemporaryDirectory(prefix="doorstep-share-") as folder, world(Path(folder), far=True) as far:
        over_a_path(far, options.rounds)


def over_a_path(far: World, rounds: int) -> None:
    assert far.network is not None
    far.network.set(delay=DELAY)
    near = times(far, rounds)
    table(f"round trip {2000 * DELAY:.0f} ms", near, None)
    far.network.set(delay=FAR)
    print("\n| round trips | |\n| --- | --- |")
    for name, values in times(far, max(3, rounds // 3)).items():
        trips = (statistics.median(values) - statistics.median(near[name])) / (2 * (FAR - DELAY))
        print(f"| {name} | {trips:.1f} |", flush=True)


def times(made: World, rounds: int) -> dict[str, list[float]]:
    """Seconds of each way's links, after one of each that does not count."""
    with opener(made) as warm, opener(made) as another:
        another.tell("open 1")
        ways: Ways = {
            "`share(app)`, everything imported": lambda: once(made, warm),
            "… another one beside the first": lambda: beside(another),
            "`doorstep share PORT`, a fresh process": made.by_command,
            "`ssh -R`, a fresh process": made.by_ssh,
        }
        taken: dict[str, list[float]] = {name: [] for name in ways}
        for number in range(rounds + 1):
            for name, way in ways.items():
                took = way()
                if number:
                    taken[name].append(took)
    return taken


def once(made: World, warm: Opener) -> float:
    """A share by itself, which a visitor looks at; it is closed again."""
    opened = warm.tell("open 1")
    host = opened["urls"][0].removeprefix("http://")
    made.visit(Place(made.address("relay"), made.relay_port, host))
    warm.tell("close")
    return float(opened["took"][0])


def beside(another: Opener) -> float:
    """One more in a process that has one: they share its session."""
    return float(another.tell("open 1")["took"][0])


def table(where: str, taken: dict[str, list[float]], goal: float | None) -> None:
    print(f"\n| {where}: until there is a link | | ÷ `ssh -R` |\n| --- | --- | --- |")
    *_, ssh = taken.values()
    for name, values in taken.items():
        ratios = [value / other for value, other in zip(values, ssh, strict=True)]
        low, high = min(ratios), max(ratios)
        print(f"| {name} | {figure(values)} | {statistics.median(ratios):.2f} ({low:.2f}–{high:.2f}) |")
    first = statistics.median(next(iter(taken.values())))
    if goal is not None:
        print(f"\ngoal: at most {1000 * goal:.0f} ms: {'met' if first <= goal else 'MISSED'}", flush=True)


# -- memory --------------------------------------------------------------------------------------------


def memory(rounds: int) -> dict[str, list[float]]:
    """kB of each share. Every round has a relay of its own: one that had shares before has room for them."""
    found: dict[str, list[float]] = {}
    for number in range(rounds + 1):
        with TemporaryDirectory(prefix="doorstep-share-") as folder, world(Path(folder), far=False) as made:
            for name, value in ("client: the first share, beside its app", alone(made)), *together(made):
                if number:  # by the first everything is compiled
                    found.setdefault(name, []).append(value)
            if number == rounds:
                found |= ssh_memory(made, rounds)
    return found


def alone(made: World) -> float:
    command = [sys.executable, "-m", "bench.client_memory"]
    done = subprocess.run(command, env=made.env, check=True, capture_output=True, text=True)
    return float(done.stdout)


def together(made: World) -> Iterator[tuple[str, float]]:
    """Shares of one process, which have one session: each beyond those before it."""
    with opener(made) as process:
        relay, client, before = kilobytes(made.relay_pid), 0.0, 0
        for count in COUNTS:
            now, more = process.tell(f"open {count - before}")["kilobytes"], count - before
            there = kilobytes(made.relay_pid)
            which = "a new process's first share"
            if before:
                which = f"each of {before + 1}–{count} in one process"
                yield f"client: {which}", (now - client) / more
            yield f"relay: {which}", (there - relay) / more
            relay, client, before = there, now, count


def ssh_memory(made: World, count: int) -> dict[str, list[float]]:
    """Of the two halves of `ssh -R`, which are processes of their own for each link."""
    found: dict[str, list[float]] = {"`ssh -R`: ssh": [], "`ssh -R`: sshd's processes": []}
    clients, servers = found.values()
    with ExitStack() as stack:
        for _ in range(count):
            before = sessions(made)
            clients.append(kilobytes(stack.enter_context(made.ssh_that_stays())))
            servers.append(sum(kilobytes(pid) for pid in sessions(made) - before))
    return found


def sessions(made: World) -> set[int]:
    return {child.pid for child in psutil.Process(made.sshd_pid).children(recursive=True)}


def kilobytes(pid: int) -> float:
    return float(psutil.Process(pid).memory_full_info().uss) / 1024


if __name__ == "__main__":
    main()
