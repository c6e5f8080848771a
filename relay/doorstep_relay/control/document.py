"""The API's OpenAPI document: what FastAPI finds out by itself, and that most routes ask for a token."""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

_TOKEN: Final = {
    "type": "http",
    "scheme": "bearer",
    "description": "A token of `doorstep login` or `doorstep-relay token create`.",
}
_NEEDED: Final[list[dict[str, list[str]]]] = [{"token": []}]
OPTIONAL: Final[dict[str, Any]] = {"security": [{}, {"token": []}]}
"""`openapi_extra` of a route that some may use without a token."""


def describe(app: FastAPI) -> None:
    """Make the app's document tell which routes need a token: those that may answer 401."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # as FastAPI's own guide does it


def _document(app: FastAPI) -> dict[str, Any]:
    found = get_openapi(title=app.title, version=app.version, routes=app.routes)
    found.setdefault("components", {})["securitySchemes"] = {"token": _TOKEN}
    for path in found.get("paths", {}).values():
        for operation in path.values():
            if "401" in operation["responses"]:
                operation.setdefault("security", _NEEDED)
    return found
