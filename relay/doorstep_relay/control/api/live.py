"""What is live in this process right now: for the dashboard, and for owners of a share."""

from __future__ import annotations

import heapq
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from doorstep_relay.control.api.callers import OF_CALLERS, Callers
from doorstep_relay.control.api.paging import After, Limit, Next, page
from doorstep_relay.control.api.problems import ProblemRoute, refusals
from doorstep_relay.domain.claims import owns
from doorstep_relay.domain.scopes import Scope
from doorstep_relay.errors import NoSuchShare
from doorstep_relay.switchboard.local import Switchboard
from doorstep_relay.switchboard.tally import MINUTE, Tallies, Tally

Search = Annotated[str, Query(max_length=100, description="Part of a share's or an owner's name.")]
_Minute = Annotated[list[int], Field(min_length=MINUTE, max_length=MINUTE)]


class LiveView(BaseModel):
    """A share whose client is connected. Rates are of the last second."""

    share_id: int
    name: str
    owner: str = Field(description="The account's name; empty on an open relay.")
    epoch: int
    expires_at: float | None = Field(description="Unix seconds; null for never.")
    visitors: int = Field(description="Requests and WebSockets under way, or waiting for the app.")
    requests: int = Field(description="Since its client connected.")
    bytes_in: int = Field(description="From visitors, since its client connected.")
    bytes_out: int = Field(description="To visitors, since its client connected.")
    requests_per_second: int
    bytes_per_second: int
    requests_of_minute: _Minute = Field(description="Of each of the last 60 seconds, the oldest first.")
    bytes_of_minute: _Minute


class LiveTotal(BaseModel):
    """All live shares together."""

    shares: int
    visitors: int
    requests_per_second: int
    bytes_per_second: int


class LiveList(BaseModel):
    """The live shares, in the order in which they were first opened."""

    total: LiveTotal
    shares: list[LiveView]
    next: Next


def routes(switchboard: Switchboard, tallies: Tallies, callers: Callers) -> APIRouter:
    """`/api/v1/live` and `/api/v1/shares/{name}/live`."""
    api = _LiveApi(switchboard, tallies, callers)
    router = APIRouter(route_class=ProblemRoute, tags=["live"])
    router.add_api_route("/api/v1/live", api.everything, methods=["GET"], responses=refusals(*OF_CALLERS))
    router.add_api_route(
        "/api/v1/shares/{name}/live", api.one, methods=["GET"], responses=refusals(*OF_CALLERS, NoSuchShare)
    )
    return router


class _LiveApi:
    def __init__(self, switchboard: Switchboard, tallies: Tallies, callers: Callers) -> None:
        self._switchboard = switchboard
        self._tallies = tallies
        self._callers = callers

    async def everything(
        self, request: Request, search: Search = "", limit: Limit = 100, after: After = None
    ) -> LiveList:
        """Every live share of this relay, with what goes through it now. For admins."""
        await self._callers.admin(request)
        live = self._tallies.live()
        found = _matching(live, search.lower()) if search else live
        if after is not None:
            found = [tally for tally in found if tally.share.share_id > after]
        first = heapq.nsmallest(limit + 1, found, key=_id)
        shown, following = page(first, limit, _id)
        views = [self._view(tally) for tally in shown]
        return LiveList.model_construct(total=_total(live), shares=views, next=following)

    async def one(self, request: Request, name: str) -> LiveView:
        """What goes through one share now: the caller's, or any for an admin."""
        caller = await self._callers.owner(request)
        share = self._switchboard.by_name(name.lower())
        if share is None or not (caller.may(Scope.admin) or owns(caller.account_id, share.account_id)):
            raise NoSuchShare(name)
        return self._view(self._tallies.of(share))

    def _view(self, tally: Tally) -> LiveView:
        share = tally.share
        requests, sizes = tally.last_minute(self._tallies.looks)
        return LiveView.model_construct(
            share_id=share.share_id,
            name=share.name,
            owner=share.owner,
            epoch=share.epoch,
            expires_at=share.expires_at,
            visitors=share.pool.load,
            requests=tally.requests,
            bytes_in=tally.bytes_in,
            bytes_out=tally.bytes_out,
            requests_per_second=tally.rate,
            bytes_per_second=tally.bytes,
            requests_of_minute=requests,
            bytes_of_minute=sizes,
        )


def _matching(live: list[Tally], wanted: str) -> list[Tally]:
    return [tally for tally in live if wanted in tally.share.name or wanted in tally.share.owner.lower()]


def _id(tally: Tally) -> int:
    return tally.share.share_id


def _total(live: list[Tally]) -> LiveTotal:
    """Of all of them: this runs in the relay's loop, so of ten thousand each is looked at once."""
    busy = [tally for tally in live if tally.bytes or tally.rate]
    return LiveTotal(
        shares=len(live),
        visitors=sum([tally.share.pool.load for tally in live]),
        requests_per_second=sum(tally.rate for tally in busy),
        bytes_per_second=sum(tally.bytes for tally in busy),
    )
