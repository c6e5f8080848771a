"""SSH clients as people have them: OpenSSH, Dropbear, plink and autossh, each in a process of its own."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

from tests.support import Process, Relay, clean_env, free_port, visit, wait_for

ROOT = Path(__file__).parents[3]
DEADLINE = 45.0
_number = count(1)


class SshRelay:
    """A relay with a port for SSH, an app on this computer, and a place for keys."""

    def __init__(self, relay: Relay, port: int, app: int, home: Path) -> None:
        self.relay = relay
        self.port = port
        self.app = app
        self.home = home
        self.known_hosts = home / "known_hosts"
        self._key: Path | None = None
        fingerprint = relay.cli("ssh", "fingerprint", "--host", "127.0.0.1", "--port", str(port))
        self.known_hosts.write_text(fingerprint.splitlines()[1] + "\n")

    def new_key(self, account: str | None = "alice", *options: str) -> Path:
        """A key pair; registered for the account, if one is named."""
        path = self.home / f"key{next(_number)}"
        make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", path.name, "-f", str(path)]
        subprocess.run(make, check=True, timeout=DEADLINE)
        if account is not None:
            self.relay.cli("key", "add", account, f"{path}.pub", *options)
        return path

    @property
    def key(self) -> Path:
        """A key of alice's, for tests that need no one of their own: each costs a command."""
        if self._key is None:
            self._key = self.new_key()
        return self._key

    def alice(self, *arguments: str) -> list[str]:
        """The command line of `ssh`, with that key."""
        return self.openssh(*arguments, key=self.key)

    def openssh(self, *arguments: str, key: Path | None = None, user: str = "me") -> list[str]:
        """The command line of `ssh`, up to and with the host; a forwarding is among `arguments`."""
        options = [
            *("-F", "none", "-p", str(self.port), "-o", f"UserKnownHostsFile={self.known_hosts}"),
            *("-o", "StrictHostKeyChecking=yes", "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes"),
        ]
        return ["ssh", *options, *(("-i", str(key)) if key else ()), *arguments, f"{user}@127.0.0.1"]

    @property
    def to_app(self) -> str:
        """Where forwardings lead."""
        return f"localhost:{self.app}"

    def url(self, name: str, path: str = "/") -> str:
        return self.relay.share_url(name, path)

    def works(self, url: str) -> bool:
        """Whether the app answers there."""
        return visit(url).status == 200


@contextlib.contextmanager
def running(home: Path, command: Sequence[str], env: dict[str, str] | None = None) -> Iterator[Process]:
    """A program until the end of the block; what it prints is in `output`."""
    process = Process(command, log=home / f"log{next(_number)}", env=clean_env(home, env))
    try:
        yield process
    finally:
        process.kill()


def link_of(process: Process) -> str:
    """The link that a client's terminal shows."""
    return process.wait_for_line(r"^(http://\S+)\r?$", DEADLINE).group(1)


@contextlib.contextmanager
def run_ssh_relay(home: Path, *options: str) -> Iterator[SshRelay]:
    """A relay with an account `alice`, and the app of these tests."""
    port, app = free_port(), free_port()
    args = ["--ssh", f"127.0.0.1:{port}", "--heartbeat", "3s", *options]
    relay = Relay(home / "relay", args=args)
    relay.token("alice")
    serve = ["uvicorn", "tests.link.app:app", "--port", str(app), "--log-level", "warning"]
    with running(home, [sys.executable, "-m", *serve], {"PYTHONPATH": str(ROOT)}):
        relay.start()
        try:
            wait_for(lambda: _answers(app), 2 * DEADLINE, what="the app")
            yield SshRelay(relay, port, app, home)
        except BaseException:
            print(f"--- the relay's log ---\n{relay.log}")
            raise
        finally:
            relay.kill()


def _answers(port: int) -> bool:
    try:
        return visit(f"http://127.0.0.1:{port}/").status == 200
    except (OSError, ValueError):
        return False
