"""A TCP line to a server: so many seconds long each way, and counting what comes back."""

from __future__ import annotations

import asyncio
import contextlib
import selectors
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from bench.processes import free_port


@dataclass
class Line:
    """Browsers connect to `port` instead of the server's."""

    server: int
    delay: float = 0.0
    """Seconds each way: a round trip is twice as long."""
    port: int = 0
    received: int = 0
    """Bytes from the server so far, the heads of answers included."""


@contextlib.contextmanager
def line(server: int, delay: float = 0.0) -> Iterator[Line]:
    """In a thread, because the browser's driver has this one."""
    made = Line(server, delay, free_port())
    # `select` wakes to the microsecond; what asyncio takes by default rounds up to the next millisecond.
    loop = asyncio.SelectorEventLoop(selectors.SelectSelector())
    ready = threading.Event()
    thread = threading.Thread(target=serve, args=(made, loop, ready), daemon=True)
    thread.start()
    if not ready.wait(10):
        raise TimeoutError("the line did not come up in 10 s")
    try:
        yield made
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


def serve(made: Line, loop: asyncio.AbstractEventLoop, ready: threading.Event) -> None:
    ends: set[End] = set()
    listening = loop.create_server(lambda: Browser(made, loop, ends), "127.0.0.1", made.port)
    server = loop.run_until_complete(listening)
    ready.set()
    loop.run_forever()
    server.close()
    for end in ends:
        end.transport.abort()
    loop.run_until_complete(asyncio.sleep(0))  # the transports tell their ends, and are gone
    loop.close()


class End(asyncio.Protocol):
    """One of a connection's two ends. What comes leaves at the other, later, in the same order."""

    transport: asyncio.Transport
    other: End | None = None

    def __init__(self, made: Line, loop: asyncio.AbstractEventLoop, ends: set[End]) -> None:
        self.line, self.loop, self.ends = made, loop, ends

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.ends.add(self)

    def data_received(self, data: bytes) -> None:
        assert self.other is not None, "nothing is read before both ends are there"
        self.loop.call_later(self.line.delay, self.other.transport.write, data)

    def connection_lost(self, error: Exception | None) -> None:
        self.ends.discard(self)
        if self.other is not None:
            self.loop.call_later(self.line.delay, self.other.transport.close)


class Browser(End):
    """Its first bytes wait for a connection to the server, which takes a round trip to make."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        # Not at once: Python 3.11.2 begins to read after this call, whatever it said.
        self.loop.call_soon(self.transport.pause_reading)
        self.dialling = self.loop.create_task(self.dial())

    async def dial(self) -> None:
        await asyncio.sleep(2 * self.line.delay)
        try:
            await self.loop.create_connection(lambda: Server(self), "127.0.0.1", self.line.server)
        except OSError:
            self.transport.abort()


class Server(End):
    def __init__(self, browser: Browser) -> None:
        super().__init__(browser.line, browser.loop, browser.ends)
        self.browser = browser

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.other, self.browser.other = self.browser, self
        self.browser.transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        self.line.received += len(data)
        super().data_received(data)
