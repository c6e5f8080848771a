"""What accounts and shares are held to: `/api/v1/accounts/{name}/limits`, `/api/v1/shares/{name}/limits`.

Only an admin states an account's limits. An owner may state those of a share: they only ever narrow it.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from doorstep_relay.control.api.callers import OF_CALLERS, Callers, OnChange
from doorstep_relay.control.api.problems import ProblemRoute, refusals
from doorstep_relay.control.limits import LimitBook
from doorstep_relay.domain.limits import as_stated
from doorstep_relay.errors import BadLimit, NoSuchAccount, NoSuchShare

_MOST = 2**53


class ShareLimits(BaseModel):
    """Limits of one share. A field that is left out is not stated; null is "without limit"."""

    model_config = ConfigDict(extra="forbid")

    max_connections: int | None = Field(
        None, ge=1, le=_MOST, description="Requests and WebSockets at a time."
    )
    requests_per_second: float | None = Field(
        None, ge=0.001, le=_MOST, description="In the long run; a second's worth may come at once."
    )
    bytes_per_second: float | None = Field(None, ge=1, le=_MOST, description="Both ways together.")
    bytes_per_month: int | None = Field(
        None, ge=1, le=_MOST, description="Both ways together, in a calendar month (UTC)."
    )
    max_request_bytes: int | None = Field(None, ge=1, le=_MOST, description="The body of one request.")


class AccountLimits(ShareLimits):
    """Limits of an account: those of a share, for all of its shares together, and two of its own."""

    max_shares: int | None = Field(None, ge=1, le=_MOST, description="Names held at a time.")
    max_lifetime: float | None = Field(
        None, ge=0.001, le=_MOST, description="Seconds from a share's opening to its end."
    )


class LimitsView(BaseModel):
    """What is stated for an account or a share, and what holds for it."""

    stated: AccountLimits = Field(
        description="What differs from the account's, or from the relay's defaults."
    )
    effective: AccountLimits = Field(description="What holds; what is not limited is null.")


def routes(limits: LimitBook, callers: Callers, on_change: OnChange) -> APIRouter:
    """The limits' part of the API."""
    api = _LimitApi(limits, callers, on_change)
    router = APIRouter(route_class=ProblemRoute, tags=["limits"])
    one_account, one_share = "/api/v1/accounts/{name}/limits", "/api/v1/shares/{name}/limits"
    no_account, no_share = refusals(*OF_CALLERS, NoSuchAccount), refusals(*OF_CALLERS, NoSuchShare)
    router.add_api_route(one_account, api.account, methods=["GET"], responses=no_account)
    router.add_api_route(
        one_account, api.put_account, methods=["PUT"], responses=no_account | refusals(BadLimit)
    )
    router.add_api_route(one_share, api.share, methods=["GET"], responses=no_share)
    router.add_api_route(one_share, api.put_share, methods=["PUT"], responses=no_share | refusals(BadLimit))
    return router


class _LimitApi:
    def __init__(self, limits: LimitBook, callers: Callers, on_change: OnChange) -> None:
        self._limits = limits
        self._callers = callers
        self._on_change = on_change

    async def account(self, request: Request, name: str) -> LimitsView:
        """An account's limits. For admins."""
        await self._callers.admin(request)
        return await self._account(name)

    async def put_account(self, request: Request, name: str, limits: AccountLimits) -> LimitsView:
        """State an account's limits anew, all of them. They hold within a second. For admins."""
        caller = await self._callers.admin(request)
        await self._on_change(await self._limits.state_account(name, _given(limits), caller))
        return await self._account(name)

    async def share(self, request: Request, name: str) -> LimitsView:
        """The limits of a share that holds this name: the caller's, or any for an admin."""
        await self._callers.owner(request)
        return await self._share(request, name)

    async def put_share(self, request: Request, name: str, limits: ShareLimits) -> LimitsView:
        """State a share's limits anew, all of them: it is held to the tightest of them and its account's."""
        caller = await self._callers.owner(request)
        await self._on_change(await self._limits.state_share(name, _given(limits), caller))
        return await self._share(request, name)

    async def _account(self, name: str) -> LimitsView:
        account_id, stated = await self._limits.account(name)
        return _view(stated, as_stated(self._limits.of_account(account_id)))

    async def _share(self, request: Request, name: str) -> LimitsView:
        caller = await self._callers.owner(request)
        share_id, account_id, stated = await self._limits.share(name, caller)
        return _view(stated, as_stated(self._limits.of_share(share_id, account_id)))


def _given(limits: ShareLimits) -> dict[str, Any]:
    return limits.model_dump(exclude_unset=True)


def _view(stated: dict[str, Any], effective: dict[str, float | None]) -> LimitsView:
    return LimitsView.model_validate({"stated": stated, "effective": effective})
