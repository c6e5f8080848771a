"""The edge under test: a real one on a loopback port, in the test's own event loop."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
import uvloop

from doorstep_relay.edge import context
from tests.relay.edge.stage import Stage

SWEEP = 0.02

MakeStage = Callable[..., Awaitable[Stage]]


def pytest_asyncio_loop_factories() -> dict[str, object]:
    """The loop that the relay runs on: how its transports close, pause and half-close is its own."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture
async def make_stage(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[MakeStage]:
    """Makes a stage with other limits; deadlines are looked at every 20 ms."""
    monkeypatch.setattr(context, "SWEEP", SWEEP)
    async with AsyncExitStack() as stack:

        async def make(**how: object) -> Stage:
            return await stack.enter_async_context(Stage(**how))  # type: ignore[arg-type]

        yield make


@pytest.fixture
async def stage(make_stage: MakeStage) -> Stage:
    """One share, `demo`, and nobody connected yet."""
    return await make_stage()
