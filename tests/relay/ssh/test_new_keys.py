"""Either side of an SSH connection may want new keys at any time: that fills no memory and has an end."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import asyncssh
import pytest

from doorstep_relay.ssh import connection
from tests.security.test_ssh_memory import BOUND, someone_inside, tunnel_to
from tests.support import eventually

DEADLINE = 10.0
"""Who shares nothing is sent away after 15 s."""


def begin(conn: asyncssh.SSHClientConnection) -> Any:
    """The client wants new keys."""
    client = cast(Any, conn)
    client._send_kexinit()
    client._kexinit_sent = True
    return client


async def new_keys(conn: asyncssh.SSHClientConnection) -> None:
    """The client gets them, or is sent away."""
    client = begin(conn)
    await eventually(lambda: client._kex_complete or client.is_closed())


async def stall(conn: asyncssh.SSHClientConnection, relay: connection.Connection) -> Any:
    """The client wants new keys, and then does nothing for them."""
    client = begin(conn)
    client._transport.pause_reading()
    await eventually(lambda: not relay._kex_complete, DEADLINE)
    return client


async def test_a_client_gets_new_keys_and_goes_on() -> None:
    async with someone_inside() as (inside, conn):
        for _ in range(3):
            await new_keys(conn)
            assert await inside.conn.is_alive()
        assert not inside.conn.takes_no_more


async def test_row_21_tunnel_connections_wait_while_keys_are_exchanged() -> None:
    async with someone_inside() as (inside, conn):
        tunnel = await tunnel_to(inside, conn)
        client = await stall(conn, inside.conn)
        tunnel.flood()
        assert tunnel.paused
        assert tunnel.written < BOUND
        client._transport.resume_reading()
        await eventually(lambda: not tunnel.paused, DEADLINE)


async def test_row_24_a_client_that_asks_on_while_it_exchanges_no_keys_is_cut() -> None:
    async with someone_inside() as (inside, conn):
        client = await stall(conn, inside.conn)
        client._kex_complete = True
        for _ in range(connection._MOST_DEFERRED + 100):
            client._send_global_request(b"anything", want_reply=True)
        await eventually(inside.conn.is_closed, DEADLINE)


async def test_row_29_a_key_exchange_has_a_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "KEYS_DEADLINE", 0.2)
    async with someone_inside() as (inside, conn):
        await stall(conn, inside.conn)
        await eventually(inside.conn.is_closed, DEADLINE)


async def test_row_29_a_client_that_wants_new_keys_again_and_again_is_cut(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "_KEYS_BURST", 2)
    monkeypatch.setattr(connection, "_KEYS_EVERY", 60.0)
    async with someone_inside() as (inside, conn), asyncio.timeout(DEADLINE):
        while not inside.conn.is_closed():
            await new_keys(conn)
