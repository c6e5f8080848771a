"""Real sshd processes, each with keys of its own, and a client that uses no others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from doorstep_client.link import Link, share
from tests.link.app import app
from tests.ssh_out.server import SshServer
from tests.support import free_port

StartServer = Callable[..., SshServer]
OpenLink = Callable[..., Link]


@pytest.fixture
def start_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StartServer]:
    with ExitStack() as stack:

        def start(**how: Any) -> SshServer:
            server = SshServer(tmp_path / "sshd", **how)
            stack.callback(server.kill)
            server.start()
            monkeypatch.setenv("DOORSTEP_SSH_COMMAND", server.command)
            return server

        yield start


@pytest.fixture
def open_link() -> Iterator[OpenLink]:
    """`share(app)`, over a port of its own there."""
    with ExitStack() as stack:

        def opened(server: SshServer, query: str = "", *, target: Any = app, **how: Any) -> Link:
            remote = "" if "remote=" in query else f"remote={free_port()}&"
            link = share(target, relay=f"{server.url}?{remote}{query}".rstrip("&?"), **how)
            stack.callback(link.close)
            return link

        yield opened
