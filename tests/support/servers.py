"""The end of a test's own server: nothing of it is left to the garbage collector, which would warn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

_TURNS: Final = 5
"""Of the loop, in which a connection that was just accepted gets its transport."""


async def end_server(server: asyncio.Server) -> None:
    """Close it. asyncio loses a connection that it accepts in that moment: it takes none before."""
    loop = asyncio.get_running_loop()
    for listening in server.sockets if isinstance(loop, asyncio.BaseEventLoop) else ():  # not uvloop
        loop.remove_reader(listening.fileno())
    for _ in range(_TURNS):
        await asyncio.sleep(0)
    server.close()


@asynccontextmanager
async def ending(server: asyncio.Server) -> AsyncIterator[asyncio.Server]:
    """The server, until the end of the block."""
    try:
        yield server
    finally:
        await end_server(server)


def is_closed(writer: asyncio.StreamWriter) -> bool:
    """Whether the connection's socket is."""
    sock = writer.get_extra_info("socket")
    return sock is None or bool(sock.fileno() == -1)
