"""Share a local app through a Doorstep relay.

from doorstep_client import share

link = share(app)          # an ASGI app, or the port of a server on this computer
print(link.url)
link.close()
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
    from doorstep_client.link import Link, share

__all__ = [
    "BadTargetError",
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

_LAZY = {"Link", "share"}


def __getattr__(name: str) -> object:
    """`share` and `Link` are imported when first used: they need an event loop and HTTP."""
    if name in _LAZY:
        from doorstep_client import link

        return getattr(link, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
