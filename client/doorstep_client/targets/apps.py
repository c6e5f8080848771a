"""Apps by name and of other kinds: `module:app` is imported, WSGI and old ASGI apps get an adapter."""

from __future__ import annotations

import importlib
import inspect
import sys
from pathlib import Path
from typing import Any, cast

from doorstep_client.errors import BadTargetError
from doorstep_client.targets.base import AsgiApp


def load(name: str) -> Any:
    """The app that `module:app` names, or what `module:factory()` returns. Raises `BadTargetError`.

    Modules are looked for in the current folder first, as by every server's command.
    """
    module_name, _, path = name.partition(":")
    found = _import(module_name)
    for part in path.removesuffix("()").split("."):
        if not hasattr(found, part):
            raise BadTargetError(f"{name}: the module {module_name} has no {path.removesuffix('()')!r}")
        found = getattr(found, part)
    return found() if path.endswith("()") else found


def _import(name: str) -> Any:
    folder = str(Path.cwd())
    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not (name == error.name or name.startswith(f"{error.name}.")):
            raise  # the module is there; what it imports is not
        raise BadTargetError(f"there is no module {name!r} here ({folder})") from error


def as_asgi(app: Any) -> AsgiApp:
    """The app as ASGI 3. Raises `BadTargetError` for what is no app."""
    if hasattr(app, "launch"):
        raise BadTargetError(
            f"cannot share {type(app).__name__} objects as they are: call their launch(share=True)"
        )
    match _takes(app):
        case 3:
            return cast(AsgiApp, app)
        case 2:
            from doorstep_client.targets.wsgi import WsgiApp

            return WsgiApp(app)
        case 1:
            from uvicorn.middleware.asgi2 import ASGI2Middleware

            return cast(AsgiApp, ASGI2Middleware(app))
    raise BadTargetError(
        f"cannot share {app!r}: an ASGI app is called with (scope, receive, send), "
        "a WSGI app with (environ, start_response)"
    )


def _takes(app: Any) -> int:
    """With how many arguments an app wants to be called; 3 for what does not say."""
    try:
        parameters = inspect.signature(app).parameters.values()
    except (TypeError, ValueError):
        return 3
    if any(each.kind is each.VAR_POSITIONAL for each in parameters):
        return 3
    placed = [each for each in parameters if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]
    needed = [each for each in placed if each.default is each.empty]
    return len(needed) or len(placed)
