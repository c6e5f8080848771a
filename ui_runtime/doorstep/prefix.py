"""The path that an app is reached under, where a proxy before it cuts the beginning off."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers

if TYPE_CHECKING:
    from starlette.types import Scope

MAX_PREFIX: Final = 200
_PREFIX: Final = re.compile(r"(/[A-Za-z0-9._~-]+)+")
"""Nothing that a browser could take for another host, such as `//host`."""


def rooted(scope: Scope, root_path: str) -> Scope:
    """The scope with the paths that the visitor knows: they begin with `root_path`, which the developer
    gave, or else with the proxy's `X-Forwarded-Prefix`. One that the server knows already stays as it is.
    """
    prefix = root_path or _forwarded(scope)
    root: str = scope.get("root_path", "")
    if not prefix or _is_below(root, prefix):
        return scope
    path: str = scope["path"]
    return {
        **scope,
        "root_path": prefix + root,
        "path": path if _is_below(path, prefix + root) else prefix + path,
    }


def _forwarded(scope: Scope) -> str:
    given = Headers(scope=scope).get("x-forwarded-prefix", "").partition(",")[0].strip().rstrip("/")
    return given if len(given) <= MAX_PREFIX and _PREFIX.fullmatch(given) else ""


def _is_below(path: str, prefix: str) -> bool:
    return path == prefix or path.startswith(f"{prefix}/")
