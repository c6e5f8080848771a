"""A connection to the relay's own host: the app's protocol serves it, the edge watches its time.

It carries one request: a second one would reach the app without the edge's checks, and a proxy
that reuses its connections would send it requests for shares. When the app has answered before that was
read to its end, the rest is thrown away, as in `lingering`.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, cast

from doorstep_relay.edge.body import BadBodyError, Body
from doorstep_relay.edge.drain import Drain

if TYPE_CHECKING:
    from doorstep_relay.edge.context import Edge


_ITS_OWN: Final = ("get_extra_info", "pause_reading", "resume_reading", "write")


class ApexConnection(asyncio.Protocol):
    """Passes everything to the app's protocol. The head is its first data, then comes `body`."""

    __slots__ = ("_app", "_body", "_drain", "_edge", "_head_came", "deadline", "transport")

    def __init__(self, edge: Edge, app: asyncio.Protocol, body: Body) -> None:
        self._edge = edge
        self._app = app
        self._body = body
        self._head_came = False
        self._drain: Drain | None = None
        """Once the app has answered in the middle of the request."""
        self.deadline = 0.0
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self._edge.at_apex.add(self)
        self._app.connection_made(cast(asyncio.Transport, _AppTransport(self)))

    def data_received(self, data: bytes) -> None:
        if self._drain is not None:
            self._throw_away(self._drain, data)
            return
        if self._head_came:
            try:
                data = data[: self._body.feed(data)]
            except BadBodyError:
                self.transport.abort()
                return
            if not data:
                return  # of another request, which is not read, let alone by the app
        self._head_came = True
        self._wait()
        self._app.data_received(data)

    def eof_received(self) -> bool | None:
        return None if self._drain is not None else self._app.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self._edge.at_apex.discard(self)
        self._app.connection_lost(exc)

    def pause_writing(self) -> None:
        self.deadline = self._edge.now + self._edge.limits.stall_timeout
        self._app.pause_writing()

    def resume_writing(self) -> None:
        self._wait()
        self._app.resume_writing()

    def finish(self) -> None:
        """The app has answered."""
        transport = self.transport
        if self._body.done or transport.is_closing() or not transport.can_write_eof():
            transport.close()  # of TLS: it lingers by itself
        elif self._drain is None:
            self._drain = Drain(self._edge.limits, self._edge.now)
            self.deadline = self._drain.deadline(self._edge.now)
            transport.write_eof()
            transport.resume_reading()

    @property
    def is_finished(self) -> bool:
        """Whether the app may say no more."""
        return self._drain is not None or self.transport.is_closing()

    def _throw_away(self, drain: Drain, data: bytes) -> None:
        if drain.takes(len(data)):
            self.deadline = drain.deadline(self._edge.now)
        else:
            self.transport.pause_reading()

    def overdue(self) -> None:
        """The request stopped in the middle, or its answer took too long."""
        self.transport.abort()

    def _wait(self) -> None:
        if self._drain is not None:
            return
        limits = self._edge.limits
        self.deadline = self._edge.now + (limits.app_timeout if self._body.done else limits.body_timeout)


class _AppTransport:
    """The connection's transport, as far as the app's protocol uses it."""

    def __init__(self, connection: ApexConnection) -> None:
        self._connection = connection
        for name in _ITS_OWN:
            setattr(self, name, getattr(connection.transport, name))

    def close(self) -> None:
        self._connection.finish()

    def is_closing(self) -> bool:
        return self._connection.is_finished
