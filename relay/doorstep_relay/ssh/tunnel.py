"""A `forwarded-tcpip` channel (RFC 4254 7.2) as a tunnel connection of a share's pool."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import asyncssh

from doorstep_relay.edge.tunnel import TunnelConnection
from doorstep_relay.ssh.visits import Visit

if TYPE_CHECKING:
    from doorstep_relay.edge.context import Edge
    from doorstep_relay.edge.exchange import Exchange
    from doorstep_relay.ssh.connection import Connection
    from doorstep_relay.switchboard.local import LiveShare


OnVisit = Callable[[Visit], None]


class SshTunnel(TunnelConnection):
    """A tunnel connection that tells of each request, as nothing else at the edge has to, when it is over."""

    __slots__ = ("_began", "_exchange", "_on_visit")

    def __init__(self, edge: Edge, share: LiveShare, on_visit: OnVisit) -> None:
        self._exchange: Exchange | None = None
        self._began = 0.0
        self._on_visit = on_visit
        super().__init__(edge, share)

    @property
    def exchange(self) -> Exchange | None:
        """The request that it carries."""
        return self._exchange

    @exchange.setter
    def exchange(self, exchange: Exchange | None) -> None:
        over, self._exchange = self._exchange, exchange
        if exchange is not None:
            self._began = time.monotonic()
        elif over is not None:
            head, seconds = over.head, time.monotonic() - self._began
            self._on_visit(Visit(head.method, head.target, over.status, seconds))


class TunnelChannel(asyncssh.SSHTCPSession[bytes]):
    """Tells a tunnel connection what happens on its channel.

    It takes no more while the channel is full, or the connection that it has in common with others.
    """

    def __init__(self, tunnel: TunnelConnection, conn: Connection) -> None:
        self._tunnel = tunnel
        self._conn = conn
        self._transport: ChannelTransport
        self._ended = False
        self._channel_full = self._paused = False

    def connection_made(self, chan: asyncssh.SSHTCPChannel[bytes]) -> None:
        self._transport = ChannelTransport(chan)
        self._tunnel.connection_made(self._transport)
        self._conn.tunnels.add(self)
        self.connection_filled(full=self._conn.takes_no_more)

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        self._tunnel.data_received(data)

    def eof_received(self) -> bool:
        self._ended = True
        if not self._tunnel.eof_received():
            self._transport.close()
        return True  # asyncssh would send an end of its own otherwise

    def connection_lost(self, exc: Exception | None) -> None:
        """A channel that closes without its end was cut: an answer in it is not whole."""
        self._conn.tunnels.discard(self)
        clean = exc is None and self._ended
        self._tunnel.connection_lost(None if clean else exc or ConnectionResetError())

    def pause_writing(self) -> None:
        self._channel_full = True
        self._look(full=True)

    def resume_writing(self) -> None:
        self._channel_full = False
        self._look(full=self._conn.takes_no_more)

    def connection_filled(self, *, full: bool) -> None:
        """The client is behind with reading what all channels have for it, exchanges keys, or no more so."""
        self._look(full=full or self._channel_full)

    def _look(self, *, full: bool) -> None:
        if full != self._paused:
            self._paused = full
            (self._tunnel.pause_writing if full else self._tunnel.resume_writing)()


class ChannelTransport(asyncio.Transport):
    """A channel as a transport: what comes too late is dropped, as sockets' transports do."""

    def __init__(self, channel: asyncssh.SSHTCPChannel[bytes]) -> None:
        super().__init__()
        self._channel = channel

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        if not self._channel.is_closing():
            self._channel.write(data if type(data) is bytes else bytes(data))

    def write_eof(self) -> None:
        self._channel.write_eof()

    def can_write_eof(self) -> bool:
        return True

    def close(self) -> None:
        self._channel.close()

    def abort(self) -> None:
        self._channel.abort()

    def is_closing(self) -> bool:
        return self._channel.is_closing()

    def pause_reading(self) -> None:
        self._channel.pause_reading()

    def resume_reading(self) -> None:
        self._channel.resume_reading()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._channel.set_write_buffer_limits(high, low)

    def get_write_buffer_size(self) -> int:
        return self._channel.get_write_buffer_size()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default
