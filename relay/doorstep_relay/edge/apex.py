"""A connection to the relay's own host: the app's protocol serves it, the edge watches its time.

It carries one request: a second one would reach the app without the edge's checks, and a proxy
that reuses its connections would send it requests for shares.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from doorstep_relay.edge.body import BadBodyError, Body

if TYPE_CHECKING:
    from doorstep_relay.edge.context import Edge


class ApexConnection(asyncio.Protocol):
    """Passes everything to the app's protocol. The head is its first data, then comes `body`."""

    __slots__ = ("_app", "_body", "_edge", "_head_came", "deadline", "transport")

    def __init__(self, edge: Edge, app: asyncio.Protocol, body: Body) -> None:
        self._edge = edge
        self._app = app
        self._body = body
        self._head_came = False
        self.deadline = 0.0
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self._edge.at_apex.add(self)
        self._app.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if self._head_came:
            try:
                self._body.feed(data)
            except BadBodyError:
                self.transport.abort()
                return
        self._head_came = True
        self._wait()
        self._app.data_received(data)

    def eof_received(self) -> bool | None:
        return self._app.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self._edge.at_apex.discard(self)
        self._app.connection_lost(exc)

    def pause_writing(self) -> None:
        self.deadline = self._edge.now + self._edge.limits.stall_timeout
        self._app.pause_writing()

    def resume_writing(self) -> None:
        self._wait()
        self._app.resume_writing()

    def overdue(self) -> None:
        """The request stopped in the middle, or its answer took too long."""
        self.transport.abort()

    def _wait(self) -> None:
        limits = self._edge.limits
        self.deadline = self._edge.now + (limits.app_timeout if self._body.done else limits.body_timeout)
