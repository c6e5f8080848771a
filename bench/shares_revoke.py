"""How soon a revoked share is over for its visitors: the last byte that one of them gets after the command.

Each try has a share with a WebSocket that talks and a download that flows. It is revoked as its owner does it
(the REST API), or as `doorstep-relay share revoke` does it (another process writes to the database, and the
relay follows).
"""

from __future__ import annotations

import asyncio
import contextlib
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

import doorstep_client
from bench.revoke_app import app
from doorstep_relay.config import Settings
from doorstep_relay.control.actors import OPERATOR
from doorstep_relay.control.shares import Shares
from doorstep_relay.store.database import Database

Revoke = Callable[[str], None]


class Watched:
    """When a visitor last got something."""

    def __init__(self) -> None:
        self.last = 0.0
        self.flowing = asyncio.Event()

    def got(self) -> None:
        self.last = time.monotonic()
        self.flowing.set()


async def talk(port: int, host: str, watched: Watched) -> None:
    with contextlib.suppress(ConnectionClosed):
        async with connect(f"ws://{host}/", host="127.0.0.1", port=port, proxy=None) as socket:
            async for _ in socket:
                watched.got()


async def download(port: int, host: str, watched: Watched) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(f"GET /endless HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        with contextlib.suppress(OSError):
            while await reader.read(65536):
                watched.got()
    finally:
        writer.transport.abort()


async def one_try(port: int, relay: str, token: str, revoke: Revoke) -> float:
    """Seconds from the command to the last byte; 0 when none came after it."""
    link = await asyncio.to_thread(doorstep_client.share, app, relay=relay, token=token)
    host = link.url.removeprefix("http://")
    watched = [Watched(), Watched()]
    visitors = [
        asyncio.create_task(talk(port, host, watched[0])),
        asyncio.create_task(download(port, host, watched[1])),
    ]
    try:
        async with asyncio.timeout(20):
            await asyncio.gather(*(one.flowing.wait() for one in watched))
            began = time.monotonic()
            await asyncio.to_thread(revoke, link.name)
            await asyncio.gather(*visitors)
    finally:
        for visitor in visitors:
            visitor.cancel()
        await asyncio.to_thread(link.close)
    return max(0.0, max(one.last for one in watched) - began)


def by_api(relay: str, token: str) -> Revoke:
    def revoke(name: str) -> None:
        request = urllib.request.Request(
            f"{relay}/api/v1/shares/{name}", method="DELETE", headers={"Authorization": f"Bearer {token}"}
        )
        urllib.request.urlopen(request, timeout=10).close()

    return revoke


def by_command(data: Path) -> Revoke:
    """What the command does, without the start of its process."""

    def revoke(name: str) -> None:
        asyncio.run(_revoke(Settings(data=data), name))

    return revoke


async def _revoke(settings: Settings, name: str) -> None:
    database = Database.open(settings)
    try:
        await Shares(database, time.time, settings).revoke(name, actor=OPERATOR)
    finally:
        await database.close()


async def tries(port: int, token: str, data: Path, count: int) -> dict[str, list[float]]:
    """Half of them by each way; seconds, the shortest first."""
    relay = f"http://127.0.0.1:{port}"
    ways = {"API": by_api(relay, token), "command": by_command(data)}
    return {
        name: sorted([await one_try(port, relay, token, revoke) for _ in range(count // 2)])
        for name, revoke in ways.items()
    }
