"""Public keys: registering, listing and removing them, and telling who holds one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from doorstep_relay.control.actors import OPERATOR, Actor
from doorstep_relay.control.issuing import Wish, check_lifetime, check_reach
from doorstep_relay.domain.claims import owns
from doorstep_relay.domain.patterns import parse_patterns
from doorstep_relay.domain.public_keys import PublicKey, parse_key
from doorstep_relay.domain.scopes import Role, Scope
from doorstep_relay.errors import BadToken, Banned, KeyTaken, NoSuchAccount, NoSuchKey
from doorstep_relay.store import audit
from doorstep_relay.store.accounts import AccountRows
from doorstep_relay.store.audit import Change, Entry
from doorstep_relay.store.database import Database
from doorstep_relay.store.models import Account, SshKey
from doorstep_relay.store.ssh_keys import SshKeyRows

REMOVED: Final = "key.remove"
_USE_NOTED_EVERY: Final = 60.0  # seconds; "last used" is for people
_SCOPES: Final = frozenset({Scope.share})
"""What a key may do: SSH opens shares, everything else is the API's."""


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """A public key as it may be shown. Times are unix seconds."""

    id: int
    account: str
    fingerprint: str
    algorithm: str
    label: str
    names: str
    """Patterns, with blanks between; empty for any name."""
    created_at: float
    created_by: str
    expires_at: float | None
    last_used_at: float | None


class Keys:
    """The service over the public keys of one database. `clock` gives unix seconds."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    # -- registering and removing ------------------------------------------------------------------

    async def add(
        self,
        account: str,
        line: str,
        *,
        by: Actor = OPERATOR,
        label: str | None = None,
        names: tuple[str, ...] = (),
        expires_in: float | None = None,
    ) -> KeyFacts:
        """Register the key in a line of a .pub file, labelled with its comment unless something else is said.

        Raises `BadKey`, `KeyTaken`, `NoSuchAccount`, `TooBroad`, and `ConfigError` for a label, patterns or a
        lifetime that none can have.
        """
        now, key = self._clock(), parse_key(line)
        wish = Wish(
            scopes=_SCOPES,
            names=names,
            label=_label(key, label),
            expires_at=None if expires_in is None else now + check_lifetime(expires_in),
        )
        check_reach(by, wish)
        return await self._database.write(lambda session: _add(session, now, by, account, key, wish))

    async def remove(self, fingerprint: str, *, by: Actor = OPERATOR) -> Change:
        """Forget a key that is the actor's to manage; its sessions end. Raises `NoSuchKey`."""
        now = self._clock()

        def work(session: Session) -> Change:
            key, account = _own(session, by, fingerprint)
            entry = _note(by, now, REMOVED, key, account)
            SshKeyRows(session).remove(key)
            return audit.record(session, entry)[0]

        return await self._database.write(work)

    # -- to look at --------------------------------------------------------------------------------

    async def list(
        self, *, account: str | None = None, after: int = 0, limit: int | None = None
    ) -> Sequence[KeyFacts]:
        """Keys, oldest first: every one, or an account's. Raises `NoSuchAccount`."""

        def work(session: Session) -> Sequence[tuple[SshKey, Account]]:
            owner = None if account is None else _account(session, account)
            return SshKeyRows(session).page(account_id=owner.id if owner else None, after=after, limit=limit)

        return [_facts(*row) for row in await self._database.read(work)]

    async def any_usable(self) -> bool:
        """Whether somebody could come in with a key."""
        now = self._clock()
        return await self._database.read(lambda session: SshKeyRows(session).any_usable(now))

    async def any_of(self, account: str) -> bool:
        """Whether the account of this name has a key."""
        return await self._database.read(lambda session: SshKeyRows(session).has_any(account))

    # -- who holds one -----------------------------------------------------------------------------

    async def holder(self, fingerprint: str) -> Actor:
        """Whose key it is. Raises `BadToken` for one that opens nothing, and `Banned`."""
        return await self._checked(lambda rows: rows.by_fingerprint(fingerprint))

    async def holder_by_id(self, key_id: int) -> Actor:
        """Who holds the key with this id, as things are now. Raises as `holder`."""
        return await self._checked(lambda rows: rows.by_id(key_id))

    async def note_use(self, key_id: int) -> None:
        """Write down that the key was used, to the minute."""
        now = self._clock()

        def work(session: Session) -> None:
            rows = SshKeyRows(session)
            found = rows.by_id(key_id)
            if found is not None and now - (found[0].last_used_at or 0.0) >= _USE_NOTED_EVERY:
                rows.touch(key_id, now)

        await self._database.write(work)

    async def _checked(self, find: Callable[[SshKeyRows], tuple[SshKey, Account] | None]) -> Actor:
        now = self._clock()
        found = await self._database.read(lambda session: find(SshKeyRows(session)))
        if found is None or (found[0].expires_at or now + 1) <= now:
            raise BadToken
        if found[1].banned_at is not None:
            raise Banned(found[1].ban_reason)
        return _actor(*found)


def _label(key: PublicKey, asked: str | None) -> str:
    """The key's comment is what its owner calls it; of a strange one what can be shown."""
    if asked is not None:
        return asked
    return "".join(sign for sign in key.comment if sign.isprintable())[:100]


def _add(session: Session, now: float, by: Actor, name: str, key: PublicKey, wish: Wish) -> KeyFacts:
    account, rows = _account(session, name), SshKeyRows(session)
    if not by.may(Scope.admin) and not owns(by.account_id, account.id):
        raise NoSuchAccount(name)
    if rows.by_fingerprint(key.fingerprint) is not None:
        raise KeyTaken
    made = rows.add(
        SshKey(
            account_id=account.id,
            fingerprint=key.fingerprint,
            algorithm=key.algorithm,
            label=wish.label,
            names=" ".join(wish.names),
            created_at=now,
            created_by=by.label,
            expires_at=wish.expires_at,
        )
    )
    audit.record(session, _note(by, now, "key.add", made, account))
    return _facts(made, account)


def _account(session: Session, name: str) -> Account:
    found = AccountRows(session).by_name(name)
    if found is None:
        raise NoSuchAccount(name)
    return found


def _own(session: Session, by: Actor, fingerprint: str) -> tuple[SshKey, Account]:
    """The key, if it is the actor's to change: its account's, or any for an admin."""
    found = SshKeyRows(session).by_fingerprint(fingerprint)
    mine = found is not None and by.may(Scope.own) and owns(by.account_id, found[0].account_id)
    if found is None or not (by.may(Scope.admin) or mine):
        raise NoSuchKey(fingerprint)
    return found


def _actor(key: SshKey, account: Account) -> Actor:
    return Actor(
        account_id=account.id,
        account_name=account.name,
        token_expires_at=key.expires_at,
        scopes=_SCOPES,
        names=parse_patterns(key.names),
        role=Role(account.role),
        ssh_key_id=key.id,
    )


def _facts(key: SshKey, account: Account) -> KeyFacts:
    return KeyFacts(
        id=key.id,
        account=account.name,
        fingerprint=key.fingerprint,
        algorithm=key.algorithm,
        label=key.label,
        names=key.names,
        created_at=key.created_at,
        created_by=key.created_by,
        expires_at=key.expires_at,
        last_used_at=key.last_used_at,
    )


def _note(by: Actor, now: float, action: str, key: SshKey, account: Account) -> Entry:
    """The audit event of something that happened to a key."""
    return Entry(
        at=now,
        actor=by.label,
        action=action,
        subject=account.name,
        account_id=account.id,
        detail={"key": key.fingerprint, "id": key.id},
    )
