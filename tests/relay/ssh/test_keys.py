"""Public keys: whose they are, who may register and remove them, and what is none."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from pathlib import Path

import asyncssh
import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from doorstep_relay.control.actors import OPERATOR, Actor
from doorstep_relay.control.api import build_router
from doorstep_relay.domain.public_keys import parse_key
from doorstep_relay.domain.scopes import EVERY, USUAL, Role, Scope
from doorstep_relay.errors import BadKey, BadToken, Banned, KeyTaken, NoSuchKey, TooBroad
from doorstep_relay.store.audit import Change
from tests.relay.store.services import Services, open_services

pytestmark = pytest.mark.usefixtures("each_database")  # on SQLite and on PostgreSQL


def a_line(algorithm: str = "ssh-ed25519", comment: str = "ann@laptop") -> str:
    key = asyncssh.generate_private_key(algorithm, comment)
    return key.export_public_key().decode().strip()


class Desk:
    """The services, the API over them, and three accounts."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.changes: list[Change] = []
        self.tokens: dict[str, str] = {}
        self.actors: dict[str, Actor] = {}
        app = FastAPI()
        app.include_router(build_router(services, self._on_change))
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost")

    async def _on_change(self, change: Change) -> None:
        self.changes.append(change)

    async def sign_up(self, name: str, *, admin: bool = False) -> None:
        if admin:
            await self.services.accounts.create(name, by=OPERATOR, role=Role.admin)
        made = await self.services.tokens.create(name, scopes=EVERY if admin else USUAL)
        self.tokens[name], self.actors[name] = made.raw, made.actor

    async def ask(self, who: str, method: str, path: str, body: object = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.tokens[who]}"}
        return await self.http.request(method, path, headers=headers, json=body)


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_services(tmp_path / "data") as services:
        made = Desk(services)
        for name in ("ann", "bob"):
            await made.sign_up(name)
        await made.sign_up("root", admin=True)
        async with made.http:
            yield made


async def test_who_holds_a_key_is_its_account_and_opens_shares_alone(desk: Desk) -> None:
    made = await desk.services.keys.add("ann", a_line(), names=("ci-*",))
    holder = await desk.services.keys.holder(made.fingerprint)
    assert (holder.account_name, holder.names, holder.scopes) == ("ann", ("ci-*",), {Scope.share})
    assert holder.credential == ("key", made.id)
    assert made.label == "ann@laptop"


async def test_a_key_opens_one_account(desk: Desk) -> None:
    line = a_line()
    await desk.services.keys.add("ann", line)
    with pytest.raises(KeyTaken):
        await desk.services.keys.add("bob", line)


async def test_a_key_ends_with_its_time_its_removal_and_its_accounts_ban(desk: Desk) -> None:
    keys = desk.services.keys
    short = await keys.add("ann", a_line(), expires_in=60)
    kept, removed = await keys.add("ann", a_line()), await keys.add("ann", a_line())
    change = await keys.remove(removed.fingerprint)
    assert (change.action, change.detail["id"]) == ("key.remove", removed.id)
    desk.services.clock.now += 61
    for gone in (short, removed):
        with pytest.raises(BadToken):
            await keys.holder(gone.fingerprint)
    await desk.services.accounts.ban("ann", by=OPERATOR, reason="spam")
    with pytest.raises(Banned):
        await keys.holder(kept.fingerprint)


async def test_nobody_gives_a_key_more_than_their_token_has(desk: Desk) -> None:
    made = await desk.services.tokens.create("ann", names=("ci-*",), expires_in=3600)
    for names, expires_in in (((), 60), (("demo",), 60), (("ci-*",), None), (("ci-*",), 7200)):
        with pytest.raises(TooBroad):
            await desk.services.keys.add("ann", a_line(), by=made.actor, names=names, expires_in=expires_in)
    await desk.services.keys.add("ann", a_line(), by=made.actor, names=("ci-1*",), expires_in=60)


async def test_an_account_manages_its_own_keys_and_sees_no_others(desk: Desk) -> None:
    made = await desk.ask("ann", "POST", "/api/v1/keys", {"key": a_line(), "label": "laptop"})
    assert made.status_code == 201
    fingerprint = made.json()["fingerprint"]
    assert (await desk.ask("bob", "GET", "/api/v1/keys")).json()["keys"] == []
    assert (await desk.ask("bob", "GET", "/api/v1/keys?account=ann")).status_code == 404
    assert (await desk.ask("bob", "DELETE", f"/api/v1/keys/{fingerprint}")).json()["code"] == "no-such-key"
    (seen,) = (await desk.ask("ann", "GET", "/api/v1/keys")).json()["keys"]
    assert (seen["label"], seen["account"], seen["created_by"]) == ("laptop", "ann", "account:ann")
    assert (await desk.ask("ann", "DELETE", f"/api/v1/keys/{fingerprint}")).status_code == 204
    assert [change.action for change in desk.changes] == ["key.remove"]


async def test_an_admin_manages_everybodys(desk: Desk) -> None:
    made = await desk.ask("root", "POST", "/api/v1/keys", {"key": a_line(), "account": "ann"})
    assert made.status_code == 201
    other = await desk.ask("bob", "POST", "/api/v1/keys", {"key": a_line(), "account": "ann"})
    assert other.json()["code"] == "no-such-account"
    assert len((await desk.ask("root", "GET", "/api/v1/keys")).json()["keys"]) == 1
    with pytest.raises(NoSuchKey):
        await desk.services.keys.remove("SHA256:" + "a" * 43)


@pytest.mark.parametrize(
    "algorithm", ["ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp521", "ssh-rsa"]
)
def test_a_fingerprint_is_what_others_say_it_is(algorithm: str) -> None:
    line = a_line(algorithm)
    key = parse_key(line)
    assert key.algorithm == algorithm
    assert key.fingerprint == asyncssh.import_public_key(line).get_fingerprint("sha256")
    assert key.comment == "ann@laptop"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "no line of a .pub file"),
        ("ssh-dss AAAA", "no line of a .pub file"),
        ("ssh-ed25519 AAAA!", "cut short or damaged"),
        ("ssh-ed25519 " + base64.b64encode(b"\0\0\1\0short").decode(), "cut short or damaged"),
        ("ssh-rsa " + base64.b64encode(b"\0\0\0\x0bssh-ed25519").decode(), "of another kind"),
        ("-----BEGIN OPENSSH " + "PRIVATE KEY-----\nc2VjcmV0\n", "private key"),
        ("ssh-ed25519 " + "A" * 20_000, "no line of a .pub file"),
    ],
)
def test_what_is_no_public_key_is_refused(line: str, said: str) -> None:
    with pytest.raises(BadKey, match=said) as refused:
        parse_key(line)
    assert "c2VjcmV0" not in str(refused.value)


def test_a_short_rsa_key_is_refused() -> None:
    line = asyncssh.generate_private_key("ssh-rsa", key_size=1024).export_public_key().decode()
    with pytest.raises(BadKey, match="2048 bits at least, and this has 1024"):
        parse_key(line.strip())
