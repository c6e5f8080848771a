"""What an account has, tokens and keys: whose they are, and the fields that all of them have."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Query
from pydantic import Field

from doorstep_relay.control.actors import Actor
from doorstep_relay.control.api.problems import WORD
from doorstep_relay.control.issuing import ACCOUNT_NAME, LONGEST_LABEL
from doorstep_relay.domain.patterns import PATTERN
from doorstep_relay.domain.scopes import Scope
from doorstep_relay.errors import NoSuchAccount

LONGEST_LIFE: Final = 10 * 365 * 86400.0

AccountName = Annotated[str, Field(pattern=ACCOUNT_NAME, description="An account's name.")]
Names = Annotated[
    list[Annotated[str, Field(pattern=PATTERN, max_length=48)]],
    Field(max_length=10, description="Patterns of the names that it may open, like `ci-*`; none for any."),
]
Label = Annotated[
    str,
    Field(max_length=LONGEST_LABEL, pattern=r"^[ -~]*$", description="What it is for, in your own words."),
]
Lifetime = Annotated[
    float | None, Field(gt=0, le=LONGEST_LIFE, description="Seconds that it is valid; null until revoked.")
]
AccountQuery = Annotated[
    str | None, Query(pattern=WORD, description="Whose; for admins. Without it an admin sees all.")
]


def whose(caller: Actor, account: str | None) -> str | None:
    """The account whose things are meant; None for everybody's, which an admin sees.

    Raises `NoSuchAccount` for another account than a member's own: as if it were not there.
    """
    if caller.may(Scope.admin):
        return account
    if account not in {None, caller.account_name}:
        raise NoSuchAccount(account or "")
    return caller.account_name
