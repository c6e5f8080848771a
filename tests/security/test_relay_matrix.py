"""Authorisation as a matrix: every route of the relay's API, for every kind of caller.

A route that is added without a row fails here. What a row promises:

    PUBLIC   anybody, with or without a token
    ANY      whoever has a good token
    OWN      the owner of the thing and an admin; to anybody else it is as if it were not there
    LIST     whoever may see their own; what is listed is no business of this test
    ADMIN    admins alone
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from typing import Any

import httpx
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastapi import FastAPI
from fastapi.routing import APIRoute

from doorstep_relay.control.accounts import AccountChange
from doorstep_relay.control.actors import OPERATOR, Actor
from doorstep_relay.control.api import build_router
from doorstep_relay.control.domains import Domains
from doorstep_relay.domain.scopes import EVERY, Role, Scope
from doorstep_relay.store.audit import Change
from tests.relay.store.services import Services, open_services


class World:
    """A relay's API, and one caller of every kind. Things belong to Ann."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.headers: dict[str, dict[str, str]] = {"anonymous": {}}
        self.ann: Actor
        self._things = 0
        self.records: dict[str, str] = {}
        """The TXT records that there are, by the host that they prove."""
        services.domains = Domains(services.database, services.clock, "localhost", self)
        app = FastAPI()
        app.include_router(build_router(services, _ignore))
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost")

    async def sign_up(self) -> None:
        made = await self._token("owner", "ann")
        self.ann = made
        await self._token("other member", "bob")
        await self._token("admin", "root", scopes=EVERY)
        await self.services.accounts.change("root", AccountChange(role=Role.admin), by=OPERATOR)
        await self._token("admin's narrow token", "root", scopes=frozenset({Scope.share}))
        await self._token("owner's narrow token", "ann", scopes=frozenset({Scope.share}))
        await self._token("member with admin's scope", "mallory", scopes=EVERY)
        revoked = await self._token("revoked token", "ann")
        await self.services.tokens.revoke_one(revoked.token_key, by=OPERATOR)
        await self._token("expired token", "ann", expires_in=1.0)
        await self._token("banned", "eve", scopes=EVERY)
        await self.services.accounts.change("eve", AccountChange(role=Role.admin), by=OPERATOR)
        await self.services.accounts.ban("eve", by=OPERATOR)
        self.services.clock.advance(2)

    async def _token(self, caller: str, account: str, **how: Any) -> Actor:
        made = await self.services.tokens.create(account, **how)
        self.headers[caller] = {"Authorization": f"Bearer {made.raw}"}
        return made.actor

    async def values(self, record: str) -> list[str]:
        """As the domain name system would answer."""
        return [value for host, value in self.records.items() if record.endswith(host)]

    def fresh(self) -> str:
        self._things += 1
        return f"thing-{self._things}"

    async def ask(self, caller: str, row: Row, path: str) -> httpx.Response:
        method = row.route.split()[0]
        body = row.body(self) if callable(row.body) else row.body
        return await self.http.request(method, path, headers=self.headers[caller], json=body)


async def _ignore(_change: Change) -> None:
    pass


# -- the things that routes are about, each Ann's -------------------------------------------------


async def nothing(_world: World) -> str:
    return ""


async def share(world: World) -> str:
    return (await world.services.shares.open(world.ann, name=world.fresh())).name


async def token(world: World) -> str:
    return (await world.services.tokens.create("ann")).facts.key


async def key(world: World) -> str:
    return (await world.services.keys.add("ann", _new_key(world)["key"])).fingerprint


async def account(world: World) -> str:
    return (await world.services.accounts.create(world.fresh(), by=OPERATOR)).name


async def banned_account(world: World) -> str:
    name = await account(world)
    await world.services.accounts.ban(name, by=OPERATOR)
    return name


async def invitation(world: World) -> str:
    return str((await world.services.invitations.create(world.fresh())).facts.id)


async def revoked_share(world: World) -> str:
    name = await share(world)
    await world.services.shares.revoke(name, actor=OPERATOR)
    return name


async def free_name(world: World) -> str:
    return world.fresh()


async def reserved_name(world: World) -> str:
    name = world.fresh()
    await world.services.names.reserve(name, "ann", actor=OPERATOR)
    return name


async def denied_name(world: World) -> str:
    name = world.fresh()
    await world.services.names.deny(name, actor=OPERATOR)
    return name


async def host(world: World) -> str:
    found = f"{world.fresh()}.example.org"
    world.records[found] = (
        await world.services.domains.add(found, await share(world), actor=world.ann)
    ).value
    await world.services.domains.verify(found, actor=world.ann)
    return found


async def report(world: World) -> str:
    name = await share(world)
    address = f"10.0.0.{name.rpartition('-')[2]}"  # one address may not send so many
    filed = world.services.reports.file(name, kind="phishing", text="", contact="", address=address)
    return str(await filed)


class Who(Enum):
    PUBLIC = auto()
    ANY = auto()
    OWN = auto()
    LIST = auto()
    ADMIN = auto()


