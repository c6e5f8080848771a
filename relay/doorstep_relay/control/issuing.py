"""What tokens are made of: the rows, what may be shown of them, and who their holders are."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.orm import Session

from doorstep_relay.control.actors import OPERATOR, Actor
from doorstep_relay.domain import credentials
from doorstep_relay.domain.patterns import parse_patterns, within
from doorstep_relay.domain.scopes import USUAL, Role, Scope, effective, parse_scopes, scopes_text
from doorstep_relay.errors import ConfigError, TooBroad
from doorstep_relay.store.audit import Entry
from doorstep_relay.store.models import Account, Token

ACCOUNT_NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9._@+\-]{0,63}$"
_ACCOUNT: Final = re.compile(ACCOUNT_NAME[1:-1])
LONGEST_LABEL: Final = 100
LONGEST_NAMES: Final = 500


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
    label: str = ""
    scopes: str = scopes_text(USUAL)
    """With blanks between."""
    names: str = ""
    """Patterns, with blanks between; empty for any name."""
    created_by: str = OPERATOR.label

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a token is to be. Raises `ConfigError` for what none can be."""

    scopes: frozenset[Scope] = USUAL
    names: tuple[str, ...] = ()
    label: str = ""
    expires_at: float | None = None

    def __post_init__(self) -> None:
        if not self.scopes:
            raise ConfigError("a token needs a scope: share, own or admin")
        if len(" ".join(self.names)) > LONGEST_NAMES:
            raise ConfigError(f"the patterns of a token's names are {LONGEST_NAMES} signs at the most")
        if len(self.label) > LONGEST_LABEL or not self.label.isprintable():
            raise ConfigError(f"a token's label is one line of {LONGEST_LABEL} signs at the most")


def issue(session: Session, now: float, by: Actor, account: Account, wish: Wish) -> tuple[NewToken, Entry]:
    """A token for the account, and what is to be recorded in the same transaction."""
    made = credentials.new_token()
    token = Token(
        key=made.key,
        secret_hash=made.secret_hash,
        account_id=account.id,
        created_at=now,
        expires_at=wish.expires_at,
        label=wish.label,
        scopes=scopes_text(wish.scopes),
        names=" ".join(wish.names),
        created_by=by.label,
    )
    session.add(token)
    session.flush()
    entry = note(by, now, "token.create", token, account, scopes=token.scopes, names=token.names)
    return NewToken(facts_of(token, account), actor_of(token, account), made.raw), entry


def actor_of(token: Token, account: Account) -> Actor:
    """Who holds the token, with what its account's role allows of its scopes."""
    return Actor(
        account_id=account.id,
        account_name=account.name,
        token_id=token.id,
        token_expires_at=token.expires_at,
        scopes=effective(parse_scopes(token.scopes), Role(account.role)),
        names=parse_patterns(token.names),
        token_key=token.key,
        role=Role(account.role),
    )


def facts_of(token: Token, account: Account) -> TokenFacts:
    """What a row says."""
    return TokenFacts(
        id=token.id,
        key=token.key,
        account=account.name,
        created_at=token.created_at,
        expires_at=token.expires_at,
        revoked_at=token.revoked_at,
        last_used_at=token.last_used_at,
        label=token.label,
        scopes=token.scopes,
        names=token.names,
        created_by=token.created_by,
    )


def note(by: Actor, now: float, action: str, token: Token, account: Account, **detail: Any) -> Entry:
    """The audit event of something that happened to a token."""
    return Entry(
        at=now,
        actor=by.label,
        action=action,
        subject=account.name,
        token_id=token.id,
        account_id=account.id,
        detail={"key": token.key, **detail},
    )


def check_account(name: str) -> str:
    """An account's name. Raises `ConfigError` for what cannot be one."""
    if not _ACCOUNT.fullmatch(name):
        raise ConfigError(
            f"{name!r} cannot be an account's name: use up to 64 letters, digits and . _ @ + -, "
            "with a letter or digit first"
        )
    return name


def check_lifetime(expires_in: float) -> float:
    """Seconds that a token or an invitation may live. Raises `ConfigError`."""
    if not math.isfinite(expires_in) or expires_in <= 0:
        raise ConfigError(f"a token cannot live for {expires_in} seconds; give more than 0")
    return expires_in


def check_reach(by: Actor, wish: Wish) -> None:
    """Nobody gives a token or a key what their own token has not: neither scopes, nor names, nor time.

    Raises `TooBroad`.
    """
    if by.may(Scope.admin):
        return
    if not wish.scopes <= by.scopes:
        raise TooBroad(f"the scope {scopes_text(wish.scopes - by.scopes)}")
    if not within(wish.names, by.names):
        raise TooBroad("names")
    if by.token_expires_at is not None and not (wish.expires_at or float("inf")) <= by.token_expires_at:
        raise TooBroad("time")
