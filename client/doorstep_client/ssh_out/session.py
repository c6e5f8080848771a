"""One run of `ssh`: from its start until it has ended, with the link that it told on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from doorstep_client.errors import DoorstepError, UnreachableError
from doorstep_client.ssh_out.address import SshServer
from doorstep_client.ssh_out.child import Child
from doorstep_client.ssh_out.reading import Reading
from doorstep_client.ssh_out.reasons import no_link, reason

LINK_DEADLINE: Final = 20.0
"""Seconds until the server has told the link."""
BETTER_DEADLINE: Final = 0.4
"""Seconds that a link without TLS is held back: many servers tell the better one in the next line."""
FROZEN_EVERY: Final = 4.0
"""A process that is stopped at two looks in a row was not stopped together with this one (Ctrl-Z)."""


class Session:
    """Made by `open`. `told()` is called on the loop for what is heard once the link is known."""

    def __init__(self, server: SshServer, host: str, told: Callable[[], None]) -> None:
        self.reading = Reading(server, host)
        self._server = server
        self._told = told
        self._found: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._child: Child

    @classmethod
    async def open(
        cls, server: SshServer, host: str, command: Sequence[str], told: Callable[[], None]
    ) -> Session:
        """Start ssh. Raises `UnreachableError` where the system has no room for it."""
        session = cls(server, host, told)
        try:
            session._child = await Child.start(command, session._heard)
        except OSError as error:
            raise UnreachableError(f"{command[0]} cannot be started: {error}") from error
        return session

    async def link(self) -> str:
        """The link, when the server has told it. Raises what kept it from that."""
        waiting: set[asyncio.Future[None] | asyncio.Future[int]] = {self._found, self._child.ended}
        await asyncio.wait(waiting, timeout=LINK_DEADLINE, return_when=asyncio.FIRST_COMPLETED)
        if self._child.ended.done():
            raise self._reason()
        link = self.reading.link = self.reading.link or self.reading.plain
        if link is None:
            raise no_link(self._server, list(self.reading.last_words), LINK_DEADLINE)
        return link

    async def lasts(self) -> DoorstepError:
        """Why ssh has ended, when it has. One that was frozen from outside is ended."""
        looks = 0
        while not self._child.ended.done():
            await asyncio.wait({self._child.ended}, timeout=FROZEN_EVERY)
            looks = looks + 1 if self._child.is_frozen else 0
            if looks == 2:
                await self._child.stop()
        return self._reason()

    async def stop(self) -> None:
        """End ssh, if it still runs."""
        await self._child.stop()

    def _reason(self) -> DoorstepError:
        return reason(self._server, list(self.reading.last_words), self._child.ended.result())

    def _heard(self, line: str, aside: bool) -> None:
        self.reading.feed(line, aside=aside)
        if self._found.done():
            self._told()
        elif self.reading.link is not None:
            self._found.set_result(None)
        elif self.reading.plain is not None:
            asyncio.get_running_loop().call_later(BETTER_DEADLINE, self._enough)

    def _enough(self) -> None:
        if not self._found.done():
            self._found.set_result(None)
