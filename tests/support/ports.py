"""TCP ports for servers that must be told theirs."""

from __future__ import annotations

import os
import random
import socket
from typing import Final

_FIRST: Final = 12_000
_LAST: Final = 32_000
"""Below the range from which systems choose: who dials, or binds to port 0, never gets one of these."""

_LANES: Final = 8
_lane = int(os.environ.get("PYTEST_XDIST_WORKER", f"gw{os.getpid()}")[2:]) % _LANES
"""Tests that run side by side take other ports from one another."""

_chosen = random.Random(os.getpid())  # noqa: S311  # no secret
_given: set[int] = set()


def free_port(host: str = "127.0.0.1") -> int:
    """A TCP port that nobody uses, given only once. Prefer port 0 where a server can say what it got."""
    while len(_given) < (_LAST - _FIRST) // _LANES // 2:
        port = _chosen.randrange(_FIRST + _lane, _LAST, _LANES)
        if port not in _given and _is_free(host, port):
            _given.add(port)
            return port
    raise RuntimeError("half of the ports were given: something asks for them without end")


def _is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True
