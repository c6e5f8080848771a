"""Shares: an account sees, changes and ends its own, an admin everybody's.

What is not the caller's is answered exactly like what is not there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from doorstep_relay.control.actors import Actor
from doorstep_relay.control.api.callers import OF_CALLERS, Callers, OnChange
from doorstep_relay.control.api.paging import PLAIN, After, Limit, Next, page
from doorstep_relay.control.api.problems import WORD, ProblemRoute, refusals
from doorstep_relay.control.history import ShareFacts
from doorstep_relay.control.shares import Shares
from doorstep_relay.domain.lifecycle import ACTIVE, ENDED, State
from doorstep_relay.domain.scopes import Scope
from doorstep_relay.errors import (
    BadLifetime,
    NoSuchAccount,
    NoSuchShare,
    PausedByAdmin,
    ShareActive,
    ShareEnded,
)
from doorstep_relay.store.audit import Change
from doorstep_relay.store.shares import ShareSearch

Name = Annotated[str, Path(min_length=1, max_length=63, description="The share's name.")]
StateName = Literal["live", "offline", "expired", "revoked", "closed"]
Sort = Literal["created", "-created", "name", "-name", "expires", "-expires"]


class ShareView(BaseModel):
    """A share as its owner sees it. Times are unix seconds."""

    name: str = Field(description="The first label of its host.")
    url: str = Field(description="Where visitors go.")
    owner: str | None = Field(description="Whose it is; null on an open relay: nobody's.")
    state: StateName = Field(
        description="Live: its client is there. Offline: it is awaited. Else it is over."
    )
    paused_at: float | None = Field(description="Since when nobody may see it; null when visitors may.")
    paused_by: Literal["owner", "admin"] | None = Field(
        description="Who paused it: only an admin resumes what an admin paused."
    )
    balanced: bool = Field(description="Whether several clients may hold it together.")
    guarded: list[str] = Field(description="The conditions of its policy; none when everybody may look.")
    epoch: int = Field(description="How often a client took it up.")
    created_at: float
    expires_at: float | None = Field(description="When the relay ends it; null for never.")
    offline_since: float | None
    ended_at: float | None
    released_at: float | None = Field(description="When its name was given free before its time.")
    reason: str = Field(description="Why it ended, as visitors read it; or why it is paused.")


class ShareList(BaseModel):
    """A page of shares."""

    shares: list[ShareView]
    next: Next


class Extension(BaseModel):
    """More time."""

    model_config = ConfigDict(extra="forbid")

    by: float = Field(gt=0, le=315360000, description="Seconds, from its present end on.")


class Transfer(BaseModel):
    """Another owner."""

    model_config = ConfigDict(extra="forbid")

    to: str = Field(
        min_length=1, max_length=64, pattern=PLAIN, description="The account that gets the share."
    )


class Ended(BaseModel):
    """What ended."""

    ended: int = Field(description="How many shares.")


def routes(shares: Shares, callers: Callers, on_change: OnChange, url_of: Callable[[str], str]) -> APIRouter:
    """`/api/v1/shares`."""
    api = _ShareApi(shares, callers, on_change, url_of)
    router = APIRouter(route_class=ProblemRoute, tags=["shares"])
    add, one = router.add_api_route, "/api/v1/shares/{name}"
    there, active = refusals(*OF_CALLERS, NoSuchShare), refusals(*OF_CALLERS, NoSuchShare, ShareEnded)
    add("/api/v1/shares", api.search, methods=["GET"], responses=refusals(*OF_CALLERS))
    add(one, api.one, methods=["GET"], responses=there)
    add(one, api.revoke, methods=["DELETE"], status_code=204, responses=active)
    extended = active | refusals(BadLifetime)
    add(f"{one}/extend", api.extend, methods=["POST"], responses=extended)
    add(f"{one}/pause", api.pause, methods=["POST"], responses=active)
    add(f"{one}/resume", api.resume, methods=["POST"], responses=active | refusals(PausedByAdmin))
    add(f"{one}/transfer", api.transfer, methods=["POST"], status_code=204, responses=active)
    add(
        f"{one}/release",
        api.release,
        methods=["POST"],
        status_code=204,
        responses=there | refusals(ShareActive),
    )
    add(
        "/api/v1/accounts/{name}/shares",
        api.revoke_all,
        methods=["DELETE"],
        responses=refusals(*OF_CALLERS, NoSuchAccount),
    )
    return router


class _ShareApi:
    def __init__(
        self, shares: Shares, callers: Callers, on_change: OnChange, url_of: Callable[[str], str]
    ) -> None:
        self._shares = shares
        self._callers = callers
        self._on_change = on_change
        self._url_of = url_of

    async def search(
        self,
        request: Request,
        *,
        everybody: Annotated[bool, Query(alias="all", description="Everybody's: for admins.")] = False,
        ended: Annotated[bool, Query(description="Also those that are over.")] = False,
        state: Annotated[StateName | None, Query(description="Only those in this state.")] = None,
        paused: Annotated[bool | None, Query(description="Only those that are paused, or are not.")] = None,
        owner: Annotated[
            str | None, Query(max_length=64, pattern=PLAIN, description="Only this account's.")
        ] = None,
        search: Annotated[
            str, Query(max_length=64, pattern=PLAIN, description="In their names and their owners'.")
        ] = "",
        sort: Annotated[Sort, Query(description="The order; - is downwards.")] = "-created",
        limit: Limit = 1000,
        after: After = None,
    ) -> ShareList:
        """The caller's shares, or with `all` everybody's: those that hold their names, or more."""
        caller = await (self._callers.admin if everybody else self._callers.owner)(request)
        states = (State(state),) if state else tuple(ACTIVE | ENDED) if ended else ()
        wanted = ShareSearch(
            owner=owner,
            text=search,
            states=states,
            paused=paused,
            sort=sort,
            after=after,
            limit=limit + 1,
        )
        found = await self._shares.search(wanted, None if everybody else caller)
        shown, following = page(found, limit, lambda share: share.id)
        return ShareList(shares=[self._view(share) for share in shown], next=following)

    async def one(self, request: Request, name: Name) -> ShareView:
        """One of the caller's shares, or anybody's for an admin: the newest that had this name."""
        return await self._seen(await self._callers.owner(request), name)

    async def revoke(
        self,
        request: Request,
        name: Name,
        reason: Annotated[str, Query(max_length=500, description="What visitors read.")] = "",
    ) -> Response:
        """End a share now. Its name is given to nobody until an admin releases it."""
        caller = await self._callers.owner(request)
        await self._on_change(await self._shares.revoke(name, actor=caller, reason=reason))
        return Response(status_code=204)

    async def revoke_all(
        self,
        request: Request,
        name: Annotated[str, Path(pattern=WORD, description="The account's name.")],
        reason: Annotated[str, Query(max_length=500, description="What visitors read.")] = "",
    ) -> Ended:
        """End all shares of an account now; it may open others. For admins."""
        caller = await self._callers.admin(request)
        changes = await self._shares.revoke_all(name, actor=caller, reason=reason)
        for change in changes:
            await self._on_change(change)
        return Ended(ended=len(changes))

    async def extend(self, request: Request, name: Name, more: Extension) -> ShareView:
        """Put off a share's end, as far as its longest lifetime allows. Its client is told."""
        caller = await self._callers.owner(request)
        await self._on_change(await self._shares.extend(name, more.by, actor=caller))
        return await self._seen(caller, name)

    async def pause(
        self,
        request: Request,
        name: Name,
        reason: Annotated[str, Query(max_length=500, description="What its owner reads.")] = "",
    ) -> ShareView:
        """Let nobody see a share, within a second; its client stays. Nothing happens if that is so."""
        caller = await self._callers.owner(request)
        await self._changed(await self._shares.pause(name, actor=caller, reason=reason))
        return await self._seen(caller, name)

    async def resume(self, request: Request, name: Name) -> ShareView:
        """Let visitors see a share again. Nothing happens if they do. An admin's pause an admin ends."""
        caller = await self._callers.owner(request)
        await self._changed(await self._shares.unpause(name, actor=caller))
        return await self._seen(caller, name)

    async def transfer(self, request: Request, name: Name, other: Transfer) -> Response:
        """Give a share to another account. The client that holds it loses it."""
        caller = await self._callers.owner(request)
        await self._on_change(await self._shares.transfer(name, other.to, actor=caller))
        return Response(status_code=204)

    async def release(self, request: Request, name: Name) -> Response:
        """Give the name of a share that is over free, before its time. For admins."""
        caller = await self._callers.admin(request)
        await self._on_change(await self._shares.release(name, actor=caller))
        return Response(status_code=204)

    async def _changed(self, change: Change | None) -> None:
        if change is not None:
            await self._on_change(change)

    async def _seen(self, caller: Actor, name: str) -> ShareView:
        share = await self._shares.find(name)
        if share is None or not (caller.may(Scope.admin) or caller.may_end(share.owner_id)):
            raise NoSuchShare(name)
        return self._view(share)

    def _view(self, share: ShareFacts) -> ShareView:
        return ShareView.model_validate({**asdict(share), "url": self._url_of(share.name)})
