"""Finding and starting the programs of others: a server, then a client that leads visitors to the app."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.processes import answers, free_port, listens, running, wait_for
from bench.ways import Setting, Way

PLACES = ["/usr/sbin", "/usr/local/sbin"]
"""Where Debian puts servers, which is not on everybody's PATH."""


def find(program: str) -> str:
    """Its whole path. Raises `FileNotFoundError`."""
    found = locate(program)
    if found is None:
        raise FileNotFoundError(f"{program} is not on PATH")
    return found


def locate(program: str) -> str | None:
    return shutil.which(program, path=os.pathsep.join([os.environ.get("PATH", ""), *PLACES]))


def missing(*programs: str) -> list[str]:
    """Those that this machine has not."""
    return [program for program in programs if locate(program) is None]


@contextlib.contextmanager
def pair(
    way: str,
    setting: Setting,
    server: Sequence[str],
    client: Sequence[str],
    *,
    server_port: int,
    port: int,
    place: Path,
    host: str = "",
) -> Iterator[Way]:
    """A way through a server that listens on `server_port` and, for visitors, on `port`."""
    env = {**os.environ, "RUST_LOG": "warn"}
    server_log, client_log = place / "server.log", place / "client.log"
    with running([find(server[0]), *server[1:]], log=server_log, env=env) as relay:
        wait_for(lambda: listens(server_port), f"{way}, its server", server_log)
        with running([find(client[0]), *client[1:]], log=client_log, env=env) as other:
            pids = {"relay": relay.pid, "client": other.pid, **setting.app.pids}
            made = Way(way, port, host or f"127.0.0.1:{port}", pids)
            wait_for(lambda: answers(made.port, made.host), way, client_log)
            yield made


def ports() -> tuple[int, int]:
    """One for the server's client, one for visitors."""
    return free_port(), free_port()
