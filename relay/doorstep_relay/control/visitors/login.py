"""The page that a gated share sends people to: one step for each condition that they do not meet yet."""

from __future__ import annotations

import html
import time
from collections.abc import Awaitable, Callable
from typing import Final

from fastapi import Request, Response

from doorstep_relay.control.guesses import Guesses
from doorstep_relay.control.policies import Policies
from doorstep_relay.control.visitors.looks import field, form, page
from doorstep_relay.control.visitors.visitor import Visitor, Visitors
from doorstep_relay.domain import landing
from doorstep_relay.domain.gate import Gate
from doorstep_relay.domain.passes import Pass
from doorstep_relay.edge import answers
from doorstep_relay.store.audit import Change

_STALE: Final = "This form was too old. Please send it again."


class Login:
    """`/.doorstep/login` of a share's host."""

    def __init__(
        self,
        visitors: Visitors,
        guesses: Guesses,
        policies: Policies,
        on_change: Callable[[Change], Awaitable[None]],
    ) -> None:
        self._visitors = visitors
        self._guesses = guesses
        self._policies = policies
        self._on_change = on_change

    async def show(self, request: Request) -> Response:
        """The next step, or on to the share when there is none."""
        return self._next_step(self._visitors.who(request))

    async def take(self, request: Request) -> Response:
        """What somebody shows."""
        visitor, fields, own = await self._visitors.sent(request)
        gate, found = visitor.gate, visitor.shown()
        step = self._step(visitor, found)
        if gate is None or not step or gate.closed_to(visitor.address, time.time()):
            return self._next_step(visitor)
        if not own:
            return self._ask(visitor, step, found, error=_STALE, status=403)
        match step:
            case "key":
                return self._take_key(visitor, gate, found, fields.get("key", ""))
            case "password":
                return await self._take_password(visitor, gate, found, fields.get("password", ""))
            case "one_time":
                return await self._take_the_one(visitor, gate, found)
        return self._ask(visitor, step, found)

    def _step(self, visitor: Visitor, found: Pass) -> str:
        misses = visitor.gate.misses(found, time.time()) if visitor.gate else ()
        return misses[0] if misses else ""

    def _next_step(self, visitor: Visitor) -> Response:
        gate, found = visitor.gate, visitor.shown()
        if gate is None:
            return visitor.go_on()  # not live, or open to all: the edge says which
        against = gate.closed_to(visitor.address, time.time())
        if against is not None:
            return visitor.refused(against.code, against.reason, against.fields)
        step = self._step(visitor, found)
        if not step:
            return visitor.go_on()
        if "one_time" in gate.misses(found, time.time()) and gate.policy is not None and gate.policy.taken:
            return visitor.refused("taken")
        return self._ask(visitor, step, found)

    def _ask(
        self, visitor: Visitor, step: str, found: Pass, *, error: str = "", status: int = 200
    ) -> Response:
        title, text, inside, button = _STEPS[step]
        if step == "oidc":
            body = _sign_in(visitor)
            if found.who is not None and not error:
                error = f"You are signed in as {found.who.email}, who may not open this link."
        else:
            body = form(landing.LOGIN, visitor.token, visitor.following, inside, button)
        answer = page(title, text, body, host=visitor.host, error=error, status=status)
        return visitor.with_nonce(answer)

    # -- what is shown -----------------------------------------------------------------------------

    def _take_key(self, visitor: Visitor, gate: Gate, found: Pass, key: str) -> Response:
        if not gate.opens(key.strip().encode()):
            return self._ask(visitor, "key", found, error="This is not the key.", status=403)
        return self._onwards(visitor, gate, gate.with_key(found, time.time()))

    async def _take_password(self, visitor: Visitor, gate: Gate, found: Pass, password: str) -> Response:
        refusal = await self._guesses.check(gate, password, visitor.address)
        if refusal is None:
            return self._onwards(visitor, gate, gate.with_password(found, time.time()))
        status = answers.ANSWERS[refusal.code].status
        error = refusal.reason or answers.ANSWERS[refusal.code].text
        answer = self._ask(visitor, "password", found, error=error, status=403 if status == 401 else status)
        answer.headers.update({name: value for name, value in refusal.fields if name == "Retry-After"})
        return answer

    async def _take_the_one(self, visitor: Visitor, gate: Gate, found: Pass) -> Response:
        wanted = gate.policy.one_time if gate.policy else ""
        change = await self._policies.take(gate.share_id, wanted)
        if change is None:
            return visitor.refused("taken")
        await self._on_change(change)
        return self._onwards(visitor, gate, gate.with_one_time(found, time.time()))

    def _onwards(self, visitor: Visitor, gate: Gate, given: Pass) -> Response:
        """To the next step, or to the share."""
        if not gate.misses(given, time.time()):
            return visitor.go_on(given)
        return visitor.go_on(given, landing.through(landing.LOGIN, visitor.following.encode()))


def _sign_in(visitor: Visitor) -> str:
    target = landing.through(landing.SIGN_IN, visitor.following.encode())
    return f'<p><a class="button" href="{html.escape(target)}">Sign in</a></p>'


_PASSWORD: Final = field(
    "password", "Password", "password", 'required autofocus autocomplete="current-password" maxlength="256"'
)
_KEY: Final = field("key", "Key", "text", 'required autofocus autocomplete="off" maxlength="128"')
_STEPS: Final = {
    "key": (
        "This link needs its key",
        "Open the complete address that you were sent, or give the part of it after ?k= here.",
        _KEY,
        "Continue",
    ),
    "password": (
        "This link asks for a password",
        "The person who sent it to you knows the password.",
        _PASSWORD,
        "Continue",
    ),
    "oidc": (
        "This link asks who you are",
        "Its owner lets only some people in. The app behind it learns your e-mail address.",
        "",
        "",
    ),
    "one_time": (
        "This link works once",
        "The browser in which you open it now keeps it, and nobody else can open it.",
        "",
        "Open it in this browser",
    ),
}
