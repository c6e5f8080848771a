"""Who may do what to whose share. Tests are named after rows of the list of classes of vulnerability."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from doorstep_relay.config import read_settings
from doorstep_relay.control.actors import ANONYMOUS, OPERATOR, Actor
from doorstep_relay.control.api import build_router
from doorstep_relay.domain.names import check_name, random_name
from doorstep_relay.domain.tickets import TicketKey
from doorstep_relay.errors import (
    BadTicket,
    BadToken,
    ConfigError,
    NameRefused,
    NameTaken,
    NoSuchShare,
    Refusal,
)
from doorstep_relay.store.audit import Change
from tests.relay.store.services import DAY, Services, open_services

pytestmark = pytest.mark.usefixtures("each_database")  # on SQLite and on PostgreSQL


class World:
    """A relay's services and API, with Ann, whose share it is, and Bob, who would like it."""

    def __init__(self, services: Services, directory: Path) -> None:
        self.services = services
        self.shares = services.shares
        self.directory = directory
        app = FastAPI()
        app.include_router(build_router(services, _ignore))
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost")
        self.tokens: dict[str, str] = {}
        self.ann = self.bob = ANONYMOUS

    async def sign_up(self) -> None:
        self.ann, self.bob = [await self._account(name) for name in ("ann", "bob")]

    async def _account(self, name: str) -> Actor:
        made = await self.services.tokens.create(name)
        self.tokens[name] = made.raw
        return made.actor

    async def ask(self, path: str, *authorization: str, method: str = "GET") -> httpx.Response:
        headers = [("authorization", value) for value in authorization]
        return await self.http.request(method, path, headers=headers)


async def _ignore(_change: Change) -> None:
    pass


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_services(tmp_path / "data") as services:
        made = World(services, tmp_path / "data")
        await made.sign_up()
        async with made.http:
            yield made


# -- row 1: a second credential header bypasses auth ---------------------------------------------


async def test_row_01_two_credentials_are_no_credential_whichever_of_them_is_good(world: World) -> None:
    good, bad = f"Bearer {world.tokens['ann']}", "Bearer dst_wrong"
    assert (await world.ask("/api/v1/shares", good)).status_code == 200
    for sent in (
        [good, good],
        [good, bad],
        [bad, good],
        [f"{good}, {good}"],
        [f"Basic {world.tokens['ann']}"],
    ):
        assert (await world.ask("/api/v1/shares", *sent)).status_code == 401, sent


async def test_row_01_no_other_header_or_parameter_carries_a_credential(world: World) -> None:
    token = world.tokens["ann"]
    for name in ("proxy-authorization", "x-authorization", "x-api-key", "cookie", "x-forwarded-user"):
        answer = await world.http.get("/api/v1/shares", headers={name: f"Bearer {token}"})
        assert answer.status_code == 401, name
    assert (await world.http.get(f"/api/v1/shares?token={token}&access_token={token}")).status_code == 401


# -- row 2: an ownership check short-circuits on NULL --------------------------------------------


async def test_row_02_nobody_touches_somebody_elses_share(world: World) -> None:
    await world.shares.open(world.ann, name="demo")
    for thief in (world.bob, ANONYMOUS):
        with pytest.raises(NoSuchShare):
            await world.shares.revoke("demo", actor=thief)
        with pytest.raises(NoSuchShare):
            await world.shares.release("demo", actor=thief)
        with pytest.raises(NameTaken):
            await world.shares.open(thief, name="demo", expires_in=5)


async def test_row_02_a_share_without_an_owner_is_not_everybodys(world: World) -> None:
    before = await world.shares.open(ANONYMOUS, name="demo")
    for thief in (world.bob, ANONYMOUS):
        with pytest.raises(NoSuchShare):
            await world.shares.revoke("demo", actor=thief)
        with pytest.raises(NameTaken):
            await world.shares.open(thief, name="demo", expires_in=5)
        assert await world.shares.list(owner=ANONYMOUS) == []
    for method in ("GET", "DELETE"):
        answer = await world.ask("/api/v1/shares/demo", f"Bearer {world.tokens['bob']}", method=method)
        assert answer.status_code == 404
    after = await world.shares.find("demo")
    assert after is not None
    assert (after.state, after.epoch, after.expires_at) == ("live", before.epoch, before.expires_at)


async def test_row_02_an_owner_cannot_release_a_name_that_was_revoked(world: World) -> None:
    await world.shares.open(world.ann, name="demo")
    await world.shares.revoke("demo", actor=OPERATOR)
    with pytest.raises(NoSuchShare):
        await world.shares.release("demo", actor=world.ann)


