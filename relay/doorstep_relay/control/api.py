"""The REST API of shares: what an account may see and end of its own.

Every request carries a token. What is not the caller's is answered exactly like what is not there. Errors are
`application/problem+json` (RFC 9457) with the relay's stable `code` beside the standard members.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import asdict
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel

from doorstep_relay.control.actors import Actor
from doorstep_relay.control.history import ShareFacts
from doorstep_relay.control.shares import Shares
from doorstep_relay.control.tokens import Tokens, bearer
from doorstep_relay.domain.claims import owns
from doorstep_relay.errors import BadToken, NoSuchShare, Refusal
from doorstep_relay.store.audit import Change

PROBLEM: Final = "application/problem+json"


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


class Health(BaseModel):
    """The relay answers, and so does its database."""

    status: str = "ok"


def build_router(shares: Shares, tokens: Tokens, on_change: Callable[[Change], Awaitable[None]]) -> APIRouter:
    """The API over these services. `on_change` makes a change effective at once in this process."""
    api = _ShareApi(shares, tokens, on_change)
    router = APIRouter(route_class=_ProblemRoute)
    router.add_api_route("/api/v1/shares", api.own, methods=["GET"])
    router.add_api_route("/api/v1/shares/{name}", api.one, methods=["GET"])
    router.add_api_route("/api/v1/shares/{name}", api.revoke, methods=["DELETE"], status_code=204)
    router.add_api_route("/healthz", api.health, methods=["GET"])
    return router


class _ShareApi:
    def __init__(
        self, shares: Shares, tokens: Tokens, on_change: Callable[[Change], Awaitable[None]]
    ) -> None:
        self._shares = shares
        self._tokens = tokens
        self._on_change = on_change

    async def own(self, request: Request, *, ended: bool = False) -> ShareList:
        """The caller's shares; with `ended` also those that are over."""
        caller = await self._caller(request)
        found = await self._shares.list(owner=caller, ended=ended)
        return ShareList(shares=[_view(share) for share in found])

    async def one(self, request: Request, name: str) -> ShareView:
        """One of the caller's shares: the newest that had this name."""
        caller = await self._caller(request)
        share = await self._shares.find(name)
        if share is None or not owns(caller.account_id, share.owner_id):
            raise NoSuchShare(name)
        return _view(share)

    async def revoke(
        self, request: Request, name: str, reason: Annotated[str, Query(max_length=500)] = ""
    ) -> Response:
        """End one of the caller's shares now. Its visitors read the reason."""
        caller = await self._caller(request)
        change = await self._shares.revoke(name, actor=caller, reason=reason)
        await self._on_change(change)
        return Response(status_code=204)

    async def health(self) -> Health:
        """For whatever watches the relay. Needs no token and tells nothing."""
        await self._shares.last_change()
        return Health()

    async def _caller(self, request: Request) -> Actor:
        return await self._tokens.authenticate(bearer(request.headers.getlist("authorization")))


class _ProblemRoute(APIRoute):
    """Answers refusals as problems here, not in the app, so that the router brings its errors along."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except Refusal as refusal:
                return problem(refusal.status, refusal.code, refusal.message)
            except RequestValidationError as invalid:
                return problem(422, "bad-request", _first_of(invalid))

        return answer


def problem(status: int, code: str, detail: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """An error as the API answers it (RFC 9457), with our stable code."""
    if status == BadToken.status:
        headers = {"WWW-Authenticate": "Bearer"}
    title = code.replace("-", " ").capitalize()
    content = {"type": "about:blank", "title": title, "status": status, "code": code, "detail": detail}
    return JSONResponse(content, status, headers, media_type=PROBLEM)


def _first_of(invalid: RequestValidationError) -> str:
    error = invalid.errors()[0]
    return f"{error['loc'][-1]}: {error['msg']}"


def _view(share: ShareFacts) -> ShareView:
    return ShareView.model_validate(asdict(share))
