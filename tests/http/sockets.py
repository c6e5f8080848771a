"""A WebSocket server of the `websockets` library: echoes, with compression and subprotocols.

Run as `python -m tests.http.sockets PORT`.
"""

from __future__ import annotations

import asyncio
import http
import sys
from collections.abc import Sequence

from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

MAX_SIZE = 8 * 1024 * 1024


def check(connection: ServerConnection, request: Request) -> Response | None:
    """`/refuse/403` is refused with that status and a body."""
    if request.path.startswith("/refuse/"):
        return connection.respond(http.HTTPStatus(int(request.path.rpartition("/")[2])), "not you\n")
    return None


def choose(connection: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """The last one that was offered, as `tests.http.app` does."""
    return offered[-1] if offered else None


async def answer(connection: ServerConnection) -> None:
    async for message in connection:
        if isinstance(message, str) and message.startswith("close "):
            _, code, reason = message.split(" ", 2)
            await connection.close(int(code), reason)
        elif message == "ping":
            waiter = await connection.ping(b"p" * 125)
            await waiter
            await connection.send("ponged")
        elif message == "pong":
            await connection.pong(b"unasked")
            await connection.send("sent")
        else:
            await connection.send(message)


async def main(port: int) -> None:
    async with serve(
        answer,
        "127.0.0.1",
        port,
        process_request=check,
        select_subprotocol=choose,
        max_size=MAX_SIZE,
        ping_interval=None,
    ) as server:
        print("listening", flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
