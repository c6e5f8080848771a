"""The links that an SSH client gets back when it comes again: it keeps no lease, so the relay keeps it.

A seat is a key or a token; on an open relay, where nobody shows any, it is an address and a user name. The
lease of a seat's share follows from both and from the relay's secret: only its hash is stored, as of others.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from doorstep_relay.control.actors import Actor
from doorstep_relay.control.turnstile import subscriber
from doorstep_relay.domain.credentials import hash_secret
from doorstep_relay.store.database import Database
from doorstep_relay.store.shares import ShareRows

_NAMED = " named"
"""Ends the seat of a share whose name its client asked for: it is given back only for that name."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An offline share that waits for its seat."""

    name: str
    lease: str
    made_up: bool
    """Whether the relay chose its name."""


class Seats:
    """The service over the seats of one database. `clock` gives unix seconds."""

    def __init__(self, database: Database, clock: Callable[[], float], secret: bytes) -> None:
        self._database = database
        self._clock = clock
        self._secret = secret

    async def waiting(self, seat: str, owner_id: int | None) -> Sequence[Waiting]:
        """The offline shares that are the seat's to take up again, oldest first."""
        now = self._clock()

        def work(session: Session) -> Sequence[Waiting]:
            rows = ShareRows(session).seated((seat, seat + _NAMED), owner_id, now)
            found = [(share, self._lease(seat, share.id)) for share in rows]
            return [
                Waiting(share.name, lease, made_up=share.seat == seat)
                for share, lease in found
                if share.lease_hash == hash_secret(lease)  # else another client has taken it up since
            ]

        return await self._database.read(work)

    async def take(self, seat: str, share_id: int, *, made_up: bool) -> None:
        """The share waits for the seat from now on, whenever its client is away."""
        lease_hash = hash_secret(self._lease(seat, share_id))
        stored = seat if made_up else seat + _NAMED
        await self._database.write(lambda session: ShareRows(session).seat(share_id, stored, lease_hash))

    def _lease(self, seat: str, share_id: int) -> str:
        made = hmac.new(self._secret, f"ssh seat {share_id} {seat}".encode(), hashlib.sha256)
        return f"dsl_{made.hexdigest()}"


def seat_of(actor: Actor, address: str, user: str) -> str:
    """By what an SSH client is known when it comes again. No address is stored, only a hash."""
    if actor.credential is not None:
        return f"ssh-{actor.credential[0]} {actor.credential[1]}"
    return f"ssh-guest {hashlib.sha256(f'{subscriber(address)} {user}'.encode()).hexdigest()[:32]}"
