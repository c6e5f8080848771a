"""How a visitor signs in to a share: from its host to the relay, to the identity provider, and back.

    share   /.doorstep/sign-in          → relay: which share and browser (a nonce), where to go on; sealed
    relay   /.doorstep/oidc             → provider: the same in a cookie, with a seed
    relay   /.doorstep/oidc/callback    → share: who it is, for that browser and share; sealed, for a minute
    share   /.doorstep/return           the browser shows its nonce, and gets a pass

The provider knows one address for all shares, and what it says reaches only the share that was asked for.
"""

from __future__ import annotations

import hmac
import secrets
import time
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from doorstep_relay.control.openid import Attempt, OpenId
from doorstep_relay.control.visitors.looks import page
from doorstep_relay.control.visitors.visitor import Visitors
from doorstep_relay.domain import landing
from doorstep_relay.domain.passes import IDENTITY_LIFETIME, Identity, cookie_name
from doorstep_relay.domain.seals import Seal
from doorstep_relay.errors import SignInFailed

_MINUTE: Final = 60.0
_PATIENCE: Final = 600.0
"""Seconds that somebody may take at the provider."""
_COOKIE: Final = b"doorstep-visitor"


class SigningIn:
    """The four steps. `openid` has `/.doorstep/oidc/callback` of `relay_url` as its way back."""

    def __init__(self, visitors: Visitors, openid: OpenId, secret: bytes, relay_url: str) -> None:
        self._visitors = visitors
        self._openid = openid
        self._secret = secret
        self._relay_url = relay_url
        self._asking = Seal(secret, "visitor asks")
        self._leaving = Seal(secret, "visitor leaves")
        self._telling = Seal(secret, "visitor is")
        self._name = cookie_name(_COOKIE, secure=relay_url.startswith("https:"))

    def add_to(self, router: APIRouter) -> None:
        """The routes of the four."""
        router.add_api_route(landing.SIGN_IN, self.ask, methods=["GET"])
        router.add_api_route(landing.OIDC, self.leave, methods=["GET"])
        router.add_api_route(landing.OIDC_CALLBACK, self.come_back, methods=["GET"])
        router.add_api_route(landing.RETURN, self.enter, methods=["GET"])

    async def ask(self, request: Request) -> Response:
        """On the share's host: to the relay's own."""
        visitor = self._visitors.who(request)
        if visitor.gate is None or visitor.gate.policy is None or visitor.gate.policy.oidc is None:
            return visitor.go_on()
        words = {
            "origin": f"{'https' if visitor.secure else 'http'}://{visitor.host}",
            "share": visitor.share,
            "nonce": visitor.nonce,
            "next": visitor.following,
        }
        sealed = self._asking.close(words, time.time() + _PATIENCE)
        return visitor.with_nonce(_to(f"{self._relay_url}{landing.OIDC}?ask={sealed}"))

    async def leave(self, request: Request) -> Response:
        """On the relay's host: to the provider."""
        words = self._asking.open(request.query_params.get("ask", ""), time.time())
        if words is None:
            return self._failed("this took too long, or began elsewhere")
        seed = secrets.token_urlsafe(24)
        try:
            url = await self._openid.authorize_url(Attempt.of(self._secret, seed))
        except SignInFailed as error:
            return self._failed(error.message)
        answer = _to(url)
        answer.set_cookie(
            self._name,
            self._leaving.close(words | {"seed": seed}, time.time() + _PATIENCE),
            max_age=int(_PATIENCE),
            httponly=True,
            samesite="lax",
            secure=self._relay_url.startswith("https:"),
        )
        return answer

    async def come_back(self, request: Request) -> Response:
        """On the relay's host: what the provider says is sealed for the one who left, and their share."""
        words = self._leaving.open(request.cookies.get(self._name, ""), time.time())
        if words is None:
            return self._failed("this browser did not begin here, or too long ago")
        try:
            who = await self._who(request, Attempt.of(self._secret, words["seed"]))
        except SignInFailed as error:
            return self._failed(error.message)
        told = {"share": words["share"], "nonce": words["nonce"], "next": words["next"], **who}
        sealed = self._telling.close(told, time.time() + _MINUTE)
        answer = _to(f"{words['origin']}{landing.RETURN}?told={sealed}")
        answer.delete_cookie(self._name, httponly=True, samesite="lax")
        return answer

    async def enter(self, request: Request) -> Response:
        """On the share's host: a pass for the browser that asked."""
        visitor = self._visitors.who(request)
        words = self._telling.open(request.query_params.get("told", ""), time.time())
        if visitor.gate is None:
            return visitor.go_on()
        if words is None or words["share"] != visitor.share or not _same(words["nonce"], visitor.nonce):
            return self._failed("this browser did not begin here, or too long ago", visitor.host)
        now = time.time()
        who = Identity(words["email"], words["subject"], now + IDENTITY_LIFETIME)
        given = visitor.gate.with_identity(visitor.shown(), who, now)
        following = landing.safe_next(words["next"])
        if visitor.gate.misses(given, now):
            following = landing.through(landing.LOGIN, following.encode())
        return visitor.go_on(given, following)

    async def _who(self, request: Request, attempt: Attempt) -> dict[str, str]:
        """What the provider says; an address that it has not verified is nobody's. Raises `SignInFailed`."""
        query = request.query_params
        if not _same(query.get("state", ""), attempt.state):
            raise SignInFailed(self._openid.host, "another browser, or another try")
        if "code" not in query:
            raise SignInFailed(self._openid.host, query.get("error", "no code")[:80])
        claims = await self._openid.claims(query["code"], attempt)
        if not claims.email_verified or not claims.email or len(claims.email) > 254:
            raise SignInFailed(self._openid.host, "it has not verified your e-mail address")
        return {"email": claims.email, "subject": claims.subject[:255]}

    def _failed(self, why: str, host: str = "") -> Response:
        text = "Open the link again to start over."
        return page("Signing in failed", text, host=host, error=why, status=403, report=False)


def _to(url: str) -> RedirectResponse:
    return RedirectResponse(url, 303, {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"})


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
