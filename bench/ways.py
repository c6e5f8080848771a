"""The ways to the same app: directly, through Doorstep, through `ssh -R` and sshd.

A way says where visitors go and which processes carry its requests; everything is on loopback,
without TLS to visitors. ssh encrypts the leg between client and server, as it always does.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bench.processes import free_port, listens, running, wait_for

ROOT = Path(__file__).resolve().parent.parent
RELAY_COMMAND = str(Path(sys.executable).parent / "doorstep-relay")


@dataclass(frozen=True)
class Way:
    """How visitors reach the app: the address to connect to, the `Host` to say, who does the work."""

    name: str
    port: int
    host: str
    pids: dict[str, int]
    """Process id by role: `relay`, `client`, `app`."""


@contextlib.contextmanager
def direct(place: Path) -> Iterator[Way]:
    """uvicorn, as launch() runs it, and nothing in front."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "bench.app:app",
        "--port",
        str(port),
        "--log-level",
        "warning",
    ]
    options = ["--loop", "uvloop", "--http", "httptools", "--no-access-log", "--no-server-header"]
    log = place / "app.log"
    with running([*command, *options], log=log, env={**os.environ, "PYTHONPATH": str(ROOT)}) as app:
        wait_for(lambda: listens(port), "the app", log)
        yield Way("app", port, f"127.0.0.1:{port}", {"app": app.pid})


@dataclass(frozen=True)
class Relay:
    """A relay process and what a client needs for it."""

    port: int
    pid: int
    env: dict[str, str]


@contextlib.contextmanager
def relay(place: Path) -> Iterator[Relay]:
    """`doorstep-relay serve` on embedded defaults, with one token."""
    port, data, log = free_port(), place / "relay", place / "relay.log"
    create = [RELAY_COMMAND, "token", "create", "bench", "--data", str(data)]
    token = subprocess.run(create, check=True, capture_output=True, text=True).stdout.strip()
    serve = [
        RELAY_COMMAND,
        "serve",
        "--listen",
        f"127.0.0.1:{port}",
        "--domain",
        "localhost",
        "--data",
        str(data),
    ]
    with running(serve, log=log) as process:
        wait_for(lambda: listens(port), "the relay", log)
        settings = {"DOORSTEP_RELAY": f"http://127.0.0.1:{port}", "DOORSTEP_TOKEN": token}
        yield Relay(port, process.pid, {**os.environ, "PYTHONPATH": str(ROOT), **settings})


@contextlib.contextmanager
def doorstep(place: Path, through: Relay) -> Iterator[Way]:
    """A client process with the app inside it, behind the relay."""
    log = place / "client.log"
    with running([sys.executable, "-m", "bench.client"], log=log, env=through.env) as client:
        wait_for(lambda: "http" in log.read_text(), "the link", log)
        url = re.search(r"http://\S+", log.read_text())
        if url is None:
            raise RuntimeError(f"no link in {log.read_text()!r}")
        pids = {"relay": through.pid, "client": client.pid}
        yield Way("doorstep", through.port, urlsplit(url.group()).netloc, pids)


def find_sshd() -> str | None:
    """sshd has to be started by its whole path."""
    found = shutil.which(
        "sshd", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    )
    return found if found and shutil.which("ssh") and shutil.which("ssh-keygen") else None


@contextlib.contextmanager
def ssh(place: Path, sshd: str, app: Way) -> Iterator[Way]:
    """`ssh -R` from a port of sshd to the app, with keys and configuration of their own."""
    place = place / "ssh"
    place.mkdir(mode=0o700)
    for key in ("host_key", "user_key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", place / key], check=True)
    shutil.copy(place / "user_key.pub", place / "authorized_keys")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where sshd drops its privileges
    server_port, port = free_port(), free_port()
    (place / "sshd_config").write_text(SSHD_CONFIG.format(port=server_port, place=place))
    with running([sshd, "-D", "-e", "-f", place / "sshd_config"], log=place / "sshd.log") as server:
        wait_for(lambda: listens(server_port), "sshd", place / "sshd.log")
        command = ["ssh", "-N", "-F", "none", "-p", str(server_port), "-i", str(place / "user_key")]
        options = [
            "StrictHostKeyChecking=no",
            f"UserKnownHostsFile={place}/known_hosts",
            "IdentitiesOnly=yes",
        ]
        options += ["ExitOnForwardFailure=yes", "BatchMode=yes", "LogLevel=ERROR"]
        forward = ["-R", f"127.0.0.1:{port}:127.0.0.1:{app.port}", f"{getpass.getuser()}@127.0.0.1"]
        flags = [part for option in options for part in ("-o", option)]
        with running([*command, *flags, *forward], log=place / "ssh.log") as client:
            wait_for(lambda: listens(port), "ssh -R", place / "ssh.log")
            pids = {"relay": server.pid, "client": client.pid, **app.pids}
            yield Way("ssh -R", port, f"127.0.0.1:{port}", pids)


SSHD_CONFIG = """\
ListenAddress 127.0.0.1
Port {port}
HostKey {place}/host_key
AuthorizedKeysFile {place}/authorized_keys
PidFile none
StrictModes no
UsePAM no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
AllowTcpForwarding remote
MaxStartups 100
"""
