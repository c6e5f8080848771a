"""A fresh database for each test, of each kind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.relay.store.services import Services, open_services


@pytest.fixture(autouse=True)
def database_kind(each_database: str) -> str:
    """Every test here runs on SQLite and on PostgreSQL."""
    return each_database


@pytest_asyncio.fixture
async def services(tmp_path: Path, database_kind: str) -> AsyncIterator[Services]:
    async with open_services(tmp_path / "data") as opened:
        yield opened
