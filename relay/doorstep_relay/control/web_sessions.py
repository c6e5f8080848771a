"""Somebody signed in to the relay's own pages: by invitation, by token, or through OpenID Connect.

A session may no more than what it was begun with: a token that is narrowed to some names opens none, and
the session of one that ends does so with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.orm import Session

from doorstep_relay.control.actors import Actor
from doorstep_relay.control.invitations import use
from doorstep_relay.domain.credentials import hash_secret, new_secret
from doorstep_relay.domain.scopes import USUAL, Role, Scope, effective, parse_scopes, scopes_text
from doorstep_relay.errors import BadToken, Banned, Forbidden, NameForbidden
from doorstep_relay.store import audit
from doorstep_relay.store.audit import Entry
from doorstep_relay.store.database import Database
from doorstep_relay.store.models import Account, Token, WebSession
from doorstep_relay.store.sign_ins import WebSessionRows

LIFETIME: Final = 12 * 3600.0


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that has just begun. `secret` is its cookie's value."""

    actor: Actor
    secret: str
    lasts: float
    """Seconds."""

    def __repr__(self) -> str:
        return f"SignedIn({self.actor!r}, secret=…)"


class WebSessions:
    """The service over the web sessions of one database. `clock` gives unix seconds."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    async def by_token(self, holder: Actor) -> SignedIn:
        """Sign in whoever showed a token. Raises `Forbidden` and `NameForbidden` for one that is narrowed."""
        if not holder.may(Scope.own):
            raise Forbidden(Scope.own)
        if holder.names:
            raise NameForbidden(holder.names)
        return await self._begin(
            lambda session: (_account(session, holder), holder.scopes),
            token_id=holder.token_id,
            token_expires_at=holder.token_expires_at,
        )

    async def by_invitation(self, code: str) -> SignedIn:
        """Sign in whoever has an invitation, which is used by that. Raises `BadCode` and `Banned`."""
        now = self._clock()

        def find(session: Session) -> tuple[Account, frozenset[Scope]]:
            row, account = use(session, now, code)
            return account, parse_scopes(row.scopes)

        return await self._begin(find)

    async def by_identity(self, find: Callable[[Session], Account]) -> SignedIn:
        """Sign in whoever an identity provider vouched for. Raises `Banned` and what `find` does."""
        return await self._begin(lambda session: (find(session), USUAL | {Scope.admin}))

    async def who(self, secret: str) -> Actor | None:
        """Whose session this is, as things are now; None when there is none."""
        now = self._clock()
        row = await self._database.read(
            lambda session: WebSessionRows(session).usable(hash_secret(secret), now)
        )
        if row is None or row[1].banned_at is not None:
            return None
        return _actor(row[1], parse_scopes(row[0].scopes), None, row[0].expires_at)

    async def end(self, secret: str) -> None:
        """Sign out."""
        now = self._clock()

        def work(session: Session) -> None:
            found = WebSessionRows(session).usable(hash_secret(secret), now)
            if found is not None:
                found[0].revoked_at = now
                session.flush()
                audit.record(session, _note(now, "signin.end", found[1]))

        await self._database.write(work)

    async def _begin(
        self,
        find: Callable[[Session], tuple[Account, frozenset[Scope]]],
        token_id: int | None = None,
        token_expires_at: float | None = None,
    ) -> SignedIn:
        now, secret = self._clock(), new_secret("dsw")
        expires_at = min(now + LIFETIME, token_expires_at or now + LIFETIME)

        def work(session: Session) -> SignedIn:
            WebSessionRows(session).forget(now - LIFETIME)
            account, scopes = find(session)
            if account.banned_at is not None:
                raise Banned(account.ban_reason)
            row = WebSession(
                secret_hash=hash_secret(secret),
                account_id=account.id,
                token_id=token_id,
                scopes=scopes_text(scopes),
                created_at=now,
                expires_at=expires_at,
            )
            session.add(row)
            session.flush()
            audit.record(session, _note(now, "signin.start", account, token_id=token_id))
            return SignedIn(_actor(account, scopes, token_id, expires_at), secret, expires_at - now)

        return await self._database.write(work)


def token_end(session: Session, secret: str, now: float) -> float | None:
    """When the token ends by which somebody signed in; None for never, or when there was none."""
    found = WebSessionRows(session).usable(hash_secret(secret), now)
    token = session.get(Token, found[0].token_id) if found and found[0].token_id else None
    return token.expires_at if token else None


def _account(session: Session, holder: Actor) -> Account:
    account = session.get(Account, holder.account_id)
    if account is None:
        raise BadToken
    return account


def _actor(
    account: Account, scopes: frozenset[Scope], token_id: int | None, expires_at: float | None
) -> Actor:
    role = Role(account.role or Role.member)
    return Actor(account.id, account.name, token_id, expires_at, scopes=effective(scopes, role), role=role)


def _note(now: float, action: str, account: Account, **detail: Any) -> Entry:
    return Entry(
        at=now,
        actor=Actor(account.id, account.name).label,
        action=action,
        subject=account.name,
        account_id=account.id,
        detail={key: value for key, value in detail.items() if value is not None},
    )
