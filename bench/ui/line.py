"""A TCP line to a server: so many seconds long each way, and counting what comes back."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from bench.processes import free_port

BLOCK = 64 * 1024


@dataclass
class Line:
    """Browsers connect to `port` instead of the server's."""

    server: int
    delay: float = 0.0
    """Seconds each way: a round trip is twice as long."""
    port: int = 0
    received: int = 0
    """Bytes from the server so far, the heads of answers included."""

    visits: set[asyncio.Task[None]] = field(default_factory=set)

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visit = asyncio.create_task(self.visit(reader, writer))
        self.visits.add(visit)
        visit.add_done_callback(self.visits.discard)

    async def visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A connection takes a round trip to make, as it would over a wire of that length."""
        await asyncio.sleep(2 * self.delay)
        with contextlib.suppress(OSError):
            there, out = await asyncio.open_connection("127.0.0.1", self.server)
            with contextlib.closing(out), contextlib.closing(writer):
                await asyncio.gather(self.carry(reader, out, count=False), self.carry(there, writer))

    async def carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, count: bool = True
    ) -> None:
        """What was read is written when its time has come; meanwhile more may be read."""
        loop = asyncio.get_running_loop()
        late: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(maxsize=1024)

        async def deliver() -> None:
            while (due := await late.get())[1]:
                await asyncio.sleep(due[0] - loop.time())
                writer.write(due[1])
                await writer.drain()
            if writer.can_write_eof():
                writer.write_eof()

        async def collect() -> None:
            data = b"?"
            while data:
                data = await reader.read(BLOCK)
                self.received += len(data) if count else 0
                await late.put((loop.time() + self.delay, data))

        await asyncio.gather(collect(), deliver())


@contextlib.contextmanager
def line(server: int, delay: float = 0.0) -> Iterator[Line]:
    """In a thread, because the browser's driver has this one."""
    made = Line(server, delay, free_port())
    ready, loop = threading.Event(), asyncio.new_event_loop()
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
    asyncio.set_event_loop(loop)
    server = loop.run_until_complete(asyncio.start_server(made.accept, "127.0.0.1", made.port))
    ready.set()
    loop.run_forever()
    server.close()
    for visit in made.visits:
        visit.cancel()
    loop.run_until_complete(asyncio.gather(*made.visits, return_exceptions=True))
    loop.close()
