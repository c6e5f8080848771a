"""Public keys over the API: an account registers and removes its own; an admin everybody's."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from doorstep_relay.control.api.callers import OF_CALLERS, Callers, OnChange
from doorstep_relay.control.api.owned import AccountName, AccountQuery, Label, Lifetime, Names, whose
from doorstep_relay.control.api.paging import After, Limit, Next, page
from doorstep_relay.control.api.problems import LINE, ProblemRoute, refusals
from doorstep_relay.control.keys import KeyFacts, Keys
from doorstep_relay.domain.public_keys import LONGEST
from doorstep_relay.errors import (
    BadKey,
    KeyTaken,
    NoSuchAccount,
    NoSuchKey,
    TooBroad,
)

Fingerprint = Annotated[
    str,
    Path(
        description="The key's fingerprint as `ssh-keygen -l` prints it: `SHA256:` and 43 signs.",
        max_length=64,
        pattern=r"^SHA256:[A-Za-z0-9+/]{43}$",
    ),
]


class KeyView(BaseModel):
    """A public key that opens shares over SSH. Times are unix seconds."""

    fingerprint: str = Field(description="By which the key is known: `SHA256:…`.")
    algorithm: str
    account: str
    label: str
    names: list[str] = Field(description="Patterns of the names that it may open; empty for any.")
    created_at: float
    created_by: str = Field(description="Who registered it: `account:NAME` or `operator`.")
    expires_at: float | None
    last_used_at: float | None = Field(description="To the minute.")


class KeyList(BaseModel):
    """Public keys, oldest first."""

    keys: list[KeyView]
    next: Next


class KeyWish(BaseModel):
    """The key to register. What its maker's own token has not cannot be given."""

    model_config = ConfigDict(extra="forbid")

    key: str = Field(
        min_length=1,
        max_length=LONGEST,
        pattern=LINE,
        description="The line of a .pub file: `ssh-ed25519 AAAA… ann@laptop`.",
    )
    account: AccountName | None = Field(None, description="Whose it is: the caller's own when left out.")
    label: Label | None = Field(None, description="What it is called; the line's comment when left out.")
    names: Names = []
    expires_in: Lifetime = None


def routes(keys: Keys, callers: Callers, on_change: OnChange) -> APIRouter:
    """`/api/v1/keys`."""
    api = _KeyApi(keys, callers, on_change)
    router = APIRouter(route_class=ProblemRoute, tags=["keys"])
    add, all_of = router.add_api_route, "/api/v1/keys"
    new = refusals(*OF_CALLERS, BadKey, KeyTaken, TooBroad, NoSuchAccount)
    add(all_of, api.list, methods=["GET"], responses=refusals(*OF_CALLERS, NoSuchAccount))
    add(all_of, api.add, methods=["POST"], status_code=201, responses=new)
    gone = refusals(*OF_CALLERS, NoSuchKey)
    one = "/api/v1/keys/{fingerprint:path}"  # a fingerprint may have slashes
    add(one, api.remove, methods=["DELETE"], status_code=204, responses=gone)
    return router


class _KeyApi:
    def __init__(self, keys: Keys, callers: Callers, on_change: OnChange) -> None:
        self._keys = keys
        self._callers = callers
        self._on_change = on_change

    async def list(
        self,
        request: Request,
        account: AccountQuery = None,
        limit: Limit = 100,
        after: After = None,
    ) -> KeyList:
        """The account's keys; an admin's view is of everybody's."""
        caller = await self._callers.owner(request)
        found = await self._keys.list(account=whose(caller, account), after=after or 0, limit=limit + 1)
        shown, following = page(found, limit, lambda key: key.id)
        return KeyList(keys=[_view(key) for key in shown], next=following)

    async def add(self, request: Request, wish: KeyWish) -> KeyView:
        """Register a key: one's own, or anybody's as an admin."""
        caller = await self._callers.owner(request)
        made = await self._keys.add(
            whose(caller, wish.account) or caller.account_name,
            wish.key,
            by=caller,
            label=wish.label,
            names=tuple(wish.names),
            expires_in=wish.expires_in,
        )
        return _view(made)

    async def remove(self, request: Request, fingerprint: Fingerprint) -> Response:
        """Remove a key that the caller may manage. Its sessions end at once."""
        caller = await self._callers.owner(request)
        await self._on_change(await self._keys.remove(fingerprint, by=caller))
        return Response(status_code=204)


def _view(key: KeyFacts) -> KeyView:
    seen: dict[str, Any] = asdict(key)
    return KeyView.model_validate(seen | {"names": key.names.split()})
