"""Signing in through a certified OpenID provider that insists on PKCE, by a real browser: at the dashboard,
and for `doorstep login`."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.sync_api import Page, expect

from doorstep_relay.control.openid import Attempt, OpenId, Provider
from doorstep_relay.errors import SignInFailed
from tests.support import Relay, clean_env, free_port
from tests.support.browser import chromium
from tests.support.process import Process
from tests.support.provider import CLIENT_ID, CLIENT_SECRET, run_provider

DOORSTEP = str(Path(sys.executable).parent / "doorstep")
NOWHERE = "http://localhost:9/cb"
"""A way back at which nobody listens: the test reads the code from the address."""


@dataclass
class Stage:
    relay: Relay
    issuer: str


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder, port = tmp_path_factory.mktemp("openid"), free_port()
    hosts = (f"http://localhost:{port}", f"http://admin.localhost:{port}")
    with run_provider(
        folder / "provider", *(f"{host}/sign-in/openid/callback" for host in hosts), NOWHERE
    ) as issuer:
        env = {
            "DOORSTEP_RELAY_OIDC_ISSUER": issuer,
            "DOORSTEP_RELAY_OIDC_CLIENT_ID": CLIENT_ID,
            "DOORSTEP_RELAY_OIDC_CLIENT_SECRET": CLIENT_SECRET,
            "DOORSTEP_RELAY_OIDC_DOMAINS": "example.org",
            "DOORSTEP_RELAY_OIDC_ADMINS": "root@example.org",
        }
        relay = Relay(folder / "relay", port=port, env=env)
        relay.start()
        try:
            yield Stage(relay, issuer)
        finally:
            relay.kill()


@pytest.fixture
def page() -> Iterator[Page]:
    with chromium() as browser:
        yield browser.new_page()


def sign_in_there(page: Page, who: str) -> None:
    """What a person does at the provider: says who it is, and that the relay may know."""
    page.fill("input[name=login]", who)
    page.fill("input[name=password]", "any")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()


def test_an_admin_signs_in_at_the_dashboard(page: Page, stage: Stage) -> None:
    page.goto(f"http://admin.localhost:{stage.relay.port}/")
    page.get_by_role("link", name="Sign in with").click()
    sign_in_there(page, "root@example.org")
    expect(page.get_by_role("tab", name="Accounts")).to_be_visible(timeout=30_000)


def test_a_computer_logs_in_by_the_provider(page: Page, stage: Stage, tmp_path: Path) -> None:
    command = [DOORSTEP, "login", f"http://localhost:{stage.relay.port}"]
    login = Process(command, log=tmp_path / "log", env=clean_env(tmp_path))
    try:
        page.goto(login.wait_for_line(r"the code (\S+):\s+(http\S+)").group(2))
        page.get_by_role("link", name="Sign in with").click()
        sign_in_there(page, "ann@example.org")
        page.get_by_role("button", name="Yes, let it").click()
        expect(page.get_by_role("heading", name="Done")).to_be_visible()
        assert login.wait(30) == 0
    finally:
        login.kill()
    who = [DOORSTEP, "whoami", "--json"]
    told = subprocess.run(who, env=clean_env(tmp_path), capture_output=True, timeout=30, check=True).stdout
    assert json.loads(told)["account"] == "ann"


def test_who_is_of_no_allowed_domain_is_told_so(page: Page, stage: Stage) -> None:
    page.goto(f"http://localhost:{stage.relay.port}/sign-in")
    page.get_by_role("link", name="Sign in with").click()
    sign_in_there(page, "eve@elsewhere.test")
    expect(page.get_by_role("alert")).to_contain_text("elsewhere.test")


# -- the provider insists --------------------------------------------------------------------------


def test_the_provider_refuses_a_request_without_a_challenge(stage: Stage) -> None:
    """Or else the tests above would prove nothing about PKCE."""
    asked = {"client_id": CLIENT_ID, "response_type": "code", "scope": "openid", "redirect_uri": NOWHERE}
    answer = httpx.get(f"{stage.issuer}/auth", params=asked)
    assert answer.status_code == 303
    told = parse_qs(urlsplit(answer.headers["location"]).query)
    assert (told["error"], "PKCE" in told["error_description"][0]) == (["invalid_request"], True)


async def test_a_stolen_code_is_worth_nothing_without_the_verifier(stage: Stage) -> None:
    attempt = Attempt.of(b"s" * 32, "seed")
    openid = OpenId(Provider(stage.issuer, CLIENT_ID, CLIENT_SECRET), NOWHERE, time.time)
    url = await openid.authorize_url(attempt)
    digest = hashlib.sha256(attempt.verifier.encode()).digest()
    expected = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert parse_qs(urlsplit(url).query)["code_challenge"] == [expected]
    assert (await openid.claims(await _code_of(url), attempt)).email == "ann@example.org"
    code = await _code_of(url)
    thief = Attempt(attempt.state, attempt.nonce, Attempt.of(b"s" * 32, "another").verifier)
    with pytest.raises(SignInFailed):
        await openid.claims(code, thief)


async def _code_of(url: str) -> str:
    """The code of somebody who signs in at the provider, without a browser."""
    async with httpx.AsyncClient(follow_redirects=False) as person:
        at = await person.get(url)
        for fields in (
            {"prompt": "login", "login": "ann@example.org", "password": "x"},
            {"prompt": "consent"},
        ):
            form = str(at.headers["location"])
            form = form if form.startswith("http") else f"{url.partition('/auth')[0]}{form}"
            at = await person.post(form, data=fields)
            at = await person.get(at.headers["location"])
        return parse_qs(urlsplit(at.headers["location"]).query)["code"][0]
