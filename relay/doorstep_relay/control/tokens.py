"""Tokens: making, listing and revoking them, and telling who holds one."""

from __future__ import annotations

import hmac
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from doorstep_relay.control.actors import ANONYMOUS, OPERATOR, RELAY, Actor
from doorstep_relay.domain.credentials import TokenParts, hash_secret, new_token, parse_token, token_key
from doorstep_relay.errors import BadToken, ConfigError, NotFoundError
from doorstep_relay.store import audit
from doorstep_relay.store.accounts import AccountRows
from doorstep_relay.store.audit import Change, Entry
from doorstep_relay.store.database import Database
from doorstep_relay.store.models import Account, Token

__all__ = ["ANONYMOUS", "OPERATOR", "RELAY", "Actor", "NewToken", "TokenFacts", "Tokens", "bearer"]

_ACCOUNT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}")
_USE_NOTED_EVERY: Final = 60.0  # seconds; "last used" is for people, and not worth a write a request
_KNOWN_FOR: Final = 5.0
_MOST_KNOWN: Final = 4096
_NO_HASH: Final = hash_secret("")


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """A token as it may be shown: everything but its secret. Times are unix seconds."""

    id: int
    key: str
    """Its public id, by which `revoke` knows it."""
    account: str
    created_at: float
    expires_at: float | None
    revoked_at: float | None
    last_used_at: float | None

    def usable(self, now: float) -> bool:
        """Whether it opens anything."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that was just made. `raw` exists here and nowhere else."""

    facts: TokenFacts
    actor: Actor
    raw: str

    def __repr__(self) -> str:
        return f"NewToken({self.facts!r}, raw=…)"


class Tokens:
    """The service over the tokens of one database. `clock` gives unix seconds."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock
        self._noted: dict[int, float] = {}
        self._known: dict[TokenParts, tuple[Actor, float]] = {}

    async def create(self, account_name: str, *, expires_in: float | None = None) -> NewToken:
        """A token for the account, which is made if there is none of that name. Raises `ConfigError`."""
        _check_account(account_name)
        now = self._clock()
        expires_at = None if expires_in is None else now + _checked(expires_in)
        made = new_token()
        token = Token(key=made.key, secret_hash=made.secret_hash, created_at=now, expires_at=expires_at)
        await self._database.write(lambda session: _add(session, now, token, account_name))
        return NewToken(_facts(token, account_name), _actor(token, account_name), made.raw)

    async def list(self) -> Sequence[TokenFacts]:
        """Every token, oldest first."""
        rows = await self._database.read(lambda session: AccountRows(session).tokens())
        return [_facts(*row) for row in rows]

    async def revoke(self, id_or_account: str) -> Sequence[Change]:
        """Revoke the token with this id, or every usable one of the account. Raises `NotFoundError`."""
        now, key = self._clock(), token_key(id_or_account)
        return await self._database.write(lambda session: _revoke(session, now, key))

    async def authenticate(self, raw: str) -> Actor:
        """Whose token this is. Raises `BadToken`, the same for whatever is wrong with it."""
        now = self._clock()
        shown = parse_token(raw)
        if shown is None:
            raise BadToken
        found = await self._database.read(lambda session: AccountRows(session).token(shown.key))
        # An unknown id is compared as well, so that it takes as long as a wrong secret.
        matches = hmac.compare_digest(found[0].secret_hash if found else _NO_HASH, shown.secret_hash)
        if found is None or not matches or not _facts(*found).usable(now):
            raise BadToken
        await self._note_use(found[0], now)
        return _actor(*found)

    async def recognise(self, raw: str) -> Actor:
        """As `authenticate`, but what it said a moment ago is still believed.

        For sessions alone: theirs end when the trail of changes tells that the token is revoked, also when
        they began with it since. So a thousand clients who come back at once need one look, not a thousand.
        """
        now, shown = self._clock(), parse_token(raw)
        known = self._known.get(shown) if shown else None
        if known is not None and now < known[1]:
            return known[0]
        actor = await self.authenticate(raw)
        if shown is not None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            until = now + _KNOWN_FOR
            self._known[shown] = actor, min(until, actor.token_expires_at or until)
        return actor

    async def any_usable(self) -> bool:
        """Whether any client could authenticate at all."""
        now = self._clock()
        return await self._database.read(lambda session: AccountRows(session).any_usable(now))

    async def _note_use(self, token: Token, now: float) -> None:
        """Write down that the token was used, unless that was done a moment ago.

        Remembered here as well as in the row: when a thousand clients come back at once, one writes.
        """
        noted = max(token.last_used_at or 0.0, self._noted.get(token.id, 0.0))
        if now - noted >= _USE_NOTED_EVERY:
            self._noted[token.id] = now
            await self._database.write(lambda session: AccountRows(session).touch(token.id, now))


def bearer(authorization: Sequence[str]) -> str:
    """The token in the `Authorization` headers of a request. Raises `BadToken` unless there is exactly one.

    Two headers, or one of another scheme, are no credentials: whoever picks one of two may pick another
    than the component before.
    """
    if len(authorization) != 1:
        raise BadToken
    scheme, _, token = authorization[0].partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise BadToken
    return token.strip()


def _add(session: Session, now: float, token: Token, account_name: str) -> None:
    account = AccountRows(session).account(account_name)
    if account is None:
        account = Account(name=account_name, created_at=now)
        session.add(account)
        session.flush()
    token.account_id = account.id
    session.add(token)
    session.flush()
    audit.record(session, _note(now, "token.create", token, account_name))


def _revoke(session: Session, now: float, key: str) -> Sequence[Change]:
    rows = AccountRows(session)
    one = rows.token(key)
    usable = [one] if one and one[0].revoked_at is None else rows.usable_of(key, now)
    if not usable:
        raise NotFoundError(
            f"no usable token has the id {key!r}, nor an account of that name; "
            "`doorstep-relay token list` shows them"
        )
    for token, _ in usable:
        token.revoked_at = now
    session.flush()
    return audit.record(session, *(_note(now, "token.revoke", *row) for row in usable))


def _check_account(name: str) -> None:
    if not _ACCOUNT.fullmatch(name):
        raise ConfigError(
            f"{name!r} cannot be an account's name: use up to 64 letters, digits and . _ @ + -, "
            "with a letter or digit first"
        )


def _checked(expires_in: float) -> float:
    if not math.isfinite(expires_in) or expires_in <= 0:
        raise ConfigError(f"a token cannot live for {expires_in} seconds; give more than 0")
    return expires_in


def _facts(token: Token, account: str) -> TokenFacts:
    return TokenFacts(
        id=token.id,
        key=token.key,
        account=account,
        created_at=token.created_at,
        expires_at=token.expires_at,
        revoked_at=token.revoked_at,
        last_used_at=token.last_used_at,
    )


def _actor(token: Token, account: str) -> Actor:
    return Actor(token.account_id, account, token.id, token.expires_at)


def _note(now: float, action: str, token: Token, account: str) -> Entry:
    return Entry(
        at=now,
        actor=OPERATOR.label,
        action=action,
        subject=account,
        token_id=token.id,
        account_id=token.account_id,
        detail={"key": token.key},
    )
