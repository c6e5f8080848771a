"""The REST API: an account sees and ends its own shares, and learns nothing of others'."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from doorstep_relay.control.api import build_router
from doorstep_relay.control.shares import Change
from doorstep_relay.control.tokens import Actor
from tests.relay.store.services import Services, open_services


class Api:
    """The API over a fresh database, with two accounts, and what it told the relay."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.changes: list[Change] = []
        self.tokens: dict[str, str] = {}
        self.actors: dict[str, Actor] = {}
        app = FastAPI()
        app.include_router(build_router(services.shares, services.tokens, self._on_change))
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost")

    async def _on_change(self, change: Change) -> None:
        self.changes.append(change)

    async def sign_up(self, name: str) -> None:
        made = await self.services.tokens.create(name)
        self.tokens[name], self.actors[name] = made.raw, made.actor

    async def ask(self, who: str, method: str, path: str) -> httpx.Response:
        return await self.http.request(method, path, headers={"Authorization": f"Bearer {self.tokens[who]}"})


@pytest_asyncio.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with open_services(tmp_path / "data") as services:
        made = Api(services)
        for name in ("ann", "bob"):
            await made.sign_up(name)
        async with made.http:
            yield made


async def test_an_account_lists_its_own_shares(api: Api) -> None:
    for who, name in (("ann", "one"), ("bob", "two")):
        await api.services.shares.open(api.actors[who], name=name)
    answer = await api.ask("ann", "GET", "/api/v1/shares")
    assert answer.status_code == 200
    (share,) = answer.json()["shares"]
    assert share["name"] == "one"
    assert share["state"] == "live"
    assert share["expires_at"] == api.services.clock.now + 72 * 3600


async def test_ended_shares_are_listed_when_asked_for(api: Api) -> None:
    grant = await api.services.shares.open(api.actors["ann"], name="one")
    await api.services.shares.close(grant.share_id, 1)
    assert (await api.ask("ann", "GET", "/api/v1/shares")).json() == {"shares": []}
    assert len((await api.ask("ann", "GET", "/api/v1/shares?ended=true")).json()["shares"]) == 1


async def test_an_owner_looks_at_a_share_and_ends_it(api: Api) -> None:
    grant = await api.services.shares.open(api.actors["ann"], name="demo")
    assert (await api.ask("ann", "GET", "/api/v1/shares/demo")).json()["epoch"] == 1
    answer = await api.ask("ann", "DELETE", "/api/v1/shares/demo?reason=done")
    assert (answer.status_code, answer.content) == (204, b"")
    assert [(change.action, change.share_id, change.reason) for change in api.changes] == [
        ("share.revoke", grant.share_id, "done")
    ]
    seen = (await api.ask("ann", "GET", "/api/v1/shares/demo")).json()
    assert (seen["state"], seen["reason"]) == ("revoked", "done")


async def test_what_is_over_cannot_be_ended_again(api: Api) -> None:
    await api.services.shares.open(api.actors["ann"], name="demo")
    await api.ask("ann", "DELETE", "/api/v1/shares/demo")
    answer = await api.ask("ann", "DELETE", "/api/v1/shares/demo")
    assert (answer.status_code, answer.json()["code"]) == (410, "revoked")
    assert len(api.changes) == 1


async def test_an_error_is_a_problem_with_a_stable_code(api: Api) -> None:
    answer = await api.ask("ann", "GET", "/api/v1/shares/nothing")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "title": "No such share",
        "status": 404,
        "code": "no-such-share",
        "detail": "no such share: 'nothing'",
    }


@pytest.mark.parametrize("path", ["/api/v1/shares", "/api/v1/shares/demo"])
async def test_without_a_token_nothing_is_answered(api: Api, path: str) -> None:
    answer = await api.http.get(path)
    assert (answer.status_code, answer.json()["code"]) == (401, "bad-token")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_parameter_that_means_nothing_is_a_problem_too(api: Api) -> None:
    answer = await api.ask("ann", "DELETE", f"/api/v1/shares/demo?reason={'x' * 501}")
    assert (answer.status_code, answer.json()["code"]) == (422, "bad-request")
    assert "reason" in answer.json()["detail"]


async def test_the_relay_says_that_it_is_well_to_everybody(api: Api) -> None:
    answer = await api.http.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
