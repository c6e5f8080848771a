"""The app with nothing in front: uvicorn as the client runs it, in a process of its own."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.processes import answers, free_port, running, wait_for
from bench.ways import Way, environment

OPTIONS = ["--loop", "uvloop", "--http", "httptools", "--ws", "websockets-sansio", "--log-level", "warning"]
OPTIONS += ["--no-access-log", "--no-server-header"]


@contextlib.contextmanager
def direct(place: Path) -> Iterator[Way]:
    port, log = free_port(), place / "app.log"
    command = [sys.executable, "-m", "uvicorn", "bench.app:app", "--port", str(port), *OPTIONS]
    with running(command, log=log, env=environment()) as app:
        way = Way("app", port, f"127.0.0.1:{port}", {"app": app.pid})
        wait_for(lambda: answers(way.port, way.host), "the app", log)
        yield way
