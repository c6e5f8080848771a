"""How the API says no: `application/problem+json` (RFC 9457) with the relay's stable `code`."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field

from doorstep_relay.control.noting import note_code
from doorstep_relay.errors import BadToken, Refusal, TooMany

PROBLEM: Final = "application/problem+json"
WORD: Final = "^[!-~]{1,64}$"
"""A name as it may come in a request: whether there is such a thing is another question."""
LINE: Final = r"^[^\x00-\x1f\x7f]*$"
"""Text on one line."""


class Problem(BaseModel):
    """An error (RFC 9457)."""

    type: str = Field(description="Always about:blank: `code` tells errors apart.")
    title: str = Field(description="The code, for people.")
    status: int = Field(description="The HTTP status.")
    code: str = Field(description="Which error it is; stable, for programs.")
    detail: str = Field(description="What was wrong, and what helps; for people.")


def refusals(*classes: type[Refusal]) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may refuse with these, or because of what any route may say no to."""
    about: dict[int, list[str]] = {
        422: ["A parameter that means nothing: bad-request."],
        TooMany.status: ["More changes than one account may make: too-many."],
    }
    for refusal in classes:
        about.setdefault(refusal.status, []).append((refusal.__doc__ or "").partition("\n")[0])
    content = {PROBLEM: {"schema": Problem.model_json_schema()}}  # a `model` would claim plain JSON as well
    return {status: {"description": " ".join(said), "content": content} for status, said in about.items()}


class ProblemRoute(APIRoute):
    """Answers refusals as problems here, not in the app, so that a router brings its errors along."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except Refusal as refusal:
                note_code(request.scope, refusal.code)
                return refused(refusal)
            except RequestValidationError as invalid:
                return problem(422, "bad-request", _first_of(invalid))

        return answer


def refused(refusal: Refusal) -> JSONResponse:
    """A refusal as the API answers it."""
    headers = {"Retry-After": f"{refusal.retry_after:.0f}"} if isinstance(refusal, TooMany) else None
    return problem(refusal.status, refusal.code, refusal.message, headers)


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
