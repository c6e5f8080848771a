"""An SSH connection takes its turn, and sends nothing that nobody needs."""

from __future__ import annotations

import asyncio

from asyncssh.constants import MSG_IGNORE
from asyncssh.packet import String

from doorstep_relay.control.turns import LARGEST
from doorstep_relay.ssh.connection import Connection
from doorstep_relay.ssh.visits import MOST_SHOWN, Visit, Visits
from tests.security.test_ssh_memory import someone_inside
from tests.support import eventually

SMALLEST_PACKET = 32
"""Bytes of one: a length, a block of the cipher, and what proves that it is genuine."""
FLOOD = 5000
A_VISIT = Visit(b"GET", b"/", 200, 0.01)


async def test_row_21_a_flood_of_small_packets_is_parsed_in_slices() -> None:
    async with someone_inside() as (inside, conn):
        start = inside.conn._recv_seq
        for _ in range(FLOOD):
            conn.send_packet(MSG_IGNORE, String(b""))
        steps, seen = [], start
        while seen < start + FLOOD:
            await asyncio.sleep(0)
            steps.append(inside.conn._recv_seq - seen)
            seen = inside.conn._recv_seq
        assert max(steps) <= LARGEST // SMALLEST_PACKET
        assert await inside.conn.is_alive()


async def test_a_large_packet_after_small_ones_is_parsed_too() -> None:
    async with someone_inside() as (inside, conn):
        for _ in range(FLOOD):
            conn.send_packet(MSG_IGNORE, String(b""))
        conn.send_packet(MSG_IGNORE, String(bytes(30_000)))
        start = inside.conn._recv_seq
        await eventually(lambda: inside.conn._recv_seq > start + FLOOD)
        assert await inside.conn.is_alive()


async def test_one_message_is_one_packet() -> None:
    async with someone_inside() as (inside, _conn):
        relay: Connection = inside.conn
        sent = relay._send_seq
        relay.send_debug("one")
        assert relay._send_seq == sent + 1


async def test_requests_of_a_moment_are_shown_together_and_beyond_some_only_counted() -> None:
    shown: list[tuple[int, int]] = []
    visits = Visits(lambda seen, more: shown.append((len(seen), more)))
    for _ in range(MOST_SHOWN + 7):
        visits.add("demo", A_VISIT)
    assert shown == []
    await eventually(lambda: shown)
    visits.add("demo", A_VISIT)
    await eventually(lambda: len(shown) == 2)
    assert shown == [(MOST_SHOWN, 7), (1, 0)]


async def test_nothing_is_shown_to_one_who_is_gone() -> None:
    shown: list[int] = []
    visits = Visits(lambda seen, _more: shown.append(len(seen)))
    visits.add("demo", A_VISIT)
    visits.stop()
    visits.add("demo", A_VISIT)
    await asyncio.sleep(0)
    assert shown == []
