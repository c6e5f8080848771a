"""The way out: nobody new comes in, who was let in is served to the end, then the clients are sent away.

While visitors stand in line for a tunnel connection, clients can still dial one: so the port is closed only
when nobody waits any more. WebSockets have no end of their own; they are cut with the sessions.

Where another process follows on the same socket, everybody is let in until the port is closed here, each for
a last request: who comes after that waits for the next process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from doorstep_relay.edge.accept import Acceptor
from doorstep_relay.edge.context import Edge
from doorstep_relay.edge.listen import Listener
from doorstep_relay.edge.visitor import VisitorConnection

_LOOK_EVERY: Final = 0.05
_SETTLE: Final = 0.1
"""Seconds in which what has already arrived is read: a request on an idle connection is one under way."""


async def drain(
    edge: Edge, listener: Listener, seconds: float, closed: Callable[[], None], *, is_followed: bool = False
) -> bool:
    """Serve what is under way, for so long at the most; whether that was all of it.

    `closed` is called when nobody new can come in any more.
    """
    until = asyncio.get_running_loop().time() + seconds
    if is_followed:
        edge.last_call()
    else:
        _let_nobody_in(edge)
    await asyncio.sleep(min(_SETTLE, seconds))
    await _settled(lambda: not any(visitor.waits for visitor in edge.visitors), until)
    listener.close()
    _let_nobody_in(edge)
    closed()
    return await _settled(lambda: not _under_way(edge) and not _handshakes(listener), until)


def _let_nobody_in(edge: Edge) -> None:
    edge.is_draining = True
    edge.switchboard.absent.dismiss()


async def _settled(condition: Callable[[], bool], until: float) -> bool:
    """Wait for a condition of many connections, none of which tells anybody; whether it came to be."""
    clock = asyncio.get_running_loop().time
    while not condition():
        if clock() > until:
            return False
        await asyncio.sleep(_LOOK_EVERY)
    return True


def _handshakes(listener: Listener) -> int:
    """Connections that were accepted and may have a request in a moment; none of a listener without TLS."""
    return listener.handshakes if isinstance(listener, Acceptor) else 0


def _under_way(edge: Edge) -> bool:
    """Whether a request is; connections without one are closed in passing.

    At the last call those that were let in a moment ago keep the moment that they have for their request.
    """
    may_begin = [visitor for visitor in edge.visitors if visitor.is_idle]
    idle = [visitor for visitor in may_begin if not (edge.is_last_call and visitor.is_new)]
    for visitor in idle:
        visitor.transport.close()
    waits = len(may_begin) > len(idle)
    return waits or bool(edge.at_apex) or any(_is_served(visitor) for visitor in edge.visitors)


def _is_served(visitor: VisitorConnection) -> bool:
    exchange = visitor.exchange
    if exchange is not None and exchange.upgraded:
        return False
    return exchange is not None or visitor.waits or visitor.transport.get_write_buffer_size() > 0
