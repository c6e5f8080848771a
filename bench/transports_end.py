"""One end of the connections that `bench.transports` measures: a process that does as it is told.

    python -m bench.transports_end KIND FOLDER

It listens, prints its port, then obeys one JSON object a line on stdin, answering with one on stdout.
Certificates are in the folder. CPU is this process's own.
"""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import aiofastnet
import uvloop

from bench.ways import DOMAIN
from doorstep_client.network.tls import ResumingContext

HOST: Final = f"name.{DOMAIN}"
WORD: Final = b"a word"

Factory = Callable[[], asyncio.Protocol]


@dataclass(frozen=True)
class Kind:
    """A way to move bytes: whose loop, whose transports, whose TLS."""

    loop: Callable[[], asyncio.AbstractEventLoop]
    fast: bool = False
    """Whether the transports are aiofastnet's, not the loop's own."""
    by_python: bool = False
    """Whether aiofastnet's TLS goes through Python's `ssl`, as where it finds no OpenSSL of its own."""


KINDS: Final = {
    "asyncio": Kind(asyncio.new_event_loop),
    "uvloop": Kind(uvloop.new_event_loop),
    "aiofastnet on asyncio": Kind(asyncio.new_event_loop, fast=True),
    "aiofastnet on uvloop": Kind(uvloop.new_event_loop, fast=True),
    "aiofastnet on uvloop, ssl": Kind(uvloop.new_event_loop, fast=True, by_python=True),
}


def main() -> None:
    name, folder = sys.argv[1:]
    with asyncio.Runner(loop_factory=KINDS[name].loop) as runner:
        runner.run(End(KINDS[name], Path(folder)).serve())


class End:
    """Echoes what it hears, and dials others that do."""

    def __init__(self, kind: Kind, folder: Path) -> None:
        self._kind = kind
        self._server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._server.load_cert_chain(folder / "server.pem")
        self._client = ResumingContext(ssl.PROTOCOL_TLS_CLIENT)
        self._client.load_verify_locations(folder / "ca.pem")
        for context in (self._server, self._client):
            context._aiofastnet_force_fallback_ssl = kind.by_python  # type: ignore[attr-defined]  # its own switch
        self._orders: dict[str, Callable[..., Awaitable[dict[str, float]]]] = {
            "look": self._look,
            "echo": self._echo,
            "handshakes": self._handshakes,
        }

    async def serve(self) -> None:
        ports = {}
        for way, tls in (("plain", None), ("tls", self._server)):
            start = self._api("create_server")
            server = await start(Echo, "127.0.0.1", 0, ssl=tls)
            ports[way] = server.sockets[0].getsockname()[1]
        tell(ports)
        while line := await asyncio.to_thread(sys.stdin.readline):
            order = json.loads(line)
            tell(await self._orders[order.pop("do")](**order))

    def _api(self, name: str) -> Callable[..., Awaitable[Any]]:
        loop = asyncio.get_running_loop()
        if not self._kind.fast:
            return cast(Callable[..., Awaitable[Any]], getattr(loop, name))
        function = getattr(aiofastnet, name)
        return lambda *args, **options: function(loop, *args, **options)

    async def _look(self) -> dict[str, float]:
        return {"cpu": time.process_time()}

    async def _connect(self, port: int, factory: Factory, tls: bool) -> asyncio.Transport:
        options = {"ssl": self._client, "server_hostname": HOST} if tls else {}
        transport, _ = await self._api("create_connection")(factory, "127.0.0.1", port, **options)
        return cast(asyncio.Transport, transport)

    async def _echo(self, port: int, tls: bool, connections: int, rounds: int, size: int) -> dict[str, float]:
        """`rounds` messages, one at a time, on each of some connections."""
        asking = [Asker(size) for _ in range(connections)]
        for each in asking:
            await self._connect(port, lambda each=each: each, tls)  # type: ignore[misc]  # a default binds the loop's value
        await asyncio.gather(*(each.ask(2) for each in asking))
        before = time.process_time()
        await asyncio.gather(*(each.ask(rounds) for each in asking))
        cpu = time.process_time() - before
        for each in asking:
            each.transport.abort()
        return {"cpu": cpu, "count": rounds * connections}

    async def _handshakes(self, port: int, count: int, resume: bool) -> dict[str, float]:
        """One connection after another, a word on each."""
        self._client.forget()
        reused, before = 0, time.process_time()
        for _ in range(count):
            asker = Asker(len(WORD))
            transport = await self._connect(port, lambda asker=asker: asker, True)  # type: ignore[misc]  # a default binds the loop's value
            await asker.ask(1)
            reused += transport.get_extra_info("ssl_object").session_reused
            if resume:
                self._client.keep(transport.get_extra_info("ssl_object"))
            transport.abort()
        return {"cpu": time.process_time() - before, "count": count, "reused": reused}


class Echo(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.transport.write(data)


class Asker(asyncio.Protocol):
    """Sends a message again as soon as it has come back whole."""

    def __init__(self, size: int) -> None:
        self._message = os.urandom(size)
        self._left = self._heard = 0
        self._done: asyncio.Future[None]

    async def ask(self, times: int) -> None:
        self._left, self._heard = times, 0
        self._done = asyncio.get_running_loop().create_future()
        self.transport.write(self._message)
        async with asyncio.timeout(60):
            await self._done

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._heard += len(data)
        if self._heard < len(self._message):
            return
        self._left, self._heard = self._left - 1, 0
        if self._left:
            self.transport.write(self._message)
        else:
            self._done.set_result(None)


def tell(answer: dict[str, float]) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
