"""A listening socket that systemd has opened and passes on (sd_listen_fds(3)): it outlives this process.

Who connects between two runs waits in its line, and is not refused.
"""

from __future__ import annotations

import os
import socket
from collections.abc import MutableMapping
from typing import Final

from doorstep_relay.config import Address
from doorstep_relay.errors import ConfigError

_FIRST: Final = 3
_VARIABLES: Final = ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES")


def passed_socket(environ: MutableMapping[str, str] = os.environ) -> socket.socket | None:
    """The socket that was passed to this very process, if one was; children are told nothing of it.

    Raises `ConfigError` when it is no listening TCP socket, or not the only one.
    """
    told = {name: environ.pop(name, "") for name in _VARIABLES}
    if told["LISTEN_PID"] != str(os.getpid()) or told["LISTEN_FDS"] in {"", "0"}:
        return None
    if told["LISTEN_FDS"] != "1":
        raise ConfigError(
            f"systemd passes {told['LISTEN_FDS']} sockets; the relay takes one: a single ListenStream= "
            "([::]:443 with BindIPv6Only=both for both kinds of addresses)"
        )
    return _taken(_FIRST)


def address_of(sock: socket.socket) -> Address:
    """Where a socket listens."""
    host, port = sock.getsockname()[:2]
    return Address(host, port)


def _taken(descriptor: int) -> socket.socket:
    sock = socket.socket(fileno=descriptor)
    listens = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    if not listens or sock.family not in (socket.AF_INET, socket.AF_INET6):
        raise ConfigError("what systemd passes is no listening TCP socket: use ListenStream=HOST:PORT")
    sock.set_inheritable(False)
    return sock
