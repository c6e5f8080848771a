"""A real sshd on loopback, which talks as the public tunnel services do, and an `ssh` that knows it."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import socket
import subprocess
from contextlib import suppress
from pathlib import Path

import psutil

from tests.support import Process, clean_env, free_port, wait_for

SAYS = "Forwarding HTTP traffic from https://calm-otter.tunnels.test"

_CONFIG = """\
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
ClientAliveInterval 2
ClientAliveCountMax 2
{more}
"""


class SshServer:
    """`says` is what the server writes into a session; then it waits until that ends."""

    def __init__(self, place: Path, *, says: str = SAYS, config: str = "", session: bool = True) -> None:
        self.port = free_port()
        self.place = place
        place.mkdir(exist_ok=True)
        for key in ("host_key", "user_key"):
            if not (place / key).exists():
                new = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(place / key)]
                subprocess.run(new, check=True)
        shutil.copy(place / "user_key.pub", place / "authorized_keys")
        script = place / "session"
        script.write_text(f"#!/bin/sh\nprintf '%b\\n' {shlex.quote(says)}\nexec cat\n")
        script.chmod(0o755)
        forced = f"ForceCommand {script}\n" if session else ""
        self._config = forced + config
        self._process: Process | None = None
        self.command = own_keys(place)
        """For DOORSTEP_SSH_COMMAND."""

    @property
    def url(self) -> str:
        return f"ssh://127.0.0.1:{self.port}"

    def start(self) -> None:
        config = self.place / "sshd_config"
        config.write_text(_CONFIG.format(port=self.port, place=self.place, more=self._config))
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where it drops its privileges
        command = [_sshd(), "-D", "-e", "-f", str(config)]
        self._process = Process(command, log=self.place / "sshd.log", env=clean_env(self.place))
        wait_for(self._listens, what="sshd")

    def kill(self) -> None:
        """The listening process, and the sessions with it."""
        if self._process is not None:
            for process in self.processes():
                with suppress(psutil.NoSuchProcess):  # a session may end meanwhile
                    process.send_signal(signal.SIGCONT)
                    process.kill()
            self._process.wait()
            self._process = None

    def processes(self) -> list[psutil.Process]:
        assert self._process is not None
        top = psutil.Process(self._process.pid)
        return [*top.children(recursive=True), top]

    def freeze(self) -> None:
        """The sessions that there are, so that they answer nothing any more; new ones are served."""
        for process in self.processes()[:-1]:
            process.suspend()

    def thaw(self) -> None:
        for process in self.processes():
            with suppress(psutil.NoSuchProcess):
                process.resume()

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def own_keys(place: Path) -> str:
    """An ssh that uses no key, and remembers no host, of the user who tests."""
    (place / "ssh_config").write_text(
        f"Host *\n  IdentityFile {place}/user_key\n  IdentitiesOnly yes\n  IdentityAgent none\n"
        f"  UserKnownHostsFile {place}/known_hosts\n  GlobalKnownHostsFile none\n"
    )
    return f"ssh -F {place}/ssh_config"


def _sshd() -> str:
    """It has to be started by its whole path, and Debian keeps it from users' PATH."""
    return shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin") or "/usr/sbin/sshd"