@dataclass(frozen=True)
class Row:
    """One route: who may, what it answers to them, and what it is about."""

    route: str
    who: Who
    status: int
    thing: Callable[[World], Awaitable[str]] = nothing
    body: Any = None
    missing: str = field(default="no-such-thing")
    """A thing that is not there."""


def _new_account(world: World) -> dict[str, str]:
    return {"name": world.fresh()}


def _new_key(_world: World) -> dict[str, str]:
    public = Ed25519PrivateKey.generate().public_key()
    return {"key": public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()}


_SHARE, _ACCOUNT, _TOKEN = "/api/v1/shares/{name}", "/api/v1/accounts/{name}", "/api/v1/tokens/{key}"
MATRIX = [
    Row("GET /healthz", Who.PUBLIC, 200),
    Row("GET /api/v1/whoami", Who.ANY, 200),
    Row("GET /api/v1/shares", Who.LIST, 200),
    Row(f"GET {_SHARE}", Who.OWN, 200, share),
    Row(f"DELETE {_SHARE}", Who.OWN, 204, share),
    Row(f"GET {_SHARE}/limits", Who.OWN, 200, share),
    Row(f"PUT {_SHARE}/limits", Who.OWN, 200, share, {"max_connections": 3}),
    Row(f"GET {_SHARE}/policy", Who.OWN, 200, share),
    Row(f"PUT {_SHARE}/policy", Who.OWN, 200, share, {"methods": ["GET"]}),
    Row(f"PATCH {_SHARE}/policy", Who.OWN, 200, share, {"methods": ["GET"]}),
    Row(f"DELETE {_SHARE}/policy", Who.OWN, 204, share),
    Row(f"POST {_SHARE}/extend", Who.OWN, 200, share, {"by": 60}),
    Row(f"POST {_SHARE}/pause", Who.OWN, 200, share),
    Row(f"POST {_SHARE}/resume", Who.OWN, 200, share),
    Row(f"POST {_SHARE}/transfer", Who.OWN, 204, share, {"to": "bob"}),
    Row(f"POST {_SHARE}/release", Who.ADMIN, 204, revoked_share),
    Row(f"GET {_SHARE}/live", Who.OWN, 404, share),
    Row("GET /api/v1/live", Who.ADMIN, 200),
    Row("GET /api/v1/names/reserved", Who.LIST, 200),
    Row("PUT /api/v1/names/reserved/{pattern}", Who.ADMIN, 204, free_name, {"account": "ann"}),
    Row("DELETE /api/v1/names/reserved/{pattern}", Who.ADMIN, 204, reserved_name),
    Row("GET /api/v1/names/denied", Who.ADMIN, 200),
    Row("PUT /api/v1/names/denied/{pattern}", Who.ADMIN, 204, free_name, {"reason": "no"}),
    Row("DELETE /api/v1/names/denied/{pattern}", Who.ADMIN, 204, denied_name),
    Row("GET /api/v1/domains", Who.LIST, 200),
    Row("POST /api/v1/domains", Who.LIST, 404, body={"host": "a.example.org", "name": "nobodys"}),
    Row("GET /api/v1/domains/{host}", Who.OWN, 200, host),
    Row("DELETE /api/v1/domains/{host}", Who.OWN, 204, host),
    Row("POST /api/v1/domains/{host}/verify", Who.OWN, 200, host),
    Row("GET /api/v1/ask?domain=a.example.org", Who.ADMIN, 404),
    Row("GET /api/v1/usage", Who.LIST, 200),
    Row("GET /api/v1/usage/accounts", Who.ADMIN, 200),
    Row("GET /api/v1/settings", Who.ADMIN, 200),
    Row("GET /readyz", Who.PUBLIC, 200),
    Row("GET /api/v1/reports", Who.ADMIN, 200),
    Row("POST /api/v1/reports/{number}/close", Who.ADMIN, 200, report, {"outcome": "nothing"}),
    Row("GET /api/v1/tokens", Who.LIST, 200),
    Row("POST /api/v1/tokens", Who.LIST, 201, body={}),
    Row(f"PATCH {_TOKEN}", Who.OWN, 200, token, {"label": "mine"}),
    Row(f"DELETE {_TOKEN}", Who.OWN, 204, token),
    Row("GET /api/v1/keys", Who.LIST, 200),
    Row("POST /api/v1/keys", Who.LIST, 201, body=_new_key),
    Row("DELETE /api/v1/keys/{fingerprint}", Who.OWN, 204, key, missing=f"SHA256:{'A' * 43}"),
    Row("GET /api/v1/audit", Who.LIST, 200),
    Row("GET /api/v1/accounts", Who.ADMIN, 200),
    Row("POST /api/v1/accounts", Who.ADMIN, 201, body=_new_account),
    Row(f"GET {_ACCOUNT}", Who.ADMIN, 200, account),
    Row(f"PATCH {_ACCOUNT}", Who.ADMIN, 200, account, {"email": "a@example.org"}),
    Row(f"PUT {_ACCOUNT}/ban", Who.ADMIN, 200, account, {"reason": "spam"}),
    Row(f"DELETE {_ACCOUNT}/ban", Who.ADMIN, 200, banned_account),
    Row(f"DELETE {_ACCOUNT}/shares", Who.ADMIN, 200, account),
    Row(f"GET {_ACCOUNT}/limits", Who.ADMIN, 200, account),
    Row(f"PUT {_ACCOUNT}/limits", Who.ADMIN, 200, account, {"max_shares": 3}),
    Row("GET /api/v1/invitations", Who.ADMIN, 200),
    Row("POST /api/v1/invitations", Who.ADMIN, 201, body={"account": "new"}),
    Row("DELETE /api/v1/invitations/{number}", Who.ADMIN, 204, invitation),
    Row("POST /api/v1/invitations/redeem", Who.PUBLIC, 404, body={"code": "dsi_wrong"}),
    Row("POST /api/v1/device", Who.PUBLIC, 201, body={}),
    Row("POST /api/v1/device/token", Who.PUBLIC, 400, body={"device_code": "dsd_wrong"}),
]

