"""The route by which the page calls functions of a component: its author's own (`server.name(…)`), and what
ours offer, such as the content of a folder."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from doorstep.bodies import body_of
from doorstep.errors import Error, RefusedError
from doorstep.file_routes import refusal
from doorstep.report import print_error
from doorstep.security import visitor_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from doorstep.sessions import Session

MOST_BYTES: Final = 8 << 20
"""Of the arguments of one call."""


class Call(msgspec.Struct):
    """What the page sends."""

    session: str
    component: int
    name: str
    args: list[Any] = []


class ComponentCalls:
    """Answers calls of a page whose session is its browser's own; only of functions named for that."""

    def __init__(self, session_of: Callable[[str], Session | None], *, show_error: bool) -> None:
        self._session_of = session_of
        self._show_error = show_error

    async def __call__(self, request: Request) -> Response:
        try:
            call = msgspec.json.decode(await body_of(request, MOST_BYTES), type=Call)
        except RefusedError as error:
            return refusal(400, "refused", str(error))
        except (msgspec.DecodeError, ValueError, RecursionError):
            return refusal(400, "bad-call", "This is no call of a component's function.")
        session = self._session_of(call.session)
        if session is None or session.visitor != visitor_of(request.scope):
            return refusal(404, "no-such-session", "The session is over. Reload the page.")
        function = getattr(session.visit.block(call.component), "server_functions", {}).get(call.name)
        if function is None:
            return refusal(404, "no-such-function", f"The component has no function {call.name!r}.")
        return await self._run(function, call.args)

    async def _run(self, function: Callable[..., Any], args: list[Any]) -> Response:
        try:
            if inspect.iscoroutinefunction(function):
                value = await function(*args)
            else:
                value = await run_in_threadpool(function, *args)
            return Response(msgspec.json.encode({"value": value}), media_type="application/json")
        except RefusedError as error:
            return refusal(400, "refused", str(error))
        except Error as error:
            return JSONResponse({"error": error.message}, 500)
        except Exception as error:  # noqa: BLE001  # whatever the app's function raises is its developer's
            print_error(function.__name__, error, function)
            said = f"{type(error).__name__}: {error}" if self._show_error else "The function failed."
            return JSONResponse({"error": said}, 500)
