"""Which proxy leads out of this network, and the words for one that does not let us through.

The proxy is the one of the settings, or else the one that the environment names for every program
(`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`, and the system's settings on macOS and Windows).
"""

from __future__ import annotations

import asyncio
import base64
import os
import re
import urllib.request
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import unquote, urlsplit

from doorstep_client.errors import UnreachableError
from doorstep_client.network.options import NO_PROXY_AT_ALL, VARIABLES
from doorstep_client.wire import readable

if TYPE_CHECKING:
    from doorstep_client.network.dial import Address

_MAX_HEAD: Final = 16 * 1024
_PORTS: Final = {"http": 80, "https": 443}
_ASKS_FOR: Final = re.compile(r"(?im)^proxy-authenticate:[ \t]*([!-~]+)")


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy; `credentials` is the value of Proxy-Authorization."""

    host: str
    port: int
    credentials: str | None = field(default=None, repr=False)
    tls: bool = False
    """Whether it is itself reached over TLS."""
    source: str = ""
    """Who named it: a variable, or the settings."""

    @property
    def authority(self) -> str:
        """`host:port` as a URL has it."""
        return authority(self.host, self.port)


def authority(host: str, port: int) -> str:
    """`host:port` as a URL and a request have it."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def proxy_for(address: Address) -> Proxy | None:
    """The proxy on the way to this address, if any. Raises `UnreachableError` for one of another kind."""
    chosen = address.network.proxy
    if chosen:
        source = address.network.proxy_from or VARIABLES["proxy"]
        return None if chosen.lower() in NO_PROXY_AT_ALL else _parse(chosen, source)
    scheme = "https" if address.server_name else "http"
    proxies = urllib.request.getproxies()
    kind = scheme if proxies.get(scheme) else "all"
    url = proxies.get(kind)
    if not url or _is_loopback(address.host) or _is_exempt(address):
        return None
    return _parse(url, _source(f"{kind}_proxy"))


def _parse(url: str, source: str) -> Proxy:
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        port = parts.port
    except ValueError:
        raise UnreachableError(f"{source} is not the address of a proxy; give http://host:port") from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise UnreachableError(
            f"the proxy {parts.scheme}://{parts.hostname} of {source} is not an HTTP proxy; set another one, "
            "or NO_PROXY"
        )
    credentials = None
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        credentials = "Basic " + base64.b64encode(pair.encode()).decode()
    return Proxy(parts.hostname, port or _PORTS[parts.scheme], credentials, parts.scheme == "https", source)


def _source(variable: str) -> str:
    names = (name for name in (variable, variable.upper()) if os.environ.get(name))
    return next(names, "the system's settings")


def _is_exempt(address: Address) -> bool:
    """What NO_PROXY says; networks like 10.0.0.0/8 and addresses in brackets, too."""
    if urllib.request.proxy_bypass(f"{address.host}:{address.port}"):
        return True
    entries = urllib.request.getproxies_environment().get("no", "").split(",")
    try:
        here = ip_address(address.host)
    except ValueError:
        return False
    for entry in entries:
        with suppress(ValueError):
            if here in ip_network(entry.strip().strip("[]"), strict=False):
                return True
    return False


def _is_loopback(host: str) -> bool:
    return host == "localhost" or host.endswith(".localhost") or host.startswith("127.") or host == "::1"


class Connect(asyncio.Protocol):
    """Asks a proxy for a way through (RFC 9110 9.3.6) and waits for its word."""

    def __init__(self, proxy: Proxy, address: Address) -> None:
        self.established: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._proxy = proxy
        self._where = authority(address.host, address.port)
        self._head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        lines = [f"CONNECT {self._where} HTTP/1.1", f"Host: {self._where}"]
        if self._proxy.credentials:
            lines.append(f"Proxy-Authorization: {self._proxy.credentials}")
        cast(asyncio.Transport, transport).write("\r\n".join([*lines, "", ""]).encode())

    def data_received(self, data: bytes) -> None:
        if self.established.done():
            return
        self._head += data
        if b"\r\n\r\n" in self._head:
            self._answered(self._head.split(b"\r\n\r\n", 1)[0].decode("latin-1"))
        elif len(self._head) > _MAX_HEAD:
            self._refuse("it does not answer in HTTP")

    def _answered(self, head: str) -> None:
        status = head.split("\r\n", 1)[0]
        if re.match(r"HTTP/1\.[01] 2\d\d(?!\S)", status):
            self.established.set_result(None)
        else:
            self._refuse(readable(status, 100), self._advice(status, head))

    def _advice(self, status: str, head: str) -> str:
        """What to do about an answer, as far as it tells."""
        if re.match(r"HTTP/1\.[01] 40[17]\b", status):
            return self._about_credentials(head)
        if re.match(r"HTTP/1\.[01] 5\d\d\b", status):
            return (
                f"the proxy itself cannot reach {self._where}: is that the relay's address, and does it run?"
            )
        return ""

    def _about_credentials(self, head: str) -> str:
        """What a proxy that wants to know who asks is to be told, and where."""
        kinds = [kind.lower() for kind in _ASKS_FOR.findall(head)]
        if kinds and "basic" not in kinds:
            return (
                f"it takes {readable(', '.join(kinds), 60)} only, which Doorstep does not speak; "
                "a small proxy on this computer can (px, cntlm): name that one instead"
            )
        source = self._proxy.source or "its address"
        if self._proxy.credentials:
            return (
                f"it does not take the user and password in {source}: one of them is wrong, or a special "
                "character in them is not percent-encoded"
            )
        return f"it wants a user and a password: write `user:password@` before the host in {source}"

    def _refuse(self, why: str, advice: str = "") -> None:
        if not self.established.done():
            text = f"the proxy {self._proxy.authority} gives no way to {self._where}: {why}"
            self.established.set_exception(UnreachableError(text, advice=advice))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        self._refuse("it closed the connection")
