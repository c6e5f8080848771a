"""Tokens: making, narrowing, listing and revoking them, and telling who holds one."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy.orm import Session

from doorstep_relay.control.actors import OPERATOR, Actor
from doorstep_relay.control.issuing import (
    NewToken,
    TokenFacts,
    Wish,
    actor_of,
    check_account,
    check_lifetime,
    check_reach,
    facts_of,
    issue,
    note,
)
from doorstep_relay.domain.claims import owns
from doorstep_relay.domain.credentials import TokenParts, hash_secret, parse_token, token_key
from doorstep_relay.domain.patterns import parse_patterns, within
from doorstep_relay.domain.scopes import USUAL, Scope, parse_scopes, scopes_text
from doorstep_relay.errors import BadToken, Banned, NoSuchAccount, NoSuchToken, NotFoundError, TooBroad
from doorstep_relay.store import audit
from doorstep_relay.store.accounts import AccountRows
from doorstep_relay.store.audit import Change
from doorstep_relay.store.database import Database
from doorstep_relay.store.models import Account, Token
from doorstep_relay.store.tokens import TokenRows

_USE_NOTED_EVERY: Final = 60.0  # seconds; "last used" is for people, and not worth a write a request
_KNOWN_FOR: Final = 5.0
_MOST_KNOWN: Final = 4096
_MOST_NOTED: Final = 4096
_NO_HASH: Final = hash_secret("")


class Tokens:
    """The service over the tokens of one database. `clock` gives unix seconds."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock
        self._noted: dict[int, float] = {}
        self._known: dict[TokenParts, tuple[Actor, float]] = {}
        self.generation = 0
        """Counts the changes of rights that this process has heard of."""

    # -- making and ending -------------------------------------------------------------------------

    async def create(
        self,
        account_name: str,
        *,
        by: Actor = OPERATOR,
        expires_in: float | None = None,
        scopes: frozenset[Scope] = USUAL,
        names: tuple[str, ...] = (),
        label: str = "",
    ) -> NewToken:
        """A token for the account; the operator's also makes the account. Nobody gives more than they have.

        Raises `ConfigError`, `NoSuchAccount` and `TooBroad`.
        """
        check_account(account_name)
        now = self._clock()
        expires_at = None if expires_in is None else now + check_lifetime(expires_in)
        wish = Wish(scopes=scopes, names=names, label=label, expires_at=expires_at)
        check_reach(by, wish)
        return await self._database.write(lambda session: _create(session, now, by, account_name, wish))

    async def narrow(
        self,
        key: str,
        *,
        by: Actor,
        scopes: frozenset[Scope] | None = None,
        names: tuple[str, ...] | None = None,
        label: str | None = None,
    ) -> tuple[TokenFacts, Change]:
        """Change what a token may do; only an admin gives it more. Raises `NoSuchToken` and `TooBroad`."""
        now = self._clock()

        def work(session: Session) -> tuple[TokenFacts, Change]:
            token, account = _own(session, by, key)
            wish = Wish(
                scopes=parse_scopes(token.scopes) if scopes is None else scopes,
                names=parse_patterns(token.names) if names is None else names,
                label=token.label if label is None else label,
            )
            if not by.may(Scope.admin):
                _check_narrower(token, wish)
            token.scopes, token.names = scopes_text(wish.scopes), " ".join(wish.names)
            token.label = wish.label
            session.flush()
            entry = note(by, now, "token.change", token, account, scopes=token.scopes, names=token.names)
            return facts_of(token, account), audit.record(session, entry)[0]

        return await self._database.write(work)

    async def revoke(self, id_or_account: str, *, by: Actor = OPERATOR) -> Sequence[Change]:
        """Revoke the token with this id, or every usable one of the account. Raises `NotFoundError`."""
        now, key = self._clock(), token_key(id_or_account)
        return await self._database.write(lambda session: _revoke(session, now, by, key))

    async def revoke_one(self, key: str, *, by: Actor) -> Change:
        """Revoke a token that is the actor's: the one it shows, or one it may manage.

        Raises `NoSuchToken`, also for one that is revoked.
        """
        now = self._clock()

        def work(session: Session) -> Change:
            token, account = _own(session, by, key)
            token.revoked_at = now
            session.flush()
            return audit.record(session, note(by, now, "token.revoke", token, account))[0]

        return await self._database.write(work)

    # -- to look at --------------------------------------------------------------------------------

    async def list(
        self, *, account: str | None = None, after: int = 0, limit: int | None = None
    ) -> Sequence[TokenFacts]:
        """Tokens, oldest first: every one, or an account's. Raises `NoSuchAccount`."""

        def work(session: Session) -> Sequence[tuple[Token, Account]]:
            owner = None if account is None else AccountRows(session).by_name(account)
            if account is not None and owner is None:
                raise NoSuchAccount(account)
            return TokenRows(session).page(account_id=owner.id if owner else None, after=after, limit=limit)

        return [facts_of(*row) for row in await self._database.read(work)]

    async def any_usable(self) -> bool:
        """Whether any client could authenticate at all."""
        now = self._clock()
        return await self._database.read(lambda session: TokenRows(session).any_usable(now))

    # -- who holds one -----------------------------------------------------------------------------

    async def authenticate(self, raw: str) -> Actor:
        """Whose token this is. Raises `BadToken`, the same for whatever is wrong with it, and `Banned`."""
        now = self._clock()
        shown = parse_token(raw)
        if shown is None:
            raise BadToken
        found = await self._database.read(lambda session: TokenRows(session).by_key(shown.key))
        # An unknown id is compared as well, so that it takes as long as a wrong secret.
        matches = hmac.compare_digest(found[0].secret_hash if found else _NO_HASH, shown.secret_hash)
        if found is None or not matches:
            raise BadToken
        actor = _checked_holder(found, now)
        await self._note_use(found[0], now)
        return actor

    async def recognise(self, raw: str) -> Actor:
        """As `authenticate`, but what it said a moment ago is still believed.

        For sessions alone: theirs end when the trail of changes tells that the token is revoked, also when
        they began with it since. So a thousand clients who come back at once need one look, not a thousand.
        """
        now, shown = self._clock(), parse_token(raw)
        known = self._known.get(shown) if shown else None
        if known is not None and now < known[1]:
            return known[0]
        seen = self.generation
        actor = await self.authenticate(raw)
        if shown is not None and seen == self.generation:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            until = now + _KNOWN_FOR
            self._known[shown] = actor, min(until, actor.token_expires_at or until)
        return actor

    async def holder(self, token_id: int) -> Actor:
        """Who holds the token with this id, as things are now. Raises `BadToken` and `Banned`."""
        now = self._clock()
        found = await self._database.read(lambda session: TokenRows(session).by_id(token_id))
        if found is None:
            raise BadToken
        return _checked_holder(found, now)

    def rights_changed(self) -> None:
        """Believe nothing of what was said before: somebody's rights have changed."""
        self.generation += 1
        self._known.clear()

    async def _note_use(self, token: Token, now: float) -> None:
        """Write down that the token was used, unless that was done a moment ago.

        Remembered here as well as in the row: when a thousand clients come back at once, one writes.
        """
        noted = max(token.last_used_at or 0.0, self._noted.get(token.id, 0.0))
        if now - noted >= _USE_NOTED_EVERY:
            if len(self._noted) >= _MOST_NOTED:  # the rows say it too, a little later
                self._noted.clear()
            self._noted[token.id] = now
            await self._database.write(lambda session: TokenRows(session).touch(token.id, now))


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


