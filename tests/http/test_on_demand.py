"""Caddy makes a certificate when a name has its first visitor, if the relay says that the name is a link."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from websockets.asyncio.client import connect

from tests.http.http2 import ask_on_one_h2_connection
from tests.http.proxies import Front, caddy_on_demand
from tests.http.stage import client
from tests.http.test_proxies import APP, Fronted
from tests.support import Relay, free_port

_TLS_FAILED = 35
"""curl's exit when there is no certificate to be had."""


@pytest.fixture(scope="module")
def fronted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronted]:
    folder, port = tmp_path_factory.mktemp("on-demand"), free_port()
    public = ["--public-url", f"https://localhost:{port}", "--trusted-proxies", "127.0.0.1/32"]
    with ExitStack() as stack:
        relay = Relay(folder / "relay", args=public)
        token = relay.token("alice")
        stack.callback(relay.kill)
        relay.start()
        front = stack.enter_context(caddy_on_demand(folder, port, f"127.0.0.1:{relay.port}"))
        client(stack, relay.url, token, {"first-app": APP})
        yield Fronted(front, relay, token)


@pytest.mark.parametrize("version", ["1.1", "2"])
def test_a_first_visitor_gets_a_certificate_and_the_app(fronted: Fronted, version: str) -> None:
    shown = fronted.front.curl(fronted.url("first-app"), f"--http{version}", "-w", "\n%{http_version}")
    facts, used = shown.stdout.decode().split("\n")

    assert used == version
    assert json.loads(facts)["scheme"] == "https"


async def test_many_requests_share_one_http2_connection(fronted: Fronted) -> None:
    host = fronted.host("first-app")
    asked = [(host, f"/{number}") for number in range(10)]
    got = await ask_on_one_h2_connection(
        fronted.front.port, fronted.front.context(), "first-app.localhost", asked
    )
    assert {status for status, _ in got} == {200}


async def test_a_websocket_passes(fronted: Fronted) -> None:
    url = f"wss://{fronted.host('first-app')}/ws"
    async with connect(url, ssl=fronted.front.context(), host="127.0.0.1", proxy=None) as socket:
        await socket.send(b"hello")
        assert await socket.recv() == b"hello"


@pytest.mark.parametrize("host", ["no-such-link.localhost", "bank.example.com", "a.first-app.localhost"])
def test_a_name_that_is_not_ours_gets_no_certificate(fronted: Fronted, host: str) -> None:
    done = _handshake(fronted.front, host)

    assert done.returncode == _TLS_FAILED, done.stderr
    assert not list(_certificates(fronted.front, host))
    assert list(_certificates(fronted.front, "localhost"))


def _handshake(front: Front, host: str) -> subprocess.CompletedProcess[bytes]:
    options = ["--resolve", f"{host}:{front.port}:127.0.0.1"]
    return front.curl(f"https://{host}:{front.port}/", *options, accepted=(_TLS_FAILED,))


def _certificates(front: Front, host: str) -> Iterator[Path]:
    return (front.ca.parents[3] / "certificates").rglob(f"{host}.crt")


def test_the_certificate_names_that_host_and_no_other(fronted: Fronted) -> None:
    fronted.front.curl(fronted.url("first-app"))
    with (
        socket.create_connection(("127.0.0.1", fronted.front.port), 20) as plain,
        fronted.front.context().wrap_socket(plain, server_hostname="first-app.localhost") as secure,
    ):
        facts = secure.getpeercert()
    assert facts is not None
    assert facts["subjectAltName"] == (("DNS", "first-app.localhost"),)
