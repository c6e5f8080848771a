"""Whether the relay works, for whatever watches it."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from doorstep_relay.control.api.problems import ProblemRoute
from doorstep_relay.control.shares import Shares


class Health(BaseModel):
    """The relay answers, and so does its database."""

    status: str = "ok"


def routes(shares: Shares) -> APIRouter:
    """`/healthz`: needs no token and tells nothing."""
    router = APIRouter(route_class=ProblemRoute)

    @router.get("/healthz")
    async def health() -> Health:
        """For whatever watches the relay."""
        await shares.last_change()
        return Health()

    return router
