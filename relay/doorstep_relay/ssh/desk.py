"""What all SSH clients of a relay share: the services they are let in by, and who is here as whom."""

from __future__ import annotations

import asyncio
import hmac
from base64 import urlsafe_b64encode
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from doorstep_relay.config import Settings
from doorstep_relay.control.hub import Hub
from doorstep_relay.control.keys import Keys
from doorstep_relay.control.pace import Pace
from doorstep_relay.control.seats import Seats
from doorstep_relay.control.tokens import Tokens

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
    taken: set[str] = field(default_factory=set)
    """Names that are promised to a client which has not opened them yet."""
    _seated: defaultdict[str, set[Client]] = field(default_factory=lambda: defaultdict(set))

    def sit(self, seat: str, client: Client) -> None:
        """The client is here as `seat`."""
        self._seated[seat].add(client)

    def leave(self, seat: str, client: Client) -> None:
        """It is gone."""
        self._seated[seat].discard(client)
        if not self._seated[seat]:
            del self._seated[seat]

    async def shake_out(self, seat: str) -> None:
        """Ask the clients that are here as `seat` whether they live; those that do not answer are gone.

        So a client that comes back before the relay missed it finds its links waiting, and one that comes
        beside another takes nothing from it.
        """
        others = list(self._seated.get(seat, ()))
        await asyncio.gather(*(other.prove_alive() for other in others))

    def link_key(self, name: str) -> str:
        """The key that a link of this name asks for when its owner wants one made: the same every time."""
        made = hmac.digest(self.settings.secret, f"ssh link key {name}".encode(), "sha256")
        return urlsafe_b64encode(made[:16]).decode().rstrip("=")
