"""The way out: nobody new comes in, who was let in is served to the end, then the clients are sent away.

While visitors stand in line for a tunnel connection, clients can still dial one: so the port is closed only
when nobody waits any more. WebSockets have no end of their own; they are cut with the sessions.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from doorstep_relay.edge.context import Edge
from doorstep_relay.edge.listen import Listener
from doorstep_relay.edge.visitor import VisitorConnection

_LOOK_EVERY: Final = 0.05
_SETTLE: Final = 0.1
"""Seconds in which what has already arrived is read: a request on an idle connection is one under way."""


async def drain(edge: Edge, listener: Listener, seconds: float, closed: Callable[[], None]) -> bool:
    """Serve what is under way, for so long at the most; whether that was all of it.

    `closed` is called when nobody new can come in any more.
    """
    until = asyncio.get_running_loop().time() + seconds
    edge.is_draining = True
    edge.switchboard.absent.dismiss()
    await asyncio.sleep(min(_SETTLE, seconds))
    await _settled(lambda: not any(visitor.waits for visitor in edge.visitors), until)
    listener.close()
    closed()
    return await _settled(lambda: not _under_way(edge), until)


async def _settled(condition: Callable[[], bool], until: float) -> bool:
    """Wait for a condition of many connections, none of which tells anybody; whether it came to be."""
    clock = asyncio.get_running_loop().time
    while not condition():
        if clock() > until:
            return False
        await asyncio.sleep(_LOOK_EVERY)
    return True


def _under_way(edge: Edge) -> bool:
    """Whether a request is; connections without one are closed in passing."""
    idle = [visitor for visitor in edge.visitors if visitor.is_idle]
    for visitor in idle:
        visitor.transport.close()
    return bool(edge.at_apex) or any(_is_served(visitor) for visitor in edge.visitors)


def _is_served(visitor: VisitorConnection) -> bool:
    exchange = visitor.exchange
    if exchange is not None and exchange.upgraded:
        return False
    return exchange is not None or visitor.waits or visitor.transport.get_write_buffer_size() > 0
