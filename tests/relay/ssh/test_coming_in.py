"""What happens to an SSH client, or to its account, while it is let in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, ClassVar, cast

import asyncssh
import pytest

from doorstep_relay.config import Settings
from doorstep_relay.control.actors import OPERATOR, Actor
from doorstep_relay.edge.listen import bind
from doorstep_relay.ssh import door
from doorstep_relay.ssh.client import Client
from doorstep_relay.ssh.desk import Desk
from doorstep_relay.ssh.door import SshDoor
from tests.relay.site import Site
from tests.support import eventually

DEADLINE = 30.0
TOKEN = "dst_" + "good" * 3
ALICE = Actor(1, "alice", token_id=1)


class FakeTokens:
    """Everybody is Alice."""

    generation = 0

    async def recognise(self, raw: str) -> Actor:
        return ALICE


class Seats:
    """Calls back when somebody comes in, and lets nothing wait for anybody."""

    def __init__(self, on_come: Callable[[], Any]) -> None:
        self._on_come = on_come

    async def waiting(self, seat: str, owner_id: int | None) -> list[object]:
        await self._on_come()
        return []


@asynccontextmanager
async def a_door(desk: Desk) -> AsyncIterator[int]:
    opened = SshDoor(desk, asyncssh.generate_private_key("ssh-ed25519"))
    sock = bind("127.0.0.1", 0)
    await opened.open(sock)
    try:
        yield sock.getsockname()[1]
    finally:
        opened.close()


async def connect(port: int, user: str, **how: Any) -> asyncssh.SSHClientConnection:
    nothing = {"client_keys": None, "agent_path": None, "known_hosts": None, "config": None}
    return await asyncssh.connect("127.0.0.1", port, username=user, **(nothing | how))


class Recorded(Client):
    """Remembers the clients of a test."""

    all: ClassVar[list[Client]] = []

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.all.append(self)


async def test_who_leaves_while_it_is_let_in_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither names that are kept for it, nor a timer that asks it for a sign of life."""
    monkeypatch.setattr(door, "Client", Recorded)
    monkeypatch.setattr(Recorded, "all", [])
    here, goes_on = asyncio.Event(), asyncio.Event()

    async def come() -> None:
        here.set()
        await goes_on.wait()

    nothing = cast(Any, None)
    desk = Desk(Settings(), nothing, nothing, cast(Any, FakeTokens()), nothing, cast(Any, Seats(come)))
    async with a_door(desk) as port:
        coming = asyncio.create_task(connect(port, TOKEN))
        async with asyncio.timeout(DEADLINE):
            await here.wait()
        coming.cancel()
        with suppress(asyncio.CancelledError):
            await coming
        (client,) = Recorded.all
        await eventually(client.conn.is_closed, DEADLINE)
        goes_on.set()
        await eventually(lambda: not client.conn._tasks, DEADLINE)
        assert not desk._promised
        assert client.conn._keepalive_timer is None
        assert not client.is_in


async def ban(site: Site, name: str) -> None:
    for change in await site.services.accounts.ban(name, by=OPERATOR, reason="spam"):
        await site.relay.effects.apply(change)


class Sessions:
    """Whose there were: each ends at once."""

    def __init__(self) -> None:
        self.actors: list[Actor] = []

    async def serve(self, channel: object, actor: Actor, address: str, spares: int) -> None:
        self.actors.append(actor)


@pytest.mark.parametrize("way", ["token", "key"])
async def test_row_29_an_account_that_is_banned_while_its_client_is_let_in_has_no_session(
    site: Site, way: str
) -> None:
    token = (await site.services.tokens.create("ann")).raw
    key = asyncssh.generate_private_key("ssh-ed25519")
    await site.services.keys.add("ann", key.export_public_key().decode())
    relay, seats, hub = site.relay, Seats(lambda: ban(site, "ann")), Sessions()
    desk = Desk(
        relay.settings, cast(Any, hub), cast(Any, None), relay.tokens, relay.services.keys, cast(Any, seats)
    )
    shown = {"user": token} if way == "token" else {"user": "me", "client_keys": [key]}
    async with a_door(desk) as port, asyncio.timeout(DEADLINE):
        await (await connect(port, **shown)).wait_closed()
    assert hub.actors == []
