"""What passes through a link: whole, at once, both ways, and never held in memory."""

from __future__ import annotations

import asyncio
import hashlib
import json
import signal
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import cast

import psutil
import pytest

from tests.link.clients import ROOT, asking, at_best, client, get, host_of, streams, websocket
from tests.link.conftest import Lasting, StartRelay
from tests.support import Process, clean_env, free_port, raw_request, run_script

MEGABYTE = 1024 * 1024
GROWTH = 24 * MEGABYTE


class Memory:
    """How much the relay and the client have grown at most since the start."""

    def __init__(self, lasting: Lasting) -> None:
        self._processes = {"relay": lasting.relay.pid, "client": lasting.client.pid}
        self._before = self._now()
        self.growth = dict.fromkeys(self._processes, 0)

    def _now(self) -> dict[str, int]:
        return {name: psutil.Process(pid).memory_info().rss for name, pid in self._processes.items()}

    def look(self) -> None:
        for name, rss in self._now().items():
            self.growth[name] = max(self.growth[name], rss - self._before[name])


async def test_the_first_answer_comes_soon_after_share(lasting: Lasting) -> None:
    async def first_answer(_number: int) -> float:
        with client(lasting.relay, lasting.token()) as running:
            after = running.process.wait_for_line(r"after (\S+)").group(1)
            began = time.perf_counter()
            answer = lasting.relay.visit(running.url)
            first = time.perf_counter() - began
        print(f"share() took {after} s, the first answer over the link {first * 1000:.1f} ms")
        assert answer.status == 200
        return float(after) + first

    assert await at_best(first_answer, 5) < 5


def test_the_app_sees_the_visitor_and_the_shares_host(lasting: Lasting) -> None:
    facts = lasting.relay.visit(lasting.url + "/a/b").json()

    assert facts["client"] == ["127.0.0.1", 0]
    assert (facts["scheme"], facts["path"]) == ("http", "/a/b")
    assert facts["host"] == host_of(lasting.url)
    assert facts["pid"] == lasting.client.pid


def test_100_mb_come_down_in_constant_memory(lasting: Lasting) -> None:
    with get(lasting.relay, lasting.url, f"/big?{4 * MEGABYTE}") as answer:
        answer.read()
    memory, size, got, began = Memory(lasting), 100 * MEGABYTE, 0, time.perf_counter()
    with get(lasting.relay, lasting.url, f"/big?{size}") as answer:
        while part := answer.read(MEGABYTE):
            assert part.count(b"x") == len(part)
            got += len(part)
            memory.look()
    took = time.perf_counter() - began

    print(f"100 MB down: {100 / took:.0f} MB/s; grown by {_megabytes(memory.growth)}")
    assert got == size
    assert all(growth < GROWTH for growth in memory.growth.values()), memory.growth


