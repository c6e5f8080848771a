"""The relay behind real Caddy and HAProxy, configured by the files that operators are given."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import trustme
from websockets.asyncio.client import connect

from tests.http.http2 import ask_on_one_h2_connection, ask_over_h3, echo_on_one_h2_connection
from tests.http.proxies import FRONTS, Front
from tests.http.stage import client
from tests.support import Relay, free_port

MEGABYTE = 1024 * 1024
APP = "tests.http.app:app"
VISITOR = "127.0.0.9"
"""Where visitors come from: loopback too, but not the proxy's address."""


@dataclass
class Fronted:
    """A relay that trusts the proxy in front of it, with two links."""

    front: Front
    relay: Relay
    token: str

    def url(self, name: str, path: str = "/") -> str:
        return f"https://{self.host(name)}{path}"

    def host(self, name: str) -> str:
        return f"{name}.localhost:{self.front.port}"


@pytest.fixture(scope="module", params=FRONTS)
def fronted(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronted]:
    folder, port = tmp_path_factory.mktemp(request.param), free_port()
    public = ["--public-url", f"https://localhost:{port}", "--trusted-proxies", "127.0.0.1/32"]
    with ExitStack() as stack:
        relay = Relay(folder / "relay", args=public)
        token = relay.token("alice")
        stack.callback(relay.kill)
        relay.start()
        start = FRONTS[request.param]
        front = stack.enter_context(start(folder, port, f"127.0.0.1:{relay.port}", trustme.CA()))
        urls = client(stack, relay.url, token, {"first-app": APP, "other-app": APP})
        fronted = Fronted(front, relay, token)
        assert urls == {name: fronted.url(name).rstrip("/") for name in urls}
        yield fronted


@pytest.mark.parametrize("version", ["1.1", "2"])
def test_the_app_sees_who_asks_and_that_it_is_https(fronted: Fronted, version: str) -> None:
    shown = fronted.front.curl(fronted.url("first-app"), f"--http{version}", "-w", "\n%{http_version}")
    facts, used = shown.stdout.decode().split("\n")

    assert used == version
    assert (json.loads(facts)["client"], json.loads(facts)["scheme"]) == (VISITOR, "https")


def test_what_a_visitor_claims_about_itself_is_not_believed(fronted: Fronted) -> None:
    claims = [
        "X-Forwarded-For: 1.2.3.4",
        "X-Forwarded-Proto: http",
        "X-Real-IP: 1.2.3.4",
        "Forwarded: for=1.2.3.4",
    ]
    options = [option for claim in claims for option in ("-H", claim)]
    facts = fronted.front.curl(fronted.url("first-app"), *options).stdout

    assert b"1.2.3.4" not in facts
    assert (json.loads(facts)["client"], json.loads(facts)["scheme"]) == (VISITOR, "https")


async def test_one_http2_connection_reaches_two_links_and_the_relay(fronted: Fronted) -> None:
    hosts = [fronted.host("first-app"), fronted.host("other-app")] * 20
    asked = [(host, f"/{number}") for number, host in enumerate(hosts)]
    asked.append((f"localhost:{fronted.front.port}", "/healthz"))
    got = await ask_on_one_h2_connection(
        fronted.front.port, fronted.front.context(), "first-app.localhost", asked
    )

    assert {status for status, _ in got} == {200}
    for (host, path), (_, body) in zip(asked[:-1], got[:-1], strict=True):
        assert json.loads(body)["raw_path"] == path
        assert ["host", host] in json.loads(body)["headers"]


def test_the_proxys_own_connections_serve_links_in_turn(fronted: Fronted) -> None:
    with httpx.Client(verify=fronted.front.context(), trust_env=False, timeout=60) as visitor:
        codes = {visitor.get(fronted.url(name)).status_code for name in ("first-app", "other-app") * 20}

    assert codes == {200}


