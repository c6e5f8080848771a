"""Tokens over the API: an account makes, narrows and revokes its own; an admin everybody's."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from doorstep_relay.control.api.callers import OF_CALLERS, Callers, OnChange
from doorstep_relay.control.api.owned import AccountName, AccountQuery, Label, Lifetime, Names, whose
from doorstep_relay.control.api.paging import After, Limit, Next, page
from doorstep_relay.control.api.problems import WORD, ProblemRoute, refusals
from doorstep_relay.control.issuing import NewToken, TokenFacts
from doorstep_relay.control.tokens import Tokens
from doorstep_relay.domain.scopes import Role, Scope
from doorstep_relay.errors import BadToken, Banned, NoSuchAccount, NoSuchToken, TooBroad

Key = Annotated[str, Path(description="The token's public id: the 8 signs after `dst_`.", pattern=WORD)]
Scopes = Annotated[
    list[Scope],
    Field(
        min_length=1,
        max_length=3,
        description="What the token may do: `share` opens links, `own` manages its account's links and "
        "tokens, `admin` manages everybody's (for accounts whose role is admin).",
    ),
]


class TokenView(BaseModel):
    """A token: everything but its secret. Times are unix seconds."""

    key: str = Field(description="Its public id.")
    account: str
    label: str
    scopes: list[Scope]
    names: list[str]
    created_by: str = Field(description="Who made it: `account:NAME` or `operator`.")
    created_at: float
    expires_at: float | None
    revoked_at: float | None
    last_used_at: float | None = Field(description="To the minute.")


class TokenList(BaseModel):
    """Tokens, oldest first."""

    tokens: list[TokenView]
    next: Next


class TokenWish(BaseModel):
    """The token to make. What its maker's own token has not cannot be given."""

    model_config = ConfigDict(extra="forbid")

    account: AccountName | None = Field(None, description="Whose it is: the caller's own when left out.")
    label: Label = ""
    scopes: Scopes = Field(default_factory=lambda: [Scope.share, Scope.own])
    names: Names = []
    expires_in: Lifetime = None


class TokenChange(BaseModel):
    """What is to change; left out or null, a thing stays as it is."""

    model_config = ConfigDict(extra="forbid")

    label: Label | None = None
    scopes: Scopes | None = None
    names: Names | None = None


class MadeToken(BaseModel):
    """A token that was just made."""

    token: str = Field(description="The token itself. It is not stored, and never shown again.")
    facts: TokenView


class Caller(BaseModel):
    """Whose token this is, and what it may do."""

    account: str
    role: Role
    key: str = Field(description="The token's public id.")
    scopes: list[Scope] = Field(description="As far as the account's role allows them.")
    names: list[str] = Field(description="Patterns of the names that it may open; empty for any.")
    expires_at: float | None


def routes(tokens: Tokens, callers: Callers, on_change: OnChange) -> APIRouter:
    """`/api/v1/tokens` and `/api/v1/whoami`."""
    api = _TokenApi(tokens, callers, on_change)
    router = APIRouter(route_class=ProblemRoute, tags=["tokens"])
    add = router.add_api_route
    add("/api/v1/whoami", api.who, methods=["GET"], responses=refusals(BadToken, Banned))
    add("/api/v1/tokens", api.all, methods=["GET"], responses=refusals(*OF_CALLERS, NoSuchAccount))
    add(
        "/api/v1/tokens",
        api.create,
        methods=["POST"],
        status_code=201,
        responses=refusals(*OF_CALLERS, TooBroad, NoSuchAccount),
    )
    one = "/api/v1/tokens/{key}"
    add(one, api.change, methods=["PATCH"], responses=refusals(*OF_CALLERS, TooBroad, NoSuchToken))
    ended = refusals(BadToken, Banned, NoSuchToken)
    add(one, api.revoke, methods=["DELETE"], status_code=204, responses=ended)
    return router


class _TokenApi:
    def __init__(self, tokens: Tokens, callers: Callers, on_change: OnChange) -> None:
        self._tokens = tokens
        self._callers = callers
        self._on_change = on_change

    async def who(self, request: Request) -> Caller:
        """Whose token the request carries."""
        caller = await self._callers.any(request)
        return Caller(
            account=caller.account_name,
            role=caller.role,
            key=caller.token_key,
            scopes=_ordered(caller.scopes),
            names=list(caller.names),
            expires_at=caller.token_expires_at,
        )

    async def all(
        self,
        request: Request,
        account: AccountQuery = None,
        limit: Limit = 100,
        after: After = None,
    ) -> TokenList:
        """The account's tokens, revoked and expired ones too; an admin's view is of everybody's."""
        caller = await self._callers.owner(request)
        found = await self._tokens.list(account=whose(caller, account), after=after or 0, limit=limit + 1)
        shown, following = page(found, limit, lambda token: token.id)
        return TokenList(tokens=[view(token) for token in shown], next=following)

    async def create(self, request: Request, wish: TokenWish) -> MadeToken:
        """Make a token: for oneself with no more rights than one's own has, or for anybody as an admin."""
        caller = await self._callers.owner(request)
        made = await self._tokens.create(
            whose(caller, wish.account) or caller.account_name,
            by=caller,
            expires_in=wish.expires_in,
            scopes=frozenset(wish.scopes),
            names=tuple(wish.names),
            label=wish.label,
        )
        return made_view(made)

    async def change(self, request: Request, key: Key, wanted: TokenChange) -> TokenView:
        """Narrow a token, or name it anew. Only an admin gives it more. Its sessions obey at once."""
        caller = await self._callers.owner(request)
        facts, change = await self._tokens.narrow(
            key,
            by=caller,
            scopes=None if wanted.scopes is None else frozenset(wanted.scopes),
            names=None if wanted.names is None else tuple(wanted.names),
            label=wanted.label,
        )
        await self._on_change(change)
        return view(facts)

    async def revoke(self, request: Request, key: Key) -> Response:
        """Revoke a token: the caller's own one, or one that the caller may manage. Its sessions end."""
        caller = await self._callers.any(request)
        await self._on_change(await self._tokens.revoke_one(key, by=caller))
        return Response(status_code=204)


def made_view(made: NewToken) -> MadeToken:
    """A token at the only moment when it can be shown."""
    return MadeToken(token=made.raw, facts=view(made.facts))


def view(token: TokenFacts) -> TokenView:
    """A token as the API shows it."""
    seen: dict[str, Any] = {name: getattr(token, name) for name in TokenView.model_fields}
    return TokenView.model_validate(seen | {"scopes": token.scopes.split(), "names": token.names.split()})


def _ordered(scopes: frozenset[Scope]) -> list[Scope]:
    return [scope for scope in Scope if scope in scopes]
