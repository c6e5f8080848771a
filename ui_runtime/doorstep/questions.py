"""What a page asks a component while a person works with it: the content of a folder, say.

Only methods that the component's class names in `ANSWERS` can be asked, by the page of the same session.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.responses import Response

from doorstep.components.base import Component
from doorstep.errors import RefusedError
from doorstep.file_routes import refusal
from doorstep.security import visitor_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from doorstep.sessions import Session

MAX_BODY: Final = 1 << 20
"""Bytes of one question."""


class Questions:
    """`session_of` finds a page's session."""

    def __init__(self, session_of: Callable[[str], Session | None]) -> None:
        self._session_of = session_of

    async def answer(self, request: Request) -> Response:
        """The body is a JSON list of arguments; answers what the method returns."""
        session = self._session_of(request.query_params.get("session", ""))
        if session is None or session.visitor != visitor_of(request.scope):
            return refusal(404, "no-such-session", "The session is over. Reload the page.")
        method = _method_of(session, request.path_params["id"], request.path_params["method"])
        if method is None:
            return refusal(404, "no-such-question", "This cannot be asked here.")
        try:
            given = await _arguments(request)
            found = await asyncio.to_thread(method, *given)
        except (RefusedError, TypeError, ValueError) as error:
            return refusal(400, "refused", str(error))
        return Response(msgspec.json.encode(found), media_type="application/json", headers=_HEADERS)


_HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def _method_of(session: Session, number: int, name: str) -> Callable[..., Any] | None:
    """The method of the component as this session has it."""
    block = session.visit.block(number)
    if not isinstance(block, Component) or name not in block.ANSWERS:
        return None
    method: Callable[..., Any] = getattr(block, name)
    return method


async def _arguments(request: Request) -> list[Any]:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise RefusedError(f"a question has at most {MAX_BODY} bytes")
    try:
        given = msgspec.json.decode(body or b"[]", type=list[Any])
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise RefusedError(f"the arguments are no JSON list: {error}") from None
    return given
