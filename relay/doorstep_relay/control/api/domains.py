"""Host names of accounts' own: `/api/v1/domains`, and `/api/v1/ask` for certificates on demand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from ipaddress import ip_address
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from doorstep_relay.control.api.callers import OF_CALLERS, Callers, OnChange
from doorstep_relay.control.api.paging import PLAIN, After, Limit, Next, page
from doorstep_relay.control.api.problems import ProblemRoute, refusals
from doorstep_relay.control.document import OPTIONAL
from doorstep_relay.control.domains import DomainFacts, Domains
from doorstep_relay.domain.scopes import Scope
from doorstep_relay.edge.forwarding import Network, Proxies
from doorstep_relay.errors import BadDomain, NoSuchDomain, NoSuchShare, NotProven

Host = Annotated[str, Path(min_length=1, max_length=253, pattern=PLAIN, description="The host name.")]


class DomainView(BaseModel):
    """A host name and the share that it shows. Times are unix seconds."""

    host: str
    name: str = Field(description="The share's name.")
    record: str = Field(description="The TXT record that proves whose the host is.")
    value: str = Field(description="The value that it has to have.")
    verified_at: float | None = Field(description="Since when that is proven; null when it is not.")
    created_at: float


class DomainList(BaseModel):
    """A page of them, oldest first."""

    domains: list[DomainView]
    next: Next


class NewDomain(BaseModel):
    """What is to be shown where."""

    model_config = ConfigDict(extra="forbid")

    host: str = Field(
        min_length=1, max_length=253, pattern=PLAIN, description="A host name of the caller's own."
    )
    name: str = Field(min_length=1, max_length=63, description="The caller's share that it is to show.")


def routes(
    domains: Domains, callers: Callers, on_change: OnChange, trusted: Sequence[Network] = ()
) -> APIRouter:
    """The domains' part of the API. `trusted` networks may ask without a token, as this machine may."""
    api = _DomainApi(domains, callers, on_change, Proxies(trusted))
    router = APIRouter(route_class=ProblemRoute, tags=["domains"])
    add, all_of, one = router.add_api_route, "/api/v1/domains", "/api/v1/domains/{host}"
    there = refusals(*OF_CALLERS, NoSuchDomain)
    new = refusals(*OF_CALLERS, NoSuchShare, BadDomain)
    add(all_of, api.list, methods=["GET"], responses=refusals(*OF_CALLERS))
    add(all_of, api.add, methods=["POST"], status_code=201, responses=new)
    add(one, api.one, methods=["GET"], responses=there)
    add(one, api.remove, methods=["DELETE"], status_code=204, responses=there)
    add(one + "/verify", api.verify, methods=["POST"], responses=there | refusals(NotProven))
    add("/api/v1/ask", api.ask, methods=["GET"], responses=there, openapi_extra=OPTIONAL)
    return router


class _DomainApi:
    def __init__(self, domains: Domains, callers: Callers, on_change: OnChange, trusted: Proxies) -> None:
        self._domains = domains
        self._callers = callers
        self._on_change = on_change
        self._trusted = trusted

    async def list(self, request: Request, limit: Limit = 1000, after: After = None) -> DomainList:
        """The caller's host names, or everybody's for an admin."""
        caller = await self._callers.owner(request)
        owner = None if caller.may(Scope.admin) else caller
        found = await self._domains.list(owner=owner, after=after or 0, limit=limit + 1)
        shown, following = page(found, limit, lambda domain: domain.id)
        return DomainList(domains=[_view(domain) for domain in shown], next=following)

    async def add(self, request: Request, new: NewDomain) -> DomainView:
        """Say that a host name is to show a share of the caller's. The answer says how that is proven."""
        caller = await self._callers.owner(request)
        return _view(await self._domains.add(new.host, new.name, actor=caller))

    async def one(self, request: Request, host: Host) -> DomainView:
        """One of the caller's host names."""
        caller = await self._callers.owner(request)
        return _view(await self._domains.find(host, actor=caller))

    async def verify(self, request: Request, host: Host) -> DomainView:
        """Look for the TXT record. If it is there, the host shows the share at once."""
        caller = await self._callers.owner(request)
        change = await self._domains.verify(host, actor=caller)
        if change is not None:
            await self._on_change(change)
        return _view(await self._domains.find(host, actor=caller))

    async def remove(self, request: Request, host: Host) -> Response:
        """Show nothing at a host any more."""
        caller = await self._callers.owner(request)
        await self._on_change(await self._domains.remove(host, actor=caller))
        return Response(status_code=204)

    async def ask(
        self,
        request: Request,
        domain: Annotated[
            str, Query(min_length=1, max_length=253, pattern=PLAIN, description="A host name.")
        ],
    ) -> Response:
        """Whether a certificate for this host makes sense: 200 or 404. Without a token only from this machine
        and from trusted proxies; else for admins."""
        if not self._is_near(request):
            await self._callers.admin(request)
        if not await self._domains.is_ours(domain):
            raise NoSuchDomain(domain)
        return Response(status_code=200)

    def _is_near(self, request: Request) -> bool:
        """The edge says who asks, and takes out what the caller says of itself."""
        address = request.headers.get("x-forwarded-for", "")
        return _is_loopback(address) or self._trusted.trusts(address)


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _view(domain: DomainFacts) -> DomainView:
    return DomainView.model_validate(asdict(domain))
