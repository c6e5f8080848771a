"""What went through shares, month by month: the caller's own, and everybody's for an admin."""

from __future__ import annotations

import time
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from doorstep_relay.control.api.callers import OF_CALLERS, Callers
from doorstep_relay.control.api.paging import After, Limit, Next, page
from doorstep_relay.control.api.problems import ProblemRoute, refusals
from doorstep_relay.control.limits import LimitBook
from doorstep_relay.control.usage import UsageBook
from doorstep_relay.domain.months import Month, month_of, parse_month
from doorstep_relay.store.usage import Sums

_MONTH_PATTERN = r"^20\d\d-(0[1-9]|1[0-2])$"
AskedMonth = Annotated[
    str | None, Query(pattern=_MONTH_PATTERN, description="Like 2026-11 (UTC); this month when left out.")
]


class Used(BaseModel):
    """What went through."""

    requests: int
    bytes_in: int = Field(description="From visitors.")
    bytes_out: int = Field(description="To visitors.")


class ShareUse(Used):
    """One share's month."""

    share_id: int = Field(description="Tells the shares of one name apart.")
    name: str = Field(description="Empty for one that ended so long ago that its name is forgotten.")


class OwnUse(BaseModel):
    """The caller's month. What went through in the last seconds may not be in it yet."""

    month: str
    ends_at: float = Field(description="When the month ends, in unix seconds.")
    bytes_per_month: int | None = Field(description="The limit of the account; null for none.")
    total: Used
    shares: list[ShareUse] = Field(description="In the order of their ids.")
    next: Next


class AccountUse(Used):
    """One account's month."""

    account: str


class AllUse(BaseModel):
    """Everybody's month, in the order of the accounts' ids."""

    month: str
    accounts: list[AccountUse]
    next: Next


def routes(usage: UsageBook, limits: LimitBook, callers: Callers) -> APIRouter:
    """`/api/v1/usage`."""
    api = _UsageApi(usage, limits, callers)
    router = APIRouter(route_class=ProblemRoute, tags=["usage"])
    responses = refusals(*OF_CALLERS)
    router.add_api_route("/api/v1/usage", api.own, methods=["GET"], responses=responses)
    router.add_api_route("/api/v1/usage/accounts", api.everybody, methods=["GET"], responses=responses)
    return router


class _UsageApi:
    def __init__(self, usage: UsageBook, limits: LimitBook, callers: Callers) -> None:
        self._usage = usage
        self._limits = limits
        self._callers = callers

    async def own(
        self, request: Request, month: AskedMonth = None, limit: Limit = 100, after: After = None
    ) -> OwnUse:
        """What went through the caller's shares in a month, share by share."""
        caller = await self._callers.owner(request)
        asked, account_id = _month(month), caller.account_id or 0
        total = await self._usage.of_account(account_id, asked)
        found = await self._usage.by_share(account_id, asked, after=after or 0, limit=limit + 1)
        lines, following = page(found, limit, _id)
        return OwnUse(
            month=str(asked),
            ends_at=asked.following.begin,
            bytes_per_month=self._limits.of_account(account_id).bytes_per_month,
            total=Used(requests=total.requests, bytes_in=total.bytes_in, bytes_out=total.bytes_out),
            shares=[ShareUse(share_id=line.id, **_numbers(line), name=line.name) for line in lines],
            next=following,
        )

    async def everybody(
        self, request: Request, month: AskedMonth = None, limit: Limit = 100, after: After = None
    ) -> AllUse:
        """What went through all shares in a month, account by account. For admins."""
        await self._callers.admin(request)
        asked = _month(month)
        found = await self._usage.by_account(asked, after=after or 0, limit=limit + 1)
        lines, following = page(found, limit, _id)
        accounts = [AccountUse(account=line.name, **_numbers(line)) for line in lines]
        return AllUse(month=str(asked), accounts=accounts, next=following)


def _month(text: str | None) -> Month:
    return month_of(time.time()) if text is None else parse_month(text)


def _id(line: Sums) -> int:
    return line.id


def _numbers(line: Sums) -> dict[str, int]:
    return {"requests": line.requests, "bytes_in": line.bytes_in, "bytes_out": line.bytes_out}
