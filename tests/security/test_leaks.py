"""Thousands of connections of every kind leave nothing behind, neither in the relay nor in the client.

`DOORSTEP_CONNECTIONS=10000` has that many of each kind; the suite takes fewer.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import struct
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from websockets.asyncio.client import connect

from doorstep_client import wire
from tests.support import Process, Relay, run_script, wait_for
from tests.support.process import clean_env

EACH = int(os.environ.get("DOORSTEP_CONNECTIONS", "200"))
AT_ONCE = 16
DEADLINE = 20.0
GROWTH = 12_000_000
"""Bytes of resident memory that allocators may keep for themselves."""

WATCH = """
import collections, gc, json, os, sys, threading, time

def _kinds():
    gc.collect()
    ours = ("doorstep_", "uvicorn", "asyncio", "_asyncio", "websockets", "uvloop", "aiohttp")
    kinds = [type(thing) for thing in gc.get_objects()]
    kinds = [kind for kind in kinds if str(kind.__module__).startswith(ours)]
    return collections.Counter(f"{kind.__module__}.{kind.__qualname__}" for kind in kinds)

def _watch(folder):
    while True:
        time.sleep(0.05)
        if os.path.exists(folder + "/ask"):
            with open(folder + "/draft", "w") as draft:
                json.dump(_kinds(), draft)
            os.replace(folder + "/draft", folder + "/told")
            os.unlink(folder + "/ask")

threading.Thread(target=_watch, args=(os.environ["WATCH"],), daemon=True).start()
"""
RELAY = WATCH + "from doorstep_relay.cli import main\nmain()\n"
CLIENT = (
    WATCH
    + """
from doorstep_client import share

async def app(scope, receive, send):
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (await receive())["type"] == "websocket.receive":
            pass
    elif scope["type"] == "http":
        while (event := await receive())["type"] == "http.request" and event["more_body"]:
            pass
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

link = share(app, name="demo")
print("ready", flush=True)
while True:
    time.sleep(3600)
"""
)
HOST = b"Host: demo.localhost\r\n"
GET = b"GET / HTTP/1.1\r\n" + HOST + b"\r\n"
LAST = b"GET / HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"
UPLOAD = b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 100000\r\n\r\n"
WEBSOCKET = (
    b"GET /ws HTTP/1.1\r\n" + HOST + b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


class Watched:
    """A process that tells what objects it has."""

    def __init__(self, process: Process, folder: Path) -> None:
        self.process = process
        self.folder = folder

    @property
    def files(self) -> int:
        return psutil.Process(self.process.pid).num_fds()

    @property
    def memory(self) -> int:
        return psutil.Process(self.process.pid).memory_info().rss

    def objects(self) -> dict[str, int]:
        told = self.folder / "told"
        told.unlink(missing_ok=True)
        (self.folder / "ask").touch()
        wait_for(told.exists, DEADLINE, "what the process has")
        found: dict[str, int] = json.loads(told.read_text())
        return found


class WatchedRelay(Relay):
    def start(self) -> None:
        script = self.data / "relay.py"
        script.write_text(RELAY)
        command = [sys.executable, str(script), "serve", "--listen", f"127.0.0.1:{self.port}"]
        command += ["--domain", "localhost", "--data", str(self.data), *self.args]
        env = clean_env(self.data, {"WATCH": str(self.data)})
        self.process = Process(command, log=self.data / "relay.log", env=env)
        wait_for(self._healthy, DEADLINE, "the relay's /healthz")


class Visits:
    """One way of each kind to be connected to the relay."""

    def __init__(self, relay: Relay, token: str, ticket: str, host: str) -> None:
        self.relay = relay
        self.token = token
        self.tunnel_request = (
            f"GET {wire.TUNNEL_PATH} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\n"
            f"Upgrade: {wire.TUNNEL_UPGRADE}\r\nAuthorization: {wire.TICKET_SCHEME} {ticket}\r\n\r\n"
        ).encode()

    @contextlib.asynccontextmanager
    async def dial(self, data: bytes) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.relay.port)
        try:
            writer.write(data)
            yield reader, writer
        finally:
            writer.transport.abort()

    async def _answered(self, data: bytes, status: bytes) -> None:
        async with self.dial(data) as (reader, _):
            assert (await reader.read()).startswith(b"HTTP/1.1 " + status)

    async def plain(self) -> None:
        await self._answered(LAST, b"200")

    async def kept_alive(self) -> None:
        async with self.dial(GET) as (reader, writer):
            await reader.readuntil(b"ok")
            writer.write(GET + GET)
            await reader.readuntil(b"ok")
            await reader.readuntil(b"ok")

    async def half_closed(self) -> None:
        async with self.dial(GET) as (reader, writer):
            writer.write_eof()
            assert (await reader.read()).endswith(b"ok")

    async def upgraded(self) -> None:
        async with self.dial(WEBSOCKET) as (reader, _):
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101")

    async def aborted(self) -> None:
        async with self.dial(GET) as (_, writer):
            sock: socket.socket = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    async def upload_cut(self) -> None:
        async with self.dial(UPLOAD + b"x" * 1000) as (_, writer):
            await writer.drain()

    async def tunnel(self) -> None:
        async with self.dial(self.tunnel_request) as (reader, _):
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101")

    async def bad_tunnel(self) -> None:
        await self._answered(self.tunnel_request.replace(b"Doorstep ", b"Doorstep x"), b"403")

    async def apex(self) -> None:
        await self._answered(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", b"200")

    async def refused(self) -> None:
        await self._answered(b"\x16\x03\x01 no HTTP\r\n\r\n", b"400")

    async def unknown(self) -> None:
        await self._answered(LAST.replace(b"demo", b"gone"), b"404")

    async def session(self) -> None:
        async with self._session() as socket_:
            await socket_.send(wire.encode(wire.Ping()))
            await socket_.recv()

    def _session(self) -> connect:
        return connect(
            f"ws://127.0.0.1:{self.relay.port}{wire.SESSION_PATH}",
            subprotocols=[wire.SUBPROTOCOL],  # type: ignore[list-item]  # a name like others
            additional_headers={"Authorization": f"Bearer {self.token}"},
            proxy=None,
        )

    KINDS = (
        "plain", "kept_alive", "half_closed", "upgraded", "aborted", "upload_cut", "tunnel", "bad_tunnel",
        "apex", "refused", "unknown", "session",
    )  # fmt: skip

    async def all(self, each: int) -> None:
        """`each` connections of every kind, mixed."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(play: Callable[[], Awaitable[None]]) -> None:
            async with gate, asyncio.timeout(DEADLINE):
                await play()

        for _ in range(0, each, 100):
            plays = [getattr(self, kind) for kind in self.KINDS for _ in range(min(each, 100))]
            await asyncio.gather(*(one(play) for play in plays))


