"""The REST API. Every request carries a token; errors are problems (RFC 9457) with a stable code."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import APIRouter

from doorstep_relay.control.api import health, shares
from doorstep_relay.control.api.callers import Callers
from doorstep_relay.control.api.problems import PROBLEM, problem
from doorstep_relay.control.shares import Shares
from doorstep_relay.control.tokens import Tokens
from doorstep_relay.store.audit import Change

__all__ = ["PROBLEM", "build_router", "problem"]


def build_router(
    all_shares: Shares, tokens: Tokens, on_change: Callable[[Change], Awaitable[None]]
) -> APIRouter:
    """The API over these services. `on_change` makes a change effective at once in this process."""
    callers = Callers(tokens)
    router = APIRouter()
    router.include_router(shares.routes(all_shares, callers, on_change))
    router.include_router(health.routes(all_shares))
    return router
