"""A relay with a token, and a client's environment in which nothing is set but what a test says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

from tests.support import Relay


@dataclass(frozen=True)
class Lasting:
    """A relay that nobody breaks."""

    relay: Relay
    token: str


@pytest.fixture(scope="session")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lasting]:
    relay = Relay(tmp_path_factory.mktemp("getting-out"))
    token = relay.token("alice")
    relay.start()
    try:
        yield Lasting(relay, token)
    finally:
        relay.kill()


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """An authority that no computer knows."""
    return trustme.CA(organization_name="Acme Web Gateway")


@pytest.fixture
def ca(authority: trustme.CA, tmp_path: Path) -> Path:
    """The authority's certificate as a file."""
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return tmp_path / "ca.pem"


@pytest.fixture
def pem(authority: trustme.CA, tmp_path: Path) -> Path:
    """Key and certificate of a server on this computer, also for the links `first` and `hello`."""
    issued = authority.issue_cert("localhost", "127.0.0.1", "first.localhost", "hello.localhost")
    issued.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "server.pem"))
    return tmp_path / "server.pem"
