"""A visitor of a share that several clients hold stays with one of them, by a cookie.

A page and all that it asks for later (its WebSocket, its uploads) have to reach one and the same process.
Whoever keeps no cookies gets the client with the least to do each time.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from doorstep_relay.edge.request import RequestHead
    from doorstep_relay.switchboard.balanced import Balanced
    from doorstep_relay.switchboard.pool import Pool

NAME: Final = b"doorstep-client"
_FIELD: Final = b"cookie:"
_OURS: Final = re.compile(rb"[:;] *doorstep-client=([0-9a-f]{16})(?=[;\r])")


def chosen(balanced: Balanced, head: RequestHead) -> Pool | Balanced:
    """Where the request goes: to the client that its cookie names, if that is there, or to any."""
    return balanced.pool_of(_asked(head)) or balanced


def sticking(pool: Pool, head: RequestHead) -> bytes:
    """The field line that makes the visitor come back to this client; none when it already does."""
    if _asked(head) == pool.tag:
        return b""
    return b"Set-Cookie: %b=%b; Path=/; HttpOnly; %b\r\n" % (NAME, pool.tag, pool.cookie)


def _asked(head: RequestHead) -> bytes:
    for line in head.lines:
        if line[:7].lower() == _FIELD and (found := _OURS.search(line)) is not None:
            return found[1]
    return b""
