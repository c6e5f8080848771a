"""Opens the relay's port, plain or with TLS, on the transports that measured best.

Plain TCP is uvloop's. TLS is aiofastnet's, which costs less to use, where it can be: it has no
choice of certificate by server name (with a callback it crashes), and it has to find the OpenSSL that
Python uses (one that is built into Python it replaces by an engine that never resumes a paused read).
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol

from doorstep_relay.edge.accept import Acceptor, Handshake
from doorstep_relay.errors import ConfigError

if TYPE_CHECKING:
    from doorstep_relay.edge.certificates import Certificates

BACKLOG: Final = 4096
HANDSHAKE_DEADLINE: Final = 10.0
SHUTDOWN_DEADLINE: Final = 60.0
"""Seconds for what was written before the end of a connection to reach a slow visitor."""
TLS_BUFFER: Final = 8 * (16 * 1024 + 64)
"""Bytes of ciphertext that a TLS connection holds each way: eight records. Twice as much is no faster."""

log = logging.getLogger("doorstep_relay.edge")


class Listener(Protocol):
    """What accepts connections."""

    def close(self) -> None:
        """Accept no more; connections that are open stay."""


def bind(host: str, port: int, setting: str = "--listen") -> socket.socket:
    """A socket that listens. Raises `ConfigError` when the address is taken or not this machine's.

    Who connects before it is served waits for that. It names its protocol: aiofastnet and asyncio set
    TCP_NODELAY only on sockets that do, and what is accepted inherits it. Without, a small write waits for a
    whole round trip.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(BACKLOG)
    except OSError as error:
        sock.close()
        raise ConfigError(
            f"cannot listen on {host}:{port} ({error.strerror}); choose another address with {setting}"
        ) from error
    return sock


async def listen(
    factory: Callable[[], asyncio.Protocol], sock: socket.socket, certificates: Certificates | None = None
) -> Listener:
    """Serve connections to a listening socket with the factory's protocols."""
    loop = asyncio.get_running_loop()
    if certificates is None:
        return await loop.create_server(factory, sock=sock, backlog=BACKLOG)
    quiet_handshakes(loop)
    return Acceptor(sock, _handshake(factory, certificates), backlog=BACKLOG)


def _handshake(factory: Callable[[], asyncio.Protocol], certificates: Certificates) -> Handshake:
    import aiofastnet  # here, as a relay without TLS has no use for it

    loop = asyncio.get_running_loop()
    deadlines: dict[str, Any] = {
        "ssl_handshake_timeout": HANDSHAKE_DEADLINE,
        "ssl_shutdown_timeout": SHUTDOWN_DEADLINE,
    }
    if certificates.chosen_by_name or aiofastnet.OPENSSL_DYN_LIBS is None:
        return partial(loop.connect_accepted_socket, factory, ssl=certificates.context, **deadlines)
    buffers = {"ssl_incoming_bio_size": TLS_BUFFER, "ssl_outgoing_bio_size": TLS_BUFFER}
    connect = partial(aiofastnet.connect_accepted_socket, loop, factory)
    return partial(connect, ssl=certificates.context, **deadlines, **buffers)


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
