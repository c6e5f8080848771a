"""`make bench-transports`: whose event loop, whose transports, whose TLS costs how much CPU.

One end of each connection is of the kind that is measured, the other always of the same kind; only the
measured process's CPU counts. The kinds take turns in every round; figures are medians over rounds.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.report import MICRO, Figure, markdown
from bench.transports_end import KINDS
from bench.tunnel import machine
from bench.ways import ROOT, certificates

REFERENCE = "aiofastnet on uvloop"
RESUMING = "uvloop"
"""Who dials for handshakes: one that can resume."""
SMALL, CHUNK = 200, 65536
TLS_ONLY = "aiofastnet on uvloop, ssl"

Found = dict[str, dict[str, list[float]]]
"""CPU seconds, by kind and by what was measured, one for each round."""


class Peer:
    """A `bench.transports_end` process, at the other end of two pipes."""

    def __init__(self, kind: str, folder: Path) -> None:
        command = [sys.executable, "-m", "bench.transports_end", kind, str(folder)]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        self.ports = self._answer()

    def do(self, what: str, **order: object) -> dict[str, Any]:
        assert self._process.stdin is not None  # noqa: S101  # it was asked for
        self._process.stdin.write(json.dumps({"do": what, **order}) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None  # noqa: S101  # it was asked for
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._process.args!r} ended")
        found: dict[str, Any] = json.loads(line)
        return found


@dataclass(frozen=True)
class Others:
    """What is at the other end, the same for all kinds."""

    echoing: Peer
    dialling: Peer


def main() -> None:
    options = arguments()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="doorstep-bench-")))
        certificates(folder)
        others = Others(*(stack.enter_context(peer(kind, folder)) for kind in (REFERENCE, RESUMING)))
        measured = {kind: stack.enter_context(peer(kind, folder)) for kind in options.kinds or KINDS}
        found: Found = {kind: defaultdict(list) for kind in measured}
        for _ in range(options.rounds):
            for kind, end in measured.items():
                for what, cpu in measure(end, others, options.scale, plain=kind != TLS_ONLY):
                    found[kind][what].append(cpu)
    print("\n" + ", ".join(f"{name}: {fact}" for name, fact in machine().items()) + "\n")
    print(table(found))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.transports", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="times that each kind gets its turn (5)")
    parser.add_argument("--scale", type=float, default=1, help="how much is done in a turn (1)")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, help="only these")
    return parser.parse_args()


@contextlib.contextmanager
def peer(kind: str, folder: Path) -> Iterator[Peer]:
    started = Peer(kind, folder)
    try:
        yield started
    finally:
        started.end()


def measure(end: Peer, others: Others, scale: float, *, plain: bool) -> Iterator[tuple[str, float]]:
    """CPU seconds of `end` for one message or one handshake."""
    for tls in (False, True) if plain else (True,):
        way = "TLS" if tls else "plain"
        for name, size, count in (("200 B", SMALL, 1500), ("64 KB", CHUNK, 200)):
            order = {"tls": tls, "connections": 8, "rounds": round(count * scale), "size": size}
            yield f"{name}, {way}", asked(end, others.echoing, "echo", **order)
    for resume in (False, True):
        how = "resumed" if resume else "full"
        order = {"count": round(200 * scale), "resume": resume}
        yield f"handshake, {how}, accepting", asked(end, others.dialling, "handshakes", **order)
        yield f"handshake, {how}, dialling", dialled(end, others.echoing, **order)


def asked(end: Peer, other: Peer, what: str, **order: object) -> float:
    """The other end dials and asks."""
    before = end.do("look")["cpu"]
    port = end.ports["tls" if order.get("tls", True) else "plain"]
    count: float = other.do(what, port=port, **order)["count"]
    return float(end.do("look")["cpu"] - before) / count


def dialled(end: Peer, other: Peer, **order: object) -> float:
    """The end that is measured dials; not a number where it cannot resume."""
    found = end.do("handshakes", port=other.ports["tls"], **order)
    if order["resume"] and not found["reused"]:
        return float("nan")
    return float(found["cpu"] / found["count"])


def table(found: Found) -> str:
    """One line for each kind, CPU in µs, with the ratio to the reference's."""
    columns = list(dict.fromkeys(what for lines in found.values() for what in lines))
    rows = [["µs CPU a message or handshake", *columns]]
    rows += [[kind, *(cell(lines.get(what)) for what in columns)] for kind, lines in found.items()]
    return markdown([list(row) for row in zip(*rows, strict=True)])


def cell(values: list[float] | None) -> str:
    if not values or any(value != value for value in values):  # noqa: PLR0124  # not a number
        return "–"
    return str(Figure.of(values, MICRO))


if __name__ == "__main__":
    main()
