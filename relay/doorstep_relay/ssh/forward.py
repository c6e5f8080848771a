"""What one `-R` of a client means: which name it asks for, and what stands for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import asyncssh

from doorstep_client import wire

_NO_NAMES: Final = frozenset({"", "*", "localhost", "0.0.0.0", "127.0.0.1", "::", "::1"})  # noqa: S104
"""What clients send when their user gave no address to listen at."""
_FIRST_PORT: Final = 80


@dataclass(slots=True, eq=False)
class Forward:
    """A share that a client asked for. `host` and `port` are what it knows it by."""

    number: int
    host: str
    port: int
    answer: asyncio.Future[wire.Opened | wire.Error]
    opened: wire.Opened | None = None
    made_up: bool = False
    """Whether the relay chose its name."""
    key: str = ""
    """The key that its link asks for."""


class Listener(asyncssh.SSHListener):
    """Stands for a share where asyncssh expects a listening port."""

    def __init__(self, port: int, closed: Callable[[], None]) -> None:
        super().__init__()
        self._port = port
        self._closed = closed

    def get_port(self) -> int:
        return self._port

    def close(self) -> None:
        self._closed()

    async def wait_closed(self) -> None:
        pass


def name_in(host: str, domain: str) -> str | None:
    """The name that `-R NAME:80:…` or `-R NAME.DOMAIN:80:…` asks for; None where it asks for none."""
    asked = host.lower()
    return None if asked in _NO_NAMES else asked.removesuffix(f".{domain}")


def port_of(asked: int, others: Iterable[Forward]) -> int:
    """The port that the client is told: the one it asked for, or for `-R 0:…` one that it has not yet."""
    taken = {other.port for other in others}
    return asked or next(port for port in range(_FIRST_PORT, 65536) if port not in taken)
