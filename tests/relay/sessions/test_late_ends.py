"""The end of a share that comes late: its number may be another share's by then."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any, TypeVar

import pytest

from doorstep_client import wire
from doorstep_relay.control.opening import Grant
from tests.relay.sessions.desk import Desk, FakeChannel, FakeShares, FakeUpstream

T = TypeVar("T")


@pytest.fixture
def balanced(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Whoever opens a name holds it together with others."""
    grant = FakeShares.open

    async def open_balanced(self: FakeShares, *args: Any, **options: Any) -> Grant:
        granted = await grant(self, *args, **options)
        return replace(granted, balanced_from=granted.epoch)

    monkeypatch.setattr(FakeShares, "open", open_balanced)
    return desk


async def heard(channel: FakeChannel, kind: type[T]) -> T:
    """The next message that is no wish for connections."""
    while isinstance(message := await channel.hear(object), wire.Dial):
        pass
    assert isinstance(message, kind), message
    return message


async def test_row_9_a_share_that_was_closing_when_it_was_revoked_ends_no_other_of_its_number(
    balanced: Desk,
) -> None:
    channel, _ = await balanced.opened("hello")
    front = balanced.live("hello")
    assert front is not None
    assert front.balanced is not None
    (pool,) = [client.pool for client in front.balanced.clients]
    pool.add(FakeUpstream(), 0.0)
    assert pool.take() is not None, "a request is under way"
    channel.say(wire.Close(0, drain=60))
    channel.say(wire.Ping())
    await heard(channel, wire.Pong)
    balanced.hub.end(front, "revoked", "spam")
    assert (await heard(channel, wire.Ended)).code == "revoked"
    channel.say(wire.Open(0, "hello"))
    await heard(channel, wire.Opened)

    await asyncio.sleep(0.2)  # longer than it takes to see that nothing of the first one is under way
    channel.say(wire.Ping())
    await heard(channel, wire.Pong)
    channel.leave()
    await balanced.over()
    assert len(balanced.switchboard) == 0
