"""What the inspector remembers: the last requests with their answers, in bounded memory.

Everything here happens on the link's event loop.
"""

from __future__ import annotations

import asyncio
from typing import Final

from doorstep_client.traffic.exchange import Exchange, Message, State

MOST: Final = 200
"""Exchanges that are kept."""
MOST_BYTES: Final = 16 * 1024 * 1024
"""Bytes of bodies and heads that are kept, of all exchanges together."""
BODY: Final = 64 * 1024
"""Bytes of a body that are kept."""


class Records:
    """The last exchanges, the oldest first; tells watchers which of them changed."""

    def __init__(self) -> None:
        self.exchanges: dict[int, Exchange] = {}
        self._held = 0
        self._count = 0
        self._watchers: set[Watcher] = set()

    def begin(
        self, method: str, path: str, headers: list[tuple[str, str]], replay_of: int | None
    ) -> Exchange:
        """A request has come."""
        self._count += 1
        exchange = Exchange(self._count, method, path, Message(headers), replay_of)
        self.exchanges[exchange.number] = exchange
        if len(self.exchanges) > MOST:
            self._forget_oldest()
        self._hold(exchange, len(path) + _size(headers))
        self.changed(exchange)
        return exchange

    def answered(self, exchange: Exchange, status: int, headers: list[tuple[str, str]]) -> None:
        """The head of the answer has come."""
        exchange.status = status
        exchange.answer.headers = headers
        self._hold(exchange, _size(headers))
        self.changed(exchange)

    def add(self, exchange: Exchange, message: Message, data: bytes | memoryview) -> None:
        """A piece of one of the bodies has passed."""
        message.size += len(data)
        room = BODY - len(message.body)
        if room > 0 and exchange.number in self.exchanges:
            kept = data[:room]
            message.body += kept
            self._hold(exchange, len(kept))

    def end(self, exchange: Exchange, state: State) -> None:
        """Nothing more comes of it."""
        exchange.end(state)
        self.changed(exchange)

    def changed(self, exchange: Exchange) -> None:
        for watcher in self._watchers:
            watcher.tell(exchange.number)

    def watch(self) -> Watcher:
        """Follow what changes from now on, beginning with everything there is."""
        watcher = Watcher(self)
        self._watchers.add(watcher)
        return watcher

    def leave(self, watcher: Watcher) -> None:
        self._watchers.discard(watcher)

    @property
    def watchers(self) -> int:
        return len(self._watchers)

    def _hold(self, exchange: Exchange, size: int) -> None:
        exchange.held += size
        self._held += size
        while self._held > MOST_BYTES and len(self.exchanges) > 1:
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        oldest = self.exchanges.pop(next(iter(self.exchanges)))
        self._held -= oldest.held


class Watcher:
    """Which exchanges changed since it was last asked. What is not fetched is told once, so it is bounded."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._news: dict[int, None] = dict.fromkeys(records.exchanges)
        self._some = asyncio.Event()
        self._some.set()

    def tell(self, number: int) -> None:
        self._news[number] = None
        if len(self._news) > 2 * MOST:
            self._news = {n: None for n in self._news if n in self._records.exchanges}
        self._some.set()

    async def next(self) -> list[Exchange]:
        """Wait for changes; what is forgotten by now is left out."""
        await self._some.wait()
        self._some.clear()
        news, self._news = self._news, {}
        known = self._records.exchanges
        return [known[number] for number in news if number in known]

    def close(self) -> None:
        self._records.leave(self)


def _size(headers: list[tuple[str, str]]) -> int:
    return sum(len(name) + len(value) for name, value in headers)
