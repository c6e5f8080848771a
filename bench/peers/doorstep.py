"""Doorstep: a relay, and a client with the app inside it or beside it."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bench.processes import free_port, listens, running, wait_for
from bench.ways import DOMAIN, RELAY_COMMAND, Peer, Setting, Way, environment

LINK = re.compile(r"^https?://\S+", re.MULTILINE)


@dataclass(frozen=True)
class Relay:
    """A relay process and what a client needs for it."""

    port: int
    pid: int
    env: dict[str, str]


@contextlib.contextmanager
def relay(place: Path, *, certificate: Path | None = None, ca: Path | None = None) -> Iterator[Relay]:
    """`doorstep-relay serve` on embedded defaults, with one token; TLS when it has a certificate.

    One account is all there is, and how much the relay carries is the question: nothing limits it.
    """
    port, data, log = free_port(), str(place / "relay"), place / "relay.log"
    create = [RELAY_COMMAND, "token", "create", "bench", "--data", data]
    token = subprocess.run(create, check=True, capture_output=True, text=True).stdout.strip()
    serve = [RELAY_COMMAND, "serve", "--listen", f"127.0.0.1:{port}", "--domain", DOMAIN, "--data", data]
    serve += ["--limit-requests", "none", "--limit-bytes", "none"]
    serve += [] if certificate is None else ["--tls-cert", str(certificate)]
    with running(serve, log=log) as process:
        wait_for(lambda: listens(port), "the relay", log)
        scheme = "http" if ca is None else "https"
        settings = {"DOORSTEP_RELAY": f"{scheme}://127.0.0.1:{port}", "DOORSTEP_TOKEN": token}
        settings |= {} if ca is None else {"SSL_CERT_FILE": str(ca)}
        yield Relay(port, process.pid, environment(**settings))


@contextlib.contextmanager
def client(name: str, place: Path, through: Relay, *target: str, ca: Path | None = None) -> Iterator[Way]:
    """A client process whose link works; `target` is `--port PORT`, or nothing for the app inside it."""
    log = place / "client.log"
    with running([sys.executable, "-m", "bench.client", *target], log=log, env=through.env) as process:
        wait_for(lambda: LINK.search(log.read_text()) is not None, "the link", log)
        link = LINK.search(log.read_text())
        assert link is not None
        pids = {"relay": through.pid, "client": process.pid}
        yield Way(name, through.port, urlsplit(link.group()).netloc, pids, ca)


@contextlib.contextmanager
def plain(setting: Setting) -> Iterator[Way]:
    place = setting.directory(PLAIN)
    with relay(place) as through, client(PLAIN, place, through) as way:
        yield way


@contextlib.contextmanager
def tls(setting: Setting) -> Iterator[Way]:
    """TLS on both legs: visitor to relay, and client to relay."""
    place = setting.directory(TLS)
    with (
        relay(place, certificate=setting.certificate, ca=setting.ca) as through,
        client(TLS, place, through, ca=setting.ca) as way,
    ):
        yield way


@contextlib.contextmanager
def port(setting: Setting) -> Iterator[Way]:
    """The app in a process of its own, as the peers have it: the client passes bytes to its port."""
    place = setting.directory(PORT)
    with relay(place) as through, client(PORT, place, through, "--port", str(setting.app.port)) as way:
        yield Way(way.name, way.port, way.host, {**way.pids, **setting.app.pids})


PLAIN, TLS, PORT = "doorstep", "doorstep tls", "doorstep port"
PEERS = [Peer(PLAIN, plain), Peer(TLS, tls), Peer(PORT, port)]
