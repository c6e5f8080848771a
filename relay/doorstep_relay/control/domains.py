"""Host names of accounts' own: said, proven by a TXT record, shown by the edge, and looked at again daily.

A host shows a share only for as long as that is its account's: the edge checks that at each request.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from doorstep_relay.config import values
from doorstep_relay.control.actors import OPERATOR, RELAY, Actor
from doorstep_relay.control.proof import Prover, Unanswered, record_of, value_of
from doorstep_relay.domain.claims import owns
from doorstep_relay.domain.lifecycle import ACTIVE
from doorstep_relay.domain.names import lookup_form
from doorstep_relay.domain.scopes import Scope
from doorstep_relay.errors import BadDomain, NoSuchAccount, NoSuchDomain, NoSuchShare, NotProven
from doorstep_relay.store import audit
from doorstep_relay.store.accounts import AccountRows
from doorstep_relay.store.audit import Change, Entry
from doorstep_relay.store.database import Database
from doorstep_relay.store.domains import DomainRows
from doorstep_relay.store.models import Domain
from doorstep_relay.store.names import NameRows
from doorstep_relay.store.shares import ShareRows

ACTIONS: Final = frozenset({"domain.verify", "domain.lapse", "domain.remove"})
"""What changes where a host leads."""


@dataclass(frozen=True, slots=True)
class DomainFacts:
    """A host as its owner sees it. Times are unix seconds."""

    id: int
    host: str
    name: str
    account: str | None
    record: str
    """The TXT record that proves whose it is."""
    value: str
    verified_at: float | None
    created_at: float


@dataclass(frozen=True, slots=True)
class Route:
    """Where a host leads: to the share of this name, if it is this account's."""

    host: str
    name: str
    account_id: int


class Domains:
    """The service over the hosts of one database. `domain` is the relay's own."""

    def __init__(self, database: Database, clock: Callable[[], float], domain: str, prover: Prover) -> None:
        self._database = database
        self._clock = clock
        self._domain = domain
        self._prover = prover

    async def add(self, host: str, name: str, *, actor: Actor, by: Actor | None = None) -> DomainFacts:
        """Say that a host is to show the share of a name that is the actor's. Nothing changes until `verify`.

        `by` is who really asks, where somebody does it in the actor's name: the trail names that one.
        Raises `BadDomain`, and `NoSuchShare` for a name that the actor neither holds nor has reserved.
        """
        checked, now, who = self._checked(host), self._clock(), (actor, by or actor)
        return await self._database.write(lambda session: _add(session, now, who, checked, name))

    async def verify(self, host: str, *, actor: Actor, by: Actor | None = None) -> Change | None:
        """Look for the TXT record; the host shows the share from now on. None when it did before.

        `by` is as in `add`. Whoever proves it last has it. Raises `NoSuchDomain` and `NotProven`.
        """
        facts = await self.find(host, actor=actor)
        why = await self._missing(facts)
        if why:
            raise NotProven(facts.record, facts.value, why)
        now = self._clock()
        return await self._database.write(lambda session: _verify(session, now, by or actor, facts))

    async def remove(self, host: str, *, actor: Actor, by: Actor | None = None) -> Change:
        """Show nothing at the host any more; `by` is as in `add`. Raises `NoSuchDomain`."""
        now, stored = self._clock(), host.lower()
        return await self._database.write(lambda session: _remove(session, now, (actor, by or actor), stored))

    async def add_for(self, account: str, host: str, name: str) -> DomainFacts:
        """`add`, by the operator in an account's name. Raises `NoSuchAccount` too."""
        return await self.add(host, name, actor=await self.acting_for(account), by=OPERATOR)

    async def verify_for(self, account: str, host: str) -> Change | None:
        """`verify`, by the operator in an account's name. Raises `NoSuchAccount` too."""
        return await self.verify(host, actor=await self.acting_for(account), by=OPERATOR)

    async def acting_for(self, account: str) -> Actor:
        """Who does something in an account's name, beside `by`. Raises `NoSuchAccount`."""
        row = await self._database.read(lambda session: AccountRows(session).by_name(account))
        if row is None:
            raise NoSuchAccount(account)
        return Actor(row.id, row.name)

    async def look_again(self) -> Sequence[Change]:
        """Look at every host's TXT record: one that is gone proves nothing. Without an answer it stays."""
        changes: list[Change] = []
        for row in await self._database.read(lambda session: DomainRows(session).all_proven()):
            if await self._is_gone(_facts(row)):
                changes += await self._lapse(row.host)
        return changes

    async def _lapse(self, host: str) -> Sequence[Change]:
        now = self._clock()
        return await self._database.write(lambda session: _lapse(session, now, host))

    async def find(self, host: str, *, actor: Actor) -> DomainFacts:
        """One host of the actor's, or anybody's for an admin. Raises `NoSuchDomain`."""
        stored = host.lower()
        return _facts(await self._database.read(lambda session: _own(session, actor, stored)))

    async def list(
        self, *, owner: Actor | None = None, after: int = 0, limit: int = 1000
    ) -> Sequence[DomainFacts]:
        """Hosts, oldest first: everybody's, or one account's."""
        if owner is not None and owner.account_id is None:
            return []
        account_id = owner.account_id if owner else None
        rows = await self._database.read(
            lambda session: DomainRows(session).page(account_id=account_id, after=after, limit=limit)
        )
        return [_facts(*row) for row in rows]

    async def routes(self) -> Sequence[Route]:
        """Where hosts lead now."""
        rows = await self._database.read(lambda session: DomainRows(session).all_proven())
        return [Route(row.host, row.name, row.account_id) for row in rows]

    async def route(self, host: str) -> Route | None:
        """Where one host leads now."""
        row = await self._database.read(lambda session: DomainRows(session).proven(host))
        return Route(row.host, row.name, row.account_id) if row else None

    async def is_ours(self, host: str) -> bool:
        """Whether a certificate for this host makes sense.

        It does for the relay's own, for that of a share that is there or of a reserved name, and for one that
        an account has proven.
        """
        host = host.lower().removesuffix(".")
        if host == self._domain:
            return True
        name = host.removesuffix("." + self._domain)
        if name == host:
            return await self.route(host) is not None
        return await self._database.read(lambda session: _is_held(session, name))

    def _checked(self, host: str) -> str:
        try:
            checked = values.domain(host)
        except ValueError as error:
            raise BadDomain(f"{host[:253]!r} is no host name: {error}") from None
        if "." not in checked or checked.rpartition(".")[2].isdigit():
            raise BadDomain(f"{checked!r} is no host name of the DNS; give one like app.example.org")
        if checked == self._domain or checked.endswith("." + self._domain):
            raise BadDomain(f"{checked!r} is the relay's own; give a host name of yours")
        return checked

    async def _missing(self, facts: DomainFacts) -> str:
        try:
            values = await self._prover.values(facts.record)
        except Unanswered as error:
            return f"the DNS did not answer: {error}"
        if facts.value in values:
            return ""
        return "it has another value" if values else "there is none of this name"

    async def _is_gone(self, facts: DomainFacts) -> bool:
        try:
            return facts.value not in await self._prover.values(facts.record)
        except Unanswered:
            return False


