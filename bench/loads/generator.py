"""Running the programs that make the visitors: `wrk` for requests, two of our own for the rest.

Each prints one JSON object; a visitor that was not served makes the whole turn fail.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from bench.loads.turn import Seen
from bench.peers.programs import find
from bench.ways import ROOT, Way

GRACE = 60
"""Seconds that a generator may take longer than it was told."""
SCRIPT = Path(__file__).with_name("wrk.lua")
PATIENCE = "10s"
"""After which wrk calls a request failed: a peer may be slow with 1,000 visitors."""


def wrk(way: Way, *, visitors: int, seconds: float, path: str = "/", keep: bool = True) -> Seen:
    """Keep-alive visitors who ask again as soon as they are answered, or a connection for each request."""
    command = [find("wrk"), "-t1", f"-c{visitors}", f"-d{max(1, round(seconds))}s", "--timeout", PATIENCE]
    command += ["-s", str(SCRIPT)]
    command += [] if keep else ["-H", "Connection: close"]
    return seen(run([*command, way.url + path], seconds))


def own(program: str, way: Way, *arguments: object, seconds: float = GRACE) -> Seen:
    """A module of this package as a program: `PROGRAM PORT HOST [--ca FILE] …`."""
    return seen(run(own_command(program, way, *arguments), seconds))


def own_command(program: str, way: Way, *arguments: object) -> list[str]:
    command = [sys.executable, "-m", f"bench.loads.{program}", str(way.port), way.host]
    command += [] if way.ca is None else ["--ca", str(way.ca)]
    return [*command, *map(str, arguments)]


def run(command: list[str], seconds: float) -> str:
    """What it printed. Raises `RuntimeError` with its complaint."""
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=seconds + GRACE, cwd=ROOT, check=False
    )
    if done.returncode:
        raise RuntimeError((done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1])
    return done.stdout


def seen(printed: str) -> Seen:
    """Raises `RuntimeError` when a request failed, or none was answered."""
    found = json.loads(printed.splitlines()[-1])
    errors = found.pop("errors")
    if errors or not found["count"]:
        raise RuntimeError(f"{errors} errors beside {found['count']:.0f} good answers")
    return Seen(**found)
