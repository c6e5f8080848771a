"""Tunnel connections: the upgrade is asked for, and after it the app answers on the same connection."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from doorstep_client.targets import AppTarget
from doorstep_client.tunnels import tunnel as tunnelling
from doorstep_client.tunnels.opening import TunnelOpening
from doorstep_client.tunnels.tunnel import MAX_TUNNELS, Tunnels, most_tunnels
from tests.client.fakes import SWITCHING, FakeRelay, hello_app, stay
from tests.support import eventually

REQUEST = b"GET /page HTTP/1.1\r\nHost: hello.localhost\r\n\r\n"


@pytest.fixture
async def target() -> AsyncIterator[AppTarget]:
    target = AppTarget(hello_app, lifespan=False)
    await target.start()
    yield target
    await target.stop()


@pytest.fixture
async def dialling(target: AppTarget) -> AsyncIterator[Callable[..., Any]]:
    """`dialling(relay)` gives `(tunnels, failures)`."""
    made: list[Tunnels] = []

    def make(relay: FakeRelay) -> tuple[Tunnels, list[str]]:
        failures: list[str] = []
        made.append(Tunnels(relay.settings(), target, failures.append))
        return made[-1], failures

    yield make
    for tunnels in made:
        tunnels.cancel()
    await asyncio.sleep(0)


async def test_the_upgrade_request_shows_the_shares_host_and_ticket(dialling: Any) -> None:
    async with FakeRelay(stay) as relay:
        tunnels, _ = dialling(relay)
        tunnels.dial(1, "hello.localhost", "ticket-7")
        await relay.tunnel()

    (head,) = relay.tunnel_heads
    assert head == (
        b"GET /.doorstep/tunnel HTTP/1.1\r\nHost: hello.localhost\r\nConnection: Upgrade\r\n"
        b"Upgrade: doorstep-reverse\r\nAuthorization: Doorstep ticket-7\r\n\r\n"
    )


async def test_after_101_the_app_answers_request_after_request(dialling: Any) -> None:
    async with FakeRelay(stay) as relay:
        dialling(relay)[0].dial(1, "hello.localhost", "t")
        reader, writer = await relay.tunnel()
        for _ in range(3):
            writer.write(REQUEST)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 OK\r\n")
            assert await reader.readexactly(9) == b"GET /page"


async def test_a_request_in_the_same_packet_as_the_101_is_not_lost(dialling: Any) -> None:
    async with FakeRelay(stay, tunnel_answer=SWITCHING + REQUEST) as relay:
        dialling(relay)[0].dial(1, "hello.localhost", "t")
        reader, _ = await relay.tunnel()

        assert (await reader.readuntil(b"GET /page")).startswith(b"HTTP/1.1 200 OK\r\n")


async def test_the_101_may_arrive_byte_by_byte(dialling: Any) -> None:
    async with FakeRelay(stay, tunnel_answer=None) as relay:
        dialling(relay)[0].dial(1, "hello.localhost", "t")
        reader, writer = await relay.tunnel()
        for byte in SWITCHING + REQUEST:
            writer.write(bytes([byte]))
            await asyncio.sleep(0)

        assert (await reader.readuntil(b"GET /page")).startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", "refused a tunnel connection: HTTP/1.1 403 Forbidden"),
        (b"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK"),
        (b"\x00\xff\x1b[2J garbage\r\n\r\n", "refused a tunnel connection"),
        (b"x" * 20_000, "has no end"),
    ],
)
async def test_any_other_answer_ends_the_connection_and_is_told_once(
    dialling: Any, answer: bytes, told: str
) -> None:
    async with FakeRelay(stay, tunnel_answer=answer) as relay:
        tunnels, failures = dialling(relay)
        tunnels.dial(4, "hello.localhost", "t")
        for _ in range(4):
            reader, _ = await relay.tunnel()
            assert await reader.read() == b""
        await eventually(lambda: failures)

    (failure,) = failures
    assert told in failure
    assert "hello.localhost" in failure
    assert "\x1b" not in failure


async def test_one_failure_may_be_bad_luck_and_is_not_told(dialling: Any) -> None:
    async with FakeRelay(stay, tunnel_answer=b"HTTP/1.1 403 Forbidden\r\n\r\n") as relay:
        tunnels, failures = dialling(relay)
        tunnels.dial(1, "hello.localhost", "t")
        reader, _ = await relay.tunnel()
        await reader.read()
        await eventually(lambda: not tunnels._opening)

    assert failures == []


async def test_a_relay_that_never_answers_is_given_up(dialling: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tunnelling, "UPGRADE_DEADLINE", 0.2)
    async with FakeRelay(stay, tunnel_answer=None) as relay:
        tunnels, failures = dialling(relay)
        tunnels.dial(2, "hello.localhost", "t")
        reader, _ = await relay.tunnel()

        assert await reader.read() == b""
        await eventually(lambda: failures)

    assert "no answer in time" in failures[0]


async def test_no_relay_can_make_a_client_open_more_than_it_can_carry(
    dialling: Any, target: AppTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tunnelling, "most_tunnels", lambda: 10)
    async with FakeRelay(stay) as relay:
        tunnels, _ = dialling(relay)
        for _ in range(5):
            tunnels.dial(1_000_000, "hello.localhost", "t")
        await eventually(lambda: target.connections == 10)
        for _ in range(5):
            tunnels.dial(1_000_000, "hello.localhost", "t")
            await asyncio.sleep(0.02)

        assert relay.open_tunnels == 10
        assert target.connections == 10


def test_tunnel_connections_take_at_most_half_of_the_files_a_process_may_open() -> None:
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert 0 < most_tunnels() <= min(MAX_TUNNELS, soft // 2)


async def test_garbage_on_an_open_tunnel_is_answered_as_a_server_does_and_harms_no_other(
    dialling: Any,
) -> None:
    async with FakeRelay(stay) as relay:
        dialling(relay)[0].dial(2, "hello.localhost", "t")
        bad_reader, bad_writer = await relay.tunnel()
        good_reader, good_writer = await relay.tunnel()
        bad_writer.write(b"\x00\x01\x02 not http at all\r\n\r\n" * 100)

        assert (await bad_reader.read()).startswith(b"HTTP/1.1 400 ")
        good_writer.write(REQUEST)
        assert (await good_reader.readuntil(b"GET /page")).startswith(b"HTTP/1.1 200 OK\r\n")


async def test_cancelled_openings_leave_nothing_behind(dialling: Any) -> None:
    async with FakeRelay(stay, tunnel_answer=None) as relay:
        tunnels, failures = dialling(relay)
        tunnels.dial(20, "hello.localhost", "t")
        readers = [(await relay.tunnel())[0] for _ in range(20)]
        tunnels.cancel()

        for reader in readers:
            assert await reader.read() == b""
        assert not tunnels._opening
        assert failures == []


async def test_an_opening_that_nobody_waits_for_any_more_fails_in_silence(
    target: AppTarget, caplog: pytest.LogCaptureFixture
) -> None:
    gc.collect()
    caplog.clear()  # of what earlier tests left behind
    opening = TunnelOpening(target, "hello.localhost", "t")
    opening.connection_lost(ConnectionResetError())
    await asyncio.sleep(0)
    del opening
    gc.collect()

    assert [record for record in caplog.records if record.levelno > logging.DEBUG] == []
