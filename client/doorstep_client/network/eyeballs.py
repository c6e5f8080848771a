"""Connects to a host by whichever of its addresses answers first (RFC 8305, Happy Eyeballs).

The name is looked up anew each time, so that a relay that has moved is found. All of its addresses are tried:
one that swallows packets holds the others up for a quarter of a second, not for the whole deadline.
"""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any, Final

STAGGER: Final = 0.25
"""Seconds that an address has for itself before the next one is tried as well (RFC 8305 5)."""

_Info = tuple[Any, ...]
"""Family, kind, protocol, canonical name and address, as `getaddrinfo` gives them."""


async def connect_any(host: str, port: int) -> socket.socket:
    """A connected socket. Raises `OSError`: of several reasons the one that says most."""
    numeric = _numeric(host, port)
    if numeric is not None:
        return await _connect(numeric)
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    if not found:
        raise socket.gaierror(socket.EAI_NONAME, f"{host} has no address")
    return await _first(by_turns(found))


def _numeric(host: str, port: int) -> _Info | None:
    """An address that is one already: nobody has to be asked, in another thread, what it is."""
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)[0]
    except socket.gaierror:
        return None


def by_turns(found: Iterable[_Info]) -> Iterator[_Info]:
    """The addresses in their order, but the families take turns: one of them may lead nowhere."""
    families: dict[int, list[_Info]] = {}
    for info in found:
        families.setdefault(info[0], []).append(info)
    rounds = itertools.zip_longest(*families.values())
    return (info for infos in rounds for info in infos if info is not None)


async def _first(addresses: Iterator[_Info]) -> socket.socket:
    trying: set[asyncio.Task[socket.socket]] = set()
    errors: list[OSError] = []
    left = True
    try:
        while left or trying:
            info = next(addresses, None)
            left = info is not None
            if info is not None:
                trying.add(asyncio.create_task(_connect(info)))
            while trying:
                done, trying = await asyncio.wait(
                    trying, timeout=STAGGER if left else None, return_when=asyncio.FIRST_COMPLETED
                )
                if winner := _winner(done, errors):
                    return winner
                if left:
                    break
    finally:
        _give_up(trying)
    raise next((error for error in errors if isinstance(error, ConnectionRefusedError)), errors[-1])


def _winner(done: set[asyncio.Task[socket.socket]], errors: list[OSError]) -> socket.socket | None:
    """One that is connected, if any is; others that are, too, are closed."""
    connected = []
    for task in done:
        try:
            connected.append(task.result())
        except OSError as error:
            errors.append(error)
    for spare in connected[1:]:
        spare.close()
    return connected[0] if connected else None


def _give_up(trying: set[asyncio.Task[socket.socket]]) -> None:
    """Nobody waits for them: who is cancelled while waiting would lose a socket that is connected already."""
    for task in trying:
        task.add_done_callback(_close)
        task.cancel()


def _close(task: asyncio.Task[socket.socket]) -> None:
    if not task.cancelled() and task.exception() is None:
        task.result().close()


async def _connect(info: _Info) -> socket.socket:
    family, kind, protocol, _, address = info
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, address)
    except BaseException:  # also when cancelled: the socket is nobody's yet
        with suppress(OSError):
            sock.close()
        raise
    return sock
