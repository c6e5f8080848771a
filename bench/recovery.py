"""`make bench-recovery`: how soon a link works again, beside `ssh -R` under autossh. Needs root.

    make bench-recovery                    each failure five times
    make bench-recovery ARGS="--times 2"   fewer
    make bench-recovery ARGS="--only restarts"

Server and client are in network namespaces with a wire between them; the visitor is on the server's host.
What is measured ends with the first answer of the app, and begins with the failure, or where the failure
lasts (`OUTAGE`) with its end. Both look for a peer that is gone every 10 s and give it up after 20 s at most:
ssh and sshd are told so, for a relay and its clients that is how they are.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from bench.path import ROOT, Network, emulated, why_not
from bench.peers.openssh import options, write
from bench.ways import RELAY_COMMAND

DOMAIN = "relay.test"
PORT, SSHD_PORT, SSH_PORT, APP_PORT = 8080, 2222, 8081, 9000
OUTAGE = 5.0
"""Seconds for which the wire loses every packet."""
SETTLED = 11.0
"""Seconds for which a link has worked before anything happens to it: it counts as steady then."""
PATIENCE = 120.0
LOOK_EVERY = 0.01
_ALIVE = ["ServerAliveInterval=10", "ServerAliveCountMax=2", "ConnectTimeout=10"]
_ALIVE_SSHD = "ClientAliveInterval 10\nClientAliveCountMax 2\n"


@dataclass
class Peer:
    """One way to the app. `serve` starts what is on the server's host."""

    name: str
    network: Network
    visitor: Executor
    port: int
    host: str
    serve: Callable[[], subprocess.Popen[bytes]]
    server: subprocess.Popen[bytes]

    def works(self) -> bool:
        return self.visitor.submit(_answers, self.port, self.host).result()

    def back(self) -> float:
        """Seconds from now until the app answers; infinite when it does not in time."""
        began = time.monotonic()
        while not self.works():
            if time.monotonic() - began > PATIENCE:
                return float("inf")
            time.sleep(LOOK_EVERY)  # between two looks
        return time.monotonic() - began

    def ip(self, words: str) -> None:
        subprocess.run(["ip", "-n", self.network.namespace("client"), *words.split()], check=True)

    def restart(self) -> None:
        """Kill the server with all that it started, and start it again at once."""
        _kill(self.server)
        self.server = self.serve()


def _answers(port: int, host: str) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            return connection.recv(32).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


# -- failures --------------------------------------------------------------------------------------


def restarts(peer: Peer, _round: int) -> float:
    """The server is killed, and started again at once."""
    peer.restart()
    return peer.back()


def loses_power(peer: Peer, _round: int) -> float:
    """The server is killed, and nothing tells the client; another one is there a moment later."""
    peer.network.set("client", loss=1.0)
    peer.restart()
    time.sleep(1.0)  # what was cut is to be seen as cut, before it comes back
    peer.network.set("client", loss=0.0)
    return peer.back()


def changes_network(peer: Peer, number: int) -> float:
    """The client's address goes away, while it has another one."""
    old, new = (f"198.18.{turn}.2/{16 + turn % 2}" for turn in (number, number + 1))  # networks of their own
    peer.ip(f"addr add {new} dev wire")
    peer.ip(f"addr del {old} dev wire")
    return peer.back()


def network_is_down(peer: Peer, _round: int) -> float:
    """The client's interface is down for a while."""
    peer.ip("link set wire down")
    time.sleep(OUTAGE)  # the outage itself
    peer.ip("link set wire up")
    return peer.back()


def packets_vanish(peer: Peer, _round: int) -> float:
    """Every packet is lost for a while."""
    peer.network.set("client", loss=1.0)
    time.sleep(OUTAGE)  # the outage itself
    peer.network.set("client", loss=0.0)
    return peer.back()


FAILURES = {
    "the server is killed and restarts": restarts,
    "the server loses power, another starts": loses_power,
    "the client changes its network": changes_network,
    f"the interface is down for {OUTAGE:.0f} s": network_is_down,
    f"all packets are lost for {OUTAGE:.0f} s": packets_vanish,
}


# -- peers -----------------------------------------------------------------------------------------


@contextlib.contextmanager
def _place() -> Iterator[tuple[Network, Path, Executor]]:
    """A server's and a client's host, their addresses wide enough to change."""
    with TemporaryDirectory(prefix="doorstep-recovery-") as folder, emulated("server", "client") as network:
        for number, host in enumerate(("server", "client"), 1):
            wide = f"ip -n {network.namespace(host)} addr"
            subprocess.run(f"{wide} add 198.18.0.{number}/16 dev wire".split(), check=True)
            subprocess.run(f"{wide} del 198.18.0.{number}/24 dev wire".split(), check=True)
        with network.inside("server", 1) as visitor:
            yield network, Path(folder), visitor


@contextlib.contextmanager
def doorstep() -> Iterator[Peer]:
    with _place() as (network, place, visitor):
        data = ["--data", str(place / "relay")]
        create = [RELAY_COMMAND, "token", "create", "bench", *data]
        token = subprocess.run(create, check=True, capture_output=True, text=True).stdout.strip()
        command = [RELAY_COMMAND, "serve", "--listen", f"0.0.0.0:{PORT}", "--domain", DOMAIN, *data]
        serve = _starter(network, "server", command, place / "relay.log", {})
        relay = f"http://{network.address('server')}:{PORT}"
        env = {"DOORSTEP_RELAY": relay, "DOORSTEP_TOKEN": token, "PYTHONPATH": str(ROOT)}
        client = [sys.executable, "-m", "bench.client", "--name", "bench"]
        peer = Peer("Doorstep", network, visitor, PORT, f"bench.{DOMAIN}:{PORT}", serve, serve())
        _wait_for_port(visitor, PORT)
        with _ended(peer), _running(_starter(network, "client", client, place / "client.log", env)):
            yield peer


