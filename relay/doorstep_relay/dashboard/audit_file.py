"""The audit trail as a file: JSON Lines, the newest event first, as its viewer may see it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from doorstep_relay.control.actors import Actor
from doorstep_relay.control.trail import Trail
from doorstep_relay.domain.scopes import Scope
from doorstep_relay.errors import NoSuchAccount
from doorstep_relay.store.audit import Filter

PATH: Final = "/audit.jsonl"
_BATCH: Final = 1000
_LONGEST: Final = 64
_HEADERS: Final = {"Content-Disposition": 'attachment; filename="audit.jsonl"', "Cache-Control": "no-store"}


async def answer(trail: Trail, actor: Actor, request: Request) -> Response:
    """The events that the query asks for: `action`, `subject`, `account`, `since` and `until`."""
    query = {name: value[:_LONGEST] for name, value in request.query_params.items()}
    account = query.get("account") if actor.may(Scope.admin) else actor.account_name
    try:
        wanted = Filter(
            action=query.get("action"),
            subject=query.get("subject"),
            since=float(query["since"]) if "since" in query else None,
            until=float(query["until"]) if "until" in query else None,
        )
        await trail.page(wanted, account=account, limit=1)
    except (ValueError, NoSuchAccount) as error:
        return PlainTextResponse(f"{error}\n", 422)
    lines = _lines(trail, wanted, account)
    return StreamingResponse(lines, media_type="application/jsonl", headers=_HEADERS)


async def _lines(trail: Trail, wanted: Filter, account: str | None) -> AsyncIterator[str]:
    before: int | None = None
    while found := await trail.page(wanted, account=account, before=before, limit=_BATCH):
        yield "".join(json.dumps(asdict(event), default=str) + "\n" for event in found)
        before = found[-1].id
