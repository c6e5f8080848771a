"""A relay that people run: it stops without losing a request, takes up settings, and tells what it does."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.link.clients import client, get, not_ready, under_way
from tests.link.conftest import StartRelay
from tests.support import Relay, free_port, wait_for

IN_FLIGHT = 100


def hup(relay: Relay) -> None:
    """Have the settings read again, and wait until they are."""
    before = relay.log.count("Settings read again")
    assert relay.process is not None
    relay.process.popen.send_signal(signal.SIGHUP)
    wait_for(lambda: relay.log.count("Settings read again") > before, what="the settings to be read again")


# -- the way out -----------------------------------------------------------------------------------


def test_a_relay_that_is_told_to_stop_answers_every_request_under_way(
    start_relay: StartRelay, tmp_path: Path
) -> None:
    relay, token = start_relay("--drain", "60s", "--spare-tunnels", "1")
    with client(relay, token, name="demo") as running, ThreadPoolExecutor(IN_FLIGHT) as pool:
        idle = socket.create_connection(("127.0.0.1", relay.port))
        url = running.url
        held = f"{url}/held?{tmp_path}/go"
        answers = [pool.submit(relay.visit, held, deadline=60.0) for _ in range(IN_FLIGHT)]
        assert relay.process is not None
        wait_for(
            lambda: under_way(relay, token, url) == IN_FLIGHT,
            40,
            what="every request to be with the app or wait",
        )
        relay.process.popen.terminate()
        wait_for(lambda: not_ready(relay), what="/readyz to say no, or the port to be closed")
        (tmp_path / "go").touch()
        assert [answer.result(60).body for answer in answers] == [b"held"] * IN_FLIGHT
        assert relay.process.popen.wait(20) == 0
        assert idle.recv(1) == b"", "a connection without a request ends"
        idle.close()
    assert "were cut" not in relay.log


def test_what_does_not_end_is_cut_when_the_time_is_over(start_relay: StartRelay) -> None:
    relay, token = start_relay("--drain", "0.5s")
    with client(relay, token, name="demo") as running, get(relay, running.url, "/events?") as events:
        assert events.read(8) == b"data: 0\n"
        began = time.monotonic()
        relay.stop()
        assert 0.4 < time.monotonic() - began < 5
    assert "requests under way were cut" in relay.log


# -- settings --------------------------------------------------------------------------------------


def test_settings_are_taken_up_on_sighup_as_far_as_they_can_be(
    start_relay: StartRelay, tmp_path: Path
) -> None:
    file = tmp_path / "relay.toml"
    file.write_text('limit_requests = "none"\n')
    relay, token = start_relay("--config", str(file))
    with client(relay, token, name="demo") as running:
        for _ in range(5):
            assert relay.visit(running.url).status == 200
        file.write_text('limit_requests = 1\nmax_sessions = 5\nheartbeat = "2s"\n')
        hup(relay)
        wait_for(lambda: relay.visit(running.url).status == 429, what="the new limit to hold")
        wait_for(lambda: "need a restart: max_sessions" in relay.log, what="what cannot change to be named")
        file.write_text("limit_request = 1\n")
        before = relay.log
        assert relay.process is not None
        relay.process.popen.send_signal(signal.SIGHUP)
        wait_for(lambda: "did you mean limit_requests?" in relay.log[len(before) :], what="a refusal")
        assert relay.visit(running.url).status in {200, 429}, "it goes on as it was"


def test_systemd_is_told_how_the_relay_stands(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.settimeout(45)
        path = tmp_path / "notify"
        listener.bind(str(path))
        relay = Relay(tmp_path / "relay", args=["--open"], env={"NOTIFY_SOCKET": str(path)})
        relay.start()
        assert listener.recv(500).startswith(b"READY=1\n")
        hup(relay)
        assert re.match(rb"RELOADING=1\nMONOTONIC_USEC=\d+", listener.recv(500))
        assert listener.recv(500).startswith(b"READY=1\n")
        relay.stop()
        assert listener.recv(500).startswith(b"STOPPING=1\n")


# -- what it tells ---------------------------------------------------------------------------------


@pytest.fixture
def telling(start_relay: StartRelay, tmp_path: Path) -> Iterator[tuple[Relay, str, int, Path]]:
    """A relay with an access log and metrics, the link of a client, the metrics' port, the log's file."""
    port, log = free_port(), tmp_path / "access.log"
    relay, token = start_relay("--access-log", str(log), "--metrics", f"127.0.0.1:{port}")
    with client(relay, token, name="demo") as running:
        yield relay, running.url, port, log


def lines(log: Path, count: int) -> list[dict[str, object]]:
    wait_for(lambda: log.exists() and log.read_text().count("\n") >= count, what=f"{count} lines in the log")
    return [json.loads(line) for line in log.read_text().splitlines()]


def test_each_request_is_a_line_of_the_access_log_without_its_secrets(
    telling: tuple[Relay, str, int, Path], tmp_path: Path
) -> None:
    relay, url, _, log = telling
    answer = relay.visit(
        url + "/a?key=hunter2&x",
        headers={"Cookie": "hunter2", "X-Request-Id": "mine", "Authorization": "hunter2"},
    )
    relay.visit(relay.share_url("nothing", "/b?hunter2"))
    first, second = lines(log, 2)
    assert "hunter2" not in log.read_text()
    assert first["path"] == "/a?key=*&*"
    assert (first["share"], first["method"], first["status"]) == ("demo", "GET", 200)
    assert first["id"] == answer.header("X-Request-Id") != "mine"
    assert (second["path"], second["status"], second["code"]) == ("/b?*", 404, "no-such-share")
    log.rename(tmp_path / "access.log.1")
    hup(relay)
    relay.visit(url + "/c")
    (third,) = lines(log, 1)
    assert third["path"] == "/c"


def test_prometheus_reads_what_goes_on_at_a_port_of_its_own(telling: tuple[Relay, str, int, Path]) -> None:
    relay, url, port, _ = telling
    relay.visit(url)
    relay.visit(relay.share_url("nothing"))

    def told() -> dict[str, float]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=45)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
        samples = re.findall(r'^(doorstep_relay_\w+(?:\{[a-z]+="[^"]*"\})?) (\S+)$', text, re.MULTILINE)
        assert len(samples) == sum(not line.startswith("#") for line in text.splitlines())
        assert "demo" not in text, "no share has a label"
        return {name: float(value) for name, value in samples}

    seen = ("doorstep_relay_share_requests_total", 'doorstep_relay_own_answers_total{code="no-such-share"}')
    now = wait_for(
        lambda: found if all((found := told()).get(name) == 1 for name in seen) else None,
        what="both requests to be counted",
    )
    assert now["doorstep_relay_shares"] == 1
    assert now['doorstep_relay_answers_total{status="2xx"}'] == 1
    assert (
        now['doorstep_relay_request_seconds_bucket{le="+Inf"}'] == now["doorstep_relay_request_seconds_count"]
    )
    assert relay.visit("/metrics").status == 404, "and nowhere else"


def test_usage_is_written_down_at_the_end_at_the_latest(start_relay: StartRelay) -> None:
    relay, token = start_relay()
    with client(relay, token, name="demo") as running:
        for _ in range(3):
            relay.visit(running.url)
        relay.stop()
        relay.start()
        seen = relay.visit("/api/v1/usage", headers={"Authorization": f"Bearer {token}"}).json()
    assert seen["total"]["requests"] == 3
    assert [share["name"] for share in seen["shares"]] == ["demo"]
    assert seen["total"]["bytes_out"] > 0


async def test_a_limit_stated_over_the_api_holds_within_a_second(start_relay: StartRelay) -> None:
    relay, token = start_relay()
    with client(relay, token, name="demo") as running:
        ask = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        body = json.dumps({"max_request_bytes": 10}).encode()
        stated = await asyncio.to_thread(
            relay.visit, "/api/v1/shares/demo/limits", method="PUT", headers=ask, body=body
        )
        assert stated.status == 200
        assert relay.visit(running.url + "/upload", method="POST", body=b"x" * 11).status == 413
        assert relay.visit(running.url + "/upload", method="POST", body=b"x" * 10).status == 200
