"""What a token may do, and what a role allows at most.

share     open shares (sessions)
own       see and manage what is its account's own
admin     see and manage everybody's: for accounts whose role is admin
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What an account is on this relay."""

    member = "member"
    admin = "admin"


class Scope(StrEnum):
    """One thing that a token may do."""

    share = "share"
    own = "own"
    admin = "admin"


USUAL: Final = frozenset({Scope.share, Scope.own})
"""What a token may do when nobody says."""
EVERY: Final = frozenset(Scope)


def parse_scopes(text: str) -> frozenset[Scope]:
    """The scopes in `text`, with blanks or commas between. Raises `ValueError` that names the wrong one."""
    words = text.replace(",", " ").split()
    for word in words:
        if word not in {scope.value for scope in Scope}:
            raise ValueError(f"{word!r} is no scope; there are {', '.join(map(str, Scope))}")
    return frozenset(Scope(word) for word in words)


def scopes_text(scopes: frozenset[Scope]) -> str:
    """As they are stored and shown: in a fixed order, with blanks between."""
    return " ".join(str(scope) for scope in Scope if scope in scopes)


def effective(scopes: frozenset[Scope], role: Role) -> frozenset[Scope]:
    """What a token of an account of this role really may do: losing the role takes it from every token."""
    return scopes if role is Role.admin else scopes - {Scope.admin}
