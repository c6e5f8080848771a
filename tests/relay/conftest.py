"""What several files of tests stand on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest_asyncio

from doorstep_relay.server import Relay
from tests.relay.site import Site
from tests.relay.store.services import open_services


@pytest_asyncio.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with open_services(tmp_path / "data") as services:
        made = Site(Relay(replace(services.settings, secret=b"s" * 32)))
        async with made.http:
            yield made
        await made.relay.database.close()
