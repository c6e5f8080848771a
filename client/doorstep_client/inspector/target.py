"""A target whose requests can be looked at: another target, and the page that shows what passes."""

from __future__ import annotations

import asyncio

from doorstep_client.inspector.notes import Note
from doorstep_client.inspector.page import Page
from doorstep_client.inspector.records import Records
from doorstep_client.inspector.replay import Replays
from doorstep_client.targets import AppTarget, Target
from doorstep_client.targets.wrapped import WrappedTarget
from doorstep_client.traffic.conversation import Conversation
from doorstep_client.traffic.tap import Tap


class InspectedTarget(WrappedTarget):
    """Serves as `target` does. `url` is the page's address while it runs: who knows it sees everything."""

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        self._records = Records()
        self._page = Page(self._records, Replays(target, self._records))
        self._server: asyncio.Server | None = None
        self._pages: AppTarget | None = None
        self._note = Note()
        self.url = ""

    async def start(self) -> None:
        await super().start()
        self._pages = pages = AppTarget(self._page.app(), lifespan=False)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(pages.protocol, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        self.url = self._page.open_at(port)
        self._note.write(self.url)

    def protocol(self) -> asyncio.Protocol:
        return Tap(self._target.protocol(), Conversation(self._records))

    async def stop(self) -> None:
        self._note.remove()
        if self._server is not None:
            self._server.close()
        if self._pages is not None:
            self._pages.abort()
        await super().stop()
