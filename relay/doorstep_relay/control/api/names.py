"""Rules about names: `/api/v1/names/reserved` and `/api/v1/names/denied`. Admins make them.

An owner sees what is reserved for it.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from doorstep_relay.control.api.callers import OF_CALLERS, Callers, OnChange
from doorstep_relay.control.api.paging import PLAIN, After, Limit, Next, page
from doorstep_relay.control.api.problems import ProblemRoute, refusals
from doorstep_relay.control.names import Names, RuleFacts
from doorstep_relay.domain.scopes import Scope
from doorstep_relay.errors import NameRefused, NameTaken, NoSuchAccount, NoSuchRule

Pattern = Annotated[
    str, Path(min_length=1, max_length=63, description="A name, or one with a * for any signs: team-*.")
]


class ReservedName(BaseModel):
    """A name, or a pattern of names, that only one account may open."""

    pattern: str
    account: str
    created_by: str = Field(description="Who reserved it, as the audit trail names them.")
    created_at: float = Field(description="Unix seconds.")


class ReservedNames(BaseModel):
    """A page of them, oldest first."""

    reserved: list[ReservedName]
    next: Next


class DeniedName(BaseModel):
    """A name, or a pattern of names, that nobody gets."""

    pattern: str
    reason: str = Field(description="What those who ask for it are told.")
    created_by: str = Field(description="Who denied it, as the audit trail names them.")
    created_at: float = Field(description="Unix seconds.")


class DeniedNames(BaseModel):
    """A page of them, oldest first. Names that no relay gives out are not among them."""

    denied: list[DeniedName]
    next: Next


class Reservation(BaseModel):
    """For whom."""

    model_config = ConfigDict(extra="forbid")

    account: str = Field(min_length=1, max_length=64, pattern=PLAIN, description="The account's name.")


class Denial(BaseModel):
    """Why."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field("", max_length=500, pattern=PLAIN, description="What those who ask for it are told.")


def routes(names: Names, callers: Callers, on_change: OnChange) -> APIRouter:
    """The names' part of the API."""
    api = _NameApi(names, callers, on_change)
    router = APIRouter(route_class=ProblemRoute, tags=["names"])
    add, common = router.add_api_route, refusals(*OF_CALLERS)
    reserved, denied = "/api/v1/names/reserved", "/api/v1/names/denied"
    kept = common | refusals(NoSuchAccount, NameTaken, NameRefused)
    ruled = common | refusals(NoSuchRule, NameRefused)
    add(reserved, api.reserved, methods=["GET"], responses=common)
    add(reserved + "/{pattern}", api.reserve, methods=["PUT"], status_code=204, responses=kept)
    add(reserved + "/{pattern}", api.unreserve, methods=["DELETE"], status_code=204, responses=ruled)
    add(denied, api.denied, methods=["GET"], responses=common)
    add(
        denied + "/{pattern}",
        api.deny,
        methods=["PUT"],
        status_code=204,
        responses=common | refusals(NameRefused),
    )
    add(denied + "/{pattern}", api.allow, methods=["DELETE"], status_code=204, responses=ruled)
    return router


class _NameApi:
    def __init__(self, names: Names, callers: Callers, on_change: OnChange) -> None:
        self._names = names
        self._callers = callers
        self._on_change = on_change

    async def reserved(self, request: Request, limit: Limit = 1000, after: After = None) -> ReservedNames:
        """What is reserved for the caller, or for everybody if that is an admin."""
        caller = await self._callers.owner(request)
        owner = None if caller.may(Scope.admin) else caller
        found = await self._names.reserved(owner=owner, after=after or 0, limit=limit + 1)
        shown, following = page(found, limit, _number)
        return ReservedNames(
            reserved=[ReservedName.model_validate(asdict(rule)) for rule in shown], next=following
        )

    async def reserve(self, request: Request, pattern: Pattern, kept: Reservation) -> Response:
        """Keep a name, or a pattern of names, for an account. For admins."""
        caller = await self._callers.admin(request)
        change = await self._names.reserve(pattern, kept.account, actor=caller)
        if change is not None:
            await self._on_change(change)
        return Response(status_code=204)

    async def unreserve(self, request: Request, pattern: Pattern) -> Response:
        """Keep it no longer. For admins."""
        caller = await self._callers.admin(request)
        await self._on_change(await self._names.unreserve(pattern, actor=caller))
        return Response(status_code=204)

    async def denied(self, request: Request, limit: Limit = 1000, after: After = None) -> DeniedNames:
        """What nobody gets on this relay. For admins."""
        await self._callers.admin(request)
        found = await self._names.denied(after=after or 0, limit=limit + 1)
        shown, following = page(found, limit, _number)
        return DeniedNames(denied=[DeniedName.model_validate(asdict(rule)) for rule in shown], next=following)

    async def deny(self, request: Request, pattern: Pattern, denial: Denial) -> Response:
        """Give a name, or names of a pattern, to nobody from now on. Who has one keeps it. For admins."""
        caller = await self._callers.admin(request)
        await self._on_change(await self._names.deny(pattern, denial.reason, actor=caller))
        return Response(status_code=204)

    async def allow(self, request: Request, pattern: Pattern) -> Response:
        """Deny it no longer. For admins."""
        caller = await self._callers.admin(request)
        await self._on_change(await self._names.allow(pattern, actor=caller))
        return Response(status_code=204)


def _number(rule: RuleFacts) -> int:
    return rule.id
