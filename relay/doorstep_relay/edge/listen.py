"""Opens the relay's port, plain or with TLS, on the transports that measured best.

Plain TCP is uvloop's. TLS is aiofastnet's, at about half the CPU of the loop's own, as long as there is
one certificate: it has no choice of certificate by server name (with a callback it crashes), so the
loop's TLS serves where there are several.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable, Coroutine
from typing import Any, Final

import aiofastnet

from doorstep_relay.edge.certificates import Certificates
from doorstep_relay.errors import ConfigError

BACKLOG: Final = 4096
HANDSHAKE_DEADLINE: Final = 10.0
SHUTDOWN_DEADLINE: Final = 5.0
TLS_BUFFER: Final = 8 * (16 * 1024 + 64)
"""Bytes of ciphertext that a TLS connection holds each way: eight records. Twice as much is no faster."""

log = logging.getLogger("doorstep_relay.edge")


def bind(host: str, port: int) -> socket.socket:
    """A bound socket. Raises `ConfigError` when the address is taken or not this machine's.

    It names its protocol: aiofastnet and asyncio set TCP_NODELAY only on sockets that do, and what is
    accepted inherits it. Without, a small write waits for a whole round trip.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        raise ConfigError(
            f"cannot listen on {host}:{port} ({error.strerror}); choose another address with --listen"
        ) from error
    return sock


async def listen(
    factory: Callable[[], asyncio.Protocol], sock: socket.socket, certificates: Certificates | None = None
) -> asyncio.AbstractServer:
    """Serve connections to a bound socket with the factory's protocols."""
    loop = asyncio.get_running_loop()
    if certificates is None:
        return await loop.create_server(factory, sock=sock, backlog=BACKLOG)
    quiet_handshakes(loop)
    start: Callable[..., Coroutine[Any, Any, asyncio.AbstractServer]] = loop.create_server
    if not certificates.chosen_by_name:
        start = _fast_server
    return await start(
        factory,
        sock=sock,
        backlog=BACKLOG,
        ssl=certificates.context,
        ssl_handshake_timeout=HANDSHAKE_DEADLINE,
        ssl_shutdown_timeout=SHUTDOWN_DEADLINE,
    )


async def _fast_server(factory: Callable[[], asyncio.Protocol], **options: Any) -> asyncio.AbstractServer:
    server: asyncio.AbstractServer = await aiofastnet.create_server(
        asyncio.get_running_loop(),
        factory,
        ssl_incoming_bio_size=TLS_BUFFER,
        ssl_outgoing_bio_size=TLS_BUFFER,
        **options,
    )
    return server


def quiet_handshakes(loop: asyncio.AbstractEventLoop) -> None:
    """Handshakes that fail are the visitors' affair: every scanner makes some, none belongs in the log.

    The loops and aiofastnet tell the loop's handler of them, aiofastnet with the exception's class for the
    exception, which `logging` cannot format.
    """
    logging.getLogger("aiofastnet").setLevel(logging.CRITICAL)
    before = loop.get_exception_handler() or _default

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if _is_handshake(context):
            log.debug("%s: %r", context["message"], context.get("exception"))
        else:
            before(loop, context)

    loop.set_exception_handler(handle)


def _is_handshake(context: dict[str, Any]) -> bool:
    if isinstance(context.get("exception"), ssl.SSLError | ConnectionError | TimeoutError):
        return True
    return str(context.get("message", "")).startswith("SSL handshake failed")


def _default(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    loop.default_exception_handler(context)
