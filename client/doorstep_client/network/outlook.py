"""What becomes of the computer and its network while a line stands: sleep, and addresses that come and go.

Asked of the system every `LOOK_EVERY` seconds, with a clock that goes on while the computer sleeps and that
nobody sets. No packet is sent for it.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address
from typing import Final

from doorstep_client.clock import awake
from doorstep_client.sessions.session import Session

LOOK_EVERY: Final = 1.0
SLEPT: Final = 5.0
"""Seconds more than a look takes, after which the computer has slept, or this program stood still."""
_GONE: Final = "the network has changed: this computer's address {} is gone"
_PORT: Final = 9  # discard: nothing is sent there


class Outlook:
    """Looks after a line's session, and for the moment when another one may succeed."""

    def __init__(self, clock: Callable[[], float] = awake) -> None:
        self._clock = clock
        self._far = ""
        """Where the last session led to."""
        self._hurry = asyncio.Event()

    def hurry(self) -> None:
        """Who waits for the next attempt waits no longer."""
        self._hurry.set()

    async def watch(self, current: Callable[[], Session | None]) -> None:
        """Let the session show that its peer is there when there is a reason for doubt; for ever."""
        known: Session | None = None
        route: str | None = None
        while True:
            self._hurry.clear()  # a wish that stays would be granted again at once, for ever
            slept = await self._look()
            session = current()
            ends = session.ends if session is not None else None
            if session is None or ends is None:
                continue
            near, self._far = ends
            before = route if session is known else near
            known, route = session, source(self._far)
            if not exists(near):
                session.give_up(_GONE.format(near))
            elif slept or (route is not None and before != route):  # without a way nobody could answer
                session.doubt()

    async def wait(self, seconds: float) -> None:
        """Wait for so long, or until the way to the relay is another one: then it is worth a try."""
        self._hurry.clear()
        until = asyncio.get_running_loop().time() + seconds
        route = source(self._far) if self._far else None
        while (left := until - asyncio.get_running_loop().time()) > 0:
            slept = await self._look(min(left, LOOK_EVERY))
            if slept or self._hurry.is_set() or (self._far and source(self._far) not in (route, None)):
                return

    async def _look(self, seconds: float = LOOK_EVERY) -> bool:
        """Let time pass; whether it was much more than was asked for."""
        began = self._clock()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._hurry.wait()
        return self._clock() - began > seconds + SLEPT


def source(far: str) -> str | None:
    """The address of this computer from which it would reach another; None when there is no way."""
    try:
        with socket.socket(_family(far), socket.SOCK_DGRAM) as probe:
            probe.connect((far, _PORT))
            return str(probe.getsockname()[0])
    except (OSError, ValueError):
        return None


def exists(near: str) -> bool:
    """Whether this computer has the address; also when that cannot be told, for want of descriptors say.

    Of an address that is a link's own (fe80::…) it cannot: a text does not say which link's.
    """
    with suppress(ValueError):
        if _is_a_links_own(near):
            return True
        try:
            with socket.socket(_family(near), socket.SOCK_DGRAM) as probe:
                probe.bind((near, 0))
        except OSError as error:
            return error.errno != errno.EADDRNOTAVAIL
    return True


def _is_a_links_own(address: str) -> bool:
    return _family(address) == socket.AF_INET6 and ip_address(address).is_link_local


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ip_address(address.partition("%")[0]).version == 6 else socket.AF_INET
