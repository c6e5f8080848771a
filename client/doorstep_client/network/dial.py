"""Opens connections to a relay: plain or TLS, straight or through an HTTP proxy (`proxies`). Certificates are
verified, as `options` say."""

from __future__ import annotations

import asyncio
import socket
import ssl
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from doorstep_client.errors import UnreachableError
from doorstep_client.network.certificate import Certificate, read_certificate
from doorstep_client.network.eyeballs import connect_any
from doorstep_client.network.options import PLAIN, VARIABLES, Network
from doorstep_client.network.proxies import Connect, Proxy, proxy_for
from doorstep_client.network.tls import tls_context
from doorstep_client.wire import readable

if TYPE_CHECKING:
    from doorstep_client.settings import RelaySettings

CONNECT_DEADLINE: Final = 10.0
KEEPALIVE: Final = (
    ("TCP_KEEPIDLE", 20),
    ("TCP_KEEPALIVE", 20),  # the same on macOS
    ("TCP_KEEPINTVL", 5),
    ("TCP_KEEPCNT", 3),
)
"""The system looks after idle connections: a peer that vanished is noticed, a NAT keeps its entry."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where to dial. `server_name` is what the certificate must be for; None without TLS."""

    host: str
    port: int
    server_name: str | None = None
    network: Network = PLAIN


def address_of(relay: RelaySettings, name: str | None = None) -> Address:
    """Where to dial this relay, which is to prove that it is `name`, or who it says it is."""
    return Address(relay.host, relay.port, (name or relay.host) if relay.tls else None, relay.network)


async def dial(
    address: Address, protocol: Callable[[], asyncio.Protocol], context: ssl.SSLContext | None = None
) -> asyncio.Transport:
    """Connect and put the protocol on the connection. A `context` other than the network's is for looking.

    Raises `OSError`, `UnreachableError` or `TimeoutError`.
    """
    if context is None and address.server_name is not None:
        context = tls_context(address.network)
    async with asyncio.timeout(CONNECT_DEADLINE):
        proxy = proxy_for(address)
        if proxy is not None:
            transport = await _through(proxy, address, protocol, context)
        else:
            transport = await _straight(address, protocol, context)
    tune(transport)
    return transport


async def _straight(
    address: Address, protocol: Callable[[], asyncio.Protocol], context: ssl.SSLContext | None
) -> asyncio.Transport:
    sock = await connect_any(address.host, address.port)
    transport, _ = await asyncio.get_running_loop().create_connection(
        protocol, sock=sock, ssl=context, server_hostname=address.server_name
    )
    return transport


async def shown_certificate(address: Address, context: ssl.SSLContext | None = None) -> Certificate:
    """The certificate that is shown there. With `blind_context` also one that is not to be trusted.

    Raises what `dial` raises, and `ValueError` for what is no certificate. Nothing is said on the connection.
    """
    transport = await dial(address, asyncio.Protocol, context)
    try:
        secured: ssl.SSLObject = transport.get_extra_info("ssl_object")
        return read_certificate(secured.getpeercert(binary_form=True) or b"")
    finally:
        transport.abort()


def resume_from(transport: asyncio.BaseTransport, address: Address) -> None:
    """Let later connections to this one's host resume its TLS session; does nothing without TLS.

    To be called when the host has said its first word.
    """
    if address.server_name is not None:  # a context reads all authorities of the system: 10 ms, a megabyte
        tls_context(address.network).keep(transport.get_extra_info("ssl_object"))


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
        case ssl.SSLError():
            return _explain_tls(error)
        case TimeoutError():
            return "no answer in time"
        case ConnectionRefusedError():
            return "nothing listens at this address (connection refused)"
        case socket.gaierror():
            return "its name has no address"
        case _:
            return readable(str(error)) or type(error).__name__


def _explain_tls(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        why = getattr(error, "verify_message", "") or str(error)
        return f"its certificate is not to be trusted: {why}"
    if "CERTIFICATE_REQUIRED" in str(error.reason):
        return f"it wants to see a certificate of yours: give cert=FILE, or set {VARIABLES['cert']}"
    return f"it does not speak TLS there ({error.reason or error}); is it an http:// address?"


# -- through a proxy -----------------------------------------------------------------------------


async def _through(
    proxy: Proxy, address: Address, protocol: Callable[[], asyncio.Protocol], context: ssl.SSLContext | None
) -> asyncio.Transport:
    transport, tunnel = await _reach(proxy, address)
    try:
        await tunnel.established
        made = protocol()
        through = transport if context is None else await _secured(transport, made, address, context)
        through.set_protocol(made)
        made.connection_made(through)
    except BaseException:  # also when cancelled: nobody else has it
        transport.abort()
        raise
    return through


async def _reach(proxy: Proxy, address: Address) -> tuple[asyncio.Transport, Connect]:
    """A connection to the proxy, which was asked for a way. Pins and client certificates are the relay's."""
    secured = tls_context(Network(ca=address.network.ca)) if proxy.tls else None
    try:
        sock = await connect_any(proxy.host, proxy.port)
        return await asyncio.get_running_loop().create_connection(
            lambda: Connect(proxy, address),
            sock=sock,
            ssl=secured,
            server_hostname=proxy.host if proxy.tls else None,
        )
    except OSError as error:
        raise UnreachableError(f"the proxy {proxy.authority} cannot be reached: {explain(error)}") from error


async def _secured(
    transport: asyncio.Transport, protocol: asyncio.Protocol, address: Address, context: ssl.SSLContext
) -> asyncio.Transport:
    loop = asyncio.get_running_loop()
    secure = await loop.start_tls(transport, protocol, context, server_hostname=address.server_name)
    if secure is None:
        raise ConnectionError("the proxy closed the connection during the TLS handshake")
    return secure


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
