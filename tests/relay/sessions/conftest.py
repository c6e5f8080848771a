"""A hub with nobody there."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.relay.sessions.desk import Desk, a_desk


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with a_desk() as made:
        yield made
