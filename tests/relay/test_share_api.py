"""The API of shares, names and domains: lists in pages, changes by owners and admins, nothing for others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from doorstep_relay.control.actors import ANONYMOUS, OPERATOR
from doorstep_relay.control.api import build_router
from doorstep_relay.domain.scopes import EVERY, Role
from doorstep_relay.store.audit import Change
from tests.relay.store.services import Services, open_services


class World:
    """The API with Ann, who owns `demo`, Bob, who owns nothing, and Root, who is an admin."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.changes: list[Change] = []
        self.tokens: dict[str, str] = {}
        self.actors: dict[str, Any] = {}
        app = FastAPI()
        app.include_router(build_router(services, self._changed))
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost")

    async def _changed(self, change: Change) -> None:
        self.changes.append(change)

    async def ask(self, who: str, method: str, path: str, body: object = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.tokens[who]}"}
        return await self.http.request(method, f"/api/v1{path}", headers=headers, json=body)


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_services(tmp_path / "data") as services:
        made = World(services)
        for name in ("ann", "bob"):
            token = await services.tokens.create(name)
            made.tokens[name], made.actors[name] = token.raw, token.actor
        await services.accounts.create("root", by=OPERATOR, role=Role.admin)
        made.tokens["root"] = (await services.tokens.create("root", scopes=EVERY)).raw
        await services.shares.open(made.actors["ann"], name="demo")
        async with made.http:
            yield made


async def names(world: World, who: str, query: str) -> list[str]:
    """The names on every page."""
    found: list[str] = []
    after = ""
    while True:
        answer = (await world.ask(who, "GET", f"/shares?{query}{after}")).json()
        found += [share["name"] for share in answer["shares"]]
        if answer["next"] is None:
            return found
        after = f"&after={answer['next']}"


async def test_a_list_is_sorted_filtered_and_in_pages(world: World) -> None:
    shares, (ann, bob) = world.services.shares, (world.actors["ann"], world.actors["bob"])
    for who, name, life in (
        (ann, "beta", 50),
        (ann, "alpha", 500),
        (bob, "gamma", 5),
        (ANONYMOUS, "open", 9),
    ):
        await shares.open(who, name=name, expires_in=life)
    assert await names(world, "ann", "limit=2") == ["alpha", "beta", "demo"]
    assert await names(world, "ann", "limit=1&sort=name") == ["alpha", "beta", "demo"]
    assert await names(world, "ann", "limit=1&sort=-expires") == ["demo", "alpha", "beta"]
    assert await names(world, "root", "") == []
    everybodys = await names(world, "root", "all=true&limit=2&sort=expires")
    assert everybodys == ["gamma", "open", "beta", "alpha", "demo"]
    assert await names(world, "root", "all=true&search=BOB") == ["gamma"]
    assert await names(world, "root", "all=true&search=alph&owner=ann") == ["alpha"]
    assert await names(world, "root", "all=true&search=%25") == []
    await world.ask("ann", "POST", "/shares/beta/pause")
    assert await names(world, "ann", "paused=true") == ["beta"]
    assert (await world.ask("ann", "GET", "/shares?all=true")).json()["code"] == "forbidden"
    assert (await world.ask("ann", "GET", "/shares?sort=owner")).status_code == 422


async def test_an_owner_changes_its_share_and_the_relay_hears_of_it(world: World) -> None:
    before = (await world.ask("ann", "GET", "/shares/demo")).json()
    after = (await world.ask("ann", "POST", "/shares/demo/extend", {"by": 60})).json()
    assert after["expires_at"] == before["expires_at"] + 60
    assert (await world.ask("ann", "POST", "/shares/demo/pause")).json()["paused_at"] is not None
    assert (await world.ask("ann", "POST", "/shares/demo/pause")).status_code == 200
    assert (await world.ask("ann", "POST", "/shares/demo/resume")).json()["paused_at"] is None
    assert (await world.ask("ann", "POST", "/shares/demo/transfer", {"to": "bob"})).status_code == 204
    assert (await world.ask("ann", "GET", "/shares/demo")).status_code == 404
    assert (await world.ask("bob", "GET", "/shares/demo")).json()["owner"] == "bob"
    assert [change.action for change in world.changes] == [
        *("share.extend", "share.pause", "share.unpause", "share.transfer"),
    ]


CALLS = [
    *(("GET", "/shares/demo", None), ("DELETE", "/shares/demo", None)),
    *(("POST", "/shares/demo/extend", {"by": 5}), ("POST", "/shares/demo/pause", None)),
    *(("POST", "/shares/demo/resume", None), ("POST", "/shares/demo/transfer", {"to": "bob"})),
]


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
async def test_row_03_what_is_anothers_looks_like_what_is_not_there(
    world: World, method: str, path: str, body: object
) -> None:
    anothers = await world.ask("bob", method, path, body)
    nobodys = await world.ask("bob", method, path.replace("demo", "none"), body)
    assert (anothers.status_code, anothers.text.replace("demo", "none")) == (404, nobodys.text)
    assert world.changes == []


@pytest.mark.parametrize("body", [{}, {"by": 0}, {"by": -1}, {"by": "soon"}, {"by": 5, "name": "other"}, []])
async def test_row_03_a_body_that_says_anything_else_is_refused(world: World, body: object) -> None:
    answer = await world.ask("ann", "POST", "/shares/demo/extend", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad-request")


async def test_only_admins_release_names_and_make_rules(world: World) -> None:
    rule = "/names/reserved/team-*"
    for method, path, body in (
        ("POST", "/shares/demo/release", None),
        ("PUT", rule, {"account": "ann"}),
        ("DELETE", rule, None),
        ("PUT", "/names/denied/x-*", {}),
        ("GET", "/names/denied", None),
    ):
        assert (await world.ask("ann", method, path, body)).json()["code"] == "forbidden", path
    assert (await world.ask("root", "POST", "/shares/demo/release")).json()["code"] == "share-active"
    assert (await world.ask("root", "PUT", rule, {"account": "nobody"})).json()["code"] == "no-such-account"
    assert (await world.ask("root", "PUT", rule, {"account": "ann"})).status_code == 204
    assert (await world.ask("root", "PUT", rule, {"account": "bob"})).json()["code"] == "name-taken"
    assert (await world.ask("root", "PUT", "/names/denied/*", {})).json()["code"] == "name-refused"
    assert (await world.ask("root", "PUT", "/names/denied/*-bank", {"reason": "no"})).status_code == 204
    assert (await world.ask("ann", "GET", "/names/reserved")).json()["reserved"][0]["pattern"] == "team-*"
    assert (await world.ask("bob", "GET", "/names/reserved")).json() == {"reserved": [], "next": None}
    assert (await world.ask("root", "GET", "/names/denied")).json()["denied"][0]["reason"] == "no"
    assert (await world.ask("root", "DELETE", rule)).status_code == 204
    assert (await world.ask("root", "DELETE", rule)).json()["code"] == "no-such-rule"


async def test_whether_a_name_is_ours_is_told_nearby_and_to_admins(world: World) -> None:
    path = "/ask?domain=demo.localhost"
    for address, status in (
        ("127.0.0.1", 200),
        ("::1", 200),
        ("10.0.0.9", 401),
        ("", 401),
        ("127.evil", 401),
    ):
        answer = await world.http.get(f"/api/v1{path}", headers={"X-Forwarded-For": address})
        assert answer.status_code == status, address
    assert (await world.ask("root", "GET", path)).status_code == 200
    assert (await world.ask("ann", "GET", path)).status_code == 403
    assert (await world.ask("root", "GET", "/ask?domain=none.localhost")).status_code == 404
