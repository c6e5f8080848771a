"""What visitors reported: `/api/v1/reports`, for admins."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from doorstep_relay.control.api.callers import OF_CALLERS, Callers, OnChange
from doorstep_relay.control.api.paging import After, Limit, Next, page
from doorstep_relay.control.api.problems import ProblemRoute, refusals
from doorstep_relay.control.reports import ReportFacts, Reports
from doorstep_relay.errors import BadReport, NoSuchReport

_MOST: int = 2**53


class ReportView(BaseModel):
    """A report. Times are unix seconds. What visitors wrote is shown as they wrote it: escape it."""

    id: int = Field(description="Its number.")
    at: float = Field(description="When it came.")
    name: str = Field(description="The share's name.")
    share_id: int | None = Field(description="The share that had the name then; null when there was none.")
    kind: str = Field(description="What it is about: phishing, malware, illegal, personal or other.")
    text: str = Field(description="In the visitor's words.")
    contact: str = Field(description="The visitor's e-mail address, if they gave one.")
    address: str = Field(description="The visitor's network address.")
    closed_at: float | None = Field(description="When it was closed; null while it is open.")
    closed_by: str = Field(description="Who closed it.")
    outcome: str = Field(description="What came of it, in their words.")


class ReportList(BaseModel):
    """Reports, newest first."""

    reports: list[ReportView] = Field(description="A page of them.")
    next: Next


class Closing(BaseModel):
    """How a report ends."""

    model_config = ConfigDict(extra="forbid", strict=True)

    outcome: str = Field(default="", max_length=500, description="What came of it.")


def routes(reports: Reports, callers: Callers, on_change: OnChange) -> APIRouter:
    """Listing and closing."""
    api = _ReportApi(reports, callers, on_change)
    router = APIRouter(route_class=ProblemRoute, tags=["reports"], responses=refusals(*OF_CALLERS, BadReport))
    router.add_api_route("/api/v1/reports", api.show, methods=["GET"])
    router.add_api_route(
        "/api/v1/reports/{number}/close", api.close, methods=["POST"], responses=refusals(NoSuchReport)
    )
    return router


class _ReportApi:
    def __init__(self, reports: Reports, callers: Callers, on_change: OnChange) -> None:
        self._reports = reports
        self._callers = callers
        self._on_change = on_change

    async def show(
        self,
        request: Request,
        *,
        state: Annotated[Literal["open", "closed", "all"], Query(description="Which.")] = "open",
        limit: Limit = 100,
        after: After = None,
    ) -> ReportList:
        """Reports, newest first."""
        await self._callers.admin(request)
        closed = {"open": False, "closed": True, "all": None}[state]
        found = await self._reports.list(closed=closed, before=after, limit=limit + 1)
        shown, following = page(found, limit, lambda one: one.id)
        return ReportList(reports=[_view(one) for one in shown], next=following)

    async def close(
        self, request: Request, number: Annotated[int, Path(ge=1, le=_MOST)], body: Closing
    ) -> ReportView:
        """Close one that was looked after."""
        caller = await self._callers.admin(request)
        facts, change = await self._reports.close(number, actor=caller, outcome=body.outcome)
        await self._on_change(change)
        return _view(facts)


def _view(facts: ReportFacts) -> ReportView:
    return ReportView.model_validate(asdict(facts))
