"""Where a request goes, without any connection."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from doorstep_relay.edge.hosts import Hosts
from doorstep_relay.edge.request import RequestHead, read_request
from doorstep_relay.edge.routing import Goal, Refusal, route
from tests.relay.edge.stage import WEBSOCKET, request, tunnel_request

SESSION = request("/.doorstep/session", "Connection: Upgrade", "Upgrade: websocket", host="localhost")


@dataclass
class Asker:
    label: str = ""
    trusted: bool = False
    surplus: bool = False
    is_last_call: bool = False


def goal(raw: bytes, asker: Asker | None = None, rest: bytes = b"") -> tuple[str, RequestHead]:
    """A goal's name or a refusal's code, and the head as it would go on."""
    head = read_request(raw)
    found = route(asker or Asker(), head, Hosts("localhost").place(head.host), rest)
    return (found.code if isinstance(found, Refusal) else found.name), head


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (request(), Goal.SHARE.name),
        (request(host="localhost"), Goal.APEX.name),
        (request(host="127.0.0.1:80"), Goal.APEX.name),
        (request(host="elsewhere.example"), "no-such-share"),
        (request(host="a b"), "bad-request"),
        (tunnel_request(), Goal.TUNNEL.name),
        (request("/.doorstep/tunnel"), "not-found"),
        (SESSION, Goal.APEX.name),
    ],
)
def test_a_request_goes_where_its_host_and_path_say(raw: bytes, name: str) -> None:
    assert goal(raw)[0] == name


def test_a_connection_serves_the_share_that_it_asked_for_first() -> None:
    assert goal(request(), Asker(label="demo"))[0] == "SHARE"
    assert goal(request(host="other.localhost"), Asker(label="demo"))[0] == "misdirected"
    assert goal(request(host="localhost"), Asker(label="demo"))[0] == "misdirected"


def test_a_trusted_proxy_asks_for_many() -> None:
    assert goal(request(host="other.localhost"), Asker(label="demo", trusted=True))[0] == "SHARE"


def test_beyond_the_limit_only_clients_are_welcome() -> None:
    surplus = Asker(surplus=True)
    assert [goal(raw, surplus)[0] for raw in (request(), request(host="localhost"))] == ["busy", "busy"]
    assert [goal(raw, surplus)[0] for raw in (tunnel_request(), SESSION)] == ["TUNNEL", "APEX"]


def test_at_the_last_call_everybody_has_one_more_request() -> None:
    last = Asker(surplus=True, is_last_call=True)
    for raw, name in ((request(), "SHARE"), (request(host="localhost"), "APEX")):
        found, head = goal(raw, last)
        assert (found, head.keep_alive) == (name, False)


def test_an_upgrade_goes_on_only_where_it_is_understood() -> None:
    assert goal(WEBSOCKET)[1].upgrade == b"websocket"
    assert goal(SESSION)[1].upgrade == b"websocket"
    assert goal(WEBSOCKET.replace(b"demo.", b""))[1].upgrade == b""
    reverse = request("/", "Connection: Upgrade", "Upgrade: doorstep-reverse")
    assert goal(reverse)[1].upgrade == b""


def test_bytes_before_an_agreement_are_refused() -> None:
    assert goal(tunnel_request(), rest=b"x")[0] == "ticket-refused"
    assert goal(SESSION, rest=b"x")[0] == "bad-request"
