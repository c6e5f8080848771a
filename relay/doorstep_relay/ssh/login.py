"""Who an SSH client is: the holder of a registered key, or of a token; on an open relay anybody."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Final

from doorstep_relay.control.actors import ANONYMOUS, Actor
from doorstep_relay.control.turnstile import subscriber
from doorstep_relay.domain.scopes import Scope
from doorstep_relay.errors import BadToken, Forbidden, Refusal, TooMany

if TYPE_CHECKING:
    from doorstep_relay.ssh.desk import Desk

TOKEN: Final = "dst_"  # noqa: S105  # how one begins


class Login:
    """One client's way in. `actor` is set once that is proven, and never before."""

    def __init__(self, desk: Desk, address: str) -> None:
        self._desk = desk
        self._address = address
        self.actor: Actor | None = None
        self.user = ""
        """The name that it gave last."""
        self._offered: Actor | None = None
        self._seen = 0
        """The last change of rights that was heard of before it was looked who this is."""

    async def by_name(self, user: str) -> bool:
        """Whether the user name is enough: it is a token, or nobody needs one. Raises `Refusal`.

        On an open relay the name of an account with keys asks for one of them: so its owner is known there.
        """
        self.actor = self._offered = None
        self.user = user
        if user.startswith(TOKEN):
            self.actor = await self._holder(user)
        elif self._desk.settings.open and not await self._desk.keys.any_of(user):
            self.actor = ANONYMOUS
        return self.actor is not None

    async def by_password(self, password: str) -> bool:
        """Whether the password is a token. Raises `Refusal`."""
        self.actor = await self._holder(password)
        return True

    async def offer_key(self, fingerprint: str) -> bool:
        """Whether a key would do, if the client proves that it holds it. Raises `Refusal`."""
        self._offered = None
        self._seen = self._desk.tokens.generation
        try:
            self._offered = _checked(await self._desk.keys.holder(fingerprint))
        except BadToken:
            return False  # agents offer all keys they have
        return True

    async def key_proven(self) -> None:
        """The client holds the key that it offered last."""
        self.actor = self._offered
        if self.actor is not None and self.actor.ssh_key_id is not None:
            await self._desk.keys.note_use(self.actor.ssh_key_id)

    async def as_now(self, actor: Actor) -> Actor:
        """The actor that was proven, as of the last change of rights that this process has heard of.

        Raises `Refusal`: between its proof and its session its account may have been banned.
        """
        while actor.credential is not None and self._seen != self._desk.tokens.generation:
            self._seen = self._desk.tokens.generation
            actor = _checked(await self._desk.holder(actor.credential))
        return actor

    async def _holder(self, raw: str) -> Actor:
        """Whose token it is. Wrong ones count against the address, right ones do not."""
        self._seen = self._desk.tokens.generation
        who, guesses = subscriber(self._address), self._desk.guesses
        now = asyncio.get_running_loop().time()
        wait = guesses.take(who, now)
        if wait > 0:
            raise TooMany("too many wrong tokens came from this address", math.ceil(wait))
        actor = _checked(await self._desk.tokens.recognise(raw.strip()))
        guesses.give_back(who)
        return actor


def _checked(actor: Actor) -> Actor:
    if not actor.may(Scope.share):
        raise Forbidden(Scope.share)
    return actor


def why(refusal: Refusal) -> str:
    """As the client reads it before it is let in."""
    return f"{refusal.message}\n"
