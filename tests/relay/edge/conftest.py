"""The edge under test: a real one on a loopback port, in the test's own event loop."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
import uvloop

from doorstep_relay.edge import context
from tests.relay.edge.stage import Stage

SWEEP = 0.02
_TICK = context.Edge._tick

MakeStage = Callable[..., Awaitable[Stage]]


def pytest_asyncio_loop_factories() -> dict[str, object]:
    """The loop that the relay runs on: how its transports close, pause and half-close is its own."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture
async def make_stage(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[MakeStage]:
    """Makes a stage with other limits; deadlines are looked at every 20 ms, in an edge's own time."""
    monkeypatch.setattr(context, "SWEEP", SWEEP)
    monkeypatch.setattr(context.Edge, "_tick", _tick_evenly)
    async with AsyncExitStack() as stack:

        async def make(**how: object) -> Stage:
            return await stack.enter_async_context(Stage(**how))  # type: ignore[arg-type]

        yield make


@pytest.fixture
async def stage(make_stage: MakeStage) -> Stage:
    """One share, `demo`, and nobody connected yet."""
    return await make_stage()


def _tick_evenly(edge: context.Edge) -> None:
    """A look takes the time on by as much as any other: a machine that stands still makes nobody late."""
    before = getattr(edge, "now", None)
    _TICK(edge)
    if before is not None:
        edge.now = before + SWEEP
