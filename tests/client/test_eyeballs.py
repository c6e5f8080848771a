"""Whichever of a host's addresses answers first is the one, and all of them are tried."""

from __future__ import annotations

import asyncio
import gc
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from doorstep_client.network import eyeballs
from doorstep_client.network.eyeballs import by_turns, connect_any
from tests.support import free_port
from tests.support.servers import ending

V4, V6 = socket.AF_INET, socket.AF_INET6


def info(address: str, port: int = 80) -> tuple[Any, ...]:
    family = V6 if ":" in address else V4
    return (family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port))


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of 127.0.0.2 where connections are not taken: its queue is full."""
    with ExitStack() as stack:
        listening = stack.enter_context(socket.socket())
        listening.bind(("127.0.0.2", 0))
        listening.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listening.getsockname())
        yield listening.getsockname()[1]


async def connect(monkeypatch: pytest.MonkeyPatch, *found: tuple[Any, ...]) -> str:
    """Connect to a name with these addresses; the one that was reached."""

    async def resolve(*_: object, **__: object) -> list[tuple[Any, ...]]:
        return list(found)

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
    with await connect_any("relay.test", 80) as sock:
        return str(sock.getpeername()[0])


def test_families_take_turns_in_the_order_of_the_system() -> None:
    found = [info("::1"), info("::2"), info("::3"), info("1.1.1.1"), info("2.2.2.2")]

    assert [one[4][0] for one in by_turns(found)] == ["::1", "1.1.1.1", "::2", "2.2.2.2", "::3"]


async def test_an_address_that_refuses_is_passed_over_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with ending(server):
        reached = await connect(monkeypatch, info("127.0.0.3", port), info("127.0.0.1", port))

    assert reached == "127.0.0.1"


async def test_an_address_that_says_nothing_holds_the_others_up_for_a_moment_only(
    monkeypatch: pytest.MonkeyPatch, silent: int
) -> None:
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    began = time.monotonic()
    async with ending(server):
        reached = await connect(monkeypatch, info("127.0.0.2", silent), info("127.0.0.1", port))

    assert reached == "127.0.0.1"
    assert 0.2 < time.monotonic() - began < 5


async def test_when_none_answers_the_reason_is_the_one_that_says_most(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port = free_port()
    with pytest.raises(ConnectionRefusedError):
        await connect(monkeypatch, info("127.0.0.1", port), info("127.0.0.2", port))
    with pytest.raises(socket.gaierror):
        await connect(monkeypatch)


async def test_an_address_needs_no_look_up(monkeypatch: pytest.MonkeyPatch) -> None:
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    monkeypatch.delattr(asyncio.BaseEventLoop, "getaddrinfo")
    async with ending(server):
        with await connect_any("127.0.0.1", server.sockets[0].getsockname()[1]) as sock:
            assert sock.getpeername()[0] == "127.0.0.1"


@pytest.mark.parametrize("turns", range(1, 12))
async def test_who_gives_up_in_whichever_moment_leaves_no_socket_open(
    monkeypatch: pytest.MonkeyPatch, silent: int, turns: int
) -> None:
    """One that were left would be a warning of the garbage collector's."""
    monkeypatch.setattr(eyeballs, "STAGGER", 0.0)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        found = info("127.0.0.2", silent), info("127.0.0.1", listening.getsockname()[1])
        connecting = asyncio.create_task(connect(monkeypatch, *found))
        for _ in range(turns):
            await asyncio.sleep(0)
        connecting.cancel()
        await asyncio.gather(connecting, return_exceptions=True)
        await asyncio.sleep(0)
    gc.collect()
