"""A holder that runs against a relay that follows a script."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from doorstep_client.holding.holder import Holder
from doorstep_client.settings import RelaySettings
from doorstep_client.targets import AppTarget
from tests.client.fakes import hello_app
from tests.support import eventually


class Held:
    """A holder that runs, and what it told."""

    def __init__(self, relay: RelaySettings, **options: Any) -> None:
        self.events: list[str] = []
        self.target = AppTarget(hello_app, lifespan=False)
        wanted: dict[str, Any] = {"name": None, "expires_in": None} | options
        self.holder = Holder(relay, self.target, changed=self.events.append, **wanted)
        self.task = asyncio.ensure_future(self.holder.run())

    async def end(self) -> None:
        """Wait until it ends by itself."""
        async with asyncio.timeout(20):
            await self.task

    async def saw(self, *events: str) -> None:
        wanted = list(events)
        await eventually(lambda: self.events[: len(events)] == wanted or self.task.done(), what=f"{wanted}")
        assert self.events[: len(events)] == wanted, (self.events, self.task)


@asynccontextmanager
async def held(relay: RelaySettings, **options: Any) -> AsyncIterator[Held]:
    one = Held(relay, **options)
    try:
        yield one
    finally:
        one.task.cancel()
        await asyncio.gather(one.task, return_exceptions=True)
        await one.target.stop()
