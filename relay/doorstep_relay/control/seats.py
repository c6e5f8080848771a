"""The links that an SSH client gets back when it comes again: it keeps no lease, and is known by its key.

A seat is a key or a token. The names that the relay made up for it wait for it, for as long as its shares do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from doorstep_relay.control.actors import Actor
from doorstep_relay.store.database import Database
from doorstep_relay.store.shares import ShareRows


class Seats:
    """The service over the seats of one database. `clock` gives unix seconds."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    async def waiting(self, actor: Actor) -> Sequence[str]:
        """Names of the offline shares that are the actor's to take up again, oldest first."""
        seat, owner_id = seat_of(actor), actor.account_id
        if seat is None or owner_id is None:
            return []
        now = self._clock()
        return await self._database.read(lambda session: ShareRows(session).waiting_for(seat, owner_id, now))

    async def take(self, actor: Actor, share_id: int) -> None:
        """The share waits for the actor from now on, whenever its client is away."""
        seat = seat_of(actor)
        if seat is not None:
            await self._database.write(lambda session: ShareRows(session).seat(share_id, seat))


def seat_of(actor: Actor) -> str | None:
    """By what an SSH client is known when it comes again; None for who shows nothing."""
    return None if actor.credential is None else f"ssh-{actor.credential[0]} {actor.credential[1]}"
