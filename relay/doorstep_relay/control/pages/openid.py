"""Signing in through OpenID Connect: to the provider, and back.

What has to be kept meanwhile is a seed in a cookie, signed with where to go on to. That cookie is `Lax`: the
way back comes from the provider's site. The session's own is `Strict`, so the way back ends on a page of ours
that goes on by itself.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from doorstep_relay.control.identities import account_of
from doorstep_relay.control.openid import Attempt, OpenId
from doorstep_relay.control.pages.browser import Browser, local
from doorstep_relay.control.pages.look import page, says
from doorstep_relay.control.pages.sign_in import refused
from doorstep_relay.control.services import Services
from doorstep_relay.errors import Refusal, SignInFailed

_LASTS: Final = 600
_PURPOSE: Final = b"doorstep sign-in 1\0"


def routes(services: Services, openid: OpenId, browser: Browser) -> APIRouter:
    """`/sign-in/openid`, and the way back from the provider."""
    pages = _OpenIdPages(services, openid, browser)
    router = APIRouter()
    router.add_api_route("/sign-in/openid", pages.leave, methods=["GET"])
    router.add_api_route("/sign-in/openid/callback", pages.come_back, methods=["GET"])
    return router


class _OpenIdPages:
    def __init__(self, services: Services, openid: OpenId, browser: Browser) -> None:
        self._services = services
        self._openid = openid
        self._browser = browser
        self._secret = services.settings.secret
        self._cookie = "__Host-doorstep-openid" if browser.secure else "doorstep-openid"

    async def leave(self, request: Request) -> Response:
        """To the provider."""
        seed = secrets.token_urlsafe(24)
        try:
            self._browser.check_guess(request)
            url = await self._openid.authorize_url(Attempt.of(self._secret, seed))
        except Refusal as refusal:
            return refused(refusal, "/sign-in")
        response = RedirectResponse(url, 303)
        following = local(request.query_params.get("next", "/sign-in"))
        response.set_cookie(
            self._cookie,
            self._sealed(seed, following),
            max_age=_LASTS,
            httponly=True,
            samesite="lax",
            secure=self._browser.secure,
            path="/",
        )
        return response

    async def come_back(self, request: Request) -> Response:
        """From the provider: the one who left comes back with a code, or with the provider's refusal."""
        try:
            seed, following = self._opened(request.cookies.get(self._cookie, ""))
            response = await self._signed_in(request, Attempt.of(self._secret, seed), following)
        except Refusal as refusal:
            response = refused(refusal, "/sign-in")
        response.delete_cookie(
            self._cookie, httponly=True, samesite="lax", secure=self._browser.secure, path="/"
        )
        return response

    async def _signed_in(self, request: Request, attempt: Attempt, following: str) -> Response:
        query = request.query_params
        if not hmac.compare_digest(query.get("state", "").encode(), attempt.state.encode()):
            raise SignInFailed(self._openid.host, "another browser, or another try")
        if "code" not in query:
            raise SignInFailed(self._openid.host, query.get("error", "no code")[:80])
        claims = await self._openid.claims(query["code"], attempt)
        services = self._services
        signed_in = await services.web_sessions.by_identity(
            lambda session: account_of(session, services.settings, claims, services.clock())
        )
        response = page("Signed in", says("One moment."), go_on_to=following)
        self._browser.keep(response, signed_in)
        return response

    def _sealed(self, seed: str, following: str) -> str:
        until = int(self._services.clock()) + _LASTS
        text = base64.urlsafe_b64encode(f"{seed} {until} {following}".encode()).decode().rstrip("=")
        return f"{text}.{self._signature(text)}"

    def _opened(self, sealed: str) -> tuple[str, str]:
        """The seed and where to go on to. Raises `SignInFailed` for what we did not seal, or long ago."""
        text, _, signature = sealed.partition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(text).encode()):
            raise SignInFailed(self._openid.host, "this browser did not begin here, or too long ago")
        padded = text + "=" * (-len(text) % 4)
        seed, until, following = base64.urlsafe_b64decode(padded).decode().split(" ", 2)
        if int(until) < self._services.clock():
            raise SignInFailed(self._openid.host, "it took too long")
        return seed, following

    def _signature(self, text: str) -> str:
        return hmac.new(self._secret, _PURPOSE + text.encode(), "sha256").hexdigest()
