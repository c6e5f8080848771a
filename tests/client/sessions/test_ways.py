"""Sessions over TLS and through proxies."""

from __future__ import annotations

import asyncio
import base64
import datetime
import ssl
from collections.abc import Callable
from typing import Any

import pytest
import trustme

from doorstep_client.errors import UnreachableError
from doorstep_client.network import dial as dialling
from doorstep_client.settings import RelaySettings
from tests.client.fakes import FakeRelay, FakeSession, stay
from tests.client.proxy import ConnectProxy
from tests.client.sessions.held import held
from tests.support import free_port
from tests.support.servers import ending


async def test_a_session_over_tls_is_verified(trusted: trustme.CA, server_tls: Callable[..., Any]) -> None:
    async with (
        FakeRelay(stay, tls=server_tls("localhost")) as relay,
        held(relay.settings()) as one,
    ):
        await one.saw("opened")


def _expired(server_tls: Callable[..., ssl.SSLContext]) -> ssl.SSLContext:
    past = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    return server_tls("localhost", not_before=past, not_after=past + datetime.timedelta(days=1))


@pytest.mark.parametrize(
    ("flaw", "told"),
    [("name", "not valid for 'localhost'"), ("age", "certificate has expired"), ("ca", "issuer|self-signed")],
)
async def test_a_relay_with_a_wrong_certificate_is_refused_with_the_reason(
    request: pytest.FixtureRequest, server_tls: Callable[..., ssl.SSLContext], flaw: str, told: str
) -> None:
    if flaw == "ca":
        dialling.tls_context.cache_clear()
    else:
        request.getfixturevalue("trusted")
    tls = (
        _expired(server_tls) if flaw == "age" else server_tls("other.test" if flaw == "name" else "localhost")
    )

    async with FakeRelay(stay, tls=tls) as relay, held(relay.settings("tok")) as one:
        with pytest.raises(UnreachableError, match=f"certificate is not to be trusted: .*({told})") as caught:
            await one.end()

    assert relay.sessions == []
    assert "0x" not in str(caught.value)


async def test_https_towards_a_plain_relay_suggests_http() -> None:
    server = await asyncio.start_server(_plain_http, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with (
        ending(server),
        held(RelaySettings(f"https://localhost:{port}", "localhost", port, tls=True)) as one,
    ):
        with pytest.raises(UnreachableError, match="http:// address"):
            await one.end()


async def _plain_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await writer.drain()
    writer.close()


async def test_the_session_and_its_tunnels_go_through_the_proxy(
    trusted: trustme.CA, server_tls: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def script(session: FakeSession) -> None:
        await session.welcome()
        await session.open(dial=1, host="hello.share.test")
        await session.over()

    tls = server_tls("share.test", "*.share.test")
    async with FakeRelay(script, tls=tls) as relay, ConnectProxy(user="me", password="p@ss") as proxy:
        monkeypatch.setenv("https_proxy", f"http://me:p%40ss@127.0.0.1:{proxy.port}")
        settings = RelaySettings(f"https://share.test:{relay.port}", "share.test", relay.port, tls=True)
        async with held(settings) as one:
            await one.saw("opened")
            await relay.tunnel()

    assert [head.split("\r\n")[0] for head in proxy.asked] == [
        f"CONNECT share.test:{relay.port} HTTP/1.1"
    ] * 2
    assert all(base64.b64encode(b"me:p@ss").decode() in head for head in proxy.asked)


async def test_a_proxy_that_refuses_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    async with ConnectProxy(user="me", password="p") as proxy:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.port}")
        async with held(RelaySettings("https://share.test", "share.test", 443, tls=True)) as one:
            with pytest.raises(UnreachableError, match="407"):
                await one.end()


async def test_a_relay_on_this_computer_is_reached_without_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    async with FakeRelay(stay) as relay, held(relay.settings()) as one:
        await one.saw("opened")
