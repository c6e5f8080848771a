"""A process that holds many shares, each with a session of its own, as that many clients would.

It prints a line of JSON for what happens: `{"ready": kB}` before the first share, `{"open": host}` whenever
a share is open, `{"lost": n}` for sessions that broke off, `{"kilobytes": kB}` for each line that it reads.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import resource
import sys
from typing import Any

import psutil

from bench.app import app
from doorstep_client.errors import UnreachableError
from doorstep_client.holding.holder import Holder
from doorstep_client.network.dial import run_loop_factory
from doorstep_client.sessions.line import Line
from doorstep_client.settings import find_relay
from doorstep_client.targets import make_target

AT_ONCE = 16
"""Shares that are being opened at the same time, at the first start."""

_NEW_OBJECTS = 100_000
"""Between two looks of the garbage collector: a real client, with one share, never has so many."""


def say(**what: Any) -> None:
    print(json.dumps(what), flush=True)


def kilobytes() -> int:
    """Memory of this process that is its own."""
    gc.collect()
    return int(psutil.Process().memory_full_info().uss) // 1024


class Crowd:
    """Some shares; each is its own client."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._tasks: list[asyncio.Task[None]] = []
        self._gate = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        await self._warm_up()
        say(ready=kilobytes())
        for _ in range(self._count - 1):
            await self._gate.acquire()
            self._add()
        await asyncio.gather(self._obey(), *self._tasks)

    async def _warm_up(self) -> None:
        """The first share brings the modules that all of them use."""
        await self._gate.acquire()
        self._add()
        async with self._gate:
            await asyncio.sleep(0.2)

    def _add(self) -> None:
        first = True

        def changed(event: str) -> None:
            nonlocal first
            if event == "opened" and holder.opened is not None:
                say(open=holder.opened.host)
                if first:
                    self._gate.release()
                first = False
            elif event == "lost":
                say(lost=1)

        target = make_target(app, lifespan=False)
        relay = find_relay()
        line = Line(relay)  # its own: what many people's shares cost
        holder = Holder(relay, target, name=None, expires_in=None, changed=changed, line=line)
        self._tasks.append(asyncio.create_task(_hold(holder)))

    async def _obey(self) -> None:
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
        while await reader.readline():
            say(kilobytes=kilobytes())


async def _hold(holder: Holder) -> None:
    """A relay that is busy with thousands of others may be too late at first: ask again, as people do."""
    while holder.opened is None:
        with contextlib.suppress(UnreachableError):
            await holder.run()


def raise_file_limit() -> None:
    """As many open files as the system lets this process have."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def main() -> None:
    raise_file_limit()
    gc.set_threshold(_NEW_OBJECTS)
    with asyncio.Runner(loop_factory=run_loop_factory()) as runner:
        runner.run(Crowd(int(sys.argv[1])).run())


if __name__ == "__main__":
    main()