# -- row 5: an auth setting silently ignored -----------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DOORSTEP_RELAY_SECRET", ""),
        ("DOORSTEP_RELAY_SECRET", "short"),
        ("DOORSTEP_RELAY_SECRETS", "x" * 40),
        ("DOORSTEP_RELAY_OPEN", ""),
        ("DOORSTEP_RELAY_OPEN", "nope"),
        ("DOORSTEP_RELAY_TRUSTED_PROXIES", ""),
        ("DOORSTEP_RELAY_TRUSTED_PROXY", "10.0.0.0/8"),
        ("DOORSTEP_RELAY_MAX_LIFETIME", ""),
    ],
)
def test_row_05_a_malformed_or_misspelt_setting_stops_the_relay(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name):
        read_settings({}, {name: value})


@pytest.mark.parametrize(
    "raw", ["", " ", "dst_", "dst__", "Bearer", "null", "None", "undefined", "dst_aaaaaaaa_"]
)
async def test_row_05_an_empty_or_malformed_token_opens_nothing(world: World, raw: str) -> None:
    with pytest.raises(BadToken):
        await world.services.tokens.authenticate(raw)
    assert (await world.ask("/api/v1/shares", f"Bearer {raw}")).status_code == 401


# -- row 7: name takeover after a disconnect -----------------------------------------------------


async def test_row_07_a_name_is_its_owners_during_and_after_the_grace_period(world: World) -> None:
    grant = await world.shares.open(world.ann, name="demo", expires_in=300 * DAY)
    await world.shares.disconnected(grant.share_id, grant.epoch)
    for wait in (0, world.services.settings.grace - 1, 1, 29 * DAY):
        world.services.clock.advance(wait)
        await world.shares.grace_over(world.services.clock.now)
        for thief in (world.bob, ANONYMOUS):
            with pytest.raises(NameTaken):
                await world.shares.open(thief, name="demo")
    found = await world.shares.find("demo")
    assert found is not None
    assert found.state == "closed"
    assert (await world.shares.open(world.ann, name="demo")).name == "demo"


async def test_row_07_a_stolen_lease_is_worth_nothing_to_another_account(world: World) -> None:
    grant = await world.shares.open(world.ann, name="demo")
    for thief in (world.bob, ANONYMOUS):
        with pytest.raises(NameTaken):
            await world.shares.open(thief, name="demo", lease=grant.lease)
        assert (await world.shares.open(thief, lease=grant.lease)).share_id != grant.share_id


async def test_row_07_a_takeover_by_name_makes_the_old_lease_void(world: World) -> None:
    old = await world.shares.open(ANONYMOUS)
    mine = await world.shares.open(world.ann, name="demo")
    await world.shares.open(world.ann, name="demo")
    again = await world.shares.open(world.ann, lease=mine.lease)
    assert again.share_id not in {old.share_id, mine.share_id}


# -- row 9: a stale session overwrites or deletes the new one ------------------------------------


async def test_row_09_late_words_of_an_old_epoch_change_nothing(world: World) -> None:
    old = await world.shares.open(world.ann, name="demo")
    new = await world.shares.open(world.ann, name="demo")
    assert not await world.shares.close(old.share_id, old.epoch)
    assert not await world.shares.disconnected(old.share_id, old.epoch)
    found = await world.shares.find("demo")
    assert found is not None
    assert (found.state, found.epoch) == ("live", new.epoch)


async def test_row_09_a_race_of_old_and_new_holders_ends_with_the_new_one_live(world: World) -> None:
    grant = await world.shares.open(world.ann, name="demo")
    for _ in range(10):
        old = grant
        grant, *_late = await asyncio.gather(
            world.shares.open(world.ann, name="demo", lease=old.lease),
            world.shares.disconnected(old.share_id, old.epoch),
            world.shares.disconnected(old.share_id, old.epoch - 1),
        )
        found = await world.shares.find("demo")
        assert found is not None
        assert (found.state, found.epoch) == ("live", grant.epoch)


def test_row_09_a_ticket_tells_its_epoch_and_cannot_be_made_to_tell_another() -> None:
    key = TicketKey(b"k" * 32)
    ticket = key.issue(share_id=1, epoch=1, expires=100.0)
    assert key.read(ticket, now=0).epoch == 1
    forged = ticket[:15] + ("B" if ticket[15] != "B" else "C") + ticket[16:]
    with pytest.raises(BadTicket):
        key.read(forged, now=0)


# -- rows 19 and 20: secrets in places; plain tokens stored --------------------------------------


@pytest.mark.sqlite_only  # reads SQLite's files
async def test_row_19_and_20_the_databases_files_hold_no_secret(world: World) -> None:
    token = world.tokens["ann"]
    grant = await world.shares.open(world.ann, name="demo")
    await world.shares.open(world.ann, name="demo", lease=grant.lease)
    await world.services.tokens.authenticate(token)
    await world.services.tokens.revoke("ann")
    stored = b"".join(path.read_bytes() for path in world.directory.iterdir())
    assert b"demo" in stored
    for secret in (token, token.rpartition("_")[2], grant.lease, grant.lease.rpartition("_")[2]):
        assert secret.encode() not in stored


