"""The real relay: `doorstep-relay serve` in a process of its own, on embedded defaults."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.support.http import Answer, visit
from tests.support.ports import free_port
from tests.support.process import Process, clean_env
from tests.support.waiting import wait_for

COMMAND = str(Path(sys.executable).parent / "doorstep-relay")
START_DEADLINE = 45.0


class Relay:
    """One data directory, one port, and the process that serves them (or served: see `kill`)."""

    def __init__(
        self,
        data: Path,
        *,
        port: int | None = None,
        args: Sequence[str] = (),
        env: dict[str, str] | None = None,
    ) -> None:
        self.env = env
        self.data = data
        self.port = port or free_port()
        self.args = list(args)
        self.process: Process | None = None
        data.mkdir(parents=True, exist_ok=True)

    @property
    def url(self) -> str:
        """Where clients dial: an address, so that no name has to resolve."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return self._running.output

    @property
    def pid(self) -> int:
        return self._running.pid

    def start(self) -> None:
        """Start serving and return once `GET /healthz` answers 200."""
        listen = f"127.0.0.1:{self.port}"
        command = [COMMAND, "serve", "--listen", listen, "--domain", "localhost", *self._where, *self.args]
        self.process = Process(command, log=self.data / "relay.log", env=clean_env(self.data, self.env))
        try:
            wait_for(self._healthy, START_DEADLINE, what="the relay's /healthz")
        except BaseException:
            self.process.kill()
            raise

    def stop(self) -> None:
        """SIGTERM and wait. `start` brings it back on the same port and data."""
        self._running.stop()

    def kill(self) -> None:
        self._running.kill()

    def cli(self, *args: str) -> str:
        """Run `doorstep-relay ARGS --data DIR` beside the running relay and return what it printed."""
        done = subprocess.run(
            [COMMAND, *args, *self._where],
            env=clean_env(self.data),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=45,
            check=False,
        )
        if done.returncode:
            raise AssertionError(f"doorstep-relay {' '.join(args)} ended {done.returncode}:\n{done.stderr}")
        return done.stdout

    def token(self, name: str = "alice", *args: str) -> str:
        """A new token for the account `name`."""
        return self.cli("token", "create", name, *args).strip()

    def client_env(self, token: str | None = None) -> dict[str, str]:
        """The environment that points a client at this relay, with a new token unless one is given."""
        return {"DOORSTEP_RELAY": self.url, "DOORSTEP_TOKEN": token or self.token()}

    def share_url(self, name: str, path: str = "/") -> str:
        return f"http://{name}.localhost:{self.port}{path}"

    def visit(self, url: str, **how: object) -> Answer:
        """`visit`, for a URL of a share or a path at the relay's own host (`/healthz`)."""
        return visit(f"http://localhost:{self.port}{url}" if url.startswith("/") else url, **how)  # type: ignore[arg-type]

    @property
    def _where(self) -> list[str]:
        return ["--data", str(self.data)]

    @property
    def _running(self) -> Process:
        if self.process is None:
            raise AssertionError("the relay was never started")
        return self.process

    def _healthy(self) -> bool:
        if not self._running.running:
            raise AssertionError(f"the relay did not start:\n{self.log}")
        try:
            return self.visit("/healthz").status == 200
        except (OSError, ValueError):
            return False


@contextlib.contextmanager
def run_relay(
    data: Path, *args: str, port: int | None = None, token: str | None = "first"
) -> Iterator[Relay]:
    """A relay with its data in `data`, ended (and its log shown on failure) at the end.

    An account named `token` is made before the start, because a relay without any token refuses to
    serve; `None` leaves that out (then pass `--open`). More `args` go to `doorstep-relay serve`.
    """
    relay = Relay(data, port=port, args=args)
    if token:
        relay.token(token)
    relay.start()
    try:
        yield relay
    except BaseException:
        print(f"--- the relay's log ---\n{relay.log}")
        raise
    finally:
        relay.kill()
