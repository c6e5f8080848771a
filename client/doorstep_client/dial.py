"""Opens connections to a relay: plain or TLS, straight or through an HTTP proxy (CONNECT).

The proxy is the one that the environment names (`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`, and the
system's settings on macOS and Windows), as for every other program. Certificates are verified.
"""

from __future__ import annotations

import asyncio
import base64
import re
import socket
import ssl
import sys
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, cast
from urllib.parse import unquote, urlsplit

from doorstep_client.errors import UnreachableError
from doorstep_client.eyeballs import connect_any
from doorstep_client.tls import tls_context
from doorstep_client.wire import readable

CONNECT_DEADLINE: Final = 10.0
_MAX_HEAD: Final = 16 * 1024
KEEPALIVE: Final = (("TCP_KEEPIDLE", 20), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3))
"""The system looks after idle connections: a peer that vanished is noticed, a NAT keeps its entry."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where to dial. `server_name` is what the certificate must be for; None without TLS."""

    host: str
    port: int
    server_name: str | None = None


async def dial(address: Address, protocol: Callable[[], asyncio.Protocol]) -> asyncio.Transport:
    """Connect and put the protocol on the connection.

    Raises `OSError`, `UnreachableError` or `TimeoutError`.
    """
    async with asyncio.timeout(CONNECT_DEADLINE):
        proxy = proxy_for(address)
        if proxy is not None:
            transport = await _through(proxy, address, protocol)
        else:
            transport = await _straight(address, protocol)
    tune(transport)
    return transport


async def _straight(address: Address, protocol: Callable[[], asyncio.Protocol]) -> asyncio.Transport:
    name = address.server_name
    sock = await connect_any(address.host, address.port)
    transport, _ = await asyncio.get_running_loop().create_connection(
        protocol, sock=sock, ssl=tls_context() if name else None, server_hostname=name
    )
    return transport


def resume_from(transport: asyncio.BaseTransport) -> None:
    """Let later connections to this one's host resume its TLS session; does nothing without TLS.

    To be called when the host has said its first word.
    """
    secured = transport.get_extra_info("ssl_object")
    if secured is not None:  # a context reads all authorities of the system: 10 ms, a megabyte
        tls_context().keep(secured)


def tune(transport: asyncio.BaseTransport) -> None:
    """Small writes leave at once, and the system probes idle connections."""
    sock = transport.get_extra_info("socket")
    if sock is None:
        return
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in KEEPALIVE:
        if hasattr(socket, name):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def explain(error: BaseException) -> str:
    """Why a connection could not be made, for the person who wants it."""
    error = getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or error
    match error:
        case ssl.SSLCertVerificationError():
            why = getattr(error, "verify_message", "") or str(error)
            return f"its certificate is not to be trusted: {why}"
        case ssl.SSLError():
            return f"it does not speak TLS there ({error.reason or error}); is it an http:// address?"
        case TimeoutError():
            return "no answer in time"
        case ConnectionRefusedError():
            return "nothing listens at this address (connection refused)"
        case socket.gaierror():
            return "its name has no address"
        case _:
            return readable(str(error)) or type(error).__name__


def _authority(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


# -- proxies -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy; `credentials` is the value of Proxy-Authorization."""

    host: str
    port: int
    credentials: str | None = field(default=None, repr=False)

    @property
    def authority(self) -> str:
        """`host:port` as a URL has it."""
        return _authority(self.host, self.port)


def proxy_for(address: Address) -> Proxy | None:
    """The proxy that the environment wants for this address, if any."""
    proxies = urllib.request.getproxies()
    url = proxies.get("https" if address.server_name else "http") or proxies.get("all")
    if not url or urllib.request.proxy_bypass(f"{address.host}:{address.port}") or _is_loopback(address.host):
        return None
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme != "http" or not parts.hostname:
        raise UnreachableError(
            f"the proxy {parts.scheme}://{parts.hostname} is not an HTTP proxy; set another one, or NO_PROXY"
        )
    credentials = None
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        credentials = "Basic " + base64.b64encode(pair.encode()).decode()
    return Proxy(parts.hostname, parts.port or 80, credentials)


def _is_loopback(host: str) -> bool:
    return host == "localhost" or host.endswith(".localhost") or host.startswith("127.") or host == "::1"


async def _through(
    proxy: Proxy, address: Address, protocol: Callable[[], asyncio.Protocol]
) -> asyncio.Transport:
    loop = asyncio.get_running_loop()
    try:
        transport, tunnel = await loop.create_connection(
            lambda: _Connect(proxy, address), proxy.host, proxy.port
        )
    except OSError as error:
        raise UnreachableError(f"the proxy {proxy.authority} cannot be reached: {explain(error)}") from error
    try:
        await tunnel.established
        made = protocol()
        through = transport if address.server_name is None else await _secured(transport, made, address)
        through.set_protocol(made)
        made.connection_made(through)
    except BaseException:
        transport.abort()
        raise
    return through


async def _secured(
    transport: asyncio.Transport, protocol: asyncio.Protocol, address: Address
) -> asyncio.Transport:
    loop = asyncio.get_running_loop()
    secure = await loop.start_tls(transport, protocol, tls_context(), server_hostname=address.server_name)
    if secure is None:
        raise ConnectionError("the proxy closed the connection during the TLS handshake")
    return secure


class _Connect(asyncio.Protocol):
    """Asks a proxy for a way through (RFC 9110 9.3.6) and waits for its word."""

    def __init__(self, proxy: Proxy, address: Address) -> None:
        self.established: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._proxy = proxy
        self._address = address
        self._head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        where = _authority(self._address.host, self._address.port)
        lines = [f"CONNECT {where} HTTP/1.1", f"Host: {where}"]
        if self._proxy.credentials:
            lines.append(f"Proxy-Authorization: {self._proxy.credentials}")
        cast(asyncio.Transport, transport).write("\r\n".join([*lines, "", ""]).encode())

    def data_received(self, data: bytes) -> None:
        self._head += data
        if self.established.done():
            return
        if b"\r\n\r\n" in self._head:
            self._answered(self._head.split(b"\r\n", 1)[0].decode("latin-1"))
        elif len(self._head) > _MAX_HEAD:
            self._refuse("it does not answer in HTTP")

    def _answered(self, status: str) -> None:
        if re.match(r"HTTP/1\.[01] 2\d\d(?!\S)", status):
            self.established.set_result(None)
        else:
            self._refuse(readable(status, 100))

    def _refuse(self, why: str) -> None:
        where = _authority(self._address.host, self._address.port)
        self.established.set_exception(
            UnreachableError(f"the proxy {self._proxy.authority} gives no way to {where}: {why}")
        )

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        if not self.established.done():
            self._refuse("it closed the connection")


def run_loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """uvloop where it exists, the system's own loop elsewhere."""
    if sys.platform != "win32":
        try:
            import uvloop
        except ImportError:
            pass
        else:
            return uvloop.new_event_loop
    return asyncio.new_event_loop
