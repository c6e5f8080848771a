"""A TCP proxy that misbehaves as networks do, by a plan that is drawn from a seed for each connection."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Self

RESET = struct.pack("ii", 1, 0)
DRIBBLED = 600
"""Bytes that pass in crumbs before a dribbling connection has mercy."""


class Fault(Enum):
    NONE = "none"
    FIN = "fin"
    RST = "rst"
    STALL = "stall"
    """Nothing passes any more and nobody is told, for a while; then a reset, as from a NAT that forgot."""
    DELAY = "delay"
    DRIBBLE = "dribble"


@dataclass(frozen=True)
class Plan:
    """What will happen to one connection: `fault` strikes after `after` bytes, both ways together."""

    fault: Fault
    after: int
    seconds: float

    @classmethod
    def draw(cls, chance: random.Random, faulty: float) -> Plan:
        if chance.random() > faulty:
            return cls(Fault.NONE, 0, 0.0)
        fault = chance.choice([fault for fault in Fault if fault is not Fault.NONE])
        after = chance.choice((0, 1, 40, 200, 600, 3_000, 30_000, 200_000))
        seconds = chance.uniform(0.01, 0.15) if fault is Fault.DELAY else chance.uniform(0.5, 4.0)
        return cls(fault, int(after * chance.uniform(0.5, 1.5)), seconds)

    @property
    def breaks(self) -> bool:
        return self.fault in (Fault.FIN, Fault.RST, Fault.STALL)


Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Ended(Exception):
    """The plan has ended the connection."""


class Connection:
    """A connection through the proxy."""

    def __init__(self, plan: Plan, near: Streams, far: Streams) -> None:
        self.plan = plan
        self._near, self._far = near, far
        self._passed = 0
        self._flowing = asyncio.Event()
        self._flowing.set()

    async def run(self) -> None:
        pumps = [
            asyncio.ensure_future(self._pump(self._near[0], self._far[1])),
            asyncio.ensure_future(self._pump(self._far[0], self._near[1])),
        ]
        try:
            await asyncio.gather(*pumps)
        except OSError:
            self.reset()
        except Ended:
            pass
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            self._near[1].close()
            self._far[1].close()

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            await self._flowing.wait()
            await self._pass(data, sink)
        sink.write_eof()

    async def _pass(self, data: bytes, sink: asyncio.StreamWriter) -> None:
        plan, before = self.plan, self._passed
        self._passed += len(data)
        if plan.breaks and self._passed > plan.after:
            sink.write(data[: max(0, plan.after - before)])
            await self._break()
        if plan.fault is Fault.DELAY:
            await asyncio.sleep(plan.seconds)
        elif plan.fault is Fault.DRIBBLE and before < DRIBBLED:
            crumbs, data = data[:DRIBBLED], data[DRIBBLED:]
            for at in range(0, len(crumbs), 7):
                sink.write(crumbs[at : at + 7])
                await asyncio.sleep(0.001)
        sink.write(data)
        await sink.drain()

    async def _break(self) -> None:
        if self.plan.fault is Fault.FIN:
            raise Ended
        if self.plan.fault is Fault.STALL:
            self._flowing.clear()
            await asyncio.sleep(self.plan.seconds)
        raise ConnectionResetError("as planned")

    def reset(self) -> None:
        for _, writer in (self._near, self._far):
            sock = writer.get_extra_info("socket")
            if not writer.is_closing():
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            writer.transport.abort()


class FaultProxy:
    """Listens on `port` and forwards to `target`. `faulty` is the share of connections that get a fault."""

    def __init__(self, target: int, chance: random.Random, faulty: float) -> None:
        self.faulty = faulty
        self.plans: dict[int, Plan] = {}
        """Plan by the port that the connection came from."""
        self.port = 0
        self._target = target
        self._chance = chance
        self._live: dict[asyncio.Task[None], Connection] = {}
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_exc: object) -> None:
        if self._server is not None:
            self._server.close()
        self.calm()
        await asyncio.gather(*self._live, return_exceptions=True)

    def calm(self) -> None:
        """End what is broken or under a plan to be; from now on connections pass unharmed."""
        self.faulty = 0.0
        self.cut(lambda plan: plan.fault is not Fault.NONE)

    def cut(self, which: Callable[[Plan], bool] = lambda _plan: True, *, part: float = 1.0) -> None:
        """Reset connections now: all, or a part of them by chance."""
        for task, connection in list(self._live.items()):
            if which(connection.plan) and self._chance.random() <= part:
                connection.reset()
                task.cancel()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        plan = Plan.draw(self._chance, self.faulty)
        self.plans[writer.get_extra_info("peername")[1]] = plan
        try:
            far = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        connection = Connection(plan, (reader, writer), far)
        task = asyncio.ensure_future(connection.run())
        self._live[task] = connection
        task.add_done_callback(lambda _task: self._live.pop(_task, None))
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.shield(task)
