"""How many changes one member makes by the API: plenty, and not without end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from doorstep_relay.control.api import callers
from tests.relay.api import Api, open_api

CHANGES = 10
WRITE = ("POST", "/api/v1/shares/nothing/pause")


@pytest_asyncio.fixture
async def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Api]:
    monkeypatch.setattr(callers, "_CHANGES", CHANGES)
    async with open_api(tmp_path / "data", admin="root") as made:
        yield made


async def test_row_16_a_member_cannot_fill_the_database_and_others_go_on(api: Api) -> None:
    for _ in range(CHANGES):
        assert (await api.ask("ann", *WRITE)).status_code == 404
    answer = await api.ask("ann", *WRITE)
    assert (answer.status_code, answer.json()["code"]) == (429, "too-many")
    assert int(answer.headers["Retry-After"]) >= 1
    assert (await api.ask("ann", "GET", "/api/v1/shares")).status_code == 200, "to look is free"
    for who in ("bob", "root"):
        assert (await api.ask(who, *WRITE)).status_code == 404
    api.services.clock.advance(2)
    assert (await api.ask("ann", *WRITE)).status_code == 404
