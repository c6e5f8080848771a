"""The relay's own pages: signing in, and saying yes to a login. Forms of others are refused."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import httpx
import pytest

from doorstep_relay.control.api.problems import PROBLEM
from doorstep_relay.server import Relay
from tests.relay.site import ORIGIN, Site


async def test_a_login_is_seen_and_let_in(site: Site) -> None:
    login = await site.services.logins.begin("<b>laptop</b>", "192.0.2.7")
    before = await site.http.get(f"/device?code={login.user_code}")
    assert "&lt;b&gt;laptop&lt;/b&gt;" in before.text, "what a computer calls itself is text"
    assert "192.0.2.7" in before.text
    assert 'name="decision"' not in before.text, "nobody is signed in who could say yes"
    await site.sign_in()
    assert 'name="decision"' in (await site.http.get(f"/device?code={login.user_code}")).text
    done = await site.send("/device", {"code": login.user_code, "decision": "approve"})
    assert (done.status_code, "is logged in" in done.text) == (200, True)
    assert (await site.services.logins.collect(login.device_code)).facts.account == "ann"


async def test_an_invitation_signs_in_as_well_and_is_used_by_that(site: Site) -> None:
    code = (await site.services.invitations.create("bob")).code
    assert (await site.send("/sign-in", {"secret": code, "next": "/"})).status_code == 303
    assert "bob" in (await site.http.get("/sign-in")).text
    assert (await site.send("/sign-in", {"secret": code})).status_code == 404
    assert (await site.send("/sign-out", {})).status_code == 200
    assert "bob" not in (await site.http.get("/sign-in")).text


async def test_row_18_the_cookie_is_for_this_host_and_no_script(site: Site) -> None:
    token = (await site.services.tokens.create("ann")).raw
    answer = await site.send("/sign-in", {"secret": token})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "domain" not in cookie
    safe = Relay(replace(site.relay.settings, public_url="https://localhost"))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(safe.app()), base_url="https://localhost"
    ) as http:
        answer = await http.post("/sign-in", data={"secret": token}, headers={"Origin": "https://localhost"})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-doorstep=dsw_")
    assert "Secure" in cookie
    await safe.database.close()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null"},
        {"Origin": "http://evil.localhost:8080"},
        {"Origin": "https://localhost:8080"},
        {"Origin": "http://localhost"},
        {"Origin": ORIGIN, "Sec-Fetch-Site": "same-site"},
        {"Origin": ORIGIN, "Sec-Fetch-Site": "cross-site"},
    ],
)
async def test_row_18_a_form_of_another_page_does_nothing(site: Site, headers: dict[str, str]) -> None:
    token = await site.sign_in()
    login = await site.services.logins.begin("x", "")
    for path, fields in (
        ("/device", {"code": login.user_code, "decision": "approve"}),
        ("/device", {"code": login.user_code, "decision": "deny"}),
        ("/sign-in", {"secret": token}),
        ("/sign-out", {}),
    ):
        answer = await site.http.post(path, data=fields, headers=headers)
        assert answer.status_code == 403, path
        assert "set-cookie" not in answer.headers
    assert (await site.services.logins.find(login.user_code)).user_code == login.user_code
    assert "ann" in (await site.http.get("/sign-in")).text


async def test_row_18_a_page_is_no_frame_and_has_no_script(site: Site) -> None:
    for path in ("/device", "/device?code=BCDF-GHJK", "/sign-in"):
        answer = await site.http.get(path)
        policy = answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy
        assert "default-src 'none'" in policy
        assert answer.headers["referrer-policy"] == "same-origin", "or else forms have no origin"
        assert "<script" not in answer.text


async def test_guesses_are_counted_and_right_ones_are_not(site: Site) -> None:
    login = await site.services.logins.begin("x", "")
    for _ in range(15):
        assert (await site.http.get(f"/device?code={login.user_code}")).status_code == 200
    statuses = [(await site.http.get("/device?code=BCDF-GHJK")).status_code for _ in range(12)]
    assert statuses == [404] * 10 + [429] * 2
    late = await site.send("/sign-in", {"secret": "dst_wrong"})
    assert late.status_code == 429
    assert int(late.headers["retry-after"]) > 0


async def test_whatever_is_wrong_with_a_secret_it_is_the_same_page(site: Site) -> None:
    revoked = await site.services.tokens.create("ann")
    await site.services.tokens.revoke(revoked.facts.key)
    pages = {
        (await site.send("/sign-in", {"secret": secret})).text
        for secret in (revoked.raw, "dst_wrong", "dsi_wrong", "x", "")
    }
    assert len(pages) == 1


async def test_row_19_no_page_or_path_repeats_a_secret(site: Site) -> None:
    token = await site.sign_in()
    for path in ("/sign-in", "/device"):
        assert token not in (await site.http.get(path)).text
    assert (await site.http.get(f"/sign-in?secret={token}")).status_code == 200


@pytest.mark.parametrize(
    "elsewhere", ["//evil.example", "https://evil.example", "/\\evil", "javascript:x", "/a\nb"]
)
async def test_nobody_is_led_elsewhere(site: Site, elsewhere: str) -> None:
    token = (await site.services.tokens.create("ann")).raw
    answer = await site.send("/sign-in", {"secret": token, "next": elsewhere})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


async def test_the_api_counts_callers_without_a_token(site: Site) -> None:
    asked = (site.http.post("/api/v1/device", json={}) for _ in range(21))
    answers = sorted(await asyncio.gather(*asked), key=lambda answer: answer.status_code)
    assert [answer.status_code for answer in answers] == [201] * 20 + [429]
    assert answers[-1].headers["content-type"] == PROBLEM
    assert answers[0].json()["verification_uri"] == f"{ORIGIN}/device"