def _add(session: Session, now: float, who: tuple[Actor, Actor], host: str, name: str) -> DomainFacts:
    """`who` are whose it is to be, and who says so."""
    actor, by = who
    stored = lookup_form(name)
    if actor.account_id is None or stored is None or not _may_show(session, actor, stored):
        raise NoSuchShare(name)
    row = DomainRows(session).of_account(host, actor.account_id)
    if row is None:
        row = Domain(
            host=host,
            account_id=actor.account_id,
            name=stored,
            challenge=secrets.token_urlsafe(24),
            verified_at=None,
            created_at=now,
        )
        session.add(row)
    elif row.verified_at is not None and row.name != stored:
        raise BadDomain(f"{host!r} shows {row.name!r}; remove it first")
    row.name = stored
    session.flush()
    audit.record(session, _entry(now, by, "domain.add", row))
    return _facts(row, actor.account_name)


def _may_show(session: Session, actor: Actor, name: str) -> bool:
    share = ShareRows(session).newest(name)
    if share is not None and share.state in ACTIVE:
        return owns(actor.account_id, share.owner_id)
    return owns(actor.account_id, NameRows(session).ruling(name).kept_for)


def _verify(session: Session, now: float, actor: Actor, facts: DomainFacts) -> Change | None:
    row = session.get(Domain, facts.id)
    if row is None or value_of(row.challenge) != facts.value:
        raise NoSuchDomain(facts.host)
    before = DomainRows(session).proven(facts.host)
    if before is row:
        return None
    if before is not None:
        before.verified_at = None
        session.flush()
        audit.record(session, _entry(now, RELAY, "domain.lapse", before))
    row.verified_at = now
    session.flush()
    return audit.record(session, _entry(now, actor, "domain.verify", row))[0]


def _remove(session: Session, now: float, who: tuple[Actor, Actor], host: str) -> Change:
    actor, by = who
    row = _own(session, actor, host)
    session.delete(row)
    session.flush()
    return audit.record(session, _entry(now, by, "domain.remove", row))[0]


def _lapse(session: Session, now: float, host: str) -> list[Change]:
    row = DomainRows(session).proven(host)
    if row is None:
        return []
    row.verified_at = None
    session.flush()
    return audit.record(session, _entry(now, RELAY, "domain.lapse", row))


def _own(session: Session, actor: Actor, host: str) -> Domain:
    rows = DomainRows(session)
    row = rows.of_account(host, actor.account_id)
    if row is None and actor.may(Scope.admin):
        row = rows.proven(host)
    if row is None:
        raise NoSuchDomain(host)
    return row


def _is_held(session: Session, name: str) -> bool:
    stored = lookup_form(name)
    if stored is None:
        return False
    share = ShareRows(session).look(stored)
    if share is not None and share[0].state in ACTIVE:
        return True
    return NameRows(session).reservation(stored) is not None


def _entry(now: float, actor: Actor, action: str, row: Domain) -> Entry:
    return Entry(
        at=now,
        actor=actor.label,
        action=action,
        subject=row.host[:64],
        token_id=actor.token_id,
        account_id=row.account_id,
        detail={"host": row.host, "name": row.name},
    )


def _facts(row: Domain, account: str | None = None) -> DomainFacts:
    return DomainFacts(
        id=row.id,
        host=row.host,
        name=row.name,
        account=account,
        record=record_of(row.host),
        value=value_of(row.challenge),
        verified_at=row.verified_at,
        created_at=row.created_at,
    )
