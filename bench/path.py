"""A relay, a client and visitors in network namespaces of their own, with a slow path between them.

    with emulated("relay", "client", "visitor") as path:
        path.set(delay=0.020, loss=0.01)
        with path.running("client", [sys.executable, "-m", …], log=…): …
        with path.inside("visitor") as visitor:              # an executor whose threads are there
            visitor.submit(first_byte, path.address("relay"), …).result()

Needs root, `ip` and /dev/net/tun: `why_not()` says what is missing.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.processes import running
from bench.wire import NETWORK, enter

ROOT = Path(__file__).resolve().parent.parent


def why_not() -> str:
    """What keeps this machine from having such a path; empty when nothing does."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        return "network namespaces need Linux and root"
    if shutil.which("ip") is None:
        return "there is no `ip` command: apt-get install iproute2"
    if not Path("/dev/net/tun").exists():
        return "there is no /dev/net/tun: the kernel has no TUN devices, or this container was not given them"
    return ""


class Network:
    """Hosts by name, and the wire between them."""

    def __init__(self, hosts: Sequence[str], prefix: str, wire: subprocess.Popen[str]) -> None:
        self._hosts = list(hosts)
        self._prefix = prefix
        self._wire = wire

    def address(self, host: str) -> str:
        return f"{NETWORK}{self._hosts.index(host) + 1}"

    def namespace(self, host: str) -> str:
        return self._prefix + host

    def set(self, host: str | None = None, **settings: float) -> None:
        """Change every leaf's link, or one's: `delay` and `loss` each way, `rate` (bits/s), `queue` (s)."""
        number = {} if host is None else {"host": self._hosts.index(host)}
        self._tell(json.dumps({**number, **settings}))

    def wait(self) -> None:
        assert self._wire.stdout is not None
        if self._wire.stdout.readline() != "ok\n":
            raise RuntimeError(f"the wire between the namespaces ended ({self._wire.wait(5)})")

    def _tell(self, line: str) -> None:
        assert self._wire.stdin is not None
        self._wire.stdin.write(line + "\n")
        self._wire.stdin.flush()
        self.wait()

    @contextlib.contextmanager
    def running(
        self, host: str, command: Sequence[str | Path], *, log: Path, env: dict[str, str] | None = None
    ) -> Iterator[subprocess.Popen[bytes]]:
        """A program on a host, its output in `log`, ended with this block."""
        with running(["ip", "netns", "exec", self.namespace(host), *command], log=log, env=env) as process:
            yield process

    @contextlib.contextmanager
    def inside(self, host: str, threads: int = 4) -> Iterator[ThreadPoolExecutor]:
        """Threads of this process that are on a host: what they connect, they connect from there."""
        with ThreadPoolExecutor(threads, initializer=enter, initargs=(self.namespace(host),)) as executor:
            yield executor


@contextlib.contextmanager
def emulated(*hosts: str) -> Iterator[Network]:
    """Namespaces for the hosts, the first of them in the middle; gone at the end. Raises `RuntimeError`."""
    if reason := why_not():
        raise RuntimeError(reason)
    prefix = f"doorstep-{os.getpid()}-"
    names = [prefix + host for host in hosts]
    with contextlib.ExitStack() as stack:
        for name in names:
            subprocess.run(["ip", "netns", "add", name], check=True)
            stack.callback(subprocess.run, ["ip", "netns", "del", name], check=False)
        command = [sys.executable, "-m", "bench.wire", *names]
        wire = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        stack.enter_context(wire)
        stack.callback(wire.kill)
        path = Network(hosts, prefix, wire)
        path.wait()
        yield path
