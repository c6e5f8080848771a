"""TCP ports for servers that must be told theirs."""

from __future__ import annotations

import os
import random
import socket
from typing import Final

_FIRST: Final = 12_000
_LAST: Final = 32_000
"""Below the range from which systems choose: who dials, or binds to port 0, never gets one of these."""

_chosen = random.Random(os.getpid())  # noqa: S311  # to keep test runs side by side apart
_given: set[int] = set()


def free_port(host: str = "127.0.0.1") -> int:
    """A TCP port that nobody uses, given only once. Prefer port 0 where a server can say what it got."""
    while len(_given) < (_LAST - _FIRST) // 2:
        port = _chosen.randrange(_FIRST, _LAST)
        if port not in _given and _is_free(host, port):
            _given.add(port)
            return port
    raise RuntimeError("half of all ports were given: something asks for them without end")


def _is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True
