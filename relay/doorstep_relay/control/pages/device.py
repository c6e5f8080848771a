"""`/device`: somebody who is signed in says yes or no to a `doorstep login` (RFC 8628 3.3)."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from doorstep_relay.control.actors import Actor
from doorstep_relay.control.logins import LoginFacts
from doorstep_relay.control.pages.browser import Browser
from doorstep_relay.control.pages.look import page, says
from doorstep_relay.control.pages.sign_in import refused, ways_in
from doorstep_relay.control.services import Services
from doorstep_relay.domain.scopes import Scope
from doorstep_relay.errors import Forbidden, Refusal
from doorstep_relay.markup import Html, fill

_ASK: Final = """<form method="get" action="/device">
<label for="code">The code that <code>doorstep login</code> shows</label>
<input id="code" class="code" name="code" autocomplete="off" autocapitalize="characters" required
 maxlength="20" placeholder="BCDF-GHJK">
<button class="main">Go on</button>
</form>"""
_WHO: Final = """<dl>
<dt>Code</dt><dd class="code">$code</dd>
<dt>Computer</dt><dd>$client</dd>
<dt>Address</dt><dd>$address</dd>
</dl>"""
_DECIDE: Final = """<p>You are signed in as <strong>$name</strong>. It would open links in your name.</p>
<form method="post" action="/device">
<input type="hidden" name="code" value="$code">
<div class="choice">
$admin<button class="main" name="decision" value="approve">$yes</button>
<button name="decision" value="deny">No</button>
</div>
</form>"""
_ADMIN: Final = """<button name="decision" value="approve-admin">Yes, with an admin's rights</button>
"""
_ASKS_MORE: Final = Html("""<p class="reason">It asks for an admin's rights, too:
to see, change and end everybody's links, accounts and tokens.</p>""")


def routes(services: Services, browser: Browser) -> APIRouter:
    """`/device`."""
    pages = _Device(services, browser)
    router = APIRouter()
    router.add_api_route("/device", pages.show, methods=["GET"])
    router.add_api_route("/device", pages.decide, methods=["POST"])
    return router


class _Device:
    def __init__(self, services: Services, browser: Browser) -> None:
        self._services = services
        self._browser = browser

    async def show(self, request: Request) -> Response:
        """Who asks; and the question, for somebody who is signed in."""
        code = request.query_params.get("code", "")
        if not code:
            return page("Log a computer in", Html(_ASK))
        try:
            login = await self._find(request, code)
        except Refusal as refusal:
            return refused(refusal, "/device")
        who = fill(_WHO, code=login.user_code, client=login.client, address=login.address or "unknown")
        asks = (_ASKS_MORE,) if Scope.admin in login.scopes else ()
        return page("A computer wants to log in", _WARNING, who, *asks, await self._question(request, login))

    async def _question(self, request: Request, login: LoginFacts) -> Html:
        actor = await self._browser.who(request)
        if actor is None:
            return ways_in(self._services, f"/device?code={quote(login.user_code)}")
        both = Scope.admin in login.scopes and actor.may(Scope.admin)
        words = (
            {"admin": Html(_ADMIN), "yes": "Yes, without them"}
            if both
            else {"admin": "", "yes": "Yes, let it"}
        )
        return fill(_DECIDE, name=actor.account_name, code=login.user_code, **words)

    async def _find(self, request: Request, code: str) -> LoginFacts:
        self._browser.check_guess(request)
        login = await self._services.logins.find(code)
        self._browser.was_right(request)
        return login

    async def decide(self, request: Request) -> Response:
        """Yes or no."""
        try:
            fields = await self._browser.form(request)
            login = await self._find(request, fields.get("code", ""))
            return await self._decide(await self._signed_in(request), login, fields, request)
        except Refusal as refusal:
            return refused(refusal, "/device")

    async def _signed_in(self, request: Request) -> Actor:
        actor = await self._browser.who(request)
        if actor is None or not actor.may(Scope.own):
            raise Forbidden(Scope.own)
        return actor

    async def _decide(
        self, actor: Actor, login: LoginFacts, fields: dict[str, str], request: Request
    ) -> Response:
        decision = fields.get("decision")
        if decision not in {"approve", "approve-admin"}:
            await self._services.logins.deny(login.user_code, by=actor)
            return page("Nothing was given", says("The computer that asked gets no token."))
        secret = self._browser.secret(request)
        as_admin = decision == "approve-admin"
        await self._services.logins.approve(login.user_code, by=actor, web_secret=secret, as_admin=as_admin)
        return page("Done", says(f"{login.client} is logged in. You can close this page."))


_WARNING: Final = Html(
    "<p>Say yes only if you have just typed <code>doorstep login</code>, and it shows this code.</p>"
)
