"""What all SSH clients of a relay share: the services they are let in by, and who is here as whom."""

from __future__ import annotations

import asyncio
import hmac
from base64 import urlsafe_b64encode
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from doorstep_relay.config import Settings
from doorstep_relay.control.actors import Actor
from doorstep_relay.control.hub import Credential, Hub
from doorstep_relay.control.keys import Keys
from doorstep_relay.control.pace import Pace
from doorstep_relay.control.seats import Seats
from doorstep_relay.control.tokens import Tokens
from doorstep_relay.domain.naming import make_name
from doorstep_relay.ssh.promise import Promise

if TYPE_CHECKING:
    from doorstep_relay.edge.context import Edge
    from doorstep_relay.ssh.client import Client

_BURST: Final = 8
"""Wrong tokens at once, of one address."""
_EVERY: Final = 10.0
"""Seconds until one more may be tried."""


@dataclass(slots=True)
class Desk:
    """Made once a process."""

    settings: Settings
    hub: Hub
    edge: Edge
    tokens: Tokens
    keys: Keys
    seats: Seats
    guesses: Pace = field(default_factory=lambda: Pace(_BURST, _EVERY))
    _promised: set[str] = field(default_factory=set)
    """Names of links that a client has not opened yet."""
    _seated: defaultdict[str, set[Client]] = field(default_factory=lambda: defaultdict(set))

    def sit(self, seat: str, client: Client) -> None:
        """The client is here as `seat`."""
        self._seated[seat].add(client)

    def leave(self, seat: str, client: Client) -> None:
        """It is gone."""
        self._seated[seat].discard(client)
        if not self._seated[seat]:
            del self._seated[seat]

    async def _shake_out(self, seat: str) -> None:
        """Ask the clients that are here as `seat` whether they live; those that do not answer are gone.

        So a client that comes back before the relay missed it finds its links waiting, and one that comes
        beside another takes nothing from it.
        """
        others = list(self._seated.get(seat, ()))
        await asyncio.gather(*(other.prove_alive() for other in others))

    async def promise(self, actor: Actor, seat: str) -> Promise:
        """What a client gets that comes in as `seat`. `release` takes it back."""
        await self._shake_out(seat)
        found = await self.seats.waiting(seat, actor.account_id)
        waiting = [one for one in found if one.name not in self._promised]
        made = Promise(seat, waiting, make_name("random", actor.names))
        self._promised.update(made.names)
        return made

    def release(self, promise: Promise) -> None:
        """The client is gone: what it has not taken is anybody's of the same seat."""
        self._promised.difference_update(promise.names)

    async def holder(self, credential: Credential) -> Actor:
        """Who holds a token or a key, as things are now. Raises `BadToken` and `Banned`."""
        kind, number = credential
        return await (self.keys.holder_by_id(number) if kind == "key" else self.tokens.holder(number))

    def link_key(self, name: str, actor: Actor, seat: str) -> str:
        """The key that a link of this name asks for when its owner wants one made: the same every time.

        Whoever has the name next gets another: what one has opened must not open what is another's.
        """
        owner = seat if actor.account_id is None else f"account {actor.account_id}"
        made = hmac.digest(self.settings.secret, f"ssh link key {name} of {owner}".encode(), "sha256")
        return urlsafe_b64encode(made[:16]).decode().rstrip("=")
