"""The processes of a storm: a watched relay that may be killed, and one client process for each share."""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path

from tests.chaos.facts import Share
from tests.support import Process, Relay, clean_env, wait_for
from tests.support.relay import START_DEADLINE

ROOT = Path(__file__).parents[2]
DEADLINES = {
    "--heartbeat": "2s",
    "--connect-wait": "4s",
    "--app-timeout": "6s",
    "--body-timeout": "4s",
    "--head-timeout": "4s",
    "--stall-timeout": "6s",
    "--stream-timeout": "8s",
    "--idle-timeout": "5s",
    "--grace": "1m",
    "--name-hold": "1h",
}
"""Short, because each of them has to pass within a visitor's patience."""


class WatchedRelay(Relay):
    """The relay's own command, in a process that counts what it holds when asked."""

    def __init__(self, data: Path) -> None:
        super().__init__(data, args=[part for pair in DEADLINES.items() for part in pair])
        self._socket = data / "census"

    def start(self) -> None:
        listen = ["--listen", f"127.0.0.1:{self.port}", "--domain", "localhost", "--data", str(self.data)]
        command = [sys.executable, "-m", "tests.chaos.watched_relay", str(self._socket), "serve"]
        env = clean_env(self.data, {"PYTHONPATH": str(ROOT)})
        self.process = Process([*command, *listen, *self.args], log=self.data / "relay.log", env=env)
        wait_for(self._healthy, START_DEADLINE, what="the relay's /healthz")

    def census(self) -> dict[str, int]:
        """Living objects, tasks, descriptors, resident bytes: `tests.chaos.watched_relay`."""
        with socket.socket(socket.AF_UNIX) as asking:
            asking.settimeout(30)
            asking.connect(str(self._socket))
            answer = b"".join(iter(lambda: asking.recv(65536), b""))
        counts: dict[str, int] = json.loads(answer)
        return counts


class Clients:
    """The client process that holds each share now."""

    def __init__(self, place: Path, relay_port: int) -> None:
        self.journals = place / "journals"
        self.journals.mkdir()
        self._place = place
        self._relay = f"http://127.0.0.1:{relay_port}"
        self._running: dict[str, Process] = {}
        self._started = 0

    def __getitem__(self, share: Share) -> Process:
        return self._running[share.name]

    def begin(
        self, share: Share, *, token: str = "", account: str = "", expires_in: float | None = None
    ) -> Process:
        """A client process on its way; it tries until its link is open or refused."""
        self._started += 1
        options = {
            "share": share.name,
            "account": account or share.account,
            "journal": str(self.journals),
            "port": share.port,
            "expires_in": expires_in,
        }
        home = self._place / f"client-{self._started}"
        home.mkdir()
        settings = {
            "DOORSTEP_RELAY": self._relay,
            "DOORSTEP_TOKEN": token or share.token,
            "PYTHONPATH": str(ROOT),
        }
        command = [sys.executable, "-m", "tests.chaos.client", json.dumps(options)]
        return Process(command, log=home / "log", env=clean_env(home, settings))

    def open(self, share: Share, *, expires_in: float | None = None) -> float:
        """Open the share with a new process, end the old one after that. Returns when the share expires."""
        old = self._running.get(share.name)
        self._running[share.name] = self.begin(share, expires_in=expires_in)
        ends = self._running[share.name].wait_for_line(r"^URL \S+ ends (\S+)", 40).group(1)
        if old is not None:
            old.kill()
        return float(ends)

    def end(self) -> None:
        for process in self._running.values():
            process.kill()
