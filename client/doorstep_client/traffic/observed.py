"""A target that tells of its requests: another target, and a function that is called with each.

Heads are read, bodies are only counted: nothing of them is kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import count

from doorstep_client.holding.changes import call_users
from doorstep_client.targets import Target
from doorstep_client.targets.wrapped import WrappedTarget
from doorstep_client.traffic.conversation import Conversation
from doorstep_client.traffic.exchange import Exchange, Message, State
from doorstep_client.traffic.tap import Tap

Observer = Callable[[Exchange], None]


class ObservedTarget(WrappedTarget):
    """Serves as `target` does. `observer` is called, on the loop, when a request comes and changes."""

    def __init__(self, target: Target, observer: Observer) -> None:
        super().__init__(target)
        self._teller = _Teller(observer)

    def protocol(self) -> asyncio.Protocol:
        return Tap(self._target.protocol(), Conversation(self._teller))


class _Teller:
    """What conversations tell, as calls of the observer."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._numbers = count(1)

    def begin(
        self, method: str, path: str, headers: list[tuple[str, str]], replay_of: int | None
    ) -> Exchange:
        exchange = Exchange(next(self._numbers), method, path, Message(headers), replay_of)
        self.changed(exchange)
        return exchange

    def answered(self, exchange: Exchange, status: int, headers: list[tuple[str, str]]) -> None:
        exchange.status = status
        exchange.answer.headers = headers
        self.changed(exchange)

    def add(self, exchange: Exchange, message: Message, data: bytes | memoryview) -> None:
        message.size += len(data)

    def end(self, exchange: Exchange, state: State) -> None:
        exchange.end(state)
        self.changed(exchange)

    def changed(self, exchange: Exchange) -> None:
        call_users(self._observer, exchange, name="on_request")
