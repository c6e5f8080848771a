"""One relay a database file: a second one would take the first one's shares for lost.

The lock is the operating system's, on a file beside the database. It ends with the process, however
that ends. PostgreSQL needs none: it is for fleets, whose nodes know of each other.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from doorstep_relay.errors import ConfigError


@contextmanager
def only_relay_of(database: str | None) -> Iterator[None]:
    """Hold the file of a database for this process; None is a server's, and needs no lock.

    Raises `ConfigError` when another relay has it.
    """
    if database is None:
        yield
        return
    path = Path(f"{database}.lock")
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _lock(descriptor, database)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, database: str) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(descriptor, 32).decode("ascii", "replace").strip()
        raise ConfigError(
            f"another relay (process {holder or 'unknown'}) already serves the database {database!r}; "
            "stop it first, or give this one a directory of its own with --data"
        ) from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
