"""When connections of their own do not come about, the session carries streams: when, and when not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
import trustme

from doorstep_client.network.dial import Address, dial
from doorstep_client.network.options import Network
from doorstep_client.settings import RelaySettings
from doorstep_client.targets import AppTarget
from doorstep_client.tunnels import tunnel as tunnelling
from doorstep_client.tunnels.tunnel import Tunnels
from tests.client.fakes import SWITCHING, FakeRelay, hello_app, stay
from tests.client.proxy import ConnectProxy
from tests.support import eventually
from tests.support.servers import ending

REFUSED = b"HTTP/1.1 403 Forbidden\r\nServer: some-proxy\r\n\r\n"
TICKET = b"HTTP/1.1 403 Forbidden\r\nDoorstep-Error: ticket-refused\r\n\r\n"


class Falling:
    """One session's tunnels, whose session can carry streams, and what became of them."""

    def __init__(self, relay: RelaySettings, target: AppTarget) -> None:
        self.failures: list[str] = []
        self.streams = self.told = 0
        self.room = True
        self.tunnels = Tunnels(relay, target, self.failures.append)
        self.tunnels.use_session(self._carry, self._tell)

    def _carry(self, protocol: Callable[[], asyncio.Protocol]) -> bool:
        self.streams += self.room
        return self.room

    def _tell(self, carried: bool) -> None:
        self.told += carried

    def dial(self, count: int) -> None:
        self.tunnels.dial(count, "hello.localhost", "ticket")


@pytest.fixture
async def target() -> AsyncIterator[AppTarget]:
    target = AppTarget(hello_app, lifespan=False)
    await target.start()
    yield target
    await target.stop()


async def test_each_connection_that_fails_is_a_stream_and_after_two_all_are(target: AppTarget) -> None:
    async with FakeRelay(stay, tunnel_answer=REFUSED) as relay:
        one = Falling(relay.settings(), target)
        one.dial(1)
        await eventually(lambda: one.streams == 1)
        assert one.told == 0
        one.dial(1)
        await eventually(lambda: one.told == 1)
        asked = len(relay.tunnel_heads)
        one.dial(5)

        assert one.streams == 7
        assert (asked, len(relay.tunnel_heads)) == (2, 2)
        assert (one.told, one.failures) == (1, [])


async def test_a_proxy_that_never_answers_is_waited_for_in_parts(
    target: AppTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tunnelling, "FIRST_DEADLINE", 0.2)
    async with FakeRelay(stay, tunnel_answer=None) as relay:
        one = Falling(relay.settings(), target)
        one.dial(2)
        await eventually(lambda: (one.streams, one.told) == (2, 1))


async def test_after_one_that_was_opened_failures_are_bad_luck(target: AppTarget) -> None:
    async with FakeRelay(stay, tunnel_answer=SWITCHING) as relay:
        one = Falling(relay.settings(), target)
        one.dial(1)
        await relay.tunnel()
        await eventually(lambda: target.connections == 1)
        relay._tunnel_answer = REFUSED
        one.dial(3)
        for _ in range(3):
            await relay.tunnel()
        await eventually(lambda: not one.tunnels._opening)

    assert (one.streams, one.told, one.failures) == (0, 0, [])


async def test_the_relays_own_refusal_is_no_fault_of_a_proxy(target: AppTarget) -> None:
    async with FakeRelay(stay, tunnel_answer=TICKET) as relay:
        one = Falling(relay.settings(), target)
        one.dial(2)
        await eventually(lambda: one.failures)

    assert one.streams == 0


async def test_a_certificate_that_visitors_would_refuse_is_told_not_gone_around(
    target: AppTarget, trusted: trustme.CA, server_tls: Callable[..., object]
) -> None:
    async with FakeRelay(stay, tls=server_tls("localhost")) as relay:  # type: ignore[arg-type]  # a context
        one = Falling(relay.settings(), target)
        one.dial(2)
        await eventually(lambda: one.failures)

    assert "certificate" in one.failures[0]
    assert one.streams == 0


async def test_a_session_without_room_is_no_reason_to_fail(target: AppTarget) -> None:
    async with FakeRelay(stay, tunnel_answer=REFUSED) as relay:
        one = Falling(relay.settings(), target)
        one.room = False
        one.dial(2)
        await eventually(lambda: one.told == 1)
        one.dial(3)

    assert (one.streams, one.failures) == (0, [])


async def test_addresses_of_ipv6_are_in_brackets_for_the_proxy() -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with ending(server), ConnectProxy() as proxy:
        address = Address("fd00::5", port, None, Network(proxy=f"http://127.0.0.1:{proxy.port}"))
        (await dial(address, asyncio.Protocol)).abort()

    assert proxy.asked[0].startswith(f"CONNECT [fd00::5]:{port} HTTP/1.1\r\nHost: [fd00::5]:{port}\r\n")


async def test_a_relay_at_an_address_of_ipv6_is_reached() -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "::1", 0)
    async with ending(server):
        (await dial(Address("::1", server.sockets[0].getsockname()[1]), asyncio.Protocol)).abort()
