"""Signing in through OpenID Connect, with a real provider on loopback."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import pytest
import pytest_asyncio

from doorstep_relay.config import read_settings
from doorstep_relay.control.accounts import AccountChange
from doorstep_relay.control.actors import OPERATOR
from doorstep_relay.control.openid import Attempt, OpenId, Provider
from doorstep_relay.domain.scopes import Role, Scope
from doorstep_relay.errors import ConfigError, SignInFailed
from doorstep_relay.server import Relay
from tests.relay.store.services import open_services
from tests.support import free_port, wait_for
from tests.support.process import Process, clean_env

ATTEMPT = Attempt.of(b"s" * 32, "seed")


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The provider, who knows Ann, Eve of elsewhere, and Mallory, whose address nobody has verified."""
    folder, port = tmp_path_factory.mktemp("provider"), free_port()
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce", "true"]
    process = Process(command, log=folder / "log", env=clean_env(folder))
    url = f"http://localhost:{port}"

    def is_up() -> bool:
        try:
            return httpx.get(f"{url}/.well-known/openid-configuration").status_code == 200
        except httpx.HTTPError:
            return False

    try:
        wait_for(is_up, what="the provider")
        for email, verified in (
            ("ann@example.org", True),
            ("eve@elsewhere.test", True),
            ("mal@example.org", False),
        ):
            claims = {"email": email, "email_verified": verified, "name": email}
            assert httpx.put(f"{url}/users/{quote(email)}", json=claims).status_code == 204
        yield url
    finally:
        process.kill()


class Browser:
    """A browser at a relay whose identity provider is the real one."""

    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        transport = httpx.ASGITransport(relay.app())
        self.http = httpx.AsyncClient(transport=transport, base_url=relay.settings.relay_url)

    async def leave(self, following: str = "/device") -> str:
        answer = await self.http.get(f"/sign-in/openid?next={quote(following)}")
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    async def sign_in(self, who: str, following: str = "/device") -> httpx.Response:
        return await self.http.get(await self.agree(await self.leave(following), who))

    async def agree(self, location: str, who: str) -> str:
        """What the person does at the provider: where that sends the browser."""
        async with httpx.AsyncClient() as provider:
            answer = await provider.post(location, data={"sub": who})
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]

    async def name(self) -> str | None:
        secret = self.http.cookies.get("doorstep")
        actor = await self.relay.services.web_sessions.who(secret) if secret else None
        return actor.account_name if actor else None


@pytest_asyncio.fixture
async def browser(tmp_path: Path, issuer: str) -> AsyncIterator[Browser]:
    async with open_services(tmp_path / "data") as services:
        settings = replace(
            services.settings,
            secret=b"s" * 32,
            oidc_issuer=issuer,
            oidc_client_id="doorstep",
            oidc_client_secret="provider-secret",
            oidc_domains=("example.org",),
        )
        relay = Relay(settings)
        made = Browser(relay)
        async with made.http:
            yield made
        await relay.database.close()


async def test_somebody_of_an_allowed_domain_signs_in_and_has_an_account_from_then_on(
    browser: Browser,
) -> None:
    answer = await browser.sign_in("ann@example.org", "/device?code=BCDF-GHJK")

    assert answer.status_code == 200
    assert 'content="0; url=/device?code=BCDF-GHJK"' in answer.text
    assert await browser.name() == "ann"
    (account,) = await browser.relay.services.accounts.list()
    assert (account.email, account.role) == ("ann@example.org", Role.member)
    assert account.identity is not None
    browser.http.cookies.clear()
    await browser.sign_in("ann@example.org")
    assert len(await browser.relay.services.accounts.list()) == 1


async def test_the_request_carries_state_nonce_and_a_pkce_challenge(browser: Browser) -> None:
    first, second = [parse_qs(urlsplit(await browser.leave()).query) for _ in range(2)]
    assert first["code_challenge_method"] == ["S256"]
    assert first["redirect_uri"] == [f"{browser.relay.settings.relay_url}/sign-in/openid/callback"]
    assert first["scope"] == ["openid email profile"]
    for secret in ("state", "nonce", "code_challenge"):
        assert len(first[secret][0]) >= 43
        assert first[secret] != second[secret]


@pytest.mark.parametrize(
    ("who", "why"), [("eve@elsewhere.test", "elsewhere.test"), ("mal@example.org", "not verified")]
)
async def test_who_is_not_let_in_gets_no_account(browser: Browser, who: str, why: str) -> None:
    answer = await browser.sign_in(who)
    assert answer.status_code == 403
    assert why in answer.text
    assert await browser.name() is None
    assert not await browser.relay.services.accounts.list()


async def test_an_address_that_an_admin_noted_leads_to_that_account(browser: Browser) -> None:
    accounts = browser.relay.services.accounts
    await accounts.create("boss", by=OPERATOR, role=Role.admin, email="eve@elsewhere.test")
    await accounts.create("ann", by=OPERATOR)  # has no address: somebody else, so the name is taken
    await browser.sign_in("ann@example.org")
    assert await browser.name() == "ann-2"
    browser.http.cookies.clear()
    assert (await browser.sign_in("eve@elsewhere.test")).status_code == 403, "her domain is not let in"


