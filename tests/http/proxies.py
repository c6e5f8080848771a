"""Caddy and HAProxy from Debian in front of a relay, with the very files of `deploy/`."""

from __future__ import annotations

import contextlib
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import trustme

from tests.http.stage import ROOT
from tests.support import Process, clean_env, wait_for

DEPLOY = Path(ROOT) / "deploy"
NAMES = ("first-app", "other-app", "third-app")
"""Links that the certificate is for: libraries take no wildcard right below `localhost`."""


@dataclass(frozen=True)
class Front:
    """A proxy that listens on `port`. `ca` is a PEM file that verifies it."""

    name: str
    port: int
    ca: Path
    process: Process

    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.ca))

    def curl(
        self, url: str, *options: str, within: float = 60, accepted: tuple[int, ...] = (0,)
    ) -> subprocess.CompletedProcess[bytes]:
        """curl from 127.0.0.9, so that the visitor's address is not the proxy's; its exit is `accepted`."""
        command = ["curl", "--silent", "--show-error", "--cacert", str(self.ca), "--interface", "127.0.0.9"]
        command += ["--noproxy", "*", "--max-time", str(within), *options, url]
        done = subprocess.run(command, capture_output=True, check=False, timeout=within + 5)
        assert done.returncode in accepted, (
            f"{done.stderr.decode()}\n--- {self.name} ---\n{self.process.output}"
        )
        return done


@contextlib.contextmanager
def caddy(folder: Path, port: int, relay: str, ca: trustme.CA) -> Iterator[Front]:
    pem = _certificate(folder, ca)
    env = {
        "DOORSTEP_DOMAIN": f"localhost:{port}",
        "DOORSTEP_RELAY": relay,
        "DOORSTEP_TLS": f"tls {pem} {pem}",
        "DOORSTEP_GLOBAL": "auto_https disable_redirects",
        "XDG_DATA_HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
    }
    command = ["caddy", "run", "--config", str(DEPLOY / "caddy" / "Caddyfile"), "--adapter", "caddyfile"]
    with _running("caddy", command, env, folder, port) as front:
        yield front


@contextlib.contextmanager
def caddy_on_demand(folder: Path, port: int, relay: str) -> Iterator[Front]:
    """Caddy that asks the relay before it makes a certificate, with an authority of its own."""
    env = {
        "DOORSTEP_RELAY": relay,
        "DOORSTEP_ISSUER": "internal",
        "DOORSTEP_GLOBAL": f"auto_https disable_redirects\nskip_install_trust\nhttps_port {port}",
        "XDG_DATA_HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
    }
    file = DEPLOY / "caddy" / "Caddyfile.on-demand"
    command = ["caddy", "run", "--config", str(file), "--adapter", "caddyfile"]
    ca = folder / "caddy" / "pki" / "authorities" / "local" / "root.crt"
    with _running("caddy", command, env, folder, port, ca) as front:
        yield front


@contextlib.contextmanager
def haproxy(folder: Path, port: int, relay: str, ca: trustme.CA) -> Iterator[Front]:
    env = {
        "DOORSTEP_LISTEN": f"127.0.0.1:{port}",
        "DOORSTEP_RELAY": relay,
        "DOORSTEP_CERTIFICATE": str(_certificate(folder, ca)),
    }
    command = ["haproxy", "-db", "-f", str(DEPLOY / "haproxy" / "haproxy.cfg")]
    with _running("haproxy", command, env, folder, port) as front:
        yield front


FRONTS = {"caddy": caddy, "haproxy": haproxy}


def _certificate(folder: Path, ca: trustme.CA) -> Path:
    """Key and chain for the relay and its links in one file; the authority's beside it."""
    ca.cert_pem.write_to_path(str(folder / "ca.pem"))
    issued = ca.issue_cert("localhost", *(f"{name}.localhost" for name in NAMES))
    issued.private_key_and_cert_chain_pem.write_to_path(str(folder / "front.pem"))
    return folder / "front.pem"


@contextlib.contextmanager
def _running(
    name: str, command: list[str], env: dict[str, str], folder: Path, port: int, ca: Path | None = None
) -> Iterator[Front]:
    if shutil.which(command[0], path="/usr/sbin:/usr/bin") is None:
        raise RuntimeError(f"these tests need {name}: apt-get install -y {name}")
    process = Process(command, log=folder / f"{name}.log", env=clean_env(folder, env), cwd=folder)
    front = Front(name, port, ca or folder / "ca.pem", process)
    try:
        wait_for(lambda: _answers(front), 60, what=f"{name} to answer:\n{process.output}")
        yield front
    finally:
        process.kill()


def _answers(front: Front) -> bool:
    assert front.process.running, front.process.output
    try:
        return front.curl(f"https://localhost:{front.port}/healthz", within=10).stdout != b""
    except AssertionError:
        return False
