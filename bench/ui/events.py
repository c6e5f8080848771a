"""Events a second, what each costs the server, and what a thousand sessions weigh."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

import psutil
import uvloop

from bench.processes import cpu_seconds
from bench.report import MILLI
from bench.ui.clients import PAGES, Client, Event, api
from bench.ui.runtimes import Served
from bench.ui.scale import Scale

T = TypeVar("T")
WARM_UP = 0.3
"""Seconds, or one event a client."""
CLIENTS = (1, 16, 64)
TOGETHER = 16
"""Sessions that open at a time."""
FUNCTIONS = {"events": "greet", "turns": "greet_in_turn"}
"""Without a limit, and one at a time."""


def page_events(served: Served, scale: Scale) -> dict[str, float]:
    """Over the page's own protocol."""
    client = PAGES[served.runtime.module]
    found: dict[str, float] = {}
    for name, function in FUNCTIONS.items():
        for clients in CLIENTS:
            found |= named(f"{name}-{clients}", run(load(served, client, function, clients, scale.seconds)))
    return found


def api_events(served: Served, scale: Scale) -> dict[str, float]:
    return named("api-64", run(load(served, api, "greet", 64, scale.seconds)))


def named(name: str, figures: tuple[float, float]) -> dict[str, float]:
    return {name: figures[0], f"{name}-cpu": figures[1]}


def run(main: Coroutine[Any, Any, T]) -> T:
    """On uvloop, so that the clients take less of the machine than what they measure."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)


async def load(
    served: Served, client: Client, function: str, clients: int, seconds: float
) -> tuple[float, float]:
    """Events a second, and the server's CPU milliseconds for each."""
    async with contextlib.AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(client(served, function)) for _ in range(clients)]
        await asyncio.gather(*(repeat(event, WARM_UP) for event in opened))
        began, before = time.perf_counter(), cpu_seconds(served.pid)
        counts = await asyncio.gather(*(repeat(event, seconds) for event in opened))
        took, used = time.perf_counter() - began, cpu_seconds(served.pid) - before
    return sum(counts) / took, used / sum(counts) * MILLI


async def repeat(event: Event, seconds: float) -> int:
    """How many; the last one is waited for, so the time that it took counts too."""
    end, count = time.perf_counter() + seconds, 0
    while time.perf_counter() < end or not count:
        await event()
        count += 1
    return count


def sessions(served: Served, scale: Scale) -> dict[str, float]:
    """Memory that the server's process has to itself, for each page that is open and has had one event."""
    return {"session": run(open_sessions(served, scale.sessions)) / 1024}


async def open_sessions(served: Served, count: int) -> float:
    """Bytes a session. The first few are not counted: they bring what all share."""
    async with contextlib.AsyncExitStack() as stack:
        await open_pages(stack, served, 32)
        before = own_memory(served.pid)
        await open_pages(stack, served, count)
        await asyncio.sleep(1)
        return (own_memory(served.pid) - before) / count


async def open_pages(stack: contextlib.AsyncExitStack, served: Served, count: int) -> None:
    client = PAGES[served.runtime.module]
    for begun in range(0, count, TOGETHER):
        some = range(min(TOGETHER, count - begun))
        events = [await stack.enter_async_context(client(served, "greet")) for _ in some]
        await asyncio.gather(*(event() for event in events))


def own_memory(pid: int) -> int:
    return int(psutil.Process(pid).memory_full_info().uss)
