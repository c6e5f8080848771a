"""How many may knock, for how long, and how often they may guess."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, cast

import asyncssh
import pytest

from doorstep_relay.config import Settings
from doorstep_relay.control.actors import Actor
from doorstep_relay.edge.listen import bind
from doorstep_relay.errors import BadToken, Forbidden, TooMany
from doorstep_relay.ssh import client, door
from doorstep_relay.ssh.desk import Desk
from doorstep_relay.ssh.door import SshDoor
from doorstep_relay.ssh.login import Login
from tests.support import eventually

DEADLINE = 20.0
_DISCONNECT, _KEXINIT = 1, 20
GOOD = "dst_" + "good" * 3
ALICE = Actor(1, "alice", token_id=1)


class FakeTokens:
    """Knows one token."""

    generation = 0

    def __init__(self, actor: Actor = ALICE) -> None:
        self.actor = actor
        self.asked = 0

    async def recognise(self, raw: str) -> Actor:
        self.asked += 1
        if raw != GOOD:
            raise BadToken
        return self.actor


def desk(tokens: Any = None, **settings: Any) -> Desk:
    nothing = cast(Any, None)
    return Desk(Settings(**settings), nothing, nothing, tokens or FakeTokens(), nothing, nothing)


@asynccontextmanager
async def an_open_door() -> AsyncIterator[int]:
    opened = SshDoor(desk(), asyncssh.generate_private_key("ssh-ed25519"))
    sock = bind("127.0.0.1", 0)
    await opened.open(sock)
    yield sock.getsockname()[1]
    opened.close()


async def test_row_29_who_says_nothing_is_sent_away_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "LOGIN_DEADLINE", 0.3)
    async with an_open_door() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        async with asyncio.timeout(20):
            assert (await reader.read()).startswith(b"SSH-2.0-")
        writer.close()


async def test_row_29_while_others_keep_knocking_a_newcomer_exchanges_keys() -> None:
    """Ten addresses say nothing, each in as many connections as it may have, and in new ones for old."""
    async with an_open_door() as port, _crowd(port) as crowd:
        await eventually(lambda: crowd.inside >= door.MOST_KNOCKING)
        for number in range(5):
            key = await asyncssh.get_server_host_key(
                "127.0.0.1", port, local_addr=(f"127.0.1.{number + 1}", 0), config=None
            )
            assert key is not None
        assert crowd.inside >= door.MOST_KNOCKING - 5


async def test_row_29_an_address_has_only_so_many_that_have_not_proven_who_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(door, "MOST_OF_ONE", 3)
    async with an_open_door() as port:
        knocking = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        for reader, _ in knocking:
            assert await reader.readline()
        assert await _first_word(port) == _KEXINIT
        async with asyncio.timeout(DEADLINE):
            assert b"too many wait here" in await knocking[0][0].read()
        for _, writer in knocking:
            writer.close()


async def test_row_29_an_address_that_comes_too_often_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "_BURST", 1)
    monkeypatch.setattr(door, "_EVERY", 60.0)
    async with an_open_door() as port:
        assert await _first_word(port) == _KEXINIT
        assert await _first_word(port) == _DISCONNECT


class _Silent(asyncio.Protocol):
    """Knocks, and says nothing."""

    def __init__(self) -> None:
        self.lost = asyncio.get_running_loop().create_future()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.lost.done():
            self.lost.set_result(None)


class _Crowd:
    """Silent ones, who come again when they are sent away."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.inside = 0

    async def knock(self, address: str) -> None:
        loop = asyncio.get_running_loop()
        while True:
            with suppress(ConnectionError):
                transport, silent = await loop.create_connection(
                    _Silent, "127.0.0.1", self._port, local_addr=(address, 0)
                )
                self.inside += 1
                try:
                    await silent.lost
                finally:
                    self.inside -= 1
                    transport.abort()
            await asyncio.sleep(0.05)


@asynccontextmanager
async def _crowd(port: int) -> AsyncIterator[_Crowd]:
    made = _Crowd(port)
    addresses = [f"127.0.0.{number + 2}" for number in range(10)]
    tasks = [
        asyncio.create_task(made.knock(address)) for address in addresses for _ in range(door.MOST_OF_ONE)
    ]
    try:
        yield made
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _first_word(port: int) -> int:
    """What kind of message the relay's first one is."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    async with asyncio.timeout(DEADLINE):
        assert (await reader.readline()).startswith(b"SSH-2.0-")
        writer.write(b"SSH-2.0-x\r\n")
        kind = (await reader.readexactly(6))[5]  # behind the packet's length and that of its padding
    writer.close()
    return kind


async def test_row_29_guesses_are_counted_by_address_and_good_tokens_are_not() -> None:
    at = desk()
    for _ in range(20):
        assert await Login(at, "192.0.2.1").by_password(GOOD)
    for _ in range(8):
        with pytest.raises(BadToken):
            await Login(at, "192.0.2.1").by_password("wrong")
    with pytest.raises(TooMany):
        await Login(at, "192.0.2.1").by_password(GOOD)
    assert await Login(at, "192.0.2.2").by_password(GOOD)


async def test_a_token_that_may_open_nothing_lets_nobody_in() -> None:
    idle = Actor(1, "alice", token_id=1, scopes=frozenset())
    login = Login(desk(FakeTokens(idle)), "192.0.2.1")
    with pytest.raises(Forbidden):
        await login.by_name(GOOD)
    assert login.actor is None


async def test_another_user_name_forgets_what_was_proven_for_the_first() -> None:
    login = Login(desk(), "192.0.2.1")
    assert await login.by_name(GOOD)
    assert not await login.by_name("me")
    assert login.actor is None


def test_row_29_one_connection_tries_only_so_often() -> None:
    assert client.MOST_TRIES <= 20


def test_the_host_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    from doorstep_relay.ssh.host_key import FILE, host_key, known_hosts_line

    settings = Settings(data=tmp_path)
    first, second = host_key(settings), host_key(settings)
    assert first.get_fingerprint() == second.get_fingerprint()
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    assert known_hosts_line(first, "share.example.org", 2222).startswith(
        "[share.example.org]:2222 ssh-ed25519 "
    )
    assert known_hosts_line(first, "share.example.org", 22).startswith("share.example.org ssh-ed25519 ")