@contextlib.contextmanager
def autossh() -> Iterator[Peer]:
    with _place() as (network, place, visitor):
        write(place, SSHD_PORT)
        config = place / "sshd_config"
        config.write_text(
            config.read_text().replace("ListenAddress 127.0.0.1", "ListenAddress 0.0.0.0") + _ALIVE_SSHD
        )
        sshd = [str(shutil.which("sshd", path="/usr/sbin:/usr/bin")), "-D", "-e", "-f", str(config)]
        serve = _starter(network, "server", sshd, place / "sshd.log", {})
        app = [
            sys.executable,
            "-m",
            "uvicorn",
            "bench.app:app",
            "--port",
            str(APP_PORT),
            "--log-level",
            "warning",
        ]
        forward = ["-R", f"127.0.0.1:{SSH_PORT}:127.0.0.1:{APP_PORT}", f"root@{network.address('server')}"]
        alive = [part for option in _ALIVE for part in ("-o", option)]
        ssh = [
            "autossh",
            "-M",
            "0",
            "-N",
            "-F",
            "none",
            "-p",
            str(SSHD_PORT),
            *options(place),
            *alive,
            *forward,
        ]
        peer = Peer("ssh -R, autossh", network, visitor, SSH_PORT, "127.0.0.1", serve, serve())
        _wait_for_port(visitor, SSHD_PORT)
        env = {"PYTHONPATH": str(ROOT)}
        with (
            _ended(peer),
            _running(_starter(network, "client", app, place / "app.log", env)),
            _running(_starter(network, "client", ssh, place / "ssh.log", {"AUTOSSH_GATETIME": "0"})),
        ):
            yield peer


def _wait_for_port(there: Executor, port: int) -> None:
    until = time.monotonic() + PATIENCE
    while not there.submit(_listens, port).result():
        if time.monotonic() > until:
            raise TimeoutError(f"nothing listens at port {port}")
        time.sleep(LOOK_EVERY)  # between two looks


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=2):
        return True
    return False


def _starter(
    network: Network, host: str, command: list[str], log: Path, env: dict[str, str]
) -> Callable[[], subprocess.Popen[bytes]]:
    whole = ["ip", "netns", "exec", network.namespace(host), *command]

    def start() -> subprocess.Popen[bytes]:
        with log.open("ab") as sink:
            return subprocess.Popen(
                whole, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, env=_environ() | env, cwd=ROOT
            )

    return start


def _environ() -> dict[str, str]:
    """This process's, in which Python keeps what it has compiled, as it is where a relay is installed."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@contextlib.contextmanager
def _running(start: Callable[[], subprocess.Popen[bytes]]) -> Iterator[None]:
    process = start()
    try:
        yield
    finally:
        _kill(process)


@contextlib.contextmanager
def _ended(peer: Peer) -> Iterator[None]:
    try:
        yield
    finally:
        _kill(peer.server)


def _kill(process: subprocess.Popen[bytes]) -> None:
    started = psutil.Process(process.pid)
    for one in [*started.children(recursive=True), started]:
        with contextlib.suppress(psutil.NoSuchProcess):
            one.kill()
    process.wait()


# -- the table -------------------------------------------------------------------------------------


def measure(times: int, only: str = "") -> dict[str, dict[str, list[float]]]:
    """Seconds, by failure and peer."""
    failures = {name: failure for name, failure in FAILURES.items() if only in name}
    found: dict[str, dict[str, list[float]]] = {failure: {} for failure in failures}
    for make in (doorstep, autossh):
        for name, failure in failures.items():
            with make() as peer:
                if peer.back() == float("inf"):
                    raise RuntimeError(f"{peer.name} does not work at all")
                for number in range(times):
                    time.sleep(SETTLED)  # a link that has just opened is still at work
                    took = failure(peer, number)
                    found[name].setdefault(peer.name, []).append(took)
                    print(f"  {peer.name}: {name}: {took:.2f} s", file=sys.stderr, flush=True)
                    if took == float("inf"):
                        break
    return found


def _figure(seconds: list[float]) -> str:
    if float("inf") in seconds:
        return f"not within {PATIENCE:.0f} s"
    return f"{statistics.median(seconds):.2f} s ({min(seconds):.2f} to {max(seconds):.2f})"


def table(found: dict[str, dict[str, list[float]]]) -> str:
    """Medians, their spread, and how many times as long ssh takes."""
    rows = ["| until it works again | Doorstep | ssh -R, autossh | ratio |", "|---|---|---|---|"]
    for failure, peers in found.items():
        ours, theirs = peers["Doorstep"], peers["ssh -R, autossh"]
        ratio = statistics.median(theirs) / statistics.median(ours)
        rows.append(f"| {failure} | {_figure(ours)} | {_figure(theirs)} | {ratio:.1f} |")
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=5, help="how often each failure")
    parser.add_argument("--only", default="", help="failures with this in their names")
    asked = parser.parse_args()
    if reason := why_not() or (
        "" if shutil.which("autossh") else "there is no autossh: apt-get install autossh"
    ):
        sys.exit(reason)
    print(table(measure(asked.times, asked.only)))


if __name__ == "__main__":
    main()
