"""`make bench-shares`: what many idle shares cost, and how soon they are back after the relay's restart.

    make bench-shares                              1,000 shares
    make bench-shares ARGS="--shares 10000"        more
    make bench-shares ARGS="--idle 10 --restarts 1 --revocations 20"

Each share has a session of its own; some client processes hold them all. Memory is what a process has to
itself. A share counts as back when a visitor was answered through it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import uvloop

from bench import shares_revoke
from bench.processes import cpu_seconds, free_port
from bench.shares_client import raise_file_limit

ROOT = Path(__file__).resolve().parent.parent
RELAY_COMMAND = str(Path(sys.executable).parent / "doorstep-relay")
DEADLINE = 900.0
PROBES = 64
"""Visitors at a time who look whether shares are back."""


@dataclass
class Found:
    """What was measured. Times are seconds, memory is kB a share."""

    opens: float = 0.0
    """Shares opened a second."""
    relay_memory: float = 0.0
    client_memory: float = 0.0
    first_share: list[float] = field(default_factory=list)
    """kB that the first share adds to a process that serves its app already."""
    idle_cpu: float = 0.0
    """Of a core, in percent."""
    relay_total: float = 0.0
    """MB of the whole relay."""
    starts: list[float] = field(default_factory=list)
    """From the relay's start until it serves."""
    backs: list[list[float]] = field(default_factory=list)
    """For each restart, when each share answered again, from the moment that the relay was killed."""
    start_cpu: list[float] = field(default_factory=list)
    """What the relay used from its start until then."""
    revoked: dict[str, list[float]] = field(default_factory=dict)
    """By the way of revoking: until the last byte that a visitor got."""


class Relay:
    """`doorstep-relay serve` on a port and a directory that stay when it is killed."""

    def __init__(self, place: Path, shares: int) -> None:
        self.port = free_port()
        self.data = place / "relay"
        self._log = place / "relay.log"
        self._shares = shares
        self._launches = 0
        self._process: subprocess.Popen[bytes]
        create = [RELAY_COMMAND, "token", "create", "bench", "--data", str(self.data)]
        self.token = subprocess.run(create, check=True, capture_output=True, text=True).stdout.strip()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def env(self) -> dict[str, str]:
        """What a client needs to know."""
        url = f"http://127.0.0.1:{self.port}"
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        return {**os.environ, "DOORSTEP_RELAY": url, "DOORSTEP_TOKEN": self.token, "PYTHONPATH": path}

    @property
    def memory(self) -> float:
        """kB."""
        return float(psutil.Process(self.pid).memory_full_info().uss) / 1024

    def launch(self) -> None:
        self._launches += 1
        where = ["--listen", f"127.0.0.1:{self.port}", "--domain", "localhost", "--data", str(self.data)]
        with self._log.open("ab") as sink:
            most = str(self._shares + 1000)
            command = [RELAY_COMMAND, "serve", "--max-sessions", most, "--limit-shares", most, *where]
            self._process = subprocess.Popen(command, stdout=sink, stderr=sink)

    async def serving(self) -> None:
        """Until the one that was launched last says that it serves: its port is open before that."""
        async with asyncio.timeout(DEADLINE):
            while self._log.read_bytes().count(b" listens on ") < self._launches:  # noqa: ASYNC110  # a file tells nobody
                await asyncio.sleep(0.005)  # it is another process: there is no event

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


class Clients:
    """The processes that hold the shares, and what they say."""

    def __init__(self, relay: Relay) -> None:
        self.opened: asyncio.Queue[str] = asyncio.Queue()
        self.memory_before = 0
        self._relay = relay
        self._memory: asyncio.Queue[int] = asyncio.Queue()
        self._ready: asyncio.Queue[int] = asyncio.Queue()
        self._processes: list[asyncio.subprocess.Process] = []
        self._readers: list[asyncio.Task[None]] = []

    @contextlib.asynccontextmanager
    async def running(self, counts: Sequence[int]) -> AsyncIterator[None]:
        try:
            for count in counts:
                await self._start(count)
            yield
        finally:
            for process in self._processes:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
            await asyncio.gather(*self._readers, *(process.wait() for process in self._processes))

    async def _start(self, count: int) -> None:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bench.shares_client", str(count)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=self._relay.env,
        )
        self._processes.append(process)
        self._readers.append(asyncio.create_task(self._read(process)))

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            match json.loads(line):
                case {"open": host}:
                    self.opened.put_nowait(host)
                case {"ready": kilobytes}:
                    self._ready.put_nowait(kilobytes)
                case {"kilobytes": kilobytes}:
                    self._memory.put_nowait(kilobytes)

    async def ready(self) -> int:
        """Wait until all have their first share; kB of all of them then."""
        async with asyncio.timeout(DEADLINE):
            return sum([await self._ready.get() for _ in self._processes])

    async def memory(self) -> int:
        """kB of all of them now."""
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.write(b"\n")
        async with asyncio.timeout(DEADLINE):
            return sum([await self._memory.get() for _ in self._processes])


