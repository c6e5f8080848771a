"""The WebSocket of a session, and how a refusal is said on it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

from doorstep_client import wire
from doorstep_client.errors import WireError
from doorstep_client.tunnels.streams import Accept
from doorstep_relay.errors import Refusal, TooMany

GOODBYE_DEADLINE: Final = 2.0
"""Seconds in which a client may take the reason why it has no session any more."""


class Channel(Protocol):
    """The WebSocket, as much of it as a session needs. It may answer pings by itself."""

    @property
    def heard(self) -> float:
        """When the client last gave a sign of life, in the loop's time."""

    async def receive(self) -> str | bytes | None:
        """The next message; None when the client is gone."""

    async def send(self, frame: str) -> None: ...

    async def close(self, code: int, reason: str) -> None: ...

    def carry(self, accept: Accept, failed: Callable[[WireError], None]) -> None:
        """Carry the streams that the client opens. `failed` hears what is none of their protocol."""


def said(refusal: Refusal, share: int | None = None) -> wire.Error:
    """A refusal as the client hears it."""
    retry_after = refusal.retry_after if isinstance(refusal, TooMany) else None
    return wire.Error(refusal.code, refusal.message, refusal.fatal, share, retry_after)


async def turn_away(channel: Channel, refusal: Refusal) -> None:
    """Say why there is no session, and end it."""
    try:
        async with asyncio.timeout(GOODBYE_DEADLINE):
            await channel.send(wire.encode(said(refusal)))
            await channel.close(1008, refusal.code)
    except (TimeoutError, ConnectionError):
        pass  # it did not wait for the reason
