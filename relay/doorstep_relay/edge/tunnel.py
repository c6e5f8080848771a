"""The relay's end of a tunnel connection: requests go down it, answers come up."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from doorstep_relay.edge.context import Edge
    from doorstep_relay.edge.exchange import Exchange
    from doorstep_relay.switchboard.local import LiveShare

BUFFER = 256 * 1024
"""Bytes that may wait in a transport before its other side is asked to stop reading."""


class TunnelConnection(asyncio.Protocol):
    """One connection that a client dialled. It carries one exchange at a time, or is idle.

    Bytes that come while it is idle were not asked for: the connection is in doubt and ends.
    """

    __slots__ = ("_edge", "exchange", "idle_since", "pool", "share", "transport", "write_paused")

    def __init__(self, edge: Edge, share: LiveShare) -> None:
        self._edge = edge
        self.share = share.whole
        self.pool = share.own
        """Of the client that dialled it."""
        self.transport: asyncio.Transport
        self.exchange: Exchange | None = None
        self.idle_since = 0.0
        self.write_paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Taken over from the visitor protocol that read the upgrade; the transport is live."""
        self.transport = cast(asyncio.Transport, transport)
        self.transport.set_write_buffer_limits(high=BUFFER)
        self._edge.make_room_for(self)
        if not self.pool.add(self, self._edge.now):
            self.discard()
        elif not isinstance(self, CarriedTunnel):
            self.pool.relieve(CarriedTunnel)

    def data_received(self, data: bytes) -> None:
        if self.exchange is None:
            self.pool.drop(self)
            self.discard()
        elif self.share.meter is None:
            self.exchange.from_upstream(data)
        else:
            self.exchange.paced_from_upstream(data)

    def eof_received(self) -> bool:
        if self.exchange is None:
            self.pool.drop(self)  # at once: no visitor must get it before it is closed
            return False
        return self.exchange.upstream_eof()

    def connection_lost(self, exc: Exception | None) -> None:
        self._edge.tunnels.discard(self)
        self.pool.drop(self)
        exchange, self.exchange = self.exchange, None
        if exchange is not None:
            exchange.upstream_lost(clean=exc is None)

    def pause_writing(self) -> None:
        self.write_paused = True
        if self.exchange is not None:
            self.exchange.visitor.hold_reading(upstream=True)

    def resume_writing(self) -> None:
        self.write_paused = False
        if self.exchange is not None:
            self.exchange.visitor.hold_reading(upstream=False)

    @property
    def has_no_end(self) -> bool:
        """Whether it carries a WebSocket."""
        return self.exchange is not None and self.exchange.upgraded

    def discard(self) -> None:
        """End it now; an exchange on it is cut."""
        exchange, self.exchange = self.exchange, None
        self.transport.abort()
        if exchange is not None:
            exchange.upstream_lost(clean=False)


class CarriedTunnel(TunnelConnection):
    """A stream of the client's session: it does the work of connections that something in between breaks."""

    __slots__ = ()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.pool.carried += 1
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.pool.carried -= 1
        super().connection_lost(exc)