async def test_who_the_settings_name_is_an_admin(browser: Browser) -> None:
    services = browser.relay.services
    services.settings = browser.relay.settings = replace(
        browser.relay.settings, oidc_domains=(), oidc_admins=("eve@elsewhere.test",)
    )
    await browser.sign_in("eve@elsewhere.test")
    actor = await services.web_sessions.who(browser.http.cookies["doorstep"])
    assert actor is not None
    assert actor.may(Scope.admin)
    await services.accounts.change("eve", AccountChange(role=Role.member), by=OPERATOR)
    actor = await services.web_sessions.who(browser.http.cookies["doorstep"])
    assert actor is not None
    assert not actor.may(Scope.admin), "a session obeys its account's role"


async def test_a_banned_account_does_not_sign_in(browser: Browser) -> None:
    await browser.sign_in("ann@example.org")
    await browser.relay.services.accounts.ban("ann", by=OPERATOR, reason="spam")
    assert await browser.name() is None
    browser.http.cookies.clear()
    answer = await browser.sign_in("ann@example.org")
    assert (answer.status_code, "spam" in answer.text) == (403, True)


async def test_row_18_an_answer_for_another_browser_or_another_try_is_refused(browser: Browser) -> None:
    stolen = await browser.agree(await browser.leave(), "ann@example.org")
    browser.http.cookies.clear()
    assert (await browser.http.get(stolen)).status_code == 403, "another browser"
    await browser.leave()
    assert (await browser.http.get(stolen)).status_code == 403, "another try of this browser"
    assert await browser.name() is None


async def test_an_answer_is_good_once(browser: Browser) -> None:
    back = await browser.agree(await browser.leave(), "ann@example.org")
    assert (await browser.http.get(back)).status_code == 200
    assert (await browser.http.get(back)).status_code == 403


async def test_the_providers_refusal_is_a_page(browser: Browser) -> None:
    state = parse_qs(urlsplit(await browser.leave()).query)["state"][0]
    answer = await browser.http.get(f"/sign-in/openid/callback?error=access_denied&state={state}")
    assert answer.status_code == 403
    assert "access_denied" in answer.text


async def test_nobody_is_led_elsewhere(browser: Browser) -> None:
    for elsewhere in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"):
        answer = await browser.sign_in("ann@example.org", elsewhere)
        assert 'content="0; url=/"' in answer.text
        assert "evil" not in answer.text


# -- the provider's word ---------------------------------------------------------------------------


async def test_another_nonce_client_or_code_is_refused(issuer: str, browser: Browser) -> None:
    async def code(client_id: str) -> tuple[OpenId, str]:
        openid = OpenId(Provider(issuer, client_id, "x"), "http://localhost/cb", browser.relay.services.clock)
        back = await browser.agree(await openid.authorize_url(ATTEMPT), "ann@example.org")
        return openid, parse_qs(urlsplit(back).query)["code"][0]

    openid, good = await code("one")
    with pytest.raises(SignInFailed):
        await openid.claims(good, Attempt.of(b"s" * 32, "another seed"))
    openid, good = await code("two")
    other = OpenId(Provider(issuer, "three", "x"), "http://localhost/cb", browser.relay.services.clock)
    with pytest.raises(SignInFailed):
        await other.claims(good, ATTEMPT)
    with pytest.raises(SignInFailed):
        await openid.claims("made-up", ATTEMPT)


async def test_a_provider_that_is_not_there_or_calls_itself_otherwise_is_a_clear_refusal(issuer: str) -> None:
    for wrong in (f"http://localhost:{free_port()}", f"{issuer}/"):
        openid = OpenId(Provider(wrong, "doorstep"), "http://localhost/cb", lambda: 0.0)
        with pytest.raises(SignInFailed, match="did not work"):
            await openid.authorize_url(ATTEMPT)


@pytest.mark.parametrize(
    "environment",
    [
        {"OIDC_ISSUER": "https://id.example"},
        {"OIDC_CLIENT_ID": "doorstep"},
        {"OIDC_ISSUER": "http://id.example", "OIDC_CLIENT_ID": "doorstep"},
        {"OIDC_ISSUER": "id.example", "OIDC_CLIENT_ID": "doorstep"},
        {"OIDC_ISSUER": "https://id.example", "OIDC_CLIENT_ID": " "},
        {"OIDC_ISSUER": "https://id.example", "OIDC_CLIENT_ID": "doorstep", "OIDC_DOMAINS": "a.org,,b.org"},
        {"OIDC_ISSUER": "https://id.example", "OIDC_CLIENT_ID": "doorstep", "OIDC_CLIENT_SECRET": ""},
    ],
)
def test_row_05_half_a_provider_is_an_error_not_none(environment: dict[str, str]) -> None:
    with pytest.raises(ConfigError):
        read_settings({}, {f"DOORSTEP_RELAY_{name}": value for name, value in environment.items()})


def test_the_providers_secret_does_not_show() -> None:
    settings = read_settings({}, {"DOORSTEP_RELAY_OIDC_CLIENT_SECRET": "hunter2"})
    assert "hunter2" not in repr(settings) + repr(Provider("https://id.example", "x", "hunter2"))