def _checked_holder(found: tuple[Token, Account], now: float) -> Actor:
    token, account = found
    if not facts_of(token, account).usable(now):
        raise BadToken
    if account.banned_at is not None:
        raise Banned(account.ban_reason)
    return actor_of(token, account)


def _create(session: Session, now: float, by: Actor, account_name: str, wish: Wish) -> NewToken:
    rows = AccountRows(session)
    account = rows.by_name(account_name)
    entries = []
    if account is None:
        if not by.is_operator:
            raise NoSuchAccount(account_name)
        account = rows.add(Account(name=account_name, created_at=now))
        entries.append(_account_made(now, by, account))
    made, entry = issue(session, now, by, account, wish)
    audit.record(session, *entries, entry)
    return made


def _account_made(now: float, by: Actor, account: Account) -> audit.Entry:
    return audit.Entry(
        at=now, actor=by.label, action="account.create", subject=account.name, account_id=account.id
    )


def _check_narrower(token: Token, wish: Wish) -> None:
    if not wish.scopes <= parse_scopes(token.scopes):
        raise TooBroad("a scope")
    if not within(wish.names, parse_patterns(token.names)):
        raise TooBroad("names")


def _own(session: Session, by: Actor, key: str) -> tuple[Token, Account]:
    """The token, if it is usable and the actor's to change: its own, its account's, or any for an admin."""
    found = TokenRows(session).by_key(token_key(key))
    if found is None or found[0].revoked_at is not None:
        raise NoSuchToken(key[:16])
    token, account = found
    own = by.may(Scope.own) and owns(by.account_id, account.id)
    if not (by.may(Scope.admin) or own or by.token_id == token.id):
        raise NoSuchToken(key[:16])
    return token, account


def _revoke(session: Session, now: float, by: Actor, key: str) -> Sequence[Change]:
    rows = TokenRows(session)
    one = rows.by_key(key)
    usable = [one] if one and one[0].revoked_at is None else rows.usable_of(key, now)
    if not usable:
        raise NotFoundError(
            f"no usable token has the id {key!r}, nor an account of that name; "
            "`doorstep-relay token list` shows them"
        )
    for token, _ in usable:
        token.revoked_at = now
    session.flush()
    return audit.record(session, *(note(by, now, "token.revoke", *row) for row in usable))
