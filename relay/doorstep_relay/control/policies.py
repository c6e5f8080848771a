"""Who may look at a share: set by its owner or an admin, at any time. Each method is one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import UnsetType
from sqlalchemy.orm import Session

from doorstep_relay.control.actors import RELAY, Actor
from doorstep_relay.control.finding import actors_share
from doorstep_relay.control.history import change_policy
from doorstep_relay.domain import passwords
from doorstep_relay.domain.lifecycle import ENDED
from doorstep_relay.domain.policy import OPEN, Policy, Wish, check_times, policy, read, readable, wish
from doorstep_relay.domain.scopes import Scope
from doorstep_relay.errors import BadPolicy, Forbidden, NoSuchShare, ShareEnded
from doorstep_relay.store.audit import Change
from doorstep_relay.store.database import Database
from doorstep_relay.store.shares import ShareRows


@dataclass(frozen=True, slots=True)
class Changed:
    """A policy that was just set, and the event that tells the relay so."""

    policy: Policy
    change: Change


class Policies:
    """The service over the policies of one database. `clock` gives unix seconds."""

    def __init__(self, database: Database, clock: Callable[[], float], *, can_sign_in: bool = False) -> None:
        self._can_sign_in = can_sign_in
        self._database = database
        self._clock = clock

    async def of(self, name: str, actor: Actor) -> Policy:
        """Who may look at a share of the actor's. Raises `NoSuchShare`, `ShareEnded` and `BadPolicy`."""
        return await self._database.read(lambda session: read(actors_share(session, actor, name).policy))

    async def stored(self, share_id: int) -> dict[str, Any] | None:
        """A share's policy as it is stored; None when there is no such share."""
        return await self._database.read(lambda session: ShareRows(session).policy(share_id))

    async def replace(self, name: str, actor: Actor, raw: Mapping[str, Any]) -> Changed:
        """Set a policy. Raises `NoSuchShare`, `ShareEnded`, `BadPolicy` and `Forbidden`."""
        made = await self.settle(raw, actor, name)
        return await self._write(name, actor, lambda _: made)

    async def amend(self, name: str, actor: Actor, raw: Mapping[str, Any]) -> Changed:
        """Change what `raw` names, and take away what is None there (RFC 7396). Raises as `replace` does."""
        given = {field: value for field, value in raw.items() if value is not None}
        made = await self.settle(given, actor, name)
        gone = {field for field, value in raw.items() if value is None}
        return await self._write(name, actor, lambda before: _merged(before, made, set(given), gone))

    async def settle(self, raw: object, actor: Actor, name: str | None) -> Policy:
        """What an owner asks for, ready to be kept: its password is hashed. Raises `BadPolicy`, `Forbidden`.

        The same password again keeps its hash, so that a script that runs again logs nobody out.
        """
        asked = wish(raw)
        if not isinstance(asked.oidc, UnsetType) and not self._can_sign_in:
            raise BadPolicy("oidc: this relay knows no identity provider; its operator names one")
        if asked.interstitial is False and not actor.may(Scope.admin):
            raise Forbidden(Scope.admin)
        policy(asked)  # whatever is wrong with it is said before the slow part
        before = await self._hash_of(name, actor) if name is not None else ""
        return policy(asked, password=await asyncio.to_thread(_hashed, asked, before))

    async def take(self, share_id: int, one_time: str) -> Change | None:
        """Give the one pass out; None when it was given out before, or is another one now."""
        now = self._clock()
        return await self._database.write(lambda session: _take(session, now, share_id, one_time))

    async def _hash_of(self, name: str, actor: Actor) -> str:
        try:
            return (await self.of(name, actor)).password
        except (NoSuchShare, ShareEnded, BadPolicy):
            return ""

    async def _write(self, name: str, actor: Actor, make: Callable[[Policy], Policy]) -> Changed:
        now = self._clock()

        def write(session: Session) -> Changed:
            share = actors_share(session, actor, name)
            change = change_policy(session, actor, now, share, make(readable(share.policy)))
            return Changed(readable(share.policy), change)

        return await self._database.write(write)


def _merged(before: Policy, made: Policy, given: set[str], gone: set[str]) -> Policy:
    unknown = gone - set(Wish.__struct_fields__)
    if unknown:
        raise BadPolicy(f"there is no {min(unknown)!r} in a policy")
    fresh = {field: getattr(made, field) for field in given} | {field: getattr(OPEN, field) for field in gone}
    if "one_time" in fresh:
        fresh["taken"] = False
    return check_times(msgspec.structs.replace(before, **fresh))


def _hashed(asked: Wish, before: str) -> str:
    if isinstance(asked.password, UnsetType):
        return ""
    same = bool(before) and passwords.matches(asked.password, before)
    return before if same else passwords.hash_password(asked.password)


def _take(session: Session, now: float, share_id: int, one_time: str) -> Change | None:
    share = ShareRows(session).get(share_id)
    found = None if share is None or share.state in ENDED else readable(share.policy)
    if share is None or found is None or found.taken or not one_time or found.one_time != one_time:
        return None
    return change_policy(session, RELAY, now, share, msgspec.structs.replace(found, taken=True))