async def answered(port: int, host: str) -> None:
    """Return when a visitor got an answer through this share."""
    request = f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
    while True:
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(request)
                if (await reader.readline()).startswith(b"HTTP/1.1 200 "):
                    return
            finally:
                writer.transport.abort()
        await asyncio.sleep(0.05)


async def all_back(clients: Clients, port: int, count: int, began: float) -> list[float]:
    """When each share answered again, in seconds since `began`."""
    times: list[float] = []
    gate = asyncio.Semaphore(PROBES)

    async def probe(host: str) -> None:
        async with gate:
            await answered(port, host)
            times.append(time.monotonic() - began)

    async with asyncio.timeout(DEADLINE), asyncio.TaskGroup() as probes:
        for _ in range(count):
            probes.create_task(probe(await clients.opened.get()))
    return sorted(times)


async def measure(place: Path, options: argparse.Namespace) -> Found:
    found = Found()
    relay = Relay(place, options.shares)
    clients = Clients(relay)
    relay.launch()
    try:
        await relay.serving()
        found.first_share = [alone(relay) for _ in range(3)]
        async with clients.running(parts(options.shares, options.clients)):
            await at_rest(relay, clients, options, found)
            for _ in range(options.restarts):
                await restart(relay, clients, options.shares, found)
                await asyncio.sleep(12)  # the shares count as steady again
        found.revoked = await shares_revoke.tries(relay.port, relay.token, relay.data, options.revocations)
    finally:
        relay.kill()
    return found


def alone(relay: Relay) -> float:
    """A client process of its own, with one share."""
    command = [sys.executable, "-m", "bench.client_memory"]
    done = subprocess.run(command, env=relay.env, check=True, capture_output=True, text=True)
    return float(done.stdout)


async def at_rest(relay: Relay, clients: Clients, options: argparse.Namespace, found: Found) -> None:
    before = await clients.ready()
    relay_before = relay.memory
    rest = options.shares - options.clients
    for _ in range(options.clients):
        await clients.opened.get()
    began = time.monotonic()
    async with asyncio.timeout(DEADLINE):
        for _ in range(rest):
            await clients.opened.get()
    found.opens = rest / (time.monotonic() - began)
    await asyncio.sleep(5)  # the last tunnel connections come, buffers are given back
    found.relay_memory = (relay.memory - relay_before) / rest
    found.relay_total = relay.memory / 1024
    found.client_memory = (await clients.memory() - before) / rest
    used = cpu_seconds(relay.pid)
    await asyncio.sleep(options.idle)
    found.idle_cpu = 100 * (cpu_seconds(relay.pid) - used) / options.idle


async def restart(relay: Relay, clients: Clients, count: int, found: Found) -> None:
    began = time.monotonic()
    relay.kill()
    relay.launch()
    back = asyncio.create_task(all_back(clients, relay.port, count, began))
    await relay.serving()
    found.starts.append(time.monotonic() - began)
    found.backs.append(await back)
    found.start_cpu.append(cpu_seconds(relay.pid))


def parts(shares: int, clients: int) -> list[int]:
    return [shares // clients + (number < shares % clients) for number in range(clients)]


def report(found: Found, shares: int) -> Iterator[str]:
    yield f"{shares} idle shares"
    yield f"opened a second: {found.opens:.0f}"
    yield f"relay: {found.relay_memory:.1f} kB a share, {found.relay_total:.0f} MB in all"
    yield f"relay while idle: {found.idle_cpu:.2f} % of a core"
    yield (
        f"client: {statistics.median(found.first_share):.0f} kB for the first share beside its app, "
        f"{found.client_memory:.1f} kB for each more in the same process"
    )
    for start, back, cpu in zip(found.starts, found.backs, found.start_cpu, strict=True):
        half = statistics.median(back)
        yield (
            f"restart: serves after {start:.2f} s, half are back after {half:.2f} s, "
            f"all after {back[-1]:.2f} s; {cpu:.2f} s of the relay's CPU"
        )
    for way, times in found.revoked.items():
        if times:
            p99 = times[min(len(times) - 1, len(times) * 99 // 100)]
            yield (
                f"revoked by {way}: last byte to a visitor after {1000 * statistics.median(times):.0f} ms "
                f"(p99 {1000 * p99:.0f} ms, {len(times)} tries)"
            )


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.shares", description=__doc__)
    parser.add_argument("--shares", type=int, default=1000, help="how many (1000)")
    parser.add_argument("--clients", type=int, default=4, help="processes that hold them (4)")
    parser.add_argument("--idle", type=float, default=60, help="seconds of rest (60)")
    parser.add_argument("--restarts", type=int, default=3, help="how often the relay is killed (3)")
    parser.add_argument("--revocations", type=int, default=200, help="shares that are revoked (200)")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    raise_file_limit()
    with (
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        TemporaryDirectory(prefix="doorstep-shares-") as folder,
    ):
        found = runner.run(measure(Path(folder), options))
    for line in report(found, options.shares):
        print(line, flush=True)


if __name__ == "__main__":
    main()
