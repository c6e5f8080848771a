"""The page that tells people where a link comes from, before they see it for the first time."""

from __future__ import annotations

import time

from fastapi import Request, Response

from doorstep_relay.control.visitors.looks import form, page
from doorstep_relay.control.visitors.visitor import Visitor, Visitors
from doorstep_relay.domain import landing


class Welcome:
    """`/.doorstep/welcome` of a share's host. `domain` is the relay's."""

    def __init__(self, visitors: Visitors, domain: str) -> None:
        self._visitors = visitors
        self._domain = domain

    async def show(self, request: Request) -> Response:
        """Tell it."""
        visitor = self._visitors.who(request)
        return visitor.go_on() if visitor.gate is None else self._tell(visitor)

    async def take(self, request: Request) -> Response:
        """Somebody was told, and goes on."""
        visitor, _, own = await self._visitors.sent(request)
        if visitor.gate is None:
            return visitor.go_on()
        if not own:
            return self._tell(visitor, error="This form was too old. Please send it again.", status=403)
        return visitor.go_on(visitor.gate.with_telling(visitor.shown(), time.time()))

    def _tell(self, visitor: Visitor, *, error: str = "", status: int = 200) -> Response:
        text = (
            f"The page at {visitor.host} comes from somebody's own computer. {self._domain} only passes "
            "it on, and nobody there has looked at it. Give it no password and no personal data unless "
            "you trust the person who sent you the link."
        )
        body = form(landing.WELCOME, visitor.token, visitor.following, "", "Continue to the page")
        title = "You are about to visit somebody's app"
        return visitor.with_nonce(page(title, text, body, host=visitor.host, error=error, status=status))
