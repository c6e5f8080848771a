"""Connections to a relay: straight and through proxies, plain and with TLS that is verified."""

from __future__ import annotations

import asyncio
import datetime
import re
import socket
import ssl
from collections.abc import Callable
from typing import cast
from urllib.parse import quote

import pytest
import trustme

from doorstep_client.errors import UnreachableError
from doorstep_client.network import dial as dialling
from doorstep_client.network.dial import Address, dial, explain
from doorstep_client.network.proxies import proxy_for
from doorstep_client.network.tls import tls_context
from tests.client.proxy import ConnectProxy
from tests.support import free_port
from tests.support.servers import ending

Tls = Callable[..., ssl.SSLContext]
PASSWORD = "p@ss"
IN_URL = f"me:{quote(PASSWORD, safe='')}"


class Talker(asyncio.Protocol):
    """Says `ping` and keeps what comes back."""

    def __init__(self) -> None:
        self.heard = b""
        self.made = 0
        self.lost = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.made += 1
        cast(asyncio.Transport, transport).write(b"ping")  # uvloop's are no subclass

    def data_received(self, data: bytes) -> None:
        self.heard += data

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.set()


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"pong:" + await reader.readexactly(4))
    await writer.drain()
    writer.close()


async def _listen(tls: ssl.SSLContext | None = None) -> tuple[asyncio.Server, int]:
    server = await asyncio.start_server(_echo, "127.0.0.1", 0, ssl=tls)
    return server, server.sockets[0].getsockname()[1]


async def _talk(address: Address) -> bytes:
    talker = Talker()
    transport = await dial(address, lambda: talker)
    async with asyncio.timeout(20):
        await talker.lost.wait()
    transport.abort()
    assert talker.made == 1
    return talker.heard


# -- straight --------------------------------------------------------------------------------------


async def test_a_plain_connection_is_tuned_for_small_writes_and_probed() -> None:
    server, port = await _listen()
    async with ending(server):
        transport = await dial(Address("127.0.0.1", port), Talker)
        sock: socket.socket = transport.get_extra_info("socket")
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        transport.abort()


async def test_tls_is_verified_and_carries_bytes(trusted: trustme.CA, server_tls: Tls) -> None:
    server, port = await _listen(server_tls("share.test", "*.share.test"))
    async with ending(server):
        assert await _talk(Address("127.0.0.1", port, "name.share.test")) == b"pong:ping"


async def test_a_certificate_of_an_unknown_ca_is_refused(
    server_tls: Tls, caplog: pytest.LogCaptureFixture
) -> None:
    tls_context.cache_clear()
    server, port = await _listen(server_tls("share.test"))
    async with ending(server):
        with pytest.raises(ssl.SSLCertVerificationError) as caught:
            await dial(Address("127.0.0.1", port, "share.test"), Talker)

    assert "certificate is not to be trusted" in explain(caught.value)
    assert "issuer" in explain(caught.value) or "self-signed" in explain(caught.value)
    assert caplog.records == []


async def test_a_certificate_for_another_name_is_refused(trusted: trustme.CA, server_tls: Tls) -> None:
    server, port = await _listen(server_tls("other.test"))
    async with ending(server):
        with pytest.raises(ssl.SSLCertVerificationError) as caught:
            await dial(Address("127.0.0.1", port, "share.test"), Talker)

    assert re.search("(?i)hostname mismatch", explain(caught.value))


async def test_an_expired_certificate_is_refused(trusted: trustme.CA, server_tls: Tls) -> None:
    past = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    tls = server_tls("share.test", not_before=past, not_after=past + datetime.timedelta(days=1))
    server, port = await _listen(tls)
    async with ending(server):
        with pytest.raises(ssl.SSLCertVerificationError) as caught:
            await dial(Address("127.0.0.1", port, "share.test"), Talker)

    assert "certificate has expired" in explain(caught.value)


async def test_tls_towards_a_plain_server_says_so() -> None:
    server = await asyncio.start_server(_plain_http, "127.0.0.1", 0)
    async with ending(server):
        with pytest.raises(OSError, match="SSL|WRONG") as caught:
            await dial(Address("127.0.0.1", server.sockets[0].getsockname()[1], "share.test"), Talker)

    assert "http://" in explain(caught.value)


async def _plain_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await writer.drain()
    writer.close()


async def test_nobody_there_says_so() -> None:
    with pytest.raises(ConnectionRefusedError) as caught:
        await dial(Address("127.0.0.1", free_port()), Talker)

    assert "nothing listens" in explain(caught.value)


async def test_a_server_that_never_answers_the_tls_handshake_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dialling, "CONNECT_DEADLINE", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(TimeoutError) as caught:
        await dial(Address("127.0.0.1", silent.getsockname()[1], "share.test"), Talker)

    assert explain(caught.value) == "no answer in time"


def test_a_name_without_an_address_says_so() -> None:
    assert "no address" in explain(socket.gaierror(-2, "Name or service not known"))


