"""Networks that vanish, change and lie: a link comes back by itself, and soon.

The relay and its client are in network namespaces, with `bench.wire` between them. Addresses end with their
host's number: the wire goes by that, whatever comes before it.
"""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from bench.path import Network, emulated, why_not
from bench.ways import RELAY_COMMAND
from tests.link.clients import ROOT, Client
from tests.support import Process, clean_env, wait_for
from tests.support.dns import NameServer, name_server
from tests.support.http import parse

pytestmark = pytest.mark.timeout(120)

PORT = 8080
NAME = "relay.test"
_SCRIPT = """
from doorstep_client import share
from tests.link.app import app
say = lambda text: print(text + "\\n", end="", flush=True)  # one write: threads say things
link = share(app, name="net", on_event=lambda text: say(f"TOLD {text}"))
say(f"URL {link.url} after 0")
link.wait()
"""


class Hosts:
    """A relay, and a client with its own idea of who `relay.test` is."""

    def __init__(self, network: Network, place: Path, dns: NameServer) -> None:
        self.network = network
        self.place = place
        self.dns = dns

    def ip(self, host: str, *lines: str) -> None:
        """Run `ip` on a host: all lines in one process, so that hardly any time passes between them."""
        command = ["ip", "-n", self.network.namespace(host), "-batch", "-"]
        subprocess.run(command, input="\n".join(lines), text=True, check=True)

    def visit(self) -> int:
        """The status that a visitor on the relay's own host gets; 0 when nothing is there."""
        with self.network.inside("relay", 1) as there:
            return there.submit(_get).result()

    @contextmanager
    def client(self) -> Iterator[Client]:
        """A client, once its link works."""
        (self.place / "app.py").write_text(_SCRIPT)
        command = ["ip", "netns", "exec", self.network.namespace("client"), sys.executable]
        env = clean_env(self.place, {"PYTHONPATH": ROOT, "DOORSTEP_RELAY": f"http://{NAME}:{PORT}"})
        process = Process([*command, str(self.place / "app.py")], log=self.place / "client.log", env=env)
        try:
            running = Client(process)
            _ = running.url
            wait_for(lambda: self.visit() == 200, 20, what="the link works")
            yield running
        finally:
            process.kill()


def _get() -> int:
    try:
        with socket.create_connection(("127.0.0.1", PORT), timeout=20) as connection:
            connection.sendall(
                f"GET / HTTP/1.1\r\nHost: net.{NAME}:{PORT}\r\nConnection: close\r\n\r\n".encode()
            )
            return parse(b"".join(iter(lambda: connection.recv(65536), b""))).status
    except OSError:
        return 0


@pytest.fixture
def heartbeat() -> str:
    """What relays have when nobody sets another."""
    return "10s"


@pytest.fixture
def hosts(tmp_path: Path, heartbeat: str) -> Iterator[Hosts]:
    assert not why_not(), f"these tests cannot run here: {why_not()}"
    with emulated("relay", "client") as network, ExitStack() as stack:
        for host in ("relay", "client"):
            subprocess.run(
                ["ip", "-n", network.namespace(host), "route", "add", "198.18.0.0/16", "dev", "wire"],
                check=True,
            )
        dns = stack.enter_context(_resolver(network))
        dns.addresses[NAME] = [network.address("relay")]
        serve = [RELAY_COMMAND, "serve", "--open", "--listen", f"0.0.0.0:{PORT}", "--domain", NAME]
        serve += ["--data", str(tmp_path / "relay"), "--heartbeat", heartbeat]
        env = {**clean_env(tmp_path), "PYTHONPATH": ROOT}
        stack.enter_context(network.running("relay", serve, log=tmp_path / "relay.log", env=env))
        made = Hosts(network, tmp_path, dns)
        wait_for(lambda: made.visit() != 0, 60, what="the relay")
        yield made


@contextmanager
def _resolver(network: Network) -> Iterator[NameServer]:
    """The client's name server, on its own loopback. `ip netns exec` shows it the file."""
    folder = Path("/etc/netns") / network.namespace("client")
    folder.mkdir(parents=True)
    (folder / "resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:2\n")
    with network.inside("client", 1) as there:
        sock = there.submit(_bound).result()
    try:
        with name_server(sock) as server:
            yield server
    finally:
        shutil.rmtree(folder)


def _bound() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 53))
    return sock


def test_another_network_is_noticed_and_dialled_from_at_once(hosts: Hosts) -> None:
    """The address goes away under a session whose heartbeat would notice after 18 s."""
    with hosts.client() as running:
        hosts.ip("client", "addr add 198.18.7.2/16 dev wire")
        hosts.ip("client", "addr del 198.18.0.2/24 dev wire")
        running.told("cannot be reached", 15)
        running.told("is back", 15)
        wait_for(lambda: hosts.visit() == 200, 20, what="visitors are served again")


@pytest.mark.parametrize("heartbeat", ["2s"])
def test_a_network_that_is_away_for_a_while_is_used_as_soon_as_it_is_there(hosts: Hosts) -> None:
    with hosts.client() as running:
        hosts.ip("client", "link set wire down")
        running.told("cannot be reached", 40)
        hosts.ip("client", "link set wire up")
        hosts.ip("client", "route replace 198.18.0.0/16 dev wire")
        running.told("is back", 20)


def test_a_network_that_is_away_for_a_moment_disturbs_nothing(hosts: Hosts) -> None:
    with hosts.client() as running:
        for _ in range(2):
            away = ("link set wire down", "link set wire up")
            hosts.ip("client", *away, "route replace 198.18.0.0/16 dev wire")
        wait_for(lambda: hosts.visit() == 200, 20, what="visitors are served")
        assert "TOLD" not in running.process.output


@pytest.mark.parametrize("heartbeat", ["2s"])
def test_a_relay_that_moves_is_found_at_its_new_address(hosts: Hosts) -> None:
    """Nobody answers at the old one: no packet that says so comes back either."""
    with hosts.client() as running:
        hosts.ip("relay", "addr add 198.18.9.1/16 dev wire")
        hosts.ip("relay", "addr del 198.18.0.1/24 dev wire")
        hosts.dns.addresses[NAME] = ["198.18.9.1"]
        running.told("cannot be reached", 30)
        running.told("is back", 30)
        wait_for(lambda: hosts.visit() == 200, 20, what="visitors are served again")


def test_an_address_that_swallows_everything_does_not_hide_one_that_works(hosts: Hosts) -> None:
    hosts.dns.addresses[NAME] = ["198.18.200.1", hosts.network.address("relay")]
    with hosts.client() as running:
        assert re.match(rf"http://net\.{NAME}:{PORT}", running.url)
