"""A hub without sockets and without a database, and clients whose far end is the test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from doorstep_client import wire
from doorstep_relay.control.actors import Actor
from doorstep_relay.control.hub import Hub, SessionSettings
from doorstep_relay.control.opening import Grant
from doorstep_relay.domain.tickets import TicketKey
from doorstep_relay.errors import NameTaken
from doorstep_relay.switchboard.local import LiveShare, Switchboard

T = TypeVar("T")
ALICE = Actor(1, "alice", token_id=11)
BOB = Actor(2, "bob", token_id=22)
DEADLINE = 20.0


class FakeChannel:
    """A WebSocket whose far end is the test."""

    def __init__(self) -> None:
        self.to_relay: asyncio.Queue[str | bytes | None] = asyncio.Queue()
        self.from_relay: asyncio.Queue[wire.FromRelay] = asyncio.Queue()
        self.closed: tuple[int, str] | None = None
        self.reading = asyncio.Event()
        self.reading.set()
        self.heard = asyncio.get_running_loop().time()

    async def receive(self) -> str | bytes | None:
        message = await self.to_relay.get()
        self.heard = asyncio.get_running_loop().time()
        return message

    async def send(self, frame: str) -> None:
        await self.reading.wait()
        self.from_relay.put_nowait(wire.decode_from_relay(frame))

    async def close(self, code: int, reason: str) -> None:
        await self.reading.wait()
        self.closed = (code, reason)

    def carry(self, accept: object, failed: object) -> None: ...

    # -- the client's end

    def say(self, message: wire.FromClient | str) -> None:
        self.to_relay.put_nowait(message if isinstance(message, str) else wire.encode(message))

    def leave(self) -> None:
        self.to_relay.put_nowait(None)

    async def hear(self, kind: type[T]) -> T:
        async with asyncio.timeout(DEADLINE):
            message = await self.from_relay.get()
        assert isinstance(message, kind), message
        return message


class FakeShares:
    """Grants every name to its first owner. `gate` holds back what `open` answers."""

    def __init__(self) -> None:
        self.owners: dict[str, int | None] = {}
        self.epochs: dict[str, int] = {}
        self.told: list[tuple[str, int, int]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.entered = asyncio.Event()
        self.failing: set[int] = set()
        self.broken = False
        self._ids: dict[str, int] = {}

    async def open(
        self,
        actor: Actor,
        *,
        name: str | None,
        expires_in: float | None,
        lease: str | None,
        naming: str,
        balance: bool,
    ) -> Grant:
        self.entered.set()
        await self.gate.wait()
        if self.broken:
            raise OSError("the disk is full")
        name = name or f"random-{len(self._ids)}"
        if self.owners.setdefault(name, actor.account_id) != actor.account_id:
            raise NameTaken(name)
        share_id = self._ids.setdefault(name, len(self._ids) + 1)
        self.epochs[name] = self.epochs.get(name, 0) + 1
        return Grant(share_id, name, self.epochs[name], f"lease-{name}", expires_in, False)

    async def disconnected(self, share_id: int, epoch: int) -> bool:
        if share_id in self.failing:
            raise OSError("the disk is full")
        self.told.append(("disconnected", share_id, epoch))
        return True

    async def close(self, share_id: int, epoch: int) -> bool:
        if self.broken:
            raise OSError("the disk is full")
        self.told.append(("closed", share_id, epoch))
        return True


class FakeUpstream:
    """A tunnel connection."""

    idle_since = 0.0
    has_no_end = False

    def __init__(self) -> None:
        self.discarded = False

    def discard(self) -> None:
        self.discarded = True


class Desk:
    """A hub and what it stands on."""

    def __init__(self, heartbeat: float, **limits: Any) -> None:
        self.now = 1000.0
        self.shares = FakeShares()
        self.switchboard = Switchboard()
        settings = SessionSettings(
            heartbeat=heartbeat,
            spares=2,
            max_tunnels=8,
            ticket_lifetime=60.0,
            domain="localhost",
            url_of=lambda name: f"http://{name}.localhost",
            version="test",
            **limits,
        )
        key = TicketKey(b"k" * 32)
        self.hub = Hub(settings, self.shares, self.switchboard, key, lambda: self.now)  # type: ignore[arg-type]  # a fake
        self._tasks: list[asyncio.Task[None]] = []

    def connect(self, actor: Actor = ALICE) -> FakeChannel:
        channel = FakeChannel()
        self._tasks.append(asyncio.ensure_future(self.hub.serve(channel, actor)))
        return channel

    async def welcomed(self, actor: Actor = ALICE) -> FakeChannel:
        channel = self.connect(actor)
        await channel.hear(wire.Welcome)
        return channel

    async def opened(
        self, name: str, actor: Actor = ALICE, number: int = 0
    ) -> tuple[FakeChannel, wire.Opened]:
        channel = await self.welcomed(actor)
        channel.say(wire.Open(number, name))
        return channel, await channel.hear(wire.Opened)

    def live(self, name: str) -> LiveShare | None:
        return self.switchboard.find(name)

    async def over(self) -> None:
        """Every session has ended by itself."""
        async with asyncio.timeout(DEADLINE):
            await asyncio.gather(*self._tasks)

    async def end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def a_desk(heartbeat: float = 30.0, **limits: Any) -> AsyncIterator[Desk]:
    made = Desk(heartbeat, **limits)
    try:
        yield made
    finally:
        await made.end()
