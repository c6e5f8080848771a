"""Transactions for many at a time: what is asked for while one runs goes into the next one together.

Who comes alone does not wait for company: it is a transaction of its own at once. Soon after another, a
request waits for a moment: when a thousand clients come back together they share a few.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, Generic, TypeVar

from sqlalchemy.orm import Session

from doorstep_relay.store.database import Database

Asked = TypeVar("Asked")
Told = TypeVar("Told")

MOST: Final = 100
"""Requests in one transaction: others' writes wait no longer than for that."""
SOON: Final = 0.02
"""Seconds after a transaction in which the next request waits for company."""
PAUSE: Final = 0.005
"""Seconds that it waits."""


class Batch(Generic[Asked, Told]):
    """`work(session, requests)` gives the answers in the requests' order; it may be repeated."""

    def __init__(
        self, database: Database, work: Callable[[Session, Sequence[Asked]], Sequence[Told]]
    ) -> None:
        self._database = database
        self._work = work
        self._waiting: list[tuple[Asked, asyncio.Future[Told]]] = []
        self._running: asyncio.Task[None] | None = None
        self._ended = -SOON
        """When the last transaction ended, in the loop's time."""

    async def ask(self, request: Asked) -> Told:
        """The answer, after its commit. Raises what the request itself failed with."""
        answer: asyncio.Future[Told] = asyncio.get_running_loop().create_future()
        self._waiting.append((request, answer))
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        return await answer

    async def _run(self) -> None:
        time = asyncio.get_running_loop().time
        try:
            while self._waiting:
                if len(self._waiting) < MOST and time() < self._ended + SOON:
                    await asyncio.sleep(PAUSE)
                some, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                if not await self._settle(some):
                    for one in some:  # so that one that fails takes no other along
                        await self._settle([one])
                self._ended = time()
        finally:
            self._running = None

    async def _settle(self, some: list[tuple[Asked, asyncio.Future[Told]]]) -> bool:
        """Whether they have their answers."""
        requests = [request for request, _ in some]
        try:
            answers = await self._database.write(lambda session: self._work(session, requests))
        except Exception as error:  # noqa: BLE001  # raised where the answer is awaited
            if len(some) > 1:
                return False
            _fail(some[0][1], error)
            return True
        for (_, future), answer in zip(some, answers, strict=True):
            if not future.done():
                future.set_result(answer)
        return True


def _fail(answer: asyncio.Future[Told], error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)
