"""Starting what is measured, and the CPU time that it has used."""

from __future__ import annotations

import contextlib
import http.client
import random
import resource
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psutil

PATIENCE = 60.0
"""Seconds for a program to be up."""


_PORTS = range(10_000, 12_000)
"""Below those from which systems choose: nobody else gets one between here and the program that listens."""


def free_port() -> int:
    """A TCP port that nobody uses."""
    for port in random.sample(_PORTS, len(_PORTS)):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError(f"all ports from {_PORTS[0]} to {_PORTS[-1]} are in use")


@contextlib.contextmanager
def running(
    command: Sequence[str | Path], *, log: Path, env: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A program, its output in `log`, ended with this block."""
    with log.open("wb") as sink:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, env=env)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(ready: Callable[[], bool], what: str, log: Path, deadline: float | None = None) -> None:
    """Raises `TimeoutError`, with the end of `log`, when `ready` does not come true in time."""
    deadline = PATIENCE if deadline is None else deadline
    end = time.monotonic() + deadline
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            if ready():
                return
        time.sleep(0.05)
    raise TimeoutError(f"{what} is not up after {deadline} s:\n{log.read_text(errors='replace')[-2000:]}")


def raise_file_limit() -> None:
    """As many open files as the system lets this process, and those that it starts, have."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def listens(port: int) -> bool:
    socket.create_connection(("127.0.0.1", port), timeout=10).close()
    return True


def answers(port: int, host: str, ca: Path | None = None) -> bool:
    """Whether who asks for `host` gets a 200. Raises `OSError` while nobody listens."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.connect()
    if ca is not None:
        context = ssl.create_default_context(cafile=ca)
        connection.sock = context.wrap_socket(connection.sock, server_hostname=host.partition(":")[0])
    try:
        connection.request("GET", "/", headers={"Host": host})
        return connection.getresponse().status == 200
    except http.client.HTTPException:
        return False
    finally:
        connection.close()


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and of all below it, those that ended included."""
    process = psutil.Process(pid)
    times = process.cpu_times()
    own = float(times.user + times.system + times.children_user + times.children_system)
    return own + sum(cpu_seconds(child.pid) for child in process.children())
