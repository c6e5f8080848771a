"""Somebody else's server: on a port, at a URL, behind a socket file."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final, cast

from doorstep_client.targets.pump import Pump
from doorstep_client.visitors import Visitors

if TYPE_CHECKING:
    from doorstep_client.targets.addresses import Address
    from doorstep_client.targets.rewriting import Origin

log = logging.getLogger("doorstep_client")

_LOOK_DEADLINE: Final = 1.0


class ServerTarget:
    """Pumps bytes to the server at `address`; its connections live as long as the tunnel's.

    With `origin` requests look as if the visitor's browser were beside the server; without, every byte
    passes as it is.
    """

    def __init__(self, address: Address, origin: Origin | None = None) -> None:
        self.visitors = Visitors()
        self.label = str(address)
        self._address = address
        self._origin = origin
        self._pumps: set[Pump] = set()

    async def start(self) -> None:
        """Raises `BadTargetError` for what can never work; a server that is away may come, and is told of."""
        await self._address.check()
        if not await self._answers():
            log.warning("Nothing listens at %s yet: visitors get an error until something does.", self.label)

    async def _answers(self) -> bool:
        try:
            async with asyncio.timeout(_LOOK_DEADLINE):
                await self._address.connect(_Look)
        except TimeoutError:
            return True  # busy, perhaps: no reason for alarm
        except OSError:
            return False
        return True

    def protocol(self) -> asyncio.Protocol:
        rewriter = self._origin.rewriter() if self._origin is not None else None
        return Pump(self._address, self._pumps, self.visitors, rewriter)

    @property
    def connections(self) -> int:
        return len(self._pumps)

    @property
    def under_way(self) -> int:
        return sum(pump.is_under_way for pump in self._pumps)

    def end_idle(self) -> None:
        for pump in list(self._pumps):
            pump.end_idle()

    def abort(self) -> None:
        for pump in list(self._pumps):
            pump.abort()

    async def stop(self) -> None:
        self.abort()


class _Look(asyncio.Protocol):
    """Whether somebody is there is all that it wants to know."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast(asyncio.Transport, transport).abort()
