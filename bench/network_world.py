"""A relay, a client and a direct server on hosts of their own, for measurements over an emulated path."""

from __future__ import annotations

import contextlib
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import trustme

from bench.path import ROOT, Network, emulated
from bench.probes import Place, cold
from bench.processes import wait_for
from bench.ways import RELAY_COMMAND

DOMAIN = "relay.test"
RELAY_PORT, DIRECT_PORT = 8080, 9000


@dataclass(frozen=True)
class World:
    """What is where. The direct server runs on the client's host: the same app at the same distance."""

    network: Network
    place: Path
    token: str
    context: ssl.SSLContext | None

    @property
    def direct(self) -> Place:
        address = self.network.address("client")
        return Place(address, DIRECT_PORT, f"direct.{DOMAIN}", self.context)

    def link(self, name: str) -> Place:
        return Place(self.network.address("relay"), RELAY_PORT, f"{name}.{DOMAIN}:{RELAY_PORT}", self.context)

    @property
    def env(self) -> dict[str, str]:
        """What a client process needs, a CA of its own included."""
        scheme = "http" if self.context is None else "https"
        relay = f"{scheme}://{self.network.address('relay')}:{RELAY_PORT}"
        settings = {"DOORSTEP_RELAY": relay, "DOORSTEP_TOKEN": self.token, "PYTHONPATH": str(ROOT)}
        return {**os.environ, **settings, "SSL_CERT_FILE": str(self.place / "ca.pem")}

    @contextlib.contextmanager
    def client(self, name: str) -> Iterator[float]:
        """A client whose link works; how long `share()` took, in seconds."""
        command = ["ip", "netns", "exec", self.network.namespace("client")]
        command += [sys.executable, "-m", "bench.client", "--name", name]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, env=self.env, text=True)
        try:
            assert process.stdout is not None
            line = process.stdout.readline().split()
            if len(line) != 2:
                raise RuntimeError(f"the client of {name} did not open its link")
            yield float(line[1])
        finally:
            process.kill()
            process.communicate()


@contextlib.contextmanager
def world(place: Path, *, tls: bool = False) -> Iterator[World]:
    """Everything is up, and the path costs nothing yet (`World.network.set`)."""
    context = _certificates(place) if tls else None
    data = str(place / "relay")
    create = [RELAY_COMMAND, "token", "create", "bench", "--data", data]
    token = subprocess.run(create, check=True, capture_output=True, text=True).stdout.strip()
    with emulated("relay", "client", "visitor", "other") as network, contextlib.ExitStack() as stack:
        made = World(network, place, token, context)
        serve = [
            RELAY_COMMAND,
            "serve",
            "--listen",
            f"{network.address('relay')}:{RELAY_PORT}",
            "--domain",
            DOMAIN,
            "--data",
            data,
        ]
        direct = [
            sys.executable,
            "-m",
            "uvicorn",
            "bench.app:app",
            "--host",
            made.network.address("client"),
        ]
        direct += ["--port", str(DIRECT_PORT), "--log-level", "warning", "--loop", "uvloop"]
        if tls:
            serve += ["--tls-cert", str(place / "server.pem")]
            direct += ["--ssl-certfile", str(place / "server.pem")]
        stack.enter_context(network.running("relay", serve, log=place / "relay.log"))
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        stack.enter_context(network.running("client", direct, log=place / "direct.log", env=env))
        with network.inside("visitor") as visitor:
            wait_for(
                lambda: visitor.submit(cold, made.direct).result() > 0,
                "the direct server",
                place / "direct.log",
            )
            wait_for(lambda: visitor.submit(_listens, made).result(), "the relay", place / "relay.log")
        yield made


def _listens(made: World) -> bool:
    made.link("nobody").connect().close()
    return True


def _certificates(place: Path) -> ssl.SSLContext:
    ca = trustme.CA()
    cert = ca.issue_cert("198.18.0.1", "198.18.0.2", DOMAIN, f"*.{DOMAIN}")
    cert.private_key_and_cert_chain_pem.write_to_path(place / "server.pem")
    ca.cert_pem.write_to_path(place / "ca.pem")
    context = ssl.create_default_context()
    ca.configure_trust(context)
    return context
