"""`ssh -R` and sshd: bytes forwarded by two compiled programs, the leg between them encrypted as always.

Towards visitors it encrypts nothing. Who wants that puts nginx before the forwarded port: a way of its own.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from bench.peers import nginx
from bench.peers.programs import find
from bench.processes import answers, free_port, listens, running, wait_for
from bench.ways import Peer, Setting, Way

NAME, TLS = "ssh -R", "ssh -R tls"


@contextlib.contextmanager
def ssh(setting: Setting, name: str = NAME) -> Iterator[Way]:
    """From a port of sshd to the app, with keys and configuration of their own."""
    place, app = setting.directory(name), setting.app
    server_port, port = free_port(), free_port()
    write(place, server_port)
    sshd = find("sshd")  # it has to be started by its whole path
    with running([sshd, "-D", "-e", "-f", place / "sshd_config"], log=place / "sshd.log") as server:
        wait_for(lambda: listens(server_port), "sshd", place / "sshd.log")
        forward = ["-R", f"127.0.0.1:{port}:127.0.0.1:{app.port}", f"{getpass.getuser()}@127.0.0.1"]
        command = ["ssh", "-N", "-F", "none", "-p", str(server_port), *options(place), *forward]
        with running(command, log=place / "ssh.log") as client:
            way = Way(
                name,
                port,
                f"127.0.0.1:{port}",
                {"relay": server.pid, "client": client.pid, **app.pids},
            )
            wait_for(lambda: answers(way.port, way.host), name, place / "ssh.log")
            yield way


@contextlib.contextmanager
def ssh_tls(setting: Setting) -> Iterator[Way]:
    """The same with nginx on sshd's machine, which speaks TLS to visitors."""
    with ssh(setting, f"{TLS} port") as port, nginx.before(TLS, replace(setting, app=port)) as way:
        yield way


def write(place: Path, server_port: int, address: str = "127.0.0.1") -> None:
    """Keys, and the configuration of an sshd that listens at this address."""
    for key in ("host_key", "user_key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", place / key], check=True)
    shutil.copy(place / "user_key.pub", place / "authorized_keys")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where sshd drops its privileges
    (place / "sshd_config").write_text(CONFIG.format(port=server_port, place=place, address=address))


def options(place: Path) -> list[str]:
    wanted = ["StrictHostKeyChecking=no", f"UserKnownHostsFile={place}/known_hosts", "IdentitiesOnly=yes"]
    wanted += ["ExitOnForwardFailure=yes", "BatchMode=yes", "LogLevel=ERROR"]
    return ["-i", str(place / "user_key"), *(part for option in wanted for part in ("-o", option))]


CONFIG = """\
ListenAddress {address}
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
GatewayPorts clientspecified
MaxStartups 100
"""

_PROGRAMS, _INSTALL = ("sshd", "ssh", "ssh-keygen"), "apt-get install openssh-server openssh-client"
PEERS = [
    Peer(NAME, ssh, _PROGRAMS, _INSTALL),
    Peer(TLS, ssh_tls, (*_PROGRAMS, "nginx"), f"{_INSTALL} nginx-light"),
]
