"""Invitations over the API: admins make and revoke them, and whoever has a code uses it, once."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from doorstep_relay.control.api.callers import OF_CALLERS, Callers, Crowd, OnChange
from doorstep_relay.control.api.owned import LONGEST_LIFE, AccountName, Label
from doorstep_relay.control.api.paging import After, Limit, Next, page
from doorstep_relay.control.api.problems import ProblemRoute, refusals
from doorstep_relay.control.api.tokens import MadeToken, Scopes, made_view
from doorstep_relay.control.invitations import LIFETIME, InvitationFacts, Invitations
from doorstep_relay.domain.scopes import Role, Scope
from doorstep_relay.errors import BadCode, Banned, NoSuchInvitation, TooMany


class InvitationView(BaseModel):
    """An invitation: everything but its code. Times are unix seconds."""

    id: int
    account: str
    role: Role
    scopes: list[Scope]
    created_by: str
    created_at: float
    expires_at: float
    used_at: float | None
    revoked_at: float | None


class InvitationList(BaseModel):
    """Invitations, oldest first."""

    invitations: list[InvitationView]
    next: Next


class InvitationWish(BaseModel):
    """The invitation to make."""

    model_config = ConfigDict(extra="forbid")

    account: AccountName = Field(description="Whose token it makes; the account is made if there is none.")
    role: Role = Field(Role.member, description="Of a new account; one that is there keeps its own.")
    scopes: Scopes = Field(default_factory=lambda: [Scope.share, Scope.own])
    expires_in: float = Field(LIFETIME, gt=0, le=LONGEST_LIFE, description="Seconds until it is too late.")


class MadeInvitation(BaseModel):
    """An invitation that was just made."""

    code: str = Field(description="The code itself. It is not stored, and never shown again.")
    facts: InvitationView


class Redemption(BaseModel):
    """A code, and what its token is for."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(max_length=200, description="The invitation's code.")
    label: Label = Field("", description="What the token is for: by custom the computer's name.")


def routes(invitations: Invitations, callers: Callers, on_change: OnChange, crowd: Crowd) -> APIRouter:
    """`/api/v1/invitations`."""
    api = _InvitationApi(invitations, callers, on_change, crowd)
    router = APIRouter(route_class=ProblemRoute, tags=["invitations"])
    all_of_them, one = "/api/v1/invitations", "/api/v1/invitations/{number:int}"
    add = router.add_api_route
    add(all_of_them, api.all, methods=["GET"], responses=refusals(*OF_CALLERS))
    add(all_of_them, api.create, methods=["POST"], status_code=201, responses=refusals(*OF_CALLERS))
    ended = refusals(*OF_CALLERS, NoSuchInvitation)
    add(one, api.revoke, methods=["DELETE"], status_code=204, responses=ended)
    used = refusals(BadCode, Banned, TooMany)
    add(f"{all_of_them}/redeem", api.redeem, methods=["POST"], status_code=201, responses=used)
    return router


class _InvitationApi:
    def __init__(self, invitations: Invitations, callers: Callers, on_change: OnChange, crowd: Crowd) -> None:
        self._invitations = invitations
        self._callers = callers
        self._on_change = on_change
        self._crowd = crowd

    async def all(self, request: Request, limit: Limit = 100, after: After = None) -> InvitationList:
        """Every invitation, used and revoked ones too."""
        await self._callers.admin(request)
        found = await self._invitations.list(after=after or 0, limit=limit + 1)
        shown, following = page(found, limit, lambda invitation: invitation.id)
        return InvitationList(invitations=[_view(one) for one in shown], next=following)

    async def create(self, request: Request, wish: InvitationWish) -> MadeInvitation:
        """Make a code that lets one person in, once."""
        caller = await self._callers.admin(request)
        made = await self._invitations.create(
            wish.account,
            by=caller,
            role=wish.role,
            scopes=frozenset(wish.scopes),
            expires_in=wish.expires_in,
        )
        return MadeInvitation(code=made.code, facts=_view(made.facts))

    async def revoke(
        self, request: Request, number: Annotated[int, Path(ge=1, le=2**63 - 1, description="Its id.")]
    ) -> Response:
        """Let nobody in by this invitation."""
        caller = await self._callers.admin(request)
        await self._on_change(await self._invitations.revoke(number, by=caller))
        return Response(status_code=204)

    async def redeem(self, request: Request, used: Redemption) -> MadeToken:
        """Use an invitation: it needs no token, and makes one."""
        self._crowd.check(request)
        made = await self._invitations.redeem(used.code, label=used.label)
        return made_view(made)


def _view(facts: InvitationFacts) -> InvitationView:
    seen: dict[str, Any] = {name: getattr(facts, name) for name in InvitationView.model_fields}
    return InvitationView.model_validate(seen | {"scopes": facts.scopes.split()})
