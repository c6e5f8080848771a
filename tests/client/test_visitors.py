"""How many visit a link, and how often: on an app, and on a server that is only pumped to."""

from __future__ import annotations

import pytest

from doorstep_client import visitors
from doorstep_client.targets import LocalPort, ServerTarget
from doorstep_client.targets.heads import is_upgrade, request_visitor
from doorstep_client.visitors import LINGERS, Visitors
from tests.client.tunnels import echo, local_server, tunnel_to
from tests.support import eventually

HEAD = b"GET /a HTTP/1.1\r\nHost: a.b\r\nX-Forwarded-For: 10.0.0.9\r\nX-Forwarded-For: 10.0.0.1\r\n\r\n"
UPGRADE = HEAD.replace(b"Host", b"Upgrade: websocket\r\nHost")


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_visitor_is_there_while_something_is_open_and_a_minute_longer() -> None:
    clock = Clock()
    seen = Visitors(clock)
    first, again = seen.came("10.0.0.1"), seen.came("10.0.0.1")
    seen.asked("10.0.0.2")
    assert (seen.now, seen.requests) == (2, 3)

    clock.now += LINGERS + 1
    assert seen.now == 1
    first.left()
    again.left()
    assert seen.now == 1
    clock.now += LINGERS + 1
    assert (seen.now, seen.requests) == (0, 3)


def test_no_more_addresses_are_remembered_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitors, "MOST", 100)
    seen = Visitors(Clock())
    for number in range(1000):
        seen.asked(f"10.0.0.{number}")

    assert 90 <= seen.now <= 100
    assert seen.requests == 1000


def test_a_request_is_told_from_what_only_looks_alike() -> None:
    assert request_visitor(HEAD) == "10.0.0.1"
    assert request_visitor(b"GET / HTTP/1.1\r\n\r\nX-Forwarded-For: 10.0.0.1") == ""
    assert request_visitor(b"\x81\x85hello") is None
    assert request_visitor(b"5\r\nhello\r\n") is None
    assert is_upgrade(UPGRADE)
    assert not is_upgrade(HEAD + b"\r\nUpgrade: no")


async def test_a_pump_counts_requests_and_an_upgraded_connection_as_long_as_it_is_open() -> None:
    clock = Clock()
    async with local_server(echo) as port:
        target = ServerTarget(LocalPort(port))
        target.visitors = seen = Visitors(clock)
        async with tunnel_to(target) as (reader, writer):
            for data in (HEAD, HEAD, UPGRADE, b"\x81\x85hello", b"\x81\x85again"):
                writer.write(data)
                assert await reader.readexactly(len(data)) == data
            assert (seen.now, seen.requests) == (1, 3)
            clock.now += LINGERS + 1
            assert seen.now == 1
        clock.now += LINGERS + 1
        await eventually(lambda: seen.now == 0)
