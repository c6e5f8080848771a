"""A relay and an sshd side by side, a client and a visitor: on loopback, or over an emulated path."""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.path import Network, emulated
from bench.peers import openssh
from bench.peers.programs import find
from bench.probes import Place, cold
from bench.processes import free_port, running, wait_for
from bench.ways import RELAY_COMMAND, ROOT

APP_PORT = 9000
_FORWARDED = re.compile(rb"Allocated port [0-9]+ for remote forward")
_URL = re.compile(rb"http://\S+")


@dataclass(frozen=True)
class World:
    """What is where. `network` is None where all of it is this computer."""

    place: Path
    network: Network | None
    token: str
    relay_port: int
    sshd_port: int
    app_port: int
    relay_pid: int
    sshd_pid: int

    def address(self, host: str) -> str:
        return "127.0.0.1" if self.network is None else self.network.address(host)

    def on(self, host: str, command: Sequence[str | Path]) -> list[str]:
        """The command, to be run on a host."""
        there = [] if self.network is None else ["ip", "netns", "exec", self.network.namespace(host)]
        return [*there, *map(str, command)]

    @property
    def env(self) -> dict[str, str]:
        """What a client needs to know. Each of its links is a new one, its modules stay compiled."""
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        relay = f"http://{self.address('relay')}:{self.relay_port}"
        told = {"DOORSTEP_RELAY": relay, "DOORSTEP_TOKEN": self.token, "DOORSTEP_KEEP_URL": "0"}
        ours = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        return {**ours, **told, "PYTHONPATH": path}

    def visit(self, place: Place) -> None:
        """Whether a visitor gets an answer. Raises `OSError` and `ValueError`."""
        if self.network is None:
            cold(place)
            return
        with self.network.inside("visitor", 1) as visitor:
            visitor.submit(cold, place).result()

    # -- each way to a link, in seconds until the client knows that it works ------------------------

    def by_command(self) -> float:
        """`doorstep share PORT` in a fresh process; a visitor looks at its link, too."""
        command = [sys.executable, "-m", "doorstep_client.cli", "share", str(self.app_port)]
        began = time.perf_counter()
        with self._started(command, self.env) as process:
            url = _read_until(process, _URL).decode()
            took = time.perf_counter() - began
            self.visit(Place(self.address("relay"), self.relay_port, urlsplit(url).netloc))
        return took

    def by_ssh(self) -> float:
        """`ssh -R` in a fresh process, as it always is."""
        began = time.perf_counter()
        with self.ssh_that_stays():
            return time.perf_counter() - began

    @contextlib.contextmanager
    def ssh_that_stays(self) -> Iterator[int]:
        """The process of an `ssh -R` whose port is forwarded."""
        with self._started(self._ssh(), None) as process:
            _read_until(process, _FORWARDED)
            yield process.pid

    def _ssh(self) -> list[str]:
        relay = self.address("relay")
        target = f"127.0.0.1:{self.app_port}"
        command = ["ssh", "-N", "-F", "none", "-o", "LogLevel=INFO", *openssh.options(self.place)]
        place = ["-p", str(self.sshd_port), f"{getpass.getuser()}@{relay}"]
        return [*command, "-R", f"{relay}:0:{target}", *place]

    @contextlib.contextmanager
    def _started(
        self, command: Sequence[str], env: dict[str, str] | None
    ) -> Iterator[subprocess.Popen[bytes]]:
        there = self.on("client", command)
        process = subprocess.Popen(there, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env)
        try:
            yield process
        finally:
            process.terminate()
            process.communicate()


def _read_until(process: subprocess.Popen[bytes], wanted: re.Pattern[bytes]) -> bytes:
    """What a program says that is wanted. Raises `RuntimeError` when it ends without."""
    assert process.stdout is not None
    said = b""
    for line in process.stdout:
        said += line
        if found := wanted.search(line):
            return found[0]
    raise RuntimeError(f"no link:\n{said.decode(errors='replace')[-2000:]}")


class Opener:
    """A `bench.share_client`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.pid = process.pid

    def tell(self, line: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


@contextlib.contextmanager
def opener(world: World) -> Iterator[Opener]:
    command = world.on("client", [sys.executable, "-m", "bench.share_client"])
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=world.env, text=True
    )
    try:
        yield Opener(process)
    finally:
        process.kill()
        process.communicate()


@contextlib.contextmanager
def world(place: Path, *, far: bool) -> Iterator[World]:
    """Everything is up. `far` puts the relay, the client and visitors on hosts of their own (root)."""
    with contextlib.ExitStack() as stack:
        network = stack.enter_context(emulated("relay", "client", "visitor")) if far else None
        data = str(place / "relay")
        create = [RELAY_COMMAND, "token", "create", "bench", "--data", data]
        token = subprocess.run(create, check=True, capture_output=True, text=True).stdout.strip()
        ports = (8080, 2222, APP_PORT) if far else (free_port(), free_port(), free_port())
        made = World(place, network, token, *ports, relay_pid=0, sshd_pid=0)
        relay, loopback = made.address("relay"), "127.0.0.1"
        openssh.write(place, made.sshd_port, relay)
        listen = ["--listen", f"{relay}:{made.relay_port}", "--domain", "localhost"]
        limits = ["--limit-shares", "1000", "--max-sessions", "1000"]
        serve = [RELAY_COMMAND, "serve", *listen, "--data", data, *limits]
        app = [sys.executable, "-m", "uvicorn", "bench.app:app", "--host", loopback, "--log-level", "warning"]
        sshd: list[str | Path] = [find("sshd"), "-D", "-e", "-f", place / "sshd_config"]
        pids = []
        for host, at, command, port, name in (
            ("relay", relay, serve, made.relay_port, "relay"),
            ("relay", relay, sshd, made.sshd_port, "sshd"),
            ("client", loopback, [*app, "--port", str(made.app_port)], made.app_port, "app"),
        ):
            log = place / f"{name}.log"
            env = {**os.environ, "PYTHONPATH": str(ROOT)} if name == "app" else None
            process = stack.enter_context(running(made.on(host, command), log=log, env=env))
            pids.append(process.pid)
            wait_for(partial(_listens, made, host, (at, port)), name, log)
        yield World(place, network, token, *ports, relay_pid=pids[0], sshd_pid=pids[1])


def _listens(world: World, host: str, place: tuple[str, int]) -> bool:
    def knock() -> bool:
        socket.create_connection(place, timeout=1).close()
        return True

    if world.network is None:
        return knock()
    with world.network.inside(host, 1) as there:
        return there.submit(knock).result()
