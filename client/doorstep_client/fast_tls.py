"""TLS by aiofastnet: a request costs less on it, to open a connection costs twice as much.

It resumes no session, and to read the relay's certificate it writes it to a temporary file. So it is for
connections that will carry many requests, and for none where it would not work.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Any, Final, cast

from doorstep_client.tls import tls_context

Connect = Callable[[Callable[[], asyncio.Protocol], str, int, str], Awaitable[asyncio.Transport]]

_BUFFER: Final = 8 * (16 * 1024 + 64)
"""Bytes of ciphertext that a connection holds each way: eight records. Twice as much is no faster."""


def fast_tls() -> Connect | None:
    """What connects a protocol to a host and port by TLS with a server name; None where it cannot."""
    return _connect if _transports() is not None and _has_temporary_files() else None


async def _connect(
    protocol: Callable[[], asyncio.Protocol], host: str, port: int, name: str
) -> asyncio.Transport:
    transport, _ = await _transports().create_connection(
        asyncio.get_running_loop(),
        protocol,
        host,
        port,
        ssl=tls_context(),
        server_hostname=name,
        ssl_incoming_bio_size=_BUFFER,
        ssl_outgoing_bio_size=_BUFFER,
    )
    return cast(asyncio.Transport, transport)


@lru_cache(maxsize=1)
def _transports() -> Any:
    """aiofastnet, if it finds the OpenSSL that Python uses.

    One that is built into Python it replaces by an engine of its own, which never resumes a read once paused.
    """
    if sys.platform == "win32":
        return None
    try:
        import aiofastnet
    except ImportError:
        return None
    return None if aiofastnet.OPENSSL_DYN_LIBS is None else aiofastnet


def _has_temporary_files() -> bool:
    """Containers are often read-only, and disks are full at times."""
    try:
        return shutil.disk_usage(tempfile.gettempdir()).free > 1 << 20
    except OSError:
        return False
