"""Visitors sign in through an identity provider: one run here, on loopback, that speaks OpenID Connect."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.link.clients import client
from tests.support import Relay, run_relay


class Provider(ThreadingHTTPServer):
    """Says whoever `person` is; remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.person: dict[str, Any] = {}
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
        self.asked: dict[str, dict[str, str]] = {}

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Answers(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        issuer = self.server.issuer
        if parts.path == "/.well-known/openid-configuration":
            self._say(
                {
                    "issuer": issuer,
                    "authorization_endpoint": f"{issuer}/authorize",
                    "token_endpoint": f"{issuer}/token",
                    "jwks_uri": f"{issuer}/keys",
                }
            )
        elif parts.path == "/keys":
            self._say({"keys": [self.server.key.as_dict(private=False)]})
        else:
            self._authorize({name: values[0] for name, values in parse_qs(parts.query).items()})

    def _authorize(self, query: dict[str, str]) -> None:
        code = f"code{len(self.server.asked)}"
        self.server.asked[code] = query
        self.send_response(303)
        self.send_header(
            "Location", query["redirect_uri"] + "?" + urlencode({"code": code, "state": query["state"]})
        )
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        size = int(self.headers["Content-Length"])
        form = {name: values[0] for name, values in parse_qs(self.rfile.read(size).decode()).items()}
        asked = self.server.asked.pop(form["code"])
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == asked["code_challenge"]
        claims = {
            "iss": self.server.issuer,
            "aud": asked["client_id"],
            "nonce": asked["nonce"],
            "iat": int(time.time()),
            "exp": int(time.time()) + 60,
            **self.server.person,
        }
        token = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.server.key)
        self._say({"access_token": "x", "token_type": "Bearer", "id_token": token})

    def _say(self, what: dict[str, Any]) -> None:
        body = json.dumps(what).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with Provider() as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join(20)


@pytest.fixture(scope="module")
def relay(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    arguments = ("--oidc-issuer", provider.issuer, "--oidc-client-id", "relay")
    with run_relay(tmp_path_factory.mktemp("sign-in") / "relay", *arguments) as running:
        yield running


@pytest.fixture(scope="module")
def link(relay: Relay) -> Iterator[str]:
    policy = {"oidc": {"domains": ["example.org"], "emails": ["guest@else.example"]}}
    with client(relay, relay.token("ann"), name="staff", policy=policy) as running:
        yield running.url


class Browser:
    """Follows redirects from host to host and keeps each host's cookies, as browsers do."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._cookies: dict[str, dict[str, str]] = {}
        self.trail: list[str] = []

    def open(self, url: str) -> httpx.Response:
        for _ in range(12):
            self.trail.append(url)
            answer = self.ask(url)
            if answer.status_code != 303:
                return answer
            url = str(httpx.URL(url).join(answer.headers["location"]))
        raise AssertionError(f"no end of redirects: {self.trail}")

    def ask(self, url: str) -> httpx.Response:
        parts = urlsplit(url)
        jar = self._cookies.setdefault(parts.netloc, {})
        fields = {"Host": parts.netloc, "Accept": "text/html", "Sec-Fetch-Mode": "navigate"}
        if jar:
            fields["Cookie"] = "; ".join(f"{name}={value}" for name, value in jar.items())
        where = httpx.URL(url).copy_with(host="127.0.0.1")
        answer = httpx.get(where, headers=fields)
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            jar[name] = value
        return answer


def person(email: str, **more: Any) -> dict[str, Any]:
    return {"sub": f"sub of {email}", "email": email, "email_verified": True, **more}


def test_who_is_welcome_signs_in_and_the_app_learns_who_it_is(
    provider: Provider, relay: Relay, link: str
) -> None:
    provider.person = person("Bob@Example.org")
    browser = Browser(relay)
    assert "asks who you are" in browser.open(f"{link}/deep?x=1").text
    inside = browser.open(f"{link}/.doorstep/sign-in?next=/deep?x=1")
    assert inside.json()["path"] == "/deep"
    hosts = [urlsplit(url).netloc for url in browser.trail]
    assert f"localhost:{relay.port}" in hosts  # the relay's own, then the provider, and back
    assert not any("Bob" in url for url in browser.trail)
    assert browser.open(link).json()["path"] == "/"
    assert relay.visit(link).status == 401


@pytest.mark.parametrize(
    "somebody", [person("eve@evil.example"), person("x@sub.example.org"), person("guest@else.example.evil")]
)
def test_strangers_are_told_that_they_are_some(
    provider: Provider, relay: Relay, link: str, somebody: dict[str, Any]
) -> None:
    provider.person = somebody
    page = Browser(relay).open(f"{link}/.doorstep/sign-in")
    assert f"signed in as {somebody['email']}, who may not open this link" in page.text


@pytest.mark.parametrize("verified", [False, "true", None])
def test_an_address_that_nobody_has_verified_is_nobodys(
    provider: Provider, relay: Relay, link: str, verified: Any
) -> None:
    provider.person = person("bob@example.org", email_verified=verified)
    page = Browser(relay).open(f"{link}/.doorstep/sign-in")
    assert page.status_code == 403
    assert "Signing in failed" in page.text


def test_row_23_what_one_browser_was_told_is_worth_nothing_in_another_or_for_another_link(
    provider: Provider, relay: Relay, link: str
) -> None:
    provider.person = person("bob@example.org")
    bob, eve = Browser(relay), Browser(relay)
    url = f"{link}/.doorstep/sign-in"
    while "/.doorstep/return" not in url:
        answer = bob.ask(url)
        url = str(httpx.URL(url).join(answer.headers["location"]))
    assert eve.ask(url).status_code == 403
    policy = {"oidc": {"domains": ["*"]}}
    with client(relay, relay.token("ann"), name="other", policy=policy) as other:
        assert bob.ask(url.replace("//staff.", "//other.")).status_code == 403
        assert bob.ask(other.url).status_code == 303
    assert bob.open(url).json()["path"] == "/"
