"""The audit trail over the API: an account reads what happened to what is its own, an admin everything."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from doorstep_relay.control.api.callers import OF_CALLERS, Callers
from doorstep_relay.control.api.owned import whose
from doorstep_relay.control.api.paging import After, Limit, Next, page
from doorstep_relay.control.api.problems import WORD, ProblemRoute, refusals
from doorstep_relay.control.trail import EventFacts, Filter, Trail
from doorstep_relay.errors import NoSuchAccount


class EventView(BaseModel):
    """Who did what to which right or link."""

    id: int
    at: float = Field(description="Unix seconds.")
    actor: str = Field(description="`account:NAME`, or `operator`, `relay`, `anonymous`.")
    action: str = Field(description="A kind of thing and what happened to it, like `token.revoke`.")
    subject: str = Field(description="The name of the share or account.")
    reason: str
    detail: dict[str, Any]


class EventList(BaseModel):
    """Events, newest first."""

    events: list[EventView]
    next: Next


def routes(trail: Trail, callers: Callers) -> APIRouter:
    """`/api/v1/audit`."""
    router = APIRouter(route_class=ProblemRoute, tags=["audit"])

    @router.get("/api/v1/audit", responses=refusals(*OF_CALLERS, NoSuchAccount))
    async def audit(
        request: Request,
        account: Annotated[
            str | None, Query(pattern=WORD, description="Whose shares and tokens it is about.")
        ] = None,
        share: Annotated[
            str | None, Query(pattern=WORD, description="The share's or account's name it is about.")
        ] = None,
        action: Annotated[
            str | None,
            Query(pattern=WORD, description="`token.revoke`, or `token.` for all that happens to tokens."),
        ] = None,
        since: Annotated[float | None, Query(description="Unix seconds: from then on.")] = None,
        until: Annotated[float | None, Query(description="Unix seconds: before then.")] = None,
        limit: Limit = 100,
        after: After = None,
    ) -> EventList:
        """What happened, newest first. Who is no admin reads what is about their own account."""
        caller = await callers.owner(request)
        wanted = Filter(subject=share, action=action, since=since, until=until)
        found = await trail.page(wanted, account=whose(caller, account), before=after, limit=limit + 1)
        shown, following = page(found, limit, lambda event: event.id)
        return EventList(events=[_view(event) for event in shown], next=following)

    return router


def _view(event: EventFacts) -> EventView:
    return EventView.model_validate(asdict(event))
