"""Real client processes, and visitors who look closely."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from tests.support import Process, Relay, run_script, wait_for

ROOT = str(Path(__file__).parents[2])
DEADLINE = 45.0

_SCRIPT = """
import json, sys, time
from doorstep_client import DoorstepError, share
from tests.link.app import app

options = json.loads(sys.argv[1])
say = lambda *words: print(" ".join(map(str, words)) + "\\n", end="", flush=True)  # one write: threads say it
began = time.perf_counter()
try:
    link = share(options.pop("port", None) or app, on_event=lambda text: say("TOLD", text), **options)
except DoorstepError as error:
    say("REFUSED", getattr(error, "code", type(error).__name__), str(error))
    sys.exit(3)
say("URL", link.url, "after", round(time.perf_counter() - began, 3), "ends", link.expires_at)
try:
    link.wait()
except KeyboardInterrupt:
    link.close()
say("ENDED", link.error.code if link.error else "closed")
"""


class Client:
    """A running client and its link."""

    def __init__(self, process: Process) -> None:
        self.process = process

    @property
    def url(self) -> str:
        return self.process.wait_for_line(r"^URL (\S+) after").group(1)

    @property
    def pid(self) -> int:
        return self.process.pid

    def told(self, pattern: str, deadline: float = DEADLINE) -> None:
        self.process.wait_for_line(rf"^TOLD .*{pattern}", deadline)

    def refused(self) -> str:
        """The code with which the relay refused to open the share."""
        return self.process.wait_for_line(r"^REFUSED (\S+)").group(1)

    def ended(self, deadline: float = DEADLINE) -> str:
        """How the link ended; the process has ended too."""
        code = self.process.wait_for_line(r"^ENDED (\S+)", deadline).group(1)
        self.process.wait()
        return code


@contextlib.contextmanager
def client(
    relay: Relay, token: str | None, *, wait: bool = True, env: dict[str, str] | None = None, **options: Any
) -> Iterator[Client]:
    """A client process that shares `tests.link.app`, or the `port` given."""
    env = {"PYTHONPATH": ROOT, "DOORSTEP_RELAY": relay.url, "DOORSTEP_TOKEN": token or "", **(env or {})}
    with run_script(_SCRIPT, json.dumps(options), env=env) as process:
        running = Client(process)
        if wait:
            _ = running.url
        yield running


# -- visitors --------------------------------------------------------------------------------------


def status(relay: Relay, url: str, **how: Any) -> int:
    """The status that a visitor gets now."""
    return relay.visit(url, **how).status


def becomes(relay: Relay, url: str, wanted: int, deadline: float = DEADLINE) -> None:
    """Wait until a visitor gets this status."""
    wait_for(lambda: status(relay, url) == wanted, deadline, what=f"{wanted} at {url}")


def under_way(relay: Relay, token: str, url: str) -> int:
    """How many requests the relay has at that link, as the link's owner is told."""
    name = host_of(url).partition(".")[0]
    told = relay.visit(f"/api/v1/shares/{name}/live", headers={"Authorization": f"Bearer {token}"})
    return int(told.json()["visitors"])


def not_ready(relay: Relay) -> bool:
    """Whether it stops: it says so, or its port is closed."""
    try:
        return relay.visit("/readyz").status == 503
    except OSError:
        return True


def host_of(url: str) -> str:
    return url.removeprefix("http://").split("/")[0]


@contextlib.contextmanager
def get(relay: Relay, url: str, path: str) -> Iterator[http.client.HTTPResponse]:
    """An answer whose body is still to be read."""
    connection = http.client.HTTPConnection("127.0.0.1", relay.port, timeout=DEADLINE)
    with contextlib.closing(connection):
        connection.request("GET", path, headers={"Host": host_of(url)})
        with connection.getresponse() as answer:
            yield answer


async def at_best(measure: Callable[[int], Awaitable[float]], enough: float) -> float:
    """The least of up to three measured spans: a machine that stands still makes one longer, not all.

    `measure` is told the number of its try; one that takes less than `enough` is the last.
    """
    took = [await measure(0)]
    while min(took) >= enough and len(took) < 3:
        took.append(await measure(len(took)))
    return min(took)


Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@contextlib.asynccontextmanager
async def streams(relay: Relay) -> AsyncIterator[Streams]:
    """A visitor's connection, byte by byte."""
    reader, writer = await asyncio.open_connection("127.0.0.1", relay.port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()
        await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def asking(relay: Relay, url: str, path: str) -> AsyncIterator[Streams]:
    """A request whose answer has begun: its head is read, its status was 200."""
    async with streams(relay) as (reader, writer):
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {host_of(url)}\r\n\r\n".encode())
        async with asyncio.timeout(DEADLINE):
            head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 "), head
        yield reader, writer


@contextlib.asynccontextmanager
async def websocket(relay: Relay, url: str) -> AsyncIterator[ClientConnection]:
    """A WebSocket to the app's echo, by a library that has nothing to do with us."""
    async with connect(
        f"ws://{host_of(url)}/ws",
        host="127.0.0.1",
        port=relay.port,
        proxy=None,
        ping_interval=None,
        open_timeout=30,
    ) as socket:
        yield socket


async def cut(reader: asyncio.StreamReader, within: float) -> None:
    """Read what is still there until the connection is cut. Raises `TimeoutError`."""
    async with asyncio.timeout(within):
        try:
            while await reader.read(65536):
                pass
        except ConnectionError:
            pass
