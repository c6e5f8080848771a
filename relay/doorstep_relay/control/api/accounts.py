"""Accounts over the API: for admins."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field

from doorstep_relay.control.accounts import AccountChange, AccountFacts, Accounts
from doorstep_relay.control.api.callers import OF_CALLERS, Callers, OnChange
from doorstep_relay.control.api.owned import AccountName
from doorstep_relay.control.api.paging import After, Limit, Next, page
from doorstep_relay.control.api.problems import LINE, WORD, ProblemRoute, refusals
from doorstep_relay.domain.scopes import Role
from doorstep_relay.errors import AccountExists, NoSuchAccount

Email = Annotated[str, Field(max_length=254, pattern=r"^([!-~]+@[!-~]+)?$", description="Empty for none.")]
Reason = Annotated[
    str, Field(max_length=500, pattern=LINE, description="What its owner and its links' visitors read.")
]
Name = Annotated[str, Path(pattern=WORD, description="The account's name.")]


class AccountView(BaseModel):
    """An account. Times are unix seconds."""

    id: int
    name: str
    role: Role
    email: str | None
    identity: str | None = Field(description="Issuer and subject of who signs in through OpenID Connect.")
    created_at: float
    banned_at: float | None = Field(description="Since when it is shut out; null when it is not.")
    ban_reason: str
    limits: dict[str, Any] = Field(description="What differs from the relay's defaults.")


class AccountList(BaseModel):
    """Accounts, oldest first."""

    accounts: list[AccountView]
    next: Next


class NewAccount(BaseModel):
    """The account to make."""

    model_config = ConfigDict(extra="forbid")

    name: AccountName
    role: Role = Role.member
    email: Email = ""


class AccountUpdate(BaseModel):
    """What is to change; left out or null, a thing stays as it is."""

    model_config = ConfigDict(extra="forbid")

    name: AccountName | None = Field(None, description="Its new name.")
    role: Role | None = None
    email: Email | None = None


class Ban(BaseModel):
    """Why an account is shut out."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason = ""


def routes(accounts: Accounts, callers: Callers, on_change: OnChange) -> APIRouter:
    """`/api/v1/accounts`."""
    api = _AccountApi(accounts, callers, on_change)
    router = APIRouter(route_class=ProblemRoute, tags=["accounts"])
    add = router.add_api_route
    add("/api/v1/accounts", api.all, methods=["GET"], responses=refusals(*OF_CALLERS))
    made = refusals(*OF_CALLERS, AccountExists)
    add("/api/v1/accounts", api.create, methods=["POST"], status_code=201, responses=made)
    one, ban = "/api/v1/accounts/{name}", "/api/v1/accounts/{name}/ban"
    add(one, api.one, methods=["GET"], responses=refusals(*OF_CALLERS, NoSuchAccount))
    add(one, api.change, methods=["PATCH"], responses=refusals(*OF_CALLERS, NoSuchAccount, AccountExists))
    add(ban, api.ban, methods=["PUT"], responses=refusals(*OF_CALLERS, NoSuchAccount))
    add(ban, api.unban, methods=["DELETE"], responses=refusals(*OF_CALLERS, NoSuchAccount))
    return router


class _AccountApi:
    def __init__(self, accounts: Accounts, callers: Callers, on_change: OnChange) -> None:
        self._accounts = accounts
        self._callers = callers
        self._on_change = on_change

    async def all(self, request: Request, limit: Limit = 100, after: After = None) -> AccountList:
        """Every account."""
        await self._callers.admin(request)
        found = await self._accounts.list(after=after or 0, limit=limit + 1)
        shown, following = page(found, limit, lambda account: account.id)
        return AccountList(accounts=[_view(account) for account in shown], next=following)

    async def create(self, request: Request, wish: NewAccount) -> AccountView:
        """Make an account. It has no token yet: make one, or an invitation."""
        caller = await self._callers.admin(request)
        made = await self._accounts.create(wish.name, by=caller, role=wish.role, email=wish.email)
        return _view(made)

    async def one(self, request: Request, name: Name) -> AccountView:
        """One account."""
        await self._callers.admin(request)
        return _view(await self._accounts.find(name))

    async def change(self, request: Request, name: Name, wanted: AccountUpdate) -> AccountView:
        """Rename an account, or give it another role or address. Its sessions obey at once."""
        caller = await self._callers.admin(request)
        asked = AccountChange(name=wanted.name, role=wanted.role, email=wanted.email)
        facts, changes = await self._accounts.change(name, asked, by=caller)
        for change in changes:
            await self._on_change(change)
        return _view(facts)

    async def ban(self, request: Request, name: Name, why: Ban) -> AccountView:
        """Shut an account out: its tokens are refused, its sessions and all its links end at once."""
        caller = await self._callers.admin(request)
        for change in await self._accounts.ban(name, by=caller, reason=why.reason):
            await self._on_change(change)
        return _view(await self._accounts.find(name))

    async def unban(self, request: Request, name: Name) -> AccountView:
        """Let an account in again. Its links stay ended."""
        caller = await self._callers.admin(request)
        for change in await self._accounts.unban(name, by=caller):
            await self._on_change(change)
        return _view(await self._accounts.find(name))


def _view(account: AccountFacts) -> AccountView:
    return AccountView.model_validate(asdict(account))
