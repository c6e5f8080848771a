"""The steps that use the relay: a session begins, and a link is opened, visited and closed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final
from urllib.parse import urlsplit

from doorstep_client import wire
from doorstep_client.doctor.findings import Finding, bad, doubtful, good
from doorstep_client.errors import DoorstepError, RefusedError, UnreachableError
from doorstep_client.holding.holder import Holder
from doorstep_client.network.dial import explain
from doorstep_client.network.fetch import fetch
from doorstep_client.sessions.handshake import connect, receive, welcomed
from doorstep_client.sessions.websocket import WebSocket
from doorstep_client.settings import RelaySettings
from doorstep_client.targets import AppTarget

DEADLINE: Final = 45.0
VISIT_DEADLINE: Final = 10.0
CLOSE_DEADLINE: Final = 3.0
LIFETIME: Final = 120.0
"""Seconds after which the relay ends the link of an examination that was broken off."""
LOAD: Final = 2.0
"""Seconds of download that throughput is measured by, at the most."""
_PINGS: Final = 5
_VISITS: Final = 5
"""Tries: the first visitor may come before it is found out that direct connections are broken."""
_CHUNK: Final = b"\0" * 65536
_FOR_LINKS: Final = "certificates and proxies have to allow the names of links, not the relay's alone"
_WEBSOCKETS: Final = "a proxy in between has to let WebSockets through to {}"
_THROUGH: Final = "the session's WebSocket gets through"
_HELLO: Final = b"hello, doctor"

Findings = AsyncIterator[Finding]


# -- the session -----------------------------------------------------------------------------------


async def session(relay: RelaySettings) -> Findings:
    """Its upgrade, its token, its round trips."""
    try:
        socket = await connect(relay)
    except DoorstepError as error:
        yield bad("upgrade", str(error), _WEBSOCKETS.format(relay.authority))
        return
    try:
        async with asyncio.timeout(DEADLINE):
            async for finding in _greeted(relay, socket):
                yield finding
    except (OSError, TimeoutError, DoorstepError) as error:
        yield bad("token", explain(error), "ask the relay's operator")
    finally:
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(CLOSE_DEADLINE):
                await socket.close()


async def _greeted(relay: RelaySettings, socket: WebSocket) -> Findings:
    try:
        welcome = await welcomed(socket, relay)
    except UnreachableError as error:
        yield bad("upgrade", str(error), _WEBSOCKETS.format(relay.authority))
        return
    except RefusedError as error:
        yield good("upgrade", _THROUGH)
        yield bad("token", str(error), f"run `doorstep login {relay.url}`", code=error.code)
        return
    yield good("upgrade", _THROUGH)
    version = wire.readable(welcome.relay, 40)
    whose = f"from {relay.token_from}" if relay.token else "none, and none is needed"
    yield good("token", f"{whose}; the relay is version {version}", relay=version)
    trips = [await _ping(socket) for _ in range(_PINGS)]
    trip = sorted(trips)[_PINGS // 2]
    yield good("latency", f"{trip * 1000:.1f} ms to the relay and back", took=round(trip * 1000, 1))


async def _ping(socket: WebSocket) -> float:
    began = time.perf_counter()
    await socket.send(wire.encode(wire.Ping()))
    while not isinstance(await receive(socket), wire.Pong):
        pass
    return time.perf_counter() - began


# -- the link --------------------------------------------------------------------------------------


async def link(relay: RelaySettings) -> Findings:
    """A link of an app of the examination's own: opened, visited, and closed."""
    try:
        async with asyncio.timeout(DEADLINE), _held(relay) as holder:
            opened = holder.opened
            if opened is None:
                yield _not_opened(holder)
                return
            yield good("link", f"opened as {opened.url}")
            async for finding in _visited(relay, holder, urlsplit(opened.url).netloc):
                yield finding
    except (OSError, TimeoutError, DoorstepError) as error:
        yield bad("link", explain(error), "ask the relay's operator")


@asynccontextmanager
async def _held(relay: RelaySettings) -> AsyncIterator[Holder]:
    """The holder of a link, once that is open or over."""
    target = AppTarget(_app, lifespan=False)
    news = asyncio.Event()
    holder = Holder(relay, target, name=None, expires_in=LIFETIME, changed=lambda _event: news.set())
    await target.start()
    running = asyncio.create_task(holder.run())
    waiting = asyncio.create_task(news.wait())
    try:
        await asyncio.wait([running, waiting], return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            await running
        yield holder
    finally:
        waiting.cancel()
        await _end(holder, running)
        await target.stop()


async def _end(holder: Holder, running: asyncio.Task[None]) -> None:
    with suppress(OSError, TimeoutError, DoorstepError):
        async with asyncio.timeout(CLOSE_DEADLINE):
            await holder.close()
            await asyncio.wait([running])
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def _not_opened(holder: Holder) -> Finding:
    why = str(holder.error or holder.trouble or "the relay did not open it")
    return bad("link", why, "the relay says why; its operator can change that")


async def _visited(relay: RelaySettings, holder: Holder, host: str) -> Findings:
    for _ in range(_VISITS):
        why = await _visit(relay, host)
        if not why:
            break
    else:
        yield bad("tunnel", holder.failure or why, _FOR_LINKS)
        return
    yield _carrier(relay, holder)
    async for finding in _throughput(relay, host):
        yield finding


async def _visit(relay: RelaySettings, host: str) -> str:
    """Why a visit fails; empty when it does not."""
    try:
        answer = await fetch(relay, "GET", "/", host=host, deadline=VISIT_DEADLINE)
    except (OSError, TimeoutError, DoorstepError) as error:
        return f"a visit fails: {explain(error)}"
    return "" if bytes(answer.body) == _HELLO else f"a visitor is answered HTTP status {answer.status}"


def _carrier(relay: RelaySettings, holder: Holder) -> Finding:
    if not holder.carried:
        return good("tunnel", "direct connections get through", carried=False)
    advice = (
        f"the proxy's operator can allow `Upgrade: {wire.TUNNEL_UPGRADE}` to {relay.authority} and its "
        "links, or let TLS to them through unread"
    )
    text = "a proxy in between allows no direct connections; links work through their session, slower"
    return doubtful("tunnel", text, advice, carried=True)


async def _throughput(relay: RelaySettings, host: str) -> Findings:
    """What a visitor's download makes; it comes back to this computer, so the network carries it twice."""
    sizes: list[int] = []
    began = time.perf_counter()
    with suppress(OSError, TimeoutError, DoorstepError):
        async with asyncio.timeout(LOAD):
            await fetch(relay, "GET", "/load", host=host, progress=sizes.append)
    rate = sum(sizes) * 8 / 1e6 / max(time.perf_counter() - began, 0.001)
    if sizes:
        yield good("throughput", f"about {rate:.0f} Mbit/s, up and down at once", megabits=round(rate, 1))


async def _app(scope: Any, _receive: Any, send: Any) -> None:
    """Says hello; `/load` until nobody listens, or for twice the time that anybody does."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    if scope["path"] == "/load":
        until = time.monotonic() + 2 * LOAD
        while time.monotonic() < until:
            await send({"type": "http.response.body", "body": _CHUNK, "more_body": True})
    await send({"type": "http.response.body", "body": _HELLO})
