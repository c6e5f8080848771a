"""A relay and a client that many tests use, and relays that one test may break."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.link.clients import Client, client
from tests.support import Relay, run_relay


@dataclass
class Lasting:
    """A relay and a client that nobody breaks."""

    relay: Relay
    token: str
    client: Client

    @property
    def url(self) -> str:
        return self.client.url


@pytest.fixture(scope="session")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lasting]:
    with run_relay(tmp_path_factory.mktemp("lasting"), "--heartbeat", "1s") as relay:
        token = relay.token("lasting")
        with client(relay, token, name="lasting") as running:
            yield Lasting(relay, token, running)


@pytest.fixture
def start_relay(tmp_path: Path) -> Iterator[Callable[..., Relay]]:
    """Relays that a test may stop, kill and start again. A heartbeat of 0.4 s unless it says otherwise."""
    with ExitStack() as stack:

        def start(*args: str, name: str = "relay", token: str | None = "first") -> Relay:
            wanted = args if "--heartbeat" in args else ("--heartbeat", "0.4s", *args)
            return stack.enter_context(run_relay(tmp_path / name, *wanted, token=token))

        yield start