def test_50_mb_pass_in_each_direction(fronted: Fronted, tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_bytes(bytes(range(256)) * (50 * 4096))
    up = fronted.front.curl(fronted.url("first-app", "/upload"), "--http2", "-T", str(path)).stdout
    down = fronted.front.curl(
        fronted.url("first-app", f"/stream?{50 * MEGABYTE}"),
        "--http2",
        "-o",
        "/dev/null",
        "-w",
        "%{size_download}",
    ).stdout

    assert json.loads(up) == {"size": 50 * MEGABYTE, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    assert int(down) == 50 * MEGABYTE


def test_a_413_that_comes_during_an_upload_is_seen(fronted: Fronted, tmp_path: Path) -> None:
    """curl 7.88 may drop a body that comes together with the end of its stream, and says so by 18."""
    path = tmp_path / "upload"
    path.write_bytes(bytes(20 * MEGABYTE))
    options = ["--http2", "-T", str(path), "-w", " %{http_code}"]
    done = fronted.front.curl(fronted.url("first-app", "/too-large"), *options, accepted=(0, 18))

    assert done.stdout == (b" 413" if done.returncode else b"too large 413")


def test_events_are_not_held_back(fronted: Fronted) -> None:
    """Each is sent when the one before it has been seen: one that were held back would be the last."""
    with (
        httpx.Client(http2=True, verify=fronted.front.context(), trust_env=False, timeout=60) as visitor,
        visitor.stream("GET", fronted.url("first-app", "/steps?here")) as answer,
    ):
        lines = (line for line in answer.iter_lines() if line)
        for number in range(5):
            fronted.front.curl(fronted.url("first-app", "/step?here"))
            assert next(lines) == f"data: {number}"

    assert answer.http_version == "HTTP/2"


async def test_websockets_inside_http2_pass_where_the_proxy_offers_them(fronted: Fronted) -> None:
    """HAProxy does (RFC 8441), Debian's Caddy does not: browsers then open a connection of HTTP/1.1."""
    host, words = fronted.host("first-app"), [b"one", b"two" * 20]
    heard = await echo_on_one_h2_connection(
        fronted.front.port, fronted.front.context(), host.split(":")[0], host, "/ws", words
    )

    assert heard == (words if fronted.front.name == "haproxy" else None)


async def test_websockets_pass(fronted: Fronted) -> None:
    how = {
        "ssl": fronted.front.context(),
        "proxy": None,
        "local_addr": (VISITOR, 0),
        "max_size": 4 * MEGABYTE,
    }
    async with asyncio.timeout(60):
        async with connect(f"wss://{fronted.host('first-app')}/ws", **how) as socket:  # type: ignore[arg-type]
            for message in ("hello", b"x" * MEGABYTE, ""):
                await socket.send(message)
                assert await socket.recv() == message
            await socket.send("close 4001 enough")
            await socket.wait_closed()
            assert (socket.close_code, socket.close_reason) == (4001, "enough")
        async with connect(f"wss://{fronted.host('first-app')}/ws/headers", **how) as socket:  # type: ignore[arg-type]
            facts = json.loads(await socket.recv())

    assert (facts["client"], facts["scheme"]) == (VISITOR, "wss")


def test_a_head_of_60_kib_passes_both_ways(fronted: Fronted) -> None:
    fields = [option for number in range(100) for option in ("-H", f"X-{number}: {'v' * 560}")]
    facts = json.loads(fronted.front.curl(fronted.url("first-app"), "--http1.1", *fields).stdout)
    shown = fronted.front.curl(fronted.url("first-app", "/fields?100,560"), "--http1.1", "-i").stdout

    assert sum(value == "v" * 560 for _, value in facts["headers"]) == 100
    assert shown.count(b"v" * 560) == 100


def test_the_relays_own_pages_come_through(fronted: Fronted) -> None:
    shown = fronted.front.curl(
        fronted.url("third-app"), "-H", "Accept: text/html", "-w", "%{http_code}"
    ).stdout

    assert shown.endswith(b"404")
    assert b"There is no link of this name" in shown


def test_a_client_may_come_through_the_proxy_too(fronted: Fronted) -> None:
    with ExitStack() as stack:
        relay = f"https://localhost:{fronted.front.port}"
        ca = {"SSL_CERT_FILE": str(fronted.front.ca)}
        client(stack, relay, fronted.token, {"third-app": APP}, **ca)
        facts = json.loads(fronted.front.curl(fronted.url("third-app"), "--http2").stdout)

    assert facts["client"] == VISITOR


@pytest.mark.parametrize("fronted", ["caddy"], indirect=True)  # Debian's HAProxy is built without QUIC
async def test_http3_visitors_are_served(fronted: Fronted) -> None:
    first, other, upload = fronted.host("first-app"), fronted.host("other-app"), bytes(2 * MEGABYTE)
    asked = [
        (first, "/a", b""),
        (other, "/b", b""),
        (first, f"/stream?{MEGABYTE}", b""),
        (first, "/upload", upload),
    ]
    got = await ask_over_h3(fronted.front.port, str(fronted.front.ca), asked)

    assert [status for status, _ in got] == [200] * 4
    assert [json.loads(body)["raw_path"] for _, body in got[:2]] == ["/a", "/b"]
    assert json.loads(got[0][1])["scheme"] == "https"
    assert len(got[2][1]) == MEGABYTE
    assert json.loads(got[3][1])["size"] == len(upload)
