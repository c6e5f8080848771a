"""An ASGI app, served inside this process by uvicorn's protocol.

No local port is needed and no loopback hop is paid: the app sits on the tunnel connection itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, Final, cast

from doorstep_client.errors import BadTargetError
from doorstep_client.targets.base import AsgiApp, Scope
from doorstep_client.targets.lingering import LINGER
from doorstep_client.tunnels.corked import CorkedTransport
from doorstep_client.visitors import Visitors

if TYPE_CHECKING:
    from uvicorn.lifespan.on import LifespanOn
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

_DAY: Final = 24 * 3600


class AppTarget:
    """Serves an ASGI app with uvicorn's protocol; runs its lifespan unless another server does."""

    def __init__(self, app: AsgiApp, *, lifespan: bool, label: str = "app") -> None:
        import uvicorn
        from uvicorn.server import ServerState

        self.label = label
        self.visitors = Visitors()
        self.tell_visitor: Callable[[Scope], None] = relayed
        """Writes into a scope who asks, as whoever stands before this app has said."""
        self._config = uvicorn.Config(
            with_visitor(app, self),
            interface="asgi3",
            http="httptools",
            ws="websockets-sansio",
            lifespan="auto" if lifespan else "off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=_DAY,  # the relay decides how long an idle connection is kept
        )
        self._config.load()
        self._state = ServerState()
        self._lifespan: LifespanOn = self._config.lifespan_class(self._config)

    async def start(self) -> None:
        await self._lifespan.startup()
        if self._lifespan.should_exit:
            raise BadTargetError("the app failed to start: see its own message above")

    def protocol(self) -> asyncio.Protocol:
        return _app_protocol()(self._config, self._state, self._lifespan.state)

    @property
    def connections(self) -> int:
        return len(self._state.connections)

    @property
    def under_way(self) -> int:
        return sum(_is_under_way(connection) for connection in self._state.connections)

    def end_idle(self) -> None:
        for connection in list(self._state.connections):
            if _is_http(connection) and connection.transport.can_write_eof():
                connection.transport.write_eof()

    def abort(self) -> None:
        for connection in list(self._state.connections):
            if connection.transport is not None:
                connection.transport.abort()

    async def stop(self) -> None:
        self.abort()
        await self._lifespan.shutdown()


def _is_http(connection: Any) -> bool:
    """uvicorn's protocols for WebSockets have no `cycle`, as it calls a request and its answer."""
    return hasattr(connection, "cycle") and connection.transport is not None


def _is_under_way(connection: Any) -> bool:
    if not _is_http(connection):
        return False
    cycle = connection.cycle
    is_answered = cycle is None or cycle.response_complete
    return not is_answered or connection.transport.get_write_buffer_size() > 0


@cache
def _app_protocol() -> type[HttpToolsProtocol]:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

    class AppProtocol(HttpToolsProtocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self._end = _PatientTransport(cast(asyncio.Transport, transport), self.loop, self)
            super().connection_made(self._end)

        def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
            self._end.lost()
            # To uvicorn every end is an orderly one: of a connection that was reset it would keep the
            # timer for idle ones, and by that the connection itself, until the timer is due.
            super().connection_lost(None)

    return AppProtocol


class _PatientTransport(CorkedTransport):
    """Is not closed in the middle of a request: see `lingering`."""

    def __init__(
        self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop, protocol: HttpToolsProtocol
    ) -> None:
        super().__init__(transport, loop)
        self._protocol = protocol
        self._timer: asyncio.TimerHandle | None = None

    def close(self) -> None:
        """The app has answered. uvicorn throws away what still comes of the request."""
        cycle: RequestResponseCycle | None = self._protocol.cycle
        if cycle is None or not cycle.more_body or self.is_closing():
            super().close()
            return
        if self._transport.can_write_eof():
            self.write_eof()
        else:
            self._flush()
        self.is_closing = lambda: True  # type: ignore[method-assign]
        self.resume_reading()
        self._timer = self._loop.call_later(LINGER, self._transport.close)

    def lost(self) -> None:
        """The connection has ended."""
        if self._timer is not None:
            self._timer.cancel()


def with_visitor(app: AsgiApp, target: AppTarget) -> AsgiApp:
    """Tells the app who really asks, and counts who does."""

    async def visited(scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await app(scope, receive, send)
            return
        target.tell_visitor(scope)
        client = scope.get("client")
        visitor = target.visitors.came(client[0] if client else "")
        try:
            await app(scope, receive, send)
        finally:
            visitor.left()

    return visited


def relayed(scope: Scope) -> None:
    """The relay's forwarding headers become the scope's client and scheme.

    They are to be believed here and only here, because what arrives on a tunnel connection comes
    from the relay, which overwrites what visitors send. It writes them last.
    """
    for name, value in reversed(scope["headers"]):
        if name == b"x-forwarded-for":
            scope["client"] = (value.decode("latin-1"), 0)
            return
        if name == b"x-forwarded-proto":
            secure = value == b"https"
            scope["scheme"] = (
                ("wss" if secure else "ws") if scope["type"] == "websocket" else value.decode("latin-1")
            )
