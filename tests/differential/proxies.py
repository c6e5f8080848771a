"""nginx, HAProxy and Doorstep's edge, each in front of backends of its own; `LANES` of each at a time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.differential.backend import Backend, Request
from tests.relay.edge.stage import Stage, tunnel_request
from tests.support import Process, clean_env, eventually, free_port

LANES: Final = 12
QUIET: Final = 0.25
"""Seconds of silence that do when all lanes are busy with many cases."""
DEADLINE: Final = 60.0
ROOM: Final = 1 << 20
NAMES: Final = ("nginx", "haproxy", "doorstep")

_NGINX: Final = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log warn;
worker_rlimit_nofile 4096; events {{ worker_connections 2048; }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  large_client_header_buffers 8 64k; client_max_body_size 8m;
  proxy_http_version 1.1; proxy_set_header Host $http_host; proxy_set_header Connection "";
{servers}
}}
"""
_NGINX_LANE: Final = """
  server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://127.0.0.1:{backend}; }} }}
"""
_HAPROXY: Final = """
global
    maxconn 2000
    tune.bufsize 65536
    tune.maxrewrite 1024
defaults
    mode http
    timeout connect 20s
    timeout client 5s
    timeout server 5s
    timeout http-request 5s
    http-reuse never
"""
_HAPROXY_LANE: Final = """
listen lane{port}
    bind 127.0.0.1:{port}
    server s 127.0.0.1:{backend}
"""


@dataclass
class Lane:
    """One port of a proxy, and the backend that only this port leads to."""

    port: int
    backend: Backend = field(default_factory=Backend)

    async def play(self, sent: bytes, quiet: float) -> Outcome:
        """Send `sent` on a connection of its own; what the backend saw and the visitor got.

        `quiet` seconds of silence mean that the proxy waits for more.
        """
        self.backend.begin()
        got = await _send(self.port, sent, quiet)
        return Outcome(list(self.backend.seen), got)


@dataclass(frozen=True)
class Outcome:
    """What came of a case."""

    seen: list[Request]
    got: bytes

    @property
    def messages(self) -> list[tuple[bytes, bytes, bytes, bytes]]:
        """Each request without what nginx and HAProxy write in their own way."""
        return [(r.method, r.target, r.host.lower(), r.body) for r in self.seen]


async def _send(port: int, sent: bytes, quiet: float) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=ROOM)
    got = b""
    try:
        async with asyncio.timeout(DEADLINE):
            writer.write(sent)
            with contextlib.suppress(TimeoutError):
                while data := await asyncio.wait_for(reader.read(65536), quiet):
                    got += data
    except (ConnectionError, TimeoutError):
        pass
    writer.transport.abort()
    return got


@contextlib.asynccontextmanager
async def lanes(folder: Path) -> AsyncIterator[dict[str, list[Lane]]]:
    """Every proxy with its lanes."""
    async with contextlib.AsyncExitStack() as stack:
        there = {"doorstep": [await stack.enter_async_context(_doorstep()) for _ in range(LANES)]}
        for name in ("nginx", "haproxy"):
            there[name] = [Lane(free_port()) for _ in range(LANES)]
            ports = [await _backend(stack, lane.backend) for lane in there[name]]
            process = _start(name, folder, there[name], ports)
            stack.callback(process.kill)
            for lane in there[name]:
                await eventually(lambda lane=lane: _listens(lane.port), DEADLINE, name)
        yield there


async def _backend(stack: contextlib.AsyncExitStack, backend: Backend) -> int:
    server = await asyncio.start_server(backend.serve, "127.0.0.1", 0, limit=ROOM)
    stack.callback(server.close)
    stack.callback(backend.begin)
    port: int = server.sockets[0].getsockname()[1]
    return port


def _start(name: str, folder: Path, there: list[Lane], ports: list[int]) -> Process:
    pairs = [{"port": lane.port, "backend": port} for lane, port in zip(there, ports, strict=True)]
    config = folder / f"{name}.conf"
    if name == "nginx":
        servers = "".join(_NGINX_LANE.format(**pair) for pair in pairs)
        config.write_text(_NGINX.format(folder=folder, servers=servers))
        command = ["nginx", "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(config)]
    else:
        config.write_text(_HAPROXY + "".join(_HAPROXY_LANE.format(**pair) for pair in pairs))
        command = ["haproxy", "-db", "-f", str(config)]
    return Process(command, log=folder / f"{name}.log", env=clean_env(folder))


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


@contextlib.asynccontextmanager
async def _doorstep() -> AsyncIterator[Lane]:
    """An edge with the share `demo`, whose client puts each tunnel connection before the backend."""
    async with Stage(share={"spares": 1, "limit": 32}) as stage:
        lane = Lane(stage.port)
        tasks: set[asyncio.Task[None]] = set()

        async def dial() -> None:
            reader, writer = await asyncio.open_connection("127.0.0.1", stage.port, limit=ROOM)
            writer.write(tunnel_request())
            if (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 "):
                await lane.backend.serve(reader, writer)

        def ask(count: int) -> None:
            for _ in range(count):
                task = asyncio.get_running_loop().create_task(dial())
                tasks.add(task)
                task.add_done_callback(tasks.discard)

        stage.share.pool._ask = ask
        ask(1)
        await eventually(lambda: stage.share.pool.idle, DEADLINE, "a tunnel connection")
        yield lane
        stage.share.pool._ask = lambda _count: None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
