"""Visitors: keep-alive connections that ask again as soon as they are answered, and one download.

`wrk` where it is installed, else a small generator of our own in another process; the same for
every way. As a program: `python -m bench.load PORT HOST VISITORS SECONDS` prints one JSON object.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import cast

HERE = Path(__file__).resolve().parent
MICROSECOND = 1e-6


@dataclass(frozen=True)
class Load:
    """What the visitors saw. Times in seconds."""

    requests: int
    duration: float
    p50: float
    p99: float
    errors: int

    @property
    def per_second(self) -> float:
        return self.requests / self.duration


def generator() -> str:
    """Which one is used: to be told with the results."""
    return "wrk" if shutil.which("wrk") else "asyncio"


def visitors(port: int, host: str, *, count: int, seconds: float) -> Load:
    """`count` visitors for `seconds`. Raises `RuntimeError` when a request failed."""
    address = f"http://127.0.0.1:{port}/"
    if generator() == "wrk":
        whole = max(1, round(seconds))
        command = [
            "wrk",
            "-t1",
            f"-c{count}",
            f"-d{whole}s",
            "-s",
            str(HERE / "wrk.lua"),
            "-H",
            f"Host: {host}",
            address,
        ]
    else:
        command = [sys.executable, "-m", "bench.load", str(port), host, str(count), str(seconds)]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, timeout=seconds + 30, cwd=HERE.parent
    )
    found = json.loads(done.stdout.splitlines()[-1])
    if found["errors"] or not found["requests"]:
        raise RuntimeError(f"{host}: {found}")
    times = {key: found[key] * MICROSECOND for key in ("duration", "p50", "p99")}
    return Load(requests=found["requests"], errors=0, **times)


def download(port: int, host: str, size: int) -> float:
    """Seconds for one body of `size` bytes. Raises `RuntimeError` when it is not whole."""
    request = f"GET /download?bytes={size} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    buffer = bytearray(1 << 20)
    start = time.perf_counter()
    received = 0
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(request.encode())
        while count := connection.recv_into(buffer):
            received += count
    if received < size:
        raise RuntimeError(f"{host}: {received} of {size} bytes")
    return time.perf_counter() - start


# -- the generator for machines without wrk -----------------------------------------------------


class Visitor(asyncio.Protocol):
    """One keep-alive connection. Every answer is as long as the first, so counting bytes finds its end."""

    def __init__(self, request: bytes, until: float, times: list[float]) -> None:
        self.request, self.until, self.times = request, until, times
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.sent = 0.0
        self.head = b""
        self.length = 0
        self.received = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by class
        self.ask()

    def ask(self) -> None:
        self.received = 0
        self.sent = time.perf_counter()
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.received += len(data)
        if not self.length:
            self.head += data
            self.length = whole_length(self.head)
        if not self.length or self.received < self.length:
            return
        now = time.perf_counter()
        self.times.append(now - self.sent)
        if now < self.until:
            self.ask()
        else:
            self.transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if time.perf_counter() < self.until:
            self.done.set_exception(error or ConnectionError("the server closed a keep-alive connection"))
        else:
            self.done.set_result(None)


def whole_length(answer: bytes) -> int:
    """Bytes of head and body together, or 0 while the head is not whole. Raises `ValueError` unless 200."""
    head, separator, _ = answer.partition(b"\r\n\r\n")
    if not separator:
        return 0
    status, *fields = head.split(b"\r\n")
    if status.split()[1] != b"200":
        raise ValueError(status.decode())
    lengths = [int(field.split(b":")[1]) for field in fields if field.lower().startswith(b"content-length:")]
    return len(head) + 4 + lengths[0]


async def generate(port: int, host: str, count: int, seconds: float) -> dict[str, float]:
    loop = asyncio.get_running_loop()
    request = f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
    times: list[float] = []
    start = time.perf_counter()
    made = [
        await loop.create_connection(lambda: Visitor(request, start + seconds, times), "127.0.0.1", port)
        for _ in range(count)
    ]
    async with asyncio.timeout(seconds + 10):
        results = await asyncio.gather(*(visitor.done for _, visitor in made), return_exceptions=True)
    duration = time.perf_counter() - start
    times.sort()
    return {
        "requests": len(times),
        "duration": duration / MICROSECOND,
        "p50": times[len(times) // 2] / MICROSECOND,
        "p99": times[len(times) * 99 // 100] / MICROSECOND,
        "errors": sum(isinstance(result, Exception) for result in results),
    }


if __name__ == "__main__":
    import uvloop

    port, host, count, seconds = sys.argv[1:]
    print(json.dumps(uvloop.run(generate(int(port), host, int(count), float(seconds)))))
