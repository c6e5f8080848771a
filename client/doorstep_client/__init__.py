"""Share a local app through a Doorstep relay.

from doorstep_client import share

link = share(app)          # an app, the port of a server, a URL, a socket or a folder
print(link.url)
link.close()

async with share(app) as link:      # on a running loop
    print(link.url)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorstep_client.errors import (
    BadTargetError,
    DoorstepError,
    EndedError,
    NoRelayError,
    RefusedError,
    UnreachableError,
    UsageError,
    WireError,
)

if TYPE_CHECKING:
    from doorstep_client.holding.changes import Change
    from doorstep_client.link import Link, share

__all__ = [
    "BadTargetError",
    "Change",
    "DoorstepError",
    "EndedError",
    "Link",
    "NoRelayError",
    "RefusedError",
    "UnreachableError",
    "UsageError",
    "WireError",
    "share",
]

_LAZY = {"Change": "holding.changes", "Link": "link", "share": "link"}


def __getattr__(name: str) -> object:
    """`share` and `Link` are imported when first used: they need an event loop and HTTP."""
    if name in _LAZY:
        from importlib import import_module

        return getattr(import_module(f"doorstep_client.{_LAZY[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