async def test_100_mb_go_up_in_constant_memory(lasting: Lasting) -> None:
    size, part = 100 * MEGABYTE, bytes(range(256)) * 1024
    head = f"POST /upload HTTP/1.1\r\nHost: {host_of(lasting.url)}\r\nContent-Length: {size}\r\n\r\n"
    memory, digest, began = Memory(lasting), hashlib.sha256(), time.perf_counter()
    async with streams(lasting.relay) as (reader, writer), asyncio.timeout(60):
        writer.write(head.encode())
        for number in range(size // len(part)):
            writer.write(part)
            digest.update(part)
            await writer.drain()
            if number % 16 == 0:
                memory.look()
        await reader.readuntil(b"\r\n\r\n")
        facts = json.loads(await reader.readuntil(b"}"))
    took = time.perf_counter() - began

    print(f"100 MB up: {100 / took:.0f} MB/s; grown by {_megabytes(memory.growth)}")
    assert facts == {"size": size, "sha256": digest.hexdigest()}
    assert all(growth < GROWTH for growth in memory.growth.values()), memory.growth


async def test_a_visitor_who_does_not_read_holds_back_the_app_not_the_relays_memory(lasting: Lasting) -> None:
    memory = Memory(lasting)
    async with AsyncExitStack() as held:
        for _ in range(5):
            reader, _ = await held.enter_async_context(
                asking(lasting.relay, lasting.url, f"/big?{100 * MEGABYTE}")
            )
            cast(asyncio.ReadTransport, reader._transport).pause_reading()  # type: ignore[attr-defined]  # asyncio's
        for _ in range(10):
            await asyncio.sleep(0.1)
            memory.look()
        assert (await asyncio.to_thread(lasting.relay.visit, lasting.url)).status == 200

    print(f"5 visitors who do not read: grown by {_megabytes(memory.growth)}")
    assert all(growth < GROWTH for growth in memory.growth.values()), memory.growth


def _megabytes(growth: dict[str, int]) -> str:
    return ", ".join(f"{name} {size / MEGABYTE:.1f} MB" for name, size in growth.items())


async def test_10_000_messages_echo_through_a_websocket(lasting: Lasting) -> None:
    began = time.perf_counter()
    async with websocket(lasting.relay, lasting.url) as socket:
        for burst in range(100):
            sent = [f"message {burst} {number} \u2603" for number in range(100)]
            for text in sent:
                await socket.send(text)
            async with asyncio.timeout(60):
                assert [await socket.recv() for _ in sent] == sent
        big = bytes(range(256)) * 3000
        await socket.send(big)
        assert await socket.recv() == big

    print(f"10,000 messages echoed in {time.perf_counter() - began:.1f} s")


async def test_a_websocket_closes_with_the_code_of_who_closes_it(lasting: Lasting) -> None:
    async with websocket(lasting.relay, lasting.url) as socket:
        await socket.send("x")
        await socket.recv()
        await socket.close(4001, "enough")

        assert socket.close_code == 4001


async def test_server_sent_events_arrive_one_by_one(lasting: Lasting) -> None:
    """Each is sent when the one before it has been seen: one that were held back would be the last."""
    async with asking(lasting.relay, lasting.url, "/steps?here") as (reader, _), asyncio.timeout(60):
        for number in range(5):
            await asyncio.to_thread(lasting.relay.visit, f"{lasting.url}/step?here")
            assert await reader.readuntil(b"data: %d\n\n" % number)


async def test_the_app_sees_an_upload_before_it_has_ended(lasting: Lasting) -> None:
    host = host_of(lasting.url)
    head = f"POST /as-it-comes HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n"
    async with streams(lasting.relay) as (reader, writer), asyncio.timeout(60):
        writer.write(head.encode())
        for size in (3, 5, 7):
            writer.write(b"%x\r\n%b\r\n" % (size, b"y" * size))
            await reader.readuntil(b"seen %d\n" % size)
        writer.write(b"0\r\n\r\n")
        await reader.readuntil(b"end\n")


async def test_200_visitors_at_once_are_all_served(lasting: Lasting) -> None:
    async def visit(number: int) -> bytes:
        async with streams(lasting.relay) as (reader, writer):
            writer.write(f"GET /slow?0.5 HTTP/1.1\r\nHost: {host_of(lasting.url)}\r\n\r\n".encode())
            answer = await reader.readuntil(b"slow")
        return answer.split(b"\r\n")[0]

    began = time.perf_counter()
    async with asyncio.timeout(60):
        lines = await asyncio.gather(*(visit(number) for number in range(200)))

    print(f"200 visitors at once, 0.5 s each: {time.perf_counter() - began:.2f} s")
    assert set(lines) == {b"HTTP/1.1 200 OK"}


async def test_many_requests_on_one_connection_are_answered_in_order(lasting: Lasting) -> None:
    request = f"GET /%d HTTP/1.1\r\nHost: {host_of(lasting.url)}\r\n\r\n"
    async with streams(lasting.relay) as (reader, writer), asyncio.timeout(60):
        writer.write("".join(request % number for number in range(50)).encode())
        for number in range(50):
            await reader.readuntil(f'"path": "/{number}"'.encode())


@pytest.mark.parametrize(
    "other", ["nobody.localhost", "localhost", "127.0.0.1"], ids=["another share", "the relay", "an address"]
)
def test_two_hosts_on_one_connection_never_reach_the_first_ones_app(lasting: Lasting, other: str) -> None:
    port = lasting.relay.port
    first = f"GET /first HTTP/1.1\r\nHost: {host_of(lasting.url)}\r\n\r\n"
    second = f"GET /second HTTP/1.1\r\nHost: {other}:{port}\r\nConnection: close\r\n\r\n"
    answers = raw_request(port, (first + second).encode()).decode("latin-1")

    assert '"path": "/first"' in answers
    assert "/second" not in answers
    assert "HTTP/1.1 421" in answers or "HTTP/1.1 404" in answers


def test_a_port_of_somebody_elses_server_is_shared_the_same_way(lasting: Lasting) -> None:
    port = free_port()
    serving = (
        f"from http.server import test, SimpleHTTPRequestHandler as H; test(H, port={port}, bind='127.0.0.1')"
    )
    with run_script(serving) as server, client(lasting.relay, lasting.token(), port=port) as other:
        server.wait_for_line("Serving HTTP")
        answer = lasting.relay.visit(other.url + "/script.py")

        assert (answer.status, answer.text) == (200, serving)
        assert "SimpleHTTP" in str(answer.header("Server"))
        assert lasting.relay.visit(other.url + "/none").status == 404


def test_the_command_shares_a_port_until_ctrl_c(lasting: Lasting, tmp_path: Path) -> None:
    command = [str(Path(sys.executable).parent / "doorstep"), "share", str(free_port())]
    env = clean_env(tmp_path, {"DOORSTEP_RELAY": lasting.relay.url, "DOORSTEP_TOKEN": lasting.token()})
    process = Process(command, log=tmp_path / "log", env=env)
    try:
        url = process.wait_for_line(r"^http://\S+$").group()
        assert lasting.relay.visit(url).json()["code"] == "app-refused"
        process.send(signal.SIGINT)
        assert process.wait() == 0
        assert lasting.relay.visit(url).json()["code"] == "closed"
    finally:
        process.kill()


def test_a_port_where_nobody_listens_is_a_page_that_says_so(lasting: Lasting) -> None:
    with client(lasting.relay, lasting.token(), port=free_port()) as other:
        answer = lasting.relay.visit(other.url)

    assert (answer.status, answer.json()["code"]) == (502, "app-refused")


def test_several_shares_of_one_process_keep_apart(lasting: Lasting) -> None:
    source = """
import time
from doorstep_client import share
def app_named(name):
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": name.encode()})
    return app
links = [share(app_named(f"app {number}"), lifespan=False) for number in range(3)]
print("URLS", *(link.url for link in links), flush=True)
input_wait = links[0].wait(60)
"""
    env = {"PYTHONPATH": ROOT, "DOORSTEP_RELAY": lasting.relay.url, "DOORSTEP_TOKEN": lasting.token()}
    with run_script(source, env=env) as script:
        urls = script.wait_for_line(r"^URLS (.+)$").group(1).split()

        assert len(set(urls)) == 3
        assert [lasting.relay.visit(url).text for url in urls] == ["app 0", "app 1", "app 2"]


def test_one_process_may_use_two_relays(lasting: Lasting, start_relay: StartRelay) -> None:
    other, token = start_relay()
    source = f"""
from doorstep_client import share
from tests.link.app import app
one = share(app)
two = share(app, relay={other.url!r}, token={token!r}, lifespan=False)
print("URLS", one.url, two.url, flush=True)
one.wait(60)
"""
    env = {"PYTHONPATH": ROOT, "DOORSTEP_RELAY": lasting.relay.url, "DOORSTEP_TOKEN": lasting.token()}
    with run_script(source, env=env) as script:
        one, two = script.wait_for_line(r"^URLS (.+)$").group(1).split()

        assert lasting.relay.visit(one).status == 200
        assert other.visit(two).status == 200
        assert other.visit(other.share_url("nobody")).status == 404
