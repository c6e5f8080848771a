"""TLS sessions towards relays: resumed where that is safe, and nowhere else."""

from __future__ import annotations

import asyncio
import ssl
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
import trustme

from doorstep_client.network import tls
from doorstep_client.network.dial import Address, dial, resume_from, run_loop_factory
from doorstep_client.network.tls import tls_context
from tests.client.proxy import ConnectProxy
from tests.support import free_port

Tls = Callable[..., ssl.SSLContext]
HOST = "name.share.test"


class Hearer(asyncio.Protocol):
    """Waits for the server's first word."""

    def __init__(self) -> None:
        self.spoken_to = asyncio.get_running_loop().create_future()

    def data_received(self, data: bytes) -> None:
        self.spoken_to.set_result(data)


class Server:
    """Says a word to each connection, and notes whether it was resumed."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self.resumed: list[bool] = []
        self.port = 0

    @asynccontextmanager
    async def up(self) -> AsyncIterator[Server]:
        async with await asyncio.start_server(
            self._greet, "127.0.0.1", self.port, ssl=self._context
        ) as server:
            self.port = server.sockets[0].getsockname()[1]
            yield self

    async def _greet(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.resumed.append(writer.get_extra_info("ssl_object").session_reused)
        writer.write(b"hello")
        await writer.drain()

    async def visit(self, name: str = HOST, host: str = "127.0.0.1") -> None:
        """Connect as a tunnel connection does."""
        hearer = Hearer()
        address = Address(host, self.port, name)
        transport = await dial(address, lambda: hearer)
        try:
            async with asyncio.timeout(20):
                await hearer.spoken_to
            resume_from(transport, address)
        finally:
            transport.abort()


@pytest.fixture
async def server(trusted: trustme.CA, server_tls: Tls) -> AsyncIterator[Server]:
    async with Server(server_tls("*.share.test")).up() as server:
        yield server


async def test_who_needs_no_tls_reads_no_authorities(trusted: trustme.CA) -> None:
    """A context takes a megabyte and ten milliseconds, before the first visitor is answered."""
    plain = asyncio.Transport({"ssl_object": None})
    resume_from(plain, Address("127.0.0.1", 80))
    assert tls_context.cache_info().currsize == 0


async def test_from_the_second_on_connections_to_a_host_are_resumed(server: Server) -> None:
    for _ in range(4):
        await server.visit()

    assert server.resumed == [False, True, True, True]


def test_links_resume_on_their_own_loop_too(trusted: trustme.CA, server_tls: Tls) -> None:
    """That is uvloop's where it exists; the other tests run on the system's."""

    async def visits() -> list[bool]:
        async with Server(server_tls(HOST)).up() as server:
            for _ in range(3):
                await server.visit()
            return server.resumed

    with asyncio.Runner(loop_factory=run_loop_factory()) as runner:
        assert runner.run(visits()) == [False, True, True]


async def test_connections_through_a_proxy_are_resumed_too(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with ConnectProxy() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setattr("doorstep_client.network.proxies._is_loopback", lambda _host: False)
        for _ in range(2):
            await server.visit()

    assert len(proxy.asked) == 2
    assert server.resumed == [False, True]


async def test_a_connection_that_was_not_answered_leaves_no_session(server: Server) -> None:
    """Its host has proved nothing yet but a certificate, and TLS 1.3's tickets come later."""
    for _ in range(2):
        transport = await dial(Address("127.0.0.1", server.port, HOST), asyncio.Protocol)
        transport.abort()
    await server.visit()

    assert not any(server.resumed)


async def test_a_session_is_never_offered_to_another_host(trusted: trustme.CA, server_tls: Tls) -> None:
    """The same server would resume it, and no certificate would be looked at."""
    async with Server(server_tls(HOST)).up() as server:
        await server.visit()
        with pytest.raises(ssl.SSLCertVerificationError):
            await server.visit("other.share.test")


async def test_another_server_of_the_same_name_has_to_show_its_certificate(server: Server) -> None:
    await server.visit()
    impostor = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert(HOST).configure_cert(impostor)
    async with Server(impostor).up() as elsewhere:
        with pytest.raises(ssl.SSLCertVerificationError):
            await elsewhere.visit()
    await server.visit()

    assert server.resumed == [False, True]


async def test_a_server_that_was_restarted_is_connected_to_anew_then_resumed_again(
    trusted: trustme.CA, server_tls: Tls
) -> None:
    before = Server(server_tls(HOST))
    before.port = free_port()  # nobody else gets it while neither is there
    async with before.up():
        await before.visit()
    after = Server(server_tls(HOST))
    after.port = before.port
    async with after.up():
        for _ in range(3):
            await after.visit()

    assert after.resumed == [False, True, True]


async def test_after_an_hour_the_certificate_is_asked_for_again(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    await server.visit()
    monkeypatch.setattr(tls, "MAX_AGE", 0)
    await server.visit()

    assert server.resumed == [False, False]


async def test_sessions_with_many_hosts_are_bounded(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls, "MAX_SESSIONS", 2)
    for name in ("a", "b", "c", "c", "b", "a"):
        await server.visit(f"{name}.share.test")

    assert server.resumed == [False, False, False, True, True, False]


async def test_tls_needs_no_place_to_write_to(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Containers are often read-only."""
    monkeypatch.setattr(tempfile, "tempdir", "/nonexistent")

    await server.visit()


async def test_tls_1_2_is_resumed_too(trusted: trustme.CA, server_tls: Tls) -> None:
    context = server_tls(HOST)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    async with Server(context).up() as server:
        for _ in range(2):
            await server.visit()

    assert server.resumed == [False, True]
