"""What an account may see and end of its own shares.

What is not the caller's is answered exactly like what is not there.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from doorstep_relay.control.api.callers import Callers, OnChange
from doorstep_relay.control.api.problems import ProblemRoute
from doorstep_relay.control.history import ShareFacts
from doorstep_relay.control.shares import Shares
from doorstep_relay.domain.claims import owns
from doorstep_relay.errors import NoSuchShare


class ShareView(BaseModel):
    """A share as its owner sees it. Times are unix seconds."""

    name: str
    state: str
    epoch: int
    created_at: float
    expires_at: float | None
    offline_since: float | None
    ended_at: float | None
    reason: str


class ShareList(BaseModel):
    """The caller's shares, newest first."""

    shares: list[ShareView]


def routes(shares: Shares, callers: Callers, on_change: OnChange) -> APIRouter:
    """`/api/v1/shares`."""
    api = _ShareApi(shares, callers, on_change)
    router = APIRouter(route_class=ProblemRoute)
    router.add_api_route("/api/v1/shares", api.own, methods=["GET"])
    router.add_api_route("/api/v1/shares/{name}", api.one, methods=["GET"])
    router.add_api_route("/api/v1/shares/{name}", api.revoke, methods=["DELETE"], status_code=204)
    return router


class _ShareApi:
    def __init__(self, shares: Shares, callers: Callers, on_change: OnChange) -> None:
        self._shares = shares
        self._callers = callers
        self._on_change = on_change

    async def own(self, request: Request, *, ended: bool = False) -> ShareList:
        """The caller's shares; with `ended` also those that are over."""
        caller = await self._callers.owner(request)
        found = await self._shares.list(owner=caller, ended=ended)
        return ShareList(shares=[_view(share) for share in found])

    async def one(self, request: Request, name: str) -> ShareView:
        """One of the caller's shares: the newest that had this name."""
        caller = await self._callers.owner(request)
        share = await self._shares.find(name)
        if share is None or not owns(caller.account_id, share.owner_id):
            raise NoSuchShare(name)
        return _view(share)

    async def revoke(
        self, request: Request, name: str, reason: Annotated[str, Query(max_length=500)] = ""
    ) -> Response:
        """End one of the caller's shares now. Its visitors read the reason."""
        caller = await self._callers.owner(request)
        change = await self._shares.revoke(name, actor=caller, reason=reason)
        await self._on_change(change)
        return Response(status_code=204)


def _view(share: ShareFacts) -> ShareView:
    return ShareView.model_validate(asdict(share))
