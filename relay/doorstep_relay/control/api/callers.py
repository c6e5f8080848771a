"""Who calls the API: the account whose token the request carries, and what that token may do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from fastapi import Request

from doorstep_relay.control.actors import Actor
from doorstep_relay.control.noting import note_account
from doorstep_relay.control.pace import Pace
from doorstep_relay.control.tokens import Tokens, bearer
from doorstep_relay.control.turnstile import subscriber
from doorstep_relay.domain.scopes import Scope
from doorstep_relay.errors import BadToken, Banned, Forbidden, TooMany
from doorstep_relay.store.audit import Change

OnChange = Callable[[Change], Awaitable[None]]
"""Makes a change effective at once in this process."""
OF_CALLERS: Final = (BadToken, Banned, Forbidden)
"""What `owner` and `admin` refuse with, for the API's document."""


_TRIES: Final = 20
_TRY_EVERY: Final = 10.0
_READING: Final = frozenset({"GET", "HEAD"})
_CHANGES: Final = 1000
_CHANGE_EVERY: Final = 1.0


def address_of(request: Request) -> str:
    """Whose request it is: the edge writes that, and takes out what the client says of it."""
    return request.headers.get("x-forwarded-for", "").strip()


class Crowd:
    """Callers without a token: each address may ask so often, and then once in a while."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._tries = Pace(_TRIES, _TRY_EVERY)

    def check(self, request: Request) -> None:
        """Count a request. Raises `TooMany`."""
        wait = self._tries.take(subscriber(address_of(request)), self._clock())
        if wait > 0:
            raise TooMany("too many requests without a token", wait)


class Callers:
    """Tells callers apart. Every route asks it first."""

    def __init__(self, tokens: Tokens, clock: Callable[[], float]) -> None:
        self._tokens = tokens
        self._clock = clock
        self._changes = Pace(_CHANGES, _CHANGE_EVERY)

    async def any(self, request: Request) -> Actor:
        """Whoever it is, with a token that is good. Raises `BadToken`, `Banned`, and `TooMany` for changes.

        Each change leaves a row and an event, so a member makes so many, and then one every so often.
        """
        actor = await self._tokens.authenticate(bearer(request.headers.getlist("authorization")))
        note_account(request.scope, actor.account_name)
        if request.method not in _READING and not actor.may(Scope.admin):
            wait = self._changes.take(actor.account_id, self._clock())
            if wait > 0:
                raise TooMany("so many changes by one account", wait)
        return actor

    async def owner(self, request: Request) -> Actor:
        """Somebody who may manage their own shares. Raises what `any` does, and `Forbidden`."""
        return _allowed(await self.any(request), Scope.own)

    async def admin(self, request: Request) -> Actor:
        """An admin. Raises what `any` does, and `Forbidden`."""
        return _allowed(await self.any(request), Scope.admin)


def _allowed(actor: Actor, scope: Scope) -> Actor:
    if not actor.may(scope):
        raise Forbidden(scope)
    return actor
