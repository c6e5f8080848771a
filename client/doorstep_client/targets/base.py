"""What every target is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from doorstep_client.visitors import Visitors

Scope = MutableMapping[str, Any]
AsgiApp = Callable[[Scope, Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]]


class Target(Protocol):
    """Where requests go: it puts a protocol of its own onto each tunnel connection."""

    @property
    def label(self) -> str:
        """What it is, in a word or two: the same for the same target when a script runs again."""

    async def start(self) -> None: ...

    @property
    def connections(self) -> int:
        """How many tunnel connections it serves now."""

    @property
    def visitors(self) -> Visitors:
        """Who visits it."""

    def protocol(self) -> asyncio.Protocol:
        """What serves one tunnel connection."""

    @property
    def under_way(self) -> int:
        """How many requests are being answered. WebSockets have no end, and do not count."""

    def end_idle(self) -> None:
        """Say on each connection that is no WebSocket that nothing follows what was written to it."""

    def abort(self) -> None:
        """Cut every connection."""

    async def stop(self) -> None: ...
