"""Limits, usage and live numbers over the API: admins state, owners narrow, everybody sees their own."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from doorstep_relay.control.limits import LimitBook
from doorstep_relay.domain.limits import Limits
from doorstep_relay.errors import TooManyShares
from doorstep_relay.switchboard.local import LiveShare
from doorstep_relay.switchboard.pool import Pool
from doorstep_relay.switchboard.tally import Spent
from tests.relay.api import Api, open_api
from tests.relay.store.services import Services

pytestmark = pytest.mark.usefixtures("each_database")


@pytest_asyncio.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with open_api(tmp_path / "data", admin="root") as made:
        yield made


async def put(api: Api, who: str, path: str, body: object) -> tuple[int, object]:
    answer = await api.http.put(path, json=body, headers={"Authorization": f"Bearer {api.tokens[who]}"})
    return answer.status_code, answer.json()


async def test_an_admin_states_an_accounts_limits_and_an_owner_narrows_a_share(api: Api) -> None:
    await api.services.shares.open(api.actors["ann"], name="demo")
    status, _ = await put(api, "root", "/api/v1/accounts/ann/limits", {"requests_per_second": 10})
    assert status == 200
    await api.services.limits.obey(api.changes[-1], ())
    status, _ = await put(
        api, "ann", "/api/v1/shares/demo/limits", {"requests_per_second": 50, "max_request_bytes": 9}
    )
    assert status == 200
    await api.services.limits.obey(api.changes[-1], ())
    seen = (await api.ask("ann", "GET", "/api/v1/shares/demo/limits")).json()
    assert seen["stated"]["requests_per_second"] == 50
    assert seen["effective"]["requests_per_second"] == 10, "the tightest holds"
    assert seen["effective"]["max_request_bytes"] == 9
    assert [change.action for change in api.changes] == ["account.limits", "share.limits"]


@pytest.mark.parametrize(
    ("who", "path", "body", "status", "code"),
    [
        ("ann", "/api/v1/accounts/ann/limits", {}, 403, "forbidden"),
        ("bob", "/api/v1/shares/demo/limits", {}, 404, "no-such-share"),
        ("ann", "/api/v1/shares/nothing/limits", {}, 404, "no-such-share"),
        ("root", "/api/v1/accounts/nobody/limits", {}, 404, "no-such-account"),
        ("root", "/api/v1/accounts/ann/limits", {"max_shares": 0}, 422, "bad-request"),
        ("root", "/api/v1/accounts/ann/limits", {"speed": 1}, 422, "bad-request"),
        ("ann", "/api/v1/shares/demo/limits", {"max_shares": 1}, 422, "bad-request"),
    ],
)
async def test_who_may_not_or_asks_for_what_is_no_limit_is_refused(
    api: Api, who: str, path: str, body: object, status: int, code: str
) -> None:
    await api.services.shares.open(api.actors["ann"], name="demo")
    answered, problem = await put(api, who, path, body)
    assert (answered, problem["code"]) == (status, code)  # type: ignore[index]
    assert not api.changes


async def test_an_account_holds_no_more_names_than_it_may(api: Api) -> None:
    services = api.services.with_settings(limit_shares=2)
    for name in ("one", "two"):
        grant = await services.shares.open(api.actors["ann"], name=name)
    with pytest.raises(TooManyShares, match="2 shares at a time"):
        await services.shares.open(api.actors["ann"], name="three")
    again = await services.shares.open(api.actors["ann"], name="two")  # its own: no name more
    assert again.share_id == grant.share_id
    await services.shares.open(api.actors["bob"], name="three")
    await services.shares.close(again.share_id, again.epoch)
    await services.shares.open(api.actors["ann"], name="four")


async def test_a_share_lives_no_longer_than_its_accounts_limit(api: Api) -> None:
    await put(api, "root", "/api/v1/accounts/ann/limits", {"max_lifetime": 60})
    await api.services.limits.obey(api.changes[-1], ())
    now = api.services.clock()
    for name, asked, lives in (("one", 3600.0, 60), ("two", 30.0, 30), ("three", None, 60)):
        grant = await api.services.shares.open(api.actors["ann"], name=name, expires_in=asked)
        assert grant.expires_at == now + lives
    assert (await api.services.shares.open(api.actors["bob"], name="four")).expires_at == now + 72 * 3600


async def test_limits_are_read_again_at_the_next_start(api: Api) -> None:
    await api.services.shares.open(api.actors["ann"], name="demo")
    await put(api, "root", "/api/v1/accounts/ann/limits", {"bytes_per_month": 100})
    ann = api.actors["ann"].account_id
    await api.services.usage.write([Spent(1, ann, 1, 60, 50)])
    book = LimitBook(api.services.database, api.services.clock, Limits(), api.services.usage)
    await book.load()
    assert book.of_account(ann).bytes_per_month == 100
    share = live(api.services, 1, "demo", ann)
    book.hold(share)
    assert share.meter is not None
    refused = share.meter.enter(0.0)
    assert refused is not None
    assert refused.code == "quota"


async def test_an_owner_sees_the_months_numbers_and_an_admin_everybodys(api: Api) -> None:
    for name in ("one", "two"):
        grant = await api.services.shares.open(api.actors["ann"], name=name)
        await api.services.usage.write([Spent(grant.share_id, api.actors["ann"].account_id, 1, 2, 3)])
    month = time.strftime("%Y-%m", time.gmtime(api.services.clock()))
    seen = (await api.ask("ann", "GET", f"/api/v1/usage?month={month}&limit=1")).json()
    assert seen["total"] == {"requests": 2, "bytes_in": 4, "bytes_out": 6}
    assert [line["name"] for line in seen["shares"]] == ["one"]
    rest = (await api.ask("ann", "GET", f"/api/v1/usage?month={month}&after={seen['next']}")).json()
    assert [line["name"] for line in rest["shares"]] == ["two"]
    assert rest["next"] is None
    assert (await api.ask("bob", "GET", f"/api/v1/usage?month={month}")).json()["shares"] == []
    everybody = (await api.ask("root", "GET", f"/api/v1/usage/accounts?month={month}")).json()
    assert [(line["account"], line["bytes_out"]) for line in everybody["accounts"]] == [("ann", 6)]
    assert (await api.ask("ann", "GET", "/api/v1/usage/accounts")).status_code == 403
    assert (await api.ask("ann", "GET", "/api/v1/usage?month=2026-13")).status_code == 422


# -- live ------------------------------------------------------------------------------------------


def live(services: Services, number: int, name: str, account_id: int | None, owner: str = "") -> LiveShare:
    return LiveShare(
        share_id=number,
        name=name,
        host=b"",
        epoch=1,
        expires_at=None,
        account_id=account_id,
        token_id=None,
        pool=Pool(spares=0, limit=8, max_waiting=8, ask=lambda _count: None),
        tell=lambda _code, _reason: None,
        owner=owner,
    )


def connect(api: Api, share: LiveShare) -> LiveShare:
    api.here.switchboard.connect(share)
    api.here.tallies.add(share)
    return share


async def test_an_owner_sees_what_goes_through_a_share_now(api: Api) -> None:
    share = connect(api, live(api.services, 1, "demo", api.actors["ann"].account_id, "ann"))
    share.requests, share.bytes_in, share.bytes_out = 2, 10, 20
    api.here.tallies.look()
    seen = (await api.ask("ann", "GET", "/api/v1/shares/demo/live")).json()
    assert (seen["requests_per_second"], seen["bytes_per_second"], seen["visitors"]) == (2, 30, 0)
    assert seen["requests_of_minute"] == [0] * 59 + [2]
    for who, name in (("bob", "demo"), ("ann", "nothing")):
        answer = await api.ask(who, "GET", f"/api/v1/shares/{name}/live")
        assert (answer.status_code, answer.json()["code"]) == (404, "no-such-share")
    assert (await api.ask("ann", "GET", "/api/v1/live")).status_code == 403


async def test_a_share_is_live_while_it_is_paused(api: Api) -> None:
    share = connect(api, live(api.services, 1, "demo", api.actors["ann"].account_id, "ann"))
    api.here.switchboard.pause(share)
    answer = await api.ask("ann", "GET", "/api/v1/shares/Demo/live")
    assert (answer.status_code, answer.json()["name"]) == (200, "demo")


async def test_an_admin_looks_through_ten_thousand_live_shares_in_no_time(api: Api) -> None:
    for number in range(1, 10_001):
        share = connect(api, live(api.services, number, f"share-{number}", 1, "ann" if number % 2 else "bob"))
        share.requests = number % 3
    api.here.tallies.look()
    first = (await api.ask("root", "GET", "/api/v1/live?limit=2")).json()
    assert first["total"]["shares"] == 10_000
    assert first["total"]["requests_per_second"] == 10_000
    assert [one["name"] for one in first["shares"]] == ["share-1", "share-2"]
    later = (await api.ask("root", "GET", f"/api/v1/live?limit=2&after={first['next']}&search=ANN")).json()
    assert [one["name"] for one in later["shares"]] == ["share-3", "share-5"]
    found = (await api.ask("root", "GET", "/api/v1/live?search=share-9999")).json()
    assert ([one["name"] for one in found["shares"]], found["next"]) == (["share-9999"], None)