@pytest.mark.sqlite_only  # reads SQLite's files
async def test_row_20_a_stolen_database_opens_nothing(world: World) -> None:
    """Whatever 64 hexadecimal digits stand in the database, none of them works as a secret."""
    grant = await world.shares.open(world.ann, name="demo")
    stored = b"".join(path.read_bytes() for path in world.directory.iterdir())
    hashes = {found.decode() for found in re.findall(rb"[0-9a-f]{64}", stored)}
    assert len(hashes) >= 3
    key = world.tokens["ann"][4:12]
    for found in hashes:
        for raw in (found, f"dst_{key}_{found}", f"dst_{key}_{found[:40]}"):
            with pytest.raises(BadToken):
                await world.services.tokens.authenticate(raw)
        assert (await world.shares.open(world.ann, lease=found)).share_id != grant.share_id


def test_row_20_secrets_are_compared_in_constant_time() -> None:
    """Timing cannot be tested reliably; that the comparison is the constant-time one can."""
    from doorstep_relay.control import tokens
    from doorstep_relay.domain import tickets

    for module in (tokens, tickets):
        source = Path(module.__file__ or "").read_text()
        assert "hmac.compare_digest(" in source
        assert not re.search(r"(secret_hash|signature)\s*[!=]=", source)


# -- row 30: account or share enumeration --------------------------------------------------------


async def test_row_30_unknown_and_forbidden_shares_are_answered_alike(world: World) -> None:
    await world.shares.open(world.ann, name="demo")
    await world.shares.open(ANONYMOUS, name="free")
    ended = await world.shares.open(world.ann, name="over")
    await world.shares.close(ended.share_id, ended.epoch)
    bearer = f"Bearer {world.tokens['bob']}"
    for method in ("GET", "DELETE"):
        answers = {
            name: await world.ask(f"/api/v1/shares/{name}", bearer, method=method)
            for name in ("demo", "free", "over", "unknown", "admin", "x" * 63, "%00", "%F0%9F%8D%95")
        }
        told = {
            (answer.status_code, re.sub(r"'.*'", "NAME", answer.json()["detail"]))
            for answer in answers.values()
        }
        assert told == {(404, "no such share: NAME")}


async def test_row_30_every_token_that_opens_nothing_is_answered_alike(world: World) -> None:
    tokens = world.services.tokens
    expired = (await tokens.create("carl", expires_in=1)).raw
    revoked = (await tokens.create("dora")).raw
    await tokens.revoke("dora")
    world.services.clock.advance(2)
    good = world.tokens["ann"]
    wrong_secret = good[:-1] + ("a" if good[-1] != "a" else "b")
    unknown = "dst_AAAAAAAA_" + "a" * 40
    told = set()
    for raw in (expired, revoked, wrong_secret, unknown, "garbage", good.upper()):
        answer = await world.ask("/api/v1/shares", f"Bearer {raw}")
        told.add((answer.status_code, answer.text, str(sorted(answer.headers.items()))))
        with pytest.raises(BadToken) as refused:
            await tokens.authenticate(raw)
        told.add(("refusal", str(refused.value), refused.value.code))
    assert len(told) == 2


# -- row 31: dangerous names handed out ----------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        *("admin", "api", "www", "relay", "doorstep", "localhost", "mail", "ns1", "autodiscover", "wpad"),
        *("a_b", "_dmarc", "__proto__", "xn--80ak6aa92e", "*", "*.demo", "a.b", "..", "demo.", "-x-"),
        *("x" * length for length in (49, 64, 300)),
    ],
)
async def test_row_31_dangerous_names_are_refused(world: World, name: str) -> None:
    for spelling in (name, name.upper()):
        with pytest.raises(NameRefused):
            await world.shares.open(world.ann, name=spelling)


@given(st.text())
def test_row_31_a_name_that_is_given_is_one_plain_dns_label(asked: str) -> None:
    try:
        name = check_name(asked)
    except Refusal:
        return
    assert re.fullmatch(r"(?!.{2}--)[a-z0-9]([a-z0-9-]{1,46})[a-z0-9]", name, re.ASCII)


# -- row 32: guessable names ---------------------------------------------------------------------


async def test_row_32_a_name_that_nobody_chose_carries_at_least_64_bits(world: World) -> None:
    name = (await world.shares.open(world.ann)).name
    signs = {sign for _ in range(500) for sign in random_name()}
    assert len(signs) ** len(name) >= 2**64


async def test_row_32_shares_cannot_be_listed_by_others(world: World) -> None:
    await world.shares.open(world.ann)
    answer = await world.ask("/api/v1/shares?ended=true", f"Bearer {world.tokens['bob']}")
    assert answer.json() == {"shares": [], "next": None}
