"""How soon a revoked share is over for its visitors: the last byte that one of them gets after the command.

Each try has a share with a WebSocket that talks and a download that flows. It is revoked as its owner does it
(the REST API), or as `doorstep-relay share revoke` does it (another process writes to the database, and the
relay follows).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import math
import statistics
import time
import urllib.request
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

import doorstep_client
from bench.peers.doorstep import relay
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


async def talk(port: int, host: str, watched: Watched, query: str = "") -> None:
    with contextlib.suppress(ConnectionClosed):
        async with connect(f"ws://{host}/{query}", host="127.0.0.1", port=port, proxy=None) as socket:
            async for _ in socket:
                watched.got()


async def download(port: int, host: str, watched: Watched, query: str = "") -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(f"GET /endless{query} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
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


@contextlib.asynccontextmanager
async def crowd(port: int, relay: str, token: str, count: int) -> AsyncIterator[None]:
    """So many WebSockets and downloads at a share of their own, two pieces a second each."""
    link = await asyncio.to_thread(doorstep_client.share, app, relay=relay, token=token)
    host = link.url.removeprefix("http://")
    watched = [Watched() for _ in range(2 * count)]
    visitors = [
        asyncio.create_task((talk if place % 2 else download)(port, host, one, "?0.5"))
        for place, one in enumerate(watched)
    ]
    try:
        async with asyncio.timeout(60):
            await asyncio.gather(*(one.flowing.wait() for one in watched))
        yield
    finally:
        for visitor in visitors:
            visitor.cancel()
        await asyncio.gather(*visitors, return_exceptions=True)
        await asyncio.to_thread(link.close)


async def beside_a_crowd(place: Path, visitors: int, count: int) -> dict[str, list[float]]:
    """`tries` at a relay of their own, while so many WebSockets and downloads are under way."""
    with relay(place) as running:
        url = f"http://127.0.0.1:{running.port}"
        async with crowd(running.port, url, running.env["DOORSTEP_TOKEN"], visitors):
            return await tries(running.port, running.env["DOORSTEP_TOKEN"], place / "relay", count)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.shares_revoke", description=__doc__)
    parser.add_argument("--visitors", type=int, default=200, help="WebSockets, and downloads, beside (200)")
    parser.add_argument("--tries", type=int, default=400, help="shares that are revoked, half each way (400)")
    options = parser.parse_args()
    with TemporaryDirectory(prefix="doorstep-revoke-") as folder:
        found = asyncio.run(beside_a_crowd(Path(folder), options.visitors, options.tries))
    for way, times in found.items():
        middle, late = statistics.median(times), times[math.ceil(0.99 * len(times)) - 1]
        print(f"revoked by {way}: {1000 * middle:.0f} ms, p99 {1000 * late:.0f} ms of {len(times)} tries")


if __name__ == "__main__":
    main()
