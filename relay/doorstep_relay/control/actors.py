"""Who asks for something: an account, by one of its tokens; the operator; the relay itself; anybody.

The operator is whoever can run commands on the relay's data; an admin is an account that may do as much
over the API.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from doorstep_relay.domain.claims import owns
from doorstep_relay.domain.scopes import EVERY, USUAL, Role, Scope


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks, as the audit trail will name them.

    `account_id` and `token_id` are `None` for the operator, for the relay, and for clients of an open relay.
    A session has to end when its token does: `token_expires_at` (unix seconds, `None` for never).
    """

    account_id: int | None
    account_name: str
    token_id: int | None = None
    token_expires_at: float | None = None
    is_operator: bool = False
    scopes: frozenset[Scope] = USUAL
    """What it may do: its token's scopes, as far as its account's role allows them."""
    names: tuple[str, ...] = ()
    """Patterns of the names that it may open; none for any."""
    token_key: str = ""
    """The token's public id."""
    role: Role = Role.member
    ssh_key_id: int | None = None
    """The public key that was shown in place of a token."""

    @property
    def credential(self) -> tuple[str, int] | None:
        """By what it came in, and which one; None for who needs nothing."""
        if self.ssh_key_id is not None:
            return "key", self.ssh_key_id
        return None if self.token_id is None else ("token", self.token_id)

    def may(self, scope: Scope) -> bool:
        """Whether it may do this; an admin may whatever an owner may."""
        return self.is_operator or scope in self.scopes

    @property
    def label(self) -> str:
        """How the audit trail names the actor. Only an account's has the prefix."""
        return self.account_name if self.account_id is None else f"account:{self.account_name}"

    def may_end(self, owner_id: int | None) -> bool:
        """Whether a share of this owner is the actor's to end: its own, or any for an admin."""
        if self.may(Scope.admin):
            return True
        return self.may(Scope.own) and owns(self.account_id, owner_id)


ANONYMOUS: Final = Actor(None, "anonymous")
"""Every client of a relay that was started with --open."""

OPERATOR: Final = Actor(None, "operator", is_operator=True, scopes=EVERY)
"""Whoever can run commands on the relay's data."""

RELAY: Final = Actor(None, "relay")
"""The relay itself: deadlines, lost connections."""
