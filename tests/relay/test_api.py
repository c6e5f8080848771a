"""The REST API: an account sees and ends its own shares, and learns nothing of others'."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from doorstep_relay.server import Relay
from tests.relay.api import Api, open_api
from tests.relay.store.services import open_services

pytestmark = pytest.mark.usefixtures("each_database")  # on SQLite and on PostgreSQL


@pytest_asyncio.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with open_api(tmp_path / "data") as made:
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
    assert (await api.ask("ann", "GET", "/api/v1/shares")).json() == {"shares": [], "next": None}
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


# -- what is not there -----------------------------------------------------------------------------


@pytest_asyncio.fixture
async def apex(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """The relay's whole app, as it is served at its own host."""
    async with open_services(tmp_path / "data") as services:
        relay = Relay(replace(services.settings, secret=b"s" * 32))
        transport = httpx.ASGITransport(relay.app())
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8080") as http:
            yield http
        await relay.database.close()


@pytest.mark.parametrize("path", ["/foo", "/api/v1/nothing", "/api", "/.doorstep/nothing"])
async def test_a_path_with_nothing_is_a_page_to_people_and_a_problem_to_programs(
    apex: httpx.AsyncClient, path: str
) -> None:
    page = await apex.get(path, headers={"Accept": "text/html,*/*;q=0.8"})
    told = await apex.get(path)

    assert page.status_code == told.status_code == 404
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "Nothing is here" in page.text
    assert "localhost:8080" in page.text
    assert "style-src 'sha256-" in page.headers["content-security-policy"]
    assert told.headers["content-type"] == "application/problem+json"
    assert (told.json()["code"], told.json()["status"]) == ("not-found", 404)
    for answer in (page, told):
        assert answer.headers["doorstep-error"] == "not-found"
        assert answer.headers.get_list("cache-control") == ["no-store"]


async def test_a_method_that_a_path_does_not_have_is_a_problem_that_names_those_it_has(
    apex: httpx.AsyncClient,
) -> None:
    answer = await apex.post("/api/v1/shares")

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "method-not-allowed"