def test_an_error_is_told_without_what_steers_a_terminal() -> None:
    assert explain(ConnectionResetError(104, "re\x1b[2Jset")) == "[Errno 104] re [2Jset"


# -- through a proxy -------------------------------------------------------------------------------


def test_without_a_proxy_in_the_environment_there_is_none() -> None:
    assert proxy_for(Address("relay.test", 80)) is None


def test_the_proxy_is_the_one_for_the_scheme(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://plain.test:3128")
    monkeypatch.setenv("HTTPS_PROXY", "http://secure.test:3129/")

    plain, secure = proxy_for(Address("relay.test", 80)), proxy_for(Address("relay.test", 443, "relay.test"))

    assert plain is not None
    assert plain.authority == "plain.test:3128"
    assert secure is not None
    assert secure.authority == "secure.test:3129"


def test_all_proxy_serves_when_no_other_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "proxy.test:8888")
    found = proxy_for(Address("relay.test", 443, "relay.test"))

    assert found is not None
    assert (found.host, found.port) == ("proxy.test", 8888)


@pytest.mark.parametrize(
    "exempt", ["relay.test", "test", ".test", "other.test, relay.test", "*", "relay.test:443"]
)
def test_no_proxy_is_obeyed(monkeypatch: pytest.MonkeyPatch, exempt: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test:3128")
    monkeypatch.setenv("NO_PROXY", exempt)

    assert proxy_for(Address("relay.test", 443, "relay.test")) is None
    assert proxy_for(Address("127.0.0.1", 443, "relay.test")) is None


@pytest.mark.parametrize("host", ["localhost", "hello.localhost", "127.0.0.1", "127.1.2.3", "::1"])
def test_this_computer_is_never_reached_through_a_proxy(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.test:3128")
    monkeypatch.setenv("http_proxy", "http://proxy.test:3128")

    assert proxy_for(Address(host, 80)) is None


def test_credentials_of_the_proxy_are_decoded_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://{IN_URL}@proxy.test:3128")
    found = proxy_for(Address("relay.test", 80))

    assert found is not None
    assert found.credentials == "Basic bWU6cEBzcw=="
    assert "bWU6" not in repr(found)


def test_a_proxy_of_another_kind_is_an_error_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://me:hunter2@proxy.test:1080")

    with pytest.raises(UnreachableError, match="not an HTTP proxy") as caught:
        proxy_for(Address("relay.test", 80))
    assert "hunter2" not in str(caught.value)


async def test_a_plain_connection_goes_through_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    server, port = await _listen()
    async with ending(server), ConnectProxy() as proxy:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
        assert await _talk(Address("relay.test", port)) == b"pong:ping"

    assert proxy.asked[0].startswith(f"CONNECT relay.test:{port} HTTP/1.1\r\nHost: relay.test:{port}\r\n")


async def test_tls_goes_through_the_proxy_and_is_still_verified(
    monkeypatch: pytest.MonkeyPatch, trusted: trustme.CA, server_tls: Tls
) -> None:
    server, port = await _listen(server_tls("name.share.test"))
    async with ending(server), ConnectProxy(user="me", password=PASSWORD) as proxy:
        monkeypatch.setenv("https_proxy", f"http://{IN_URL}@127.0.0.1:{proxy.port}")

        assert await _talk(Address("share.test", port, "name.share.test")) == b"pong:ping"
        with pytest.raises(ssl.SSLCertVerificationError):
            await dial(Address("share.test", port, "evil.test"), Talker)


async def test_a_proxy_that_refuses_is_named_with_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    async with ConnectProxy(user="me", password="right") as proxy:
        monkeypatch.setenv("http_proxy", f"http://me:hunter2@127.0.0.1:{proxy.port}")
        with pytest.raises(UnreachableError, match="407 Proxy Authentication Required") as caught:
            await dial(Address("relay.test", 80), Talker)

    assert f"127.0.0.1:{proxy.port}" in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"", "closed the connection"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "SSH-2.0"),
        (b"HTTP/1.1 2000 OK\r\n\r\n", "2000"),
        (b"x" * 20_000, "does not answer in HTTP"),
    ],
)
async def test_a_proxy_that_is_none_is_told_as_such(
    monkeypatch: pytest.MonkeyPatch, answer: bytes, told: str
) -> None:
    async with ConnectProxy(answer=answer or b"\r") as proxy:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
        with pytest.raises(UnreachableError, match=told):
            await dial(Address("relay.test", 80), Talker)


async def test_a_proxy_that_is_away_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")

    with pytest.raises(UnreachableError, match=f"proxy 127.0.0.1:{port} cannot be reached: nothing listens"):
        await dial(Address("relay.test", 80), Talker)


async def test_a_silent_proxy_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialling, "CONNECT_DEADLINE", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(TimeoutError):
            await dial(Address("relay.test", 80), Talker)
