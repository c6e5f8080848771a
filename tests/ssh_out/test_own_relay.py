"""A relay of ours is an SSH server, too: the two halves meet."""

from __future__ import annotations

from pathlib import Path

import pytest

from doorstep_client.link import share
from tests.link.app import app
from tests.ssh_out.server import own_keys
from tests.support import Relay, free_port, wait_for


def test_a_link_through_the_ssh_door_of_a_relay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    relay = Relay(tmp_path / "relay", args=["--ssh", f"127.0.0.1:{port}"])
    token = relay.token("alice")
    monkeypatch.setenv("DOORSTEP_SSH_COMMAND", own_keys(tmp_path))
    relay.start()
    try:
        with share(app, relay=f"ssh://{token}@127.0.0.1:{port}?forwarded=yes", name="met") as link:
            assert link.url == f"http://met.localhost:{relay.port}"
            seen = relay.visit(f"{link.url}/here", headers={"X-Forwarded-For": "10.9.8.7"}).json()
            assert (seen["path"], seen["client"]) == ("/here", ["127.0.0.1", 0])

            relay.kill()
            wait_for(lambda: link.status == "reconnecting", 30, what="the loss")
            relay.start()
            wait_for(lambda: link.status == "live", 40, what="the return")
            assert relay.visit(f"{link.url}/again").status == 200
    finally:
        relay.kill()
