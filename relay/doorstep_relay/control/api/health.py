"""Whether the relay works, for whatever watches it."""

from __future__ import annotations

import asyncio
from email.utils import formatdate
from typing import Any, Final

from fastapi import APIRouter, Response
from pydantic import BaseModel

from doorstep_relay.control.api.problems import PROBLEM, Problem, ProblemRoute, problem
from doorstep_relay.control.here import Here
from doorstep_relay.control.shares import Shares

_PATIENCE: Final = 5.0
"""Seconds that the database may take."""
_NOT_READY: Final[dict[int | str, dict[str, Any]]] = {
    503: {
        "description": "Not now: the database does not answer, or the relay is stopping.",
        "content": {PROBLEM: {"schema": Problem.model_json_schema()}},
    }
}


class Health(BaseModel):
    """It is so."""

    status: str = "ok"


def routes(shares: Shares, here: Here) -> APIRouter:
    """`/healthz` and `/readyz`: they need no token and tell nothing."""
    router = APIRouter(route_class=ProblemRoute, tags=["relay"])

    @router.get("/healthz")
    async def health(response: Response) -> Health:
        """The process works, and so does its database. Clients set their doubts about clocks by its Date."""
        await shares.last_change()
        response.headers["Date"] = formatdate(usegmt=True)
        return Health()

    @router.get("/readyz", response_model=Health, responses=_NOT_READY)
    async def ready() -> Health | Response:
        """Visitors and clients may be sent here: the database answers, and the relay is not stopping."""
        if here.is_draining:
            return problem(503, "draining", "this relay is stopping")
        try:
            async with asyncio.timeout(_PATIENCE):
                await shares.last_change()
        except Exception:  # noqa: BLE001  # whatever it is, the answer is no
            return problem(503, "database", "the database does not answer")
        return Health()

    return router
