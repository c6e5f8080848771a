"""Limits, usage and what a relay tells of its visitors: the threats that concern them, by row."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from doorstep_relay.domain.limits import Limits, overlaid, tightest
from doorstep_relay.edge.access_log import redacted
from tests.relay.api import Api, open_api


@pytest_asyncio.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with open_api(tmp_path / "data") as made:
        yield made


@pytest.mark.parametrize("path", ["limits", "live"])
async def test_row_30_anothers_share_is_answered_like_one_that_is_not_there(api: Api, path: str) -> None:
    await api.services.shares.open(api.actors["ann"], name="hers")
    answers = [await api.ask("bob", "GET", f"/api/v1/shares/{name}/{path}") for name in ("hers", "nobodys")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].text.replace("hers", "nobodys") == answers[1].text


async def test_row_2_nobody_states_limits_of_another_or_of_nobodys_share(api: Api) -> None:
    from doorstep_relay.control.actors import ANONYMOUS

    await api.services.shares.open(api.actors["ann"], name="hers")
    await api.services.shares.open(ANONYMOUS, name="nobodys")
    for name in ("hers", "nobodys"):
        answer = await api.http.put(
            f"/api/v1/shares/{name}/limits", json={}, headers={"Authorization": f"Bearer {api.tokens['bob']}"}
        )
        assert answer.status_code == 404
    assert not api.changes


async def test_row_4_an_owner_cannot_widen_what_the_operator_states() -> None:
    account = overlaid(Limits(bytes_per_second=100), {"requests_per_second": 5})
    share = overlaid(Limits(), {"bytes_per_second": None, "requests_per_second": 500.0})
    held = tightest(account, share)
    assert (held.bytes_per_second, held.requests_per_second) == (100, 5)


def test_row_19_keys_and_tokens_in_a_query_do_not_reach_the_access_log() -> None:
    for query in ("key=hunter2", "a=1&token=hunter2", "hunter2", "a=b=hunter2", "x;y=hunter2"):
        assert "hunter2" not in redacted(f"/path?{query}")


@pytest.mark.parametrize("path", ["/api/v1/settings", "/api/v1/live", "/api/v1/usage/accounts"])
async def test_row_19_what_is_the_operators_is_nobody_elses(api: Api, path: str) -> None:
    assert (await api.ask("ann", "GET", path)).status_code == 403
    assert (await api.http.get(path)).status_code == 401
