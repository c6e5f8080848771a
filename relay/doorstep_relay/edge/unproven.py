"""A tunnel connection on which no byte of its client has come yet: no visitor is given to it.

Something between client and relay may let the upgrade through, and cut or swallow what follows. A client that
is in doubt asks for a word first (`wire.PING`), and takes the relay's for proof that bytes come through.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, cast

from doorstep_client import wire
from doorstep_relay.edge.tunnel import TunnelConnection

if TYPE_CHECKING:
    from doorstep_relay.edge.context import Edge
    from doorstep_relay.switchboard.local import LiveShare

MOST: Final = 16
"""That one client may have of them: each has a ticket, and serves nobody."""


class UnprovenTunnel(TunnelConnection):
    """Becomes a `TunnelConnection` with the client's word. Any other word, or none in time, ends it."""

    __slots__ = ("_live", "_said", "_timer")

    def __init__(self, edge: Edge, share: LiveShare) -> None:
        super().__init__(edge, share)
        self._live = share
        self._said = b""
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        if self.pool.closed or self.pool.unproven >= MOST:
            self.transport.abort()
            return
        self.pool.unproven += 1
        self._edge.tunnels.add(self)
        wait = self._edge.limits.connect_wait
        self._timer = asyncio.get_running_loop().call_later(wait, self.discard)

    def data_received(self, data: bytes) -> None:
        self._said += data
        if self._said == wire.PING:
            self._prove()
        elif not wire.PING.startswith(self._said):
            self.discard()

    def _prove(self) -> None:
        if self.pool.closed:
            self.discard()
            return
        self._leave()
        proven = TunnelConnection(self._edge, self._live)
        self.transport.write(wire.PONG)
        self.transport.set_protocol(proven)
        proven.connection_made(self.transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        self._leave()

    def _leave(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self.pool.unproven -= 1
            self._edge.tunnels.discard(self)
