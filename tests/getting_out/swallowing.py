"""What agrees to an upgrade and then breaks it: no program of Debian's does that on purpose.

async with Swallowing(relay.port) as box:
    box.breaks = "tunnels"        # or "session", "nothing"
    box.how = "cut"               # or "both", "down", "request"
    share(app, relay=box.url, ...)
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Self

from tests.support.servers import end_server

HEAD_END = b"\r\n\r\n"


class Swallowing:
    """A reverse proxy on a free port of loopback. `how` connections end that were agreed to:

    `cut` at once, `both` nothing passes any more, `down` nothing of the relay's passes, `request` cut at the
    first request of a visitor's.
    """

    def __init__(self, relay_port: int, *, breaks: str = "tunnels", how: str = "cut") -> None:
        self.breaks = breaks
        self.how = how
        self.agreed: list[str] = []
        """The paths of upgrades that were agreed to."""
        self.port = 0
        self._relay_port = relay_port
        self._jobs: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def tunnels(self) -> int:
        """Tunnel connections that were agreed to so far."""
        return sum(path.startswith("/.doorstep/tunnel") for path in self.agreed)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *exc: object) -> None:
        await end_server(self._server)
        for writer in self._writers:
            writer.transport.abort()
        for job in self._jobs:
            job.cancel()
        await asyncio.gather(*self._jobs, return_exceptions=True)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        self._jobs.add(asyncio.ensure_future(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(HEAD_END)
            there, onward = await asyncio.open_connection("127.0.0.1", self._relay_port)
            self._writers.append(onward)
            onward.write(head)
            answer = await there.readuntil(HEAD_END)
            writer.write(answer)
            path = head.split(b" ")[1].decode()
            how = self._treatment(path) if answer.startswith(b"HTTP/1.1 101 ") else ""
            await self._pass_on(how, (reader, writer), (there, onward))
        writer.close()

    def _treatment(self, path: str) -> str:
        self.agreed.append(path)
        is_session = path.startswith("/.doorstep/session")
        return self.how if self.breaks == ("session" if is_session else "tunnels") else ""

    async def _pass_on(
        self,
        how: str,
        client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        relay: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        if how == "cut":
            relay[1].transport.abort()
            return
        up = _pump(client[0], None if how == "both" else relay[1])
        down = _pump(relay[0], None if how in ("both", "down") else client[1], at_request=how == "request")
        pumps = [asyncio.ensure_future(up), asyncio.ensure_future(down)]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            relay[1].transport.abort()


async def _pump(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter | None, *, at_request: bool = False
) -> None:
    """Until one side ends its connection, or breaks it."""
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            if at_request and b"GET " in data:
                break
            if writer is not None:
                writer.write(data)
                await writer.drain()
