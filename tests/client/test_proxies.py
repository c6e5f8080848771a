"""Which proxy leads out, and what is said of one that does not."""

from __future__ import annotations

import asyncio

import pytest

from doorstep_client.errors import UnreachableError
from doorstep_client.network.dial import Address, dial
from doorstep_client.network.options import Network
from doorstep_client.network.proxies import proxy_for
from tests.client.proxy import ConnectProxy


@pytest.mark.parametrize(
    ("exempt", "host", "goes_straight"),
    [
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("10.0.0.0/8", "relay.test", False),
        ("other.test, fd00::/8", "fd00::5", True),
        ("[fd00::5]", "fd00::5", True),
        ("fd00::5", "fd00::5", True),
        ("10.0.0.0/99,nonsense/", "10.1.2.3", False),
    ],
)
def test_no_proxy_knows_networks_and_ipv6(
    monkeypatch: pytest.MonkeyPatch, exempt: str, host: str, *, goes_straight: bool
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test:3128")
    monkeypatch.setenv("NO_PROXY", exempt)

    assert (proxy_for(Address(host, 443, host)) is None) is goes_straight


def test_the_setting_wins_over_the_environment_and_leads_to_this_computer_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test:3128")
    monkeypatch.setenv("NO_PROXY", "*")
    chosen = Network(proxy="https://me:p%40@[::1]:8443")
    found = proxy_for(Address("localhost", 443, "localhost", chosen))

    assert found is not None
    assert (found.host, found.port, found.tls, found.authority) == ("::1", 8443, True, "[::1]:8443")
    assert found.source == "DOORSTEP_PROXY"
    assert found.credentials == "Basic bWU6cEA="
    assert "bWU6" not in repr(found)
    assert "me:p" not in repr(chosen)
    for none in ("none", "direct", "None"):
        assert proxy_for(Address("relay.test", 443, "relay.test", Network(proxy=none))) is None


def test_who_named_the_proxy_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "proxy.test:3128")
    found = proxy_for(Address("relay.test", 443, "relay.test"))

    assert found is not None
    assert found.source == "ALL_PROXY"


@pytest.mark.parametrize(
    ("answer", "url", "told"),
    [
        (
            "407 No\r\nProxy-Authenticate: Basic realm=x",
            "http://",
            "wants a user and a password: write `user",
        ),
        (
            "407 No\r\nProxy-Authenticate: Basic",
            "http://me:hunter2@",
            "does not take the user and password in",
        ),
        (
            "407 No\r\nProxy-Authenticate: NTLM\r\nproxy-authenticate: Negotiate",
            "http://",
            "ntlm, negotiate only",
        ),
        ("403 Forbidden", "http://me:hunter2@", "403 Forbidden$"),
    ],
)
async def test_what_a_proxy_wants_is_told_with_where_to_write_it(answer: str, url: str, told: str) -> None:
    async with ConnectProxy(answer=f"HTTP/1.1 {answer}\r\n\r\n".encode()) as proxy:
        network = Network(proxy=f"{url}127.0.0.1:{proxy.port}")
        with pytest.raises(UnreachableError, match=told) as caught:
            await dial(Address("relay.test", 443, None, network), asyncio.Protocol)

    assert "hunter2" not in str(caught.value)


def test_what_is_no_address_is_told_without_its_password() -> None:
    for url in ("http://me:hunter2@proxy.test:port", "socks5://me:hunter2@proxy.test"):
        with pytest.raises(UnreachableError, match="DOORSTEP_PROXY") as caught:
            proxy_for(Address("relay.test", 443, None, Network(proxy=url)))
        assert "hunter2" not in str(caught.value)
