"""A relay for SSH clients that nobody breaks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.link.ssh.programs import SshRelay, run_ssh_relay


@pytest.fixture(scope="session")
def ssh_relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshRelay]:
    with run_ssh_relay(tmp_path_factory.mktemp("ssh")) as running:
        yield running
