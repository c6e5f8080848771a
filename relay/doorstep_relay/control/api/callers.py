"""Who calls the API: the account whose token the request carries, and what that token may do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import Request

from doorstep_relay.control.actors import Actor
from doorstep_relay.control.tokens import Tokens, bearer
from doorstep_relay.domain.scopes import Scope
from doorstep_relay.errors import Forbidden
from doorstep_relay.store.audit import Change

OnChange = Callable[[Change], Awaitable[None]]
"""Makes a change effective at once in this process."""


class Callers:
    """Tells callers apart. Every route asks it first."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    async def any(self, request: Request) -> Actor:
        """Whoever it is, with a token that is good. Raises `BadToken`."""
        return await self._tokens.authenticate(bearer(request.headers.getlist("authorization")))

    async def owner(self, request: Request) -> Actor:
        """Somebody who may manage their own shares. Raises `BadToken` and `Forbidden`."""
        return _allowed(await self.any(request), Scope.own)

    async def admin(self, request: Request) -> Actor:
        """An admin. Raises `BadToken` and `Forbidden`."""
        return _allowed(await self.any(request), Scope.admin)


def _allowed(actor: Actor, scope: Scope) -> Actor:
    if not actor.may(scope):
        raise Forbidden(scope)
    return actor
