"""How many may knock, for how long, and how often they may guess."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
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

GOOD = "dst_" + "good" * 3
ALICE = Actor(1, "alice", token_id=1)


class FakeTokens:
    """Knows one token."""

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
        async with asyncio.timeout(10):
            assert (await reader.read()).startswith(b"SSH-2.0-")
        writer.close()


async def test_row_29_an_address_has_only_so_many_that_have_not_proven_who_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(door, "MOST_OF_ONE", 3)
    async with an_open_door() as port:
        knocking = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        for reader, _ in knocking:
            assert await reader.readline()
        assert not await _greeted(port)
        knocking[0][1].close()
        await eventually(lambda: _greeted(port))
        for _, writer in knocking[1:]:
            writer.close()


async def _greeted(port: int) -> bool:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(10):
            await reader.readline()
            writer.write(b"SSH-2.0-x\r\n")  # who is not let in is cut, greeted or not
            return bool(await reader.read(4))
    except ConnectionError:
        return False
    finally:
        writer.close()


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
