"""A target that serves as another one does: what stands between a target and its connections."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from doorstep_client.targets.base import Target
    from doorstep_client.visitors import Visitors


class WrappedTarget:
    """Passes on to `target` whatever a subclass does not do differently."""

    def __init__(self, target: Target) -> None:
        self._target = target

    async def start(self) -> None:
        await self._target.start()

    @property
    def connections(self) -> int:
        return self._target.connections

    @property
    def label(self) -> str:
        return self._target.label

    @property
    def visitors(self) -> Visitors:
        return self._target.visitors

    def protocol(self) -> asyncio.Protocol:
        return self._target.protocol()

    @property
    def under_way(self) -> int:
        return self._target.under_way

    def end_idle(self) -> None:
        self._target.end_idle()

    def abort(self) -> None:
        self._target.abort()

    async def stop(self) -> None:
        await self._target.stop()
