"""Host names of accounts' own: proven by the DNS, shown at once, never another account's share."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from tests.link.clients import client
from tests.link.conftest import StartRelay
from tests.support import Relay, wait_for
from tests.support.dns import NameServer, name_server

HOST = "app.example.net"


@pytest.fixture
def dns() -> Iterator[NameServer]:
    with name_server() as server:
        yield server


class Caller:
    """Who calls the relay's API with a token."""

    def __init__(self, relay: Relay, token: str) -> None:
        self._relay = relay
        self._token = token

    def __call__(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        request = urllib.request.Request(
            f"{self._relay.url}/api/v1{path}",
            None if body is None else json.dumps(body).encode(),
            {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read() or b"null")


def seen(relay: Relay, host: str = HOST) -> int:
    return relay.visit("/", headers={"Host": host}).status


def test_row_10_a_proven_host_shows_its_share_until_it_is_removed(
    start_relay: StartRelay, dns: NameServer
) -> None:
    relay, token = start_relay("--dns-server", dns.address)
    alice, bob = Caller(relay, token), Caller(relay, relay.token("bob"))
    with client(relay, token, name="demo") as running:
        assert seen(relay) == 404
        assert bob("POST", "/domains", {"host": HOST, "name": "demo"})[0] == 404, "not bob's share"
        status, said = alice("POST", "/domains", {"host": HOST, "name": "demo"})
        assert (status, said["record"], said["verified_at"]) == (201, f"_doorstep.{HOST}", None)

        assert alice("POST", f"/domains/{HOST}/verify")[1]["code"] == "not-proven"
        dns.records[said["record"]] = ["v=spf1 -all", "doorstep=wrong"]
        assert alice("POST", f"/domains/{HOST}/verify")[0] == 409
        dns.records[said["record"]] = None
        assert alice("POST", f"/domains/{HOST}/verify")[0] == 409
        assert seen(relay) == 404

        dns.records[said["record"]] = ["v=spf1 -all", said["value"]]
        assert bob("POST", f"/domains/{HOST}/verify")[0] == 404
        assert alice("POST", f"/domains/{HOST}/verify")[0] == 200
        answer = relay.visit("/", headers={"Host": f"{HOST.upper()}.:80"})
        assert answer.json()["pid"] == running.pid
        for other in (f"x.{HOST}", "example.net", f"{HOST}.localhost", f"{HOST}x"):
            assert seen(relay, other) == 404, other
        assert relay.visit(f"/api/v1/ask?domain={HOST}").status == 200

        assert bob("DELETE", f"/domains/{HOST}")[0] == 404
        assert alice("DELETE", f"/domains/{HOST}")[0] == 204
        assert seen(relay) == 404
        assert relay.visit(f"/api/v1/ask?domain={HOST}").status == 404


def test_row_10_a_host_never_shows_what_another_account_has_under_the_name(
    start_relay: StartRelay, dns: NameServer
) -> None:
    relay, token = start_relay("--dns-server", dns.address)
    alice = Caller(relay, token)
    bob = relay.token("bob")
    with client(relay, token, name="demo") as running:
        said = alice("POST", "/domains", {"host": HOST, "name": "demo"})[1]
        dns.records[said["record"]] = [said["value"]]
        assert alice("POST", f"/domains/{HOST}/verify")[0] == 200
        relay.cli("share", "transfer", "demo", "bob")
        assert running.ended() == "taken-over"
        with client(relay, bob, name="demo") as others:
            assert relay.visit(others.url).json()["pid"] == others.pid
            assert seen(relay) == 404


def test_a_host_is_shown_after_a_restart_too(start_relay: StartRelay, dns: NameServer) -> None:
    relay, token = start_relay("--dns-server", dns.address)
    relay.cli("name", "reserve", "demo", "alice")
    line = relay.cli("domain", "add", HOST, "demo", "--account", "alice").split()
    dns.records[line[0]] = [line[2]]
    relay.cli("domain", "verify", HOST, "--account", "alice", "--dns-server", dns.address)
    with client(relay, token, name="demo"):
        wait_for(lambda: seen(relay) == 200, what="the host")
        relay.stop()
        relay.start()
        wait_for(lambda: seen(relay) == 200, 15, what="the host again")
        assert relay.visit("/api/v1/ask?domain=demo.localhost").status == 200
        assert relay.visit("/api/v1/ask?domain=other.localhost").status == 404
