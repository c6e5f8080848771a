"""Visitors who stay: `python -m bench.loads.streams PORT HOST websocket|events …`.

`websocket`: each of `--visitors` sends the next message when the echo of the last is there.
`events`: each reads a stream of `--count` server-sent events, one every `--every` seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

import aiofastnet
import uvloop

from bench.ways import trust

PAYLOAD = b"x" * 100
MASKED = bytes([0x81, 0x80 | len(PAYLOAD), 0, 0, 0, 0]) + PAYLOAD
"""A text message of a visitor. A mask of zeros is a mask, and leaves the text as it is."""
ECHO = 2 + len(PAYLOAD)
UPGRADE = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
UPGRADE += "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
EVENT = re.compile(rb"data: (\d+\.\d+)\n")
END = b"\r\n0\r\n\r\n"


class Visitor(asyncio.Protocol):
    """One connection: a request, the head of its answer, then whatever `came` makes of the rest."""

    status = b"200"

    def __init__(self, request: str, times: list[float]) -> None:
        self.request, self.times = request.encode(), times
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.head: bytes | None = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by class
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        if self.head is None:
            self.came(data)
            return
        self.head += data
        if b"\r\n\r\n" in self.head:
            head, _, rest = self.head.partition(b"\r\n\r\n")
            self.head = None
            if head.split()[1] != self.status:
                self.end(ConnectionError(head.partition(b"\r\n")[0].decode()))
                return
            self.ready.set_result(None)
            self.came(rest)

    def begin(self, until: float) -> None:
        """Everybody is connected."""

    def came(self, data: bytes) -> None:
        """What arrived; each kind of stream has its own way with it."""
        raise NotImplementedError

    def end(self, error: Exception | None = None) -> None:
        for future in (self.ready, self.done):
            if not future.done():
                future.set_result(None) if error is None else future.set_exception(error)
        self.transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        self.end(error or ConnectionError("the server ended the connection"))


class Messages(Visitor):
    """A WebSocket, one message at a time until its time is over."""

    status = b"101"

    def begin(self, until: float) -> None:
        self.received, self.until = 0, until
        self.sent = time.perf_counter()
        self.transport.write(MASKED)

    def came(self, data: bytes) -> None:
        if not data:
            return
        self.received += len(data)
        if self.received < ECHO:
            return
        now = time.perf_counter()
        self.times.append(now - self.sent)
        self.received, self.sent = 0, now
        if now < self.until:
            self.transport.write(MASKED)
        else:
            self.end()


class Events(Visitor):
    """A stream of server-sent events to its end. A time is the age of an event when it is here."""

    def __init__(self, request: str, times: list[float]) -> None:
        super().__init__(request, times)
        self.rest = b""

    def came(self, data: bytes) -> None:
        whole = self.rest + data
        now = time.time()
        last = 0
        for event in EVENT.finditer(whole):
            self.times.append(now - float(event[1]))
            last = event.end()
        self.rest = whole[last:]
        if self.rest.endswith(END):
            self.end()


def main() -> None:
    print(json.dumps(uvloop.run(generate(arguments()))))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.loads.streams")
    parser.add_argument("port", type=int)
    parser.add_argument("host")
    parser.add_argument("kind", choices=["websocket", "events"])
    parser.add_argument("--ca", type=Path)
    parser.add_argument("--visitors", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--every", type=float, default=0)
    return parser.parse_args()


async def generate(options: argparse.Namespace) -> dict[str, float]:
    """Raises what the first visitor met that failed. Messages are counted once all are connected."""
    times: list[float] = []
    made = visitor(options, times)
    start, cpu = time.perf_counter(), time.process_time()
    async with asyncio.timeout(options.seconds + 50):
        visitors = await asyncio.gather(*(connect(options, made) for _ in range(options.visitors)))
        await asyncio.gather(*(each.ready for each in visitors))
        if options.kind == "websocket":  # events come as soon as they are asked for
            start = time.perf_counter()
        for each in visitors:
            each.begin(start + options.seconds)
        await asyncio.gather(*(each.done for each in visitors))
    spent = {"duration": time.perf_counter() - start, "generator": time.process_time() - cpu}
    times.sort()
    p50, p99 = times[len(times) // 2], times[len(times) * 99 // 100]
    return {**spent, "count": len(times), "p50": p50, "p99": p99, "errors": 0}


def visitor(options: argparse.Namespace, times: list[float]) -> Callable[[], Visitor]:
    if options.kind == "websocket":
        asked = f"GET /echo HTTP/1.1\r\nHost: {options.host}\r\n{UPGRADE}\r\n"
        return lambda: Messages(asked, times)
    path = f"/events?count={options.count}&every={options.every}"
    asked = f"GET {path} HTTP/1.1\r\nHost: {options.host}\r\n\r\n"
    return lambda: Events(asked, times)


async def connect(options: argparse.Namespace, made: Callable[[], Visitor]) -> Visitor:
    """TLS by aiofastnet: the loop's own would make this program the slowest part."""
    loop = asyncio.get_running_loop()
    context = trust(options.ca)
    name = None if context is None else options.host.partition(":")[0]
    _, protocol = await aiofastnet.create_connection(
        loop, made, "127.0.0.1", options.port, ssl=context, server_hostname=name
    )
    return protocol


if __name__ == "__main__":
    main()