NOBODY = ("anonymous", "revoked token", "expired token")
SMALL = ("admin's narrow token", "owner's narrow token")


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_services(tmp_path / "data") as services:
        made = World(services)
        await made.sign_up()
        async with made.http:
            yield made


async def test_every_route_has_a_row(world: World) -> None:
    app = FastAPI()
    app.include_router(build_router(world.services, _ignore))
    routes = {
        f"{method} {route.path}"
        for route in app.routes
        if isinstance(route, APIRoute)
        for method in route.methods
    }
    listed = {
        f"{method.upper()} {path}" for path, found in app.openapi()["paths"].items() for method in found
    }
    assert routes | listed == {row.route.partition("?")[0] for row in MATRIX}


async def test_each_caller_gets_what_is_theirs(world: World) -> None:
    wrong = []
    for row in MATRIX:
        world.services.clock.advance(3600)  # nobody is told to wait
        for caller in world.headers:
            answer = await world.ask(caller, row, await _path(world, row))
            expected, code = _expected(row, caller)
            if (answer.status_code, code or _code(answer)) != (expected, _code(answer)):
                wrong.append((row.route, caller, expected, code, answer.status_code, answer.text))
    assert not wrong


async def test_what_is_not_the_callers_is_answered_like_what_is_not_there(world: World) -> None:
    for row in (row for row in MATRIX if row.who is Who.OWN):
        theirs, nowhere = await _path(world, row), _filled(row, row.missing)
        for caller in ("other member", "member with admin's scope"):
            forbidden, missing = await world.ask(caller, row, theirs), await world.ask(caller, row, nowhere)
            assert forbidden.status_code == missing.status_code == 404, row.route
            assert _fields(forbidden) == _fields(missing)
            assert _without(forbidden, theirs) == _without(missing, nowhere)


async def test_row_03_the_path_wins_over_the_body(world: World) -> None:
    bobs = (await world.services.tokens.create("bob")).facts.key
    answer = await world.http.patch(
        f"/api/v1/tokens/{bobs}", headers=world.headers["owner"], json={"key": "x", "label": "mine"}
    )
    assert answer.status_code == 422, "a field that a body does not have is refused, not ignored"
    answer = await world.http.patch(
        f"/api/v1/tokens/{bobs}", headers=world.headers["owner"], json={"label": "mine"}
    )
    assert answer.status_code == 404


# ------------------------------------------------------------------------------------------------


def _expected(row: Row, caller: str) -> tuple[int, str]:
    """Status and, where it is an error, its code."""
    if row.who is Who.PUBLIC:
        return row.status, ""
    if caller in NOBODY:
        return 401, "bad-token"
    if caller == "banned":
        return 403, "banned"
    if row.who is Who.ANY:
        return row.status, ""
    return _expected_of_good_token(row, caller)


def _expected_of_good_token(row: Row, caller: str) -> tuple[int, str]:
    if caller == "admin":
        return row.status, ""
    if caller in SMALL:
        # A token may always give itself up, so this one is told that there is no such other token.
        return (404, "") if row.route == f"DELETE {_TOKEN}" else (403, "forbidden")
    if row.who is Who.ADMIN:
        return 403, "forbidden"
    if row.who is Who.LIST or caller == "owner":
        return row.status, ""
    return 404, ""


async def _path(world: World, row: Row) -> str:
    return _filled(row, await row.thing(world))


def _filled(row: Row, thing: str) -> str:
    path = row.route.split()[1]
    for name in ("name", "key", "number", "pattern", "host", "fingerprint"):
        path = path.replace(f"{{{name}}}", thing)
    return path


def _code(answer: httpx.Response) -> str:
    """The code of a problem; empty for every other answer."""
    problem = answer.headers.get("content-type") == "application/problem+json"
    return str(answer.json()["code"]) if problem else ""


def _fields(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name != "content-length"}


def _without(answer: httpx.Response, path: str) -> str:
    _, _, fingerprint = path.partition("/keys/")  # which may have slashes
    for part in (fingerprint,) if fingerprint else path.split("/"):
        if part.startswith("thing-") or len(part) >= 8:
            return answer.text.replace(part, "…")
    return answer.text