@pytest.mark.timeout(60 + EACH * 2)
def test_thousands_of_connections_of_every_kind_leave_nothing_behind(tmp_path: Path) -> None:
    args = ["--ticket-lifetime", "1d", "--max-visitors", "2000"]
    relay = WatchedRelay(tmp_path / "relay", args=args)
    token = relay.token("first")
    relay.start()
    home = tmp_path / "client"
    home.mkdir()
    try:
        env = {**relay.client_env(token), "WATCH": str(home)}
        with run_script(CLIENT, env=env, home=home) as client:
            client.wait_for_line("^ready$")
            assert relay.process is not None
            asyncio.run(_watch(relay, token, Watched(relay.process, relay.data), Watched(client, home)))
    finally:
        relay.kill()
    assert "Traceback" not in relay.log


async def _watch(relay: Relay, token: str, *watched: Watched) -> None:
    visits = Visits(relay, token, "", "")
    async with visits._session() as session:
        await session.recv()
        await session.send(wire.encode(wire.Open(1)))
        opened: Any = wire.decode_from_relay(await session.recv())
        beats = asyncio.ensure_future(_beat(session))
        visits = Visits(relay, token, opened.ticket, opened.host)
        await visits.all(min(EACH, 200))
        before = [await _settled(process) for process in watched]
        await visits.all(EACH)
        after = [await _settled(process) for process in watched]
        beats.cancel()
    for first, last in zip(before, after, strict=True):
        _compare(first, last)


async def _beat(session: Any) -> None:
    while True:
        await session.send(wire.encode(wire.Ping()))
        while not isinstance(wire.decode_from_relay(await session.recv()), wire.Pong):
            pass  # a wish for tunnel connections, which others dial here
        await asyncio.sleep(1)


async def _settled(watched: Watched) -> tuple[int, int, dict[str, int]]:
    """Files, memory and objects, once nothing changes any more."""
    found = (0, 0, {"": 0})
    for _ in range(60):
        await asyncio.sleep(0.25)
        objects = await asyncio.to_thread(watched.objects)
        now = (watched.files, watched.memory, objects)
        if now[0] == found[0] and objects == found[2]:
            return now
        found = now
    return found


def _compare(before: tuple[int, int, dict[str, int]], after: tuple[int, int, dict[str, int]]) -> None:
    assert after[0] <= before[0] + 8, f"{after[0] - before[0]} files more"
    more = {kind: count - before[2].get(kind, 0) for kind, count in after[2].items()}
    leaked = {kind: count for kind, count in more.items() if count > 16}
    assert not leaked, leaked
    assert after[1] - before[1] < GROWTH, f"{(after[1] - before[1]) / 1e6:.1f} MB more"
    print(f"files {before[0]} → {after[0]}, memory {before[1] / 1e6:.1f} → {after[1] / 1e6:.1f} MB")
