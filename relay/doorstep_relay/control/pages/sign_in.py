"""Signing in to the relay's own pages, with an invitation or a token, and out again."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from doorstep_relay.control.pages.browser import Browser, local
from doorstep_relay.control.pages.look import complaint, page, says
from doorstep_relay.control.services import Services
from doorstep_relay.control.web_sessions import SignedIn
from doorstep_relay.errors import BadCode, BadToken, Refusal
from doorstep_relay.markup import Html, fill

HERE: Final = "/sign-in"
_FORM: Final = """<form method="post" action="/sign-in">
<input type="hidden" name="next" value="$next">
<label for="secret">Invitation code or token</label>
<input id="secret" name="secret" type="password" autocomplete="off" required maxlength="200">
<button class="main">Sign in</button>
</form>"""
_OPENID: Final = '<p><a class="button" href="/sign-in/openid?next=$next">Sign in with $host</a></p>'
_OUT: Final = """<p>You are signed in as <strong>$name</strong>.</p>
<form method="post" action="/sign-out"><button>Sign out</button></form>"""
_AGAIN: Final = '<p><a href="$to">Try again</a></p>'


def routes(services: Services, browser: Browser) -> APIRouter:
    """`/sign-in` and `/sign-out`."""
    pages = _SignIn(services, browser)
    router = APIRouter()
    router.add_api_route("/sign-in", pages.show, methods=["GET"])
    router.add_api_route("/sign-in", pages.enter, methods=["POST"])
    router.add_api_route("/sign-out", pages.leave, methods=["POST"])
    return router


class _SignIn:
    def __init__(self, services: Services, browser: Browser) -> None:
        self._services = services
        self._browser = browser

    async def show(self, request: Request) -> Response:
        """The form; for who is signed in, where the link leads on to, or else who that is."""
        actor, onward = await self._browser.who(request), local(request.query_params.get("next", HERE))
        if actor is None:
            return page("Sign in", ways_in(self._services, onward))
        if onward.partition("?")[0] != HERE:
            return RedirectResponse(onward, 303)
        return page("Signed in", fill(_OUT, name=actor.account_name))

    async def enter(self, request: Request) -> Response:
        """Begin a session, and go on."""
        try:
            fields = await self._browser.form(request)
            self._browser.check_guess(request)
            signed_in = await self._sign_in(fields.get("secret", "").strip())
        except Refusal as refusal:
            return refused(refusal, "/sign-in")
        self._browser.was_right(request)
        response = RedirectResponse(local(fields.get("next", "/sign-in")), 303)
        self._browser.keep(response, signed_in)
        return response

    async def _sign_in(self, secret: str) -> SignedIn:
        sessions = self._services.web_sessions
        if secret.startswith("dsi_"):
            return await sessions.by_invitation(secret)
        try:
            return await sessions.by_token(await self._services.tokens.authenticate(secret))
        except BadToken:
            raise BadCode from None

    async def leave(self, request: Request) -> Response:
        """End the session."""
        try:
            await self._browser.form(request)
        except Refusal as refusal:
            return refused(refusal, "/sign-in")
        await self._services.web_sessions.end(self._browser.secret(request))
        response = page("Signed out", says("This browser is signed in no more."))
        self._browser.drop(response)
        return response


def ways_in(services: Services, following: str) -> Html:
    """Every way to sign in that this relay has, and where it leads."""
    onward = local(following)
    pieces = []
    if services.openid is not None:
        pieces.append(fill(_OPENID, next=quote(onward, safe=""), host=services.openid.host))
    return Html("\n".join([*pieces, fill(_FORM, next=onward)]))


def refused(refusal: Refusal, back: str) -> Response:
    """A page that says why not, and leads back."""
    message = refusal.message[:1].upper() + refusal.message[1:]
    response = page("That did not work", complaint(message), fill(_AGAIN, to=back), status=refusal.status)
    retry_after = getattr(refusal, "retry_after", None)
    if retry_after is not None:
        response.headers["Retry-After"] = f"{retry_after:.0f}"
    return response
