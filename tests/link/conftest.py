"""A relay and a client that many tests use, and relays that one test may break."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.link.clients import Client, client
from tests.support import Relay

HEARTBEAT = 1.0
QUICK = ("--heartbeat", f"{HEARTBEAT}s")
"""For a relay that misses who is silent soon. Others have patience with a client that stands still."""

StartRelay = Callable[..., tuple[Relay, str]]


@dataclass
class Lasting:
    """A relay that nobody breaks, with a client that nobody ends. Tests take names of their own on it."""

    relay: Relay
    client: Client
    _tokens: dict[str, str]

    @property
    def url(self) -> str:
        return self.client.url

    def token(self, account: str = "alice") -> str:
        """The account's token; made once, because each is a command of its own."""
        if account not in self._tokens:
            self._tokens[account] = self.relay.token(account)
        return self._tokens[account]


@pytest.fixture(scope="session")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lasting]:
    relay = Relay(tmp_path_factory.mktemp("lasting"))
    token = relay.token("alice")
    relay.start()
    try:
        with client(relay, token, name="lasting") as running:
            yield Lasting(relay, running, {"alice": token})
    finally:
        relay.kill()


@pytest.fixture
def start_relay(tmp_path: Path) -> Iterator[StartRelay]:
    """Relays that a test may stop, kill and start again, each with an account `alice`."""
    with ExitStack() as stack:

        def start(*args: str) -> tuple[Relay, str]:
            relay = Relay(tmp_path / "relay", args=args)
            token = relay.token("alice")
            stack.callback(relay.kill)
            relay.start()
            return relay, token

        yield start
