"""Rows of public keys, each with its account."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, exists, or_, select, update
from sqlalchemy.orm import Session

from doorstep_relay.store.models import Account, SshKey


class SshKeyRows:
    """Public keys, within one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def by_fingerprint(self, fingerprint: str) -> tuple[SshKey, Account] | None:
        """The key with this fingerprint, as OpenSSH writes it."""
        return self._first(_with_account().where(SshKey.fingerprint == fingerprint))

    def by_id(self, key_id: int) -> tuple[SshKey, Account] | None:
        """The key with this id."""
        return self._first(_with_account().where(SshKey.id == key_id))

    def page(
        self, *, account_id: int | None = None, after: int = 0, limit: int | None = None
    ) -> Sequence[tuple[SshKey, Account]]:
        """Keys, oldest first: everybody's, or one account's."""
        query = _with_account().where(SshKey.id > after).order_by(SshKey.id).limit(limit)
        if account_id is not None:
            query = query.where(SshKey.account_id == account_id)
        return [(row[0], row[1]) for row in self._session.execute(query)]

    def any_usable(self, now: float) -> bool:
        """Whether some key opens something."""
        return bool(self._session.scalar(select(exists().where(_usable(now)))))

    def has_any(self, account: str) -> bool:
        """Whether the account of this name has a key."""
        found = (
            select(SshKey.id).join(Account, Account.id == SshKey.account_id).where(Account.name == account)
        )
        return bool(self._session.scalar(select(found.exists())))

    def touch(self, key_id: int, now: float) -> None:
        """The key was used just now."""
        self._session.execute(update(SshKey).where(SshKey.id == key_id).values(last_used_at=now))

    def add(self, key: SshKey) -> SshKey:
        """A new key; it has its id now."""
        self._session.add(key)
        self._session.flush()
        return key

    def remove(self, key: SshKey) -> None:
        """The key opens nothing any more."""
        self._session.delete(key)
        self._session.flush()

    def _first(self, query: Select[SshKey, Account]) -> tuple[SshKey, Account] | None:
        row = self._session.execute(query).first()
        return (row[0], row[1]) if row else None


def _with_account() -> Select[SshKey, Account]:
    return select(SshKey, Account).join(Account, Account.id == SshKey.account_id)


def _usable(now: float) -> ColumnElement[bool]:
    return or_(SshKey.expires_at.is_(None), SshKey.expires_at > now)
