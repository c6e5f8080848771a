"""Who may have a name: one decision, from the newest share that ever had it.

- A name that nobody has, or whose time of being kept is over, is anybody's.
- An active share's name is its owner's, who may take it over from another machine at once.
- A revoked name is nobody's, its owner included, until the operator releases it.
- A name whose share ended is kept for its owner for a while, so that nobody can wait for a link
  to end and then receive its visitors.
- A name that the operator denied is nobody's. One that is reserved for an account is that account's alone,
  from the moment on when nobody else holds it.

A share of an open relay has no owner (`None`). "No owner" is not an account: two of them are
never the same one, so such a share can only be resumed with its lease.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from doorstep_relay.domain.lifecycle import ACTIVE, State
from doorstep_relay.errors import NameRefused, NameRevoked, NameTaken


@dataclass(frozen=True, slots=True)
class Holder:
    """The newest share of a name, as far as it matters here."""

    state: State
    owner_id: int | None
    ended_at: float | None = None
    released: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What is ruled about a name, whoever has it."""

    is_denied: bool = False
    reason: str = ""
    """Why it is denied, for people."""
    kept_for: int | None = None
    """The only account that may open it."""


UNRULED: Final = Ruling()


class Claim(Enum):
    """What becomes of a request for a name."""

    fresh = "a new share"
    takeover = "the next epoch of the share that is there"


def owns(account_id: int | None, owner_id: int | None) -> bool:
    """Whether the account is the owner. Nobody (`None`) owns nothing, also not what nobody owns."""
    return account_id is not None and account_id == owner_id


def claim(
    name: str,
    holder: Holder | None,
    account_id: int | None,
    now: float,
    hold: float,
    ruling: Ruling = UNRULED,
) -> Claim:
    """What a request for `name` by the account gets.

    `hold` is how many seconds an ended share's name is kept for its owner.
    Raises `NameRefused`, `NameTaken` or `NameRevoked`.
    """
    if ruling.is_denied:
        raise NameRefused(_denied(name, ruling.reason))
    if holder is not None and not holder.released:
        if holder.state in ACTIVE:
            if owns(account_id, holder.owner_id):
                return Claim.takeover
            raise NameTaken(name)
        if holder.state is State.revoked:
            raise NameRevoked(name, holder.reason)
    if ruling.kept_for is not None:
        if not owns(account_id, ruling.kept_for):
            raise NameTaken(name)
    elif holder is not None and _is_kept(holder, now, hold) and not owns(account_id, holder.owner_id):
        raise NameTaken(name)
    return Claim.fresh


def _denied(name: str, reason: str) -> str:
    why = f" ({reason})" if reason else ""
    return f"the name {name!r} is not given out here{why}; choose another, or none for a random one"


def _is_kept(holder: Holder, now: float, hold: float) -> bool:
    if holder.released or holder.owner_id is None or holder.ended_at is None:
        return False
    return now < holder.ended_at + hold
