"""A real PostgreSQL, started for the tests on a socket and port of their own and thrown away after them."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.support.ports import free_port
from tests.support.process import Process
from tests.support.waiting import wait_for

_USER = "doorstep"
_HASTY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "60"}
"""Nothing here has to survive a power cut."""
_INSTALL = "PostgreSQL is missing; run: apt-get install postgresql"


@contextlib.contextmanager
def run_postgres() -> Iterator[str]:
    """The URL of a server's empty database. Debian's programs; as root they run as the user `postgres`."""
    programs = _programs()
    with tempfile.TemporaryDirectory(prefix="doorstep-postgres-") as scratch:
        place = Path(scratch)
        _give_away(place)
        _call(programs / "initdb", "--auth=trust", f"--username={_USER}", "--no-sync", place / "data")
        port = free_port()
        options = [f"--{name.replace('_', '-')}={value}" for name, value in _HASTY.items()]
        where = ["-D", str(place / "data"), "-k", str(place), "-h", "127.0.0.1", "-p", str(port)]
        log = place.parent / f"{place.name}.log"
        server = Process(_as_postgres(programs / "postgres", *where, *options), log=log, env=_env())
        try:
            wait_for(lambda: _is_ready(programs, port), 60, what=f"PostgreSQL: {log.read_text()}")
            yield f"postgresql://{_USER}@127.0.0.1:{port}/postgres"
        finally:
            server.send(signal.SIGINT)  # it does not wait for whoever is still connected
            server.wait(60)
            log.unlink()


def _programs() -> Path:
    """Where Debian keeps the server's programs: not on PATH, as several versions may be there."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("postgres")
    if on_path is None:
        raise FileNotFoundError(_INSTALL)
    return Path(on_path).resolve().parent


def _as_postgres(*command: object) -> list[str]:
    """PostgreSQL refuses to run as root."""
    words = [str(word) for word in command]
    return (
        ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *words] if _is_root() else words
    )


def _is_root() -> bool:
    return os.geteuid() == 0


def _give_away(place: Path) -> None:
    if _is_root():
        shutil.chown(place, "postgres", "postgres")


def _call(*command: object) -> None:
    done = subprocess.run(
        _as_postgres(*command), env=_env(), capture_output=True, text=True, timeout=60, check=False, cwd="/"
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _is_ready(programs: Path, port: int) -> bool:
    command: Sequence[object] = (programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", port)
    return subprocess.run([str(word) for word in command], check=False, timeout=10).returncode == 0


def _env() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
