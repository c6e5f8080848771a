"""Who may look at a share: `/api/v1/shares/{name}/policy`. Secrets go in and never come out again."""

from __future__ import annotations

import json
from typing import Annotated, Any, Final

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from doorstep_relay.control.api.callers import OF_CALLERS, Callers, OnChange
from doorstep_relay.control.api.problems import ProblemRoute, refusals
from doorstep_relay.control.policies import Changed, Policies
from doorstep_relay.domain.policy import LEAST_KEY, Policy, new_key
from doorstep_relay.errors import BadPolicy, NoSuchShare, ShareEnded

_AMENDMENT: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "Fields of a policy; those that are null are taken away.",
        "content": {"application/merge-patch+json": {"schema": {"type": "object"}}},
    }
}
_Texts = Annotated[list[str], Field(min_length=1, max_length=64)]


def said(**how: Any) -> Any:
    """A field that may be left out, which is not the same as null: that is refused."""
    return Field(default=None, json_schema_extra=_without_default, **how)


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


class PeopleBody(BaseModel):
    """Who may look once they have signed in."""

    model_config = ConfigDict(extra="forbid")

    domains: _Texts = said(description="Domains of e-mail addresses; `*` for any.")
    emails: _Texts = said(description="E-mail addresses.")


class PolicyBody(BaseModel):
    """Who may look. All that is named must hold; what is left out asks for nothing."""

    model_config = ConfigDict(extra="forbid", strict=True)

    password: str = said(
        min_length=1,
        max_length=256,
        description="Asked for by a page, or by HTTP Basic. Kept as a slow hash.",
    )
    key: str | bool = said(
        description=f"A secret in the link (`?k=`), at least {LEAST_KEY} characters; `true` makes one, "
        "which the answer tells once.",
    )
    networks: _Texts = said(
        description="Networks that visitors must come from, like 192.0.2.0/24.",
    )
    methods: _Texts = said(
        description="HTTP methods that are let through.",
    )
    oidc: PeopleBody = said(
        description="Visitors sign in; the app gets X-Forwarded-Email and X-Forwarded-User.",
    )
    one_time: bool = Field(
        default=False, description="The first browser keeps the link, nobody else gets in."
    )
    starts: float | str = said(
        description="From when on: unix seconds, or ISO 8601 with its zone.",
    )
    ends: float | str = said(
        description="Until when: unix seconds, or ISO 8601 with its zone.",
    )
    interstitial: bool = said(
        description="Whether people are told first where the page comes from. `false` is an admin's to say.",
    )
    index: bool = Field(default=False, description="Whether search engines may keep it.")


class PeopleView(BaseModel):
    """Who may look once they have signed in."""

    domains: list[str] = Field(default=[], description="Domains of e-mail addresses; `*` for any.")
    emails: list[str] = Field(default=[], description="E-mail addresses.")


class PolicyView(BaseModel):
    """Who may look, as it is kept: of secrets, that there are some. Times are unix seconds."""

    password: bool = Field(description="Whether a password is asked for.")
    key: bool = Field(description="Whether a key is asked for.")
    networks: list[str] = Field(description="Networks that visitors must come from; none for anywhere.")
    methods: list[str] = Field(description="HTTP methods that are let through; none for all.")
    oidc: PeopleView | None = Field(description="Who may look once they have signed in.")
    one_time: bool = Field(description="Whether the first browser keeps the link.")
    taken: bool = Field(description="Whether that browser has come.")
    starts: float | None = Field(description="From when on.")
    ends: float | None = Field(description="Until when.")
    interstitial: bool | None = Field(description="Whether people are told first; null as the relay has it.")
    index: bool = Field(description="Whether search engines may keep it.")
    new_key: str | None = Field(description="A key that was made just now. It is not shown again.")


def routes(policies: Policies, callers: Callers, on_change: OnChange) -> APIRouter:
    """The policy of a share of the caller's, or of anybody's for an admin."""
    api = _PolicyApi(policies, callers, on_change)
    router = APIRouter(
        route_class=ProblemRoute,
        tags=["policies"],
        responses=refusals(*OF_CALLERS, NoSuchShare, ShareEnded, BadPolicy),
    )
    path = "/api/v1/shares/{name}/policy"
    router.add_api_route(path, api.show, methods=["GET"])
    router.add_api_route(path, api.replace, methods=["PUT"])
    router.add_api_route(path, api.amend, methods=["PATCH"], openapi_extra=_AMENDMENT)
    router.add_api_route(path, api.clear, methods=["DELETE"], status_code=204)
    return router


class _PolicyApi:
    def __init__(self, policies: Policies, callers: Callers, on_change: OnChange) -> None:
        self._policies = policies
        self._callers = callers
        self._on_change = on_change

    async def show(self, request: Request, name: str) -> PolicyView:
        """Who may look at a share."""
        caller = await self._callers.owner(request)
        return _view(await self._policies.of(name, caller))

    async def replace(self, request: Request, name: str, body: PolicyBody) -> PolicyView:
        """Set who may look, from now on; who is inside and may not any more is turned out."""
        caller = await self._callers.owner(request)
        raw, made = _with_key(_given(body))
        return await self._done(await self._policies.replace(name, caller, raw), made)

    async def amend(self, request: Request, name: str) -> PolicyView:
        """Change some of it: what is named is set, what is null is taken away (RFC 7396)."""
        caller = await self._callers.owner(request)
        raw, made = _with_key(await _object(request))
        return await self._done(await self._policies.amend(name, caller, raw), made)

    async def clear(self, request: Request, name: str) -> Response:
        """Let everybody look."""
        caller = await self._callers.owner(request)
        await self._on_change((await self._policies.replace(name, caller, {})).change)
        return Response(status_code=204)

    async def _done(self, changed: Changed, made: str | None) -> PolicyView:
        await self._on_change(changed.change)
        return _view(changed.policy, made)


async def _object(request: Request) -> dict[str, Any]:
    """The JSON object of a request's body. Raises `BadPolicy`."""
    try:
        found = json.loads(await request.body())
    except (ValueError, RecursionError):
        raise BadPolicy("the body is no JSON") from None
    if not isinstance(found, dict):
        raise BadPolicy("the body is no JSON object")
    return found


def _given(body: PolicyBody) -> dict[str, Any]:
    """What was said, and nothing that was not."""
    return body.model_dump(exclude_unset=True)


def _with_key(raw: dict[str, Any]) -> tuple[dict[str, Any], str | None]:
    if raw.get("key") is not True:
        return raw, None
    made = new_key()
    return raw | {"key": made}, made


def _view(policy: Policy, made: str | None = None) -> PolicyView:
    people = policy.oidc
    return PolicyView(
        password=bool(policy.password),
        key=bool(policy.key),
        networks=list(policy.networks),
        methods=list(policy.methods),
        oidc=PeopleView(domains=list(people.domains), emails=list(people.emails)) if people else None,
        one_time=bool(policy.one_time),
        taken=policy.taken,
        starts=policy.starts,
        ends=policy.ends,
        interstitial=policy.interstitial,
        index=policy.index,
        new_key=made,
    )
