"""What a link leads to: an ASGI app in this process, or a server on a port of this computer.

A target puts its own protocol onto each tunnel connection. For an app that is uvicorn's HTTP
protocol, so no local port is needed and no loopback hop is paid.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Awaitable, Callable, MutableMapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from doorstep_client.corked import CorkedTransport
from doorstep_client.errors import BadTargetError

if TYPE_CHECKING:
    from uvicorn.lifespan.on import LifespanOn
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

Scope = MutableMapping[str, Any]
AsgiApp = Callable[[Scope, Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]]

_DAY: Final = 24 * 3600
_BUFFER: Final = 256 * 1024
_APP_DEADLINE: Final = 5.0
"""Seconds for a local server to accept a connection."""
_LAST_WORDS: Final = 1.0
"""Seconds for what a local server has said to reach the relay, before its broken connection breaks ours."""
_RESET: Final = struct.pack("ii", 1, 0)


class Target(Protocol):
    """Where requests go."""

    async def start(self) -> None: ...

    @property
    def connections(self) -> int:
        """How many tunnel connections it serves now."""

    def protocol(self) -> asyncio.Protocol:
        """What serves one tunnel connection."""

    def abort(self) -> None:
        """Cut every connection."""

    async def stop(self) -> None: ...


def make_target(target: AsgiApp | int, *, lifespan: bool = True) -> Target:
    """The target for what the user gave. Raises `BadTargetError`."""
    if isinstance(target, bool) or target is None:
        raise BadTargetError(f"cannot share {target!r}: give an ASGI app or a port number")
    if isinstance(target, int):
        if not 0 < target < 65536:
            raise BadTargetError(f"{target} is not a port: ports are numbers from 1 to 65535")
        return PortTarget(target)
    if not callable(target):
        raise BadTargetError(f"cannot share {target!r}: give an ASGI app (a callable) or a port number")
    return AppTarget(target, lifespan=lifespan)


# -- an app in this process ----------------------------------------------------------------------


class AppTarget:
    """Serves an ASGI app with uvicorn's protocol; runs its lifespan unless another server does."""

    def __init__(self, app: AsgiApp, *, lifespan: bool) -> None:
        import uvicorn
        from uvicorn.server import ServerState

        self._config = uvicorn.Config(
            with_visitor(app),
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

    def abort(self) -> None:
        for connection in list(self._state.connections):
            if connection.transport is not None:
                connection.transport.abort()

    async def stop(self) -> None:
        self.abort()
        await self._lifespan.shutdown()


@cache
def _app_protocol() -> type[HttpToolsProtocol]:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

    class AppProtocol(HttpToolsProtocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(CorkedTransport(cast(asyncio.Transport, transport), self.loop))

        def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
            # To uvicorn every end is an orderly one: of a connection that was reset it would keep the
            # timer for idle ones, and by that the connection itself, until the timer is due.
            super().connection_lost(None)

    return AppProtocol


def with_visitor(app: AsgiApp) -> AsgiApp:
    """Tells the app who really asks: the relay's forwarding headers become the scope's client and scheme.

    They are to be believed here and only here, because what arrives on a tunnel connection comes
    from the relay, which overwrites what visitors send. It writes them last.
    """

    def visited(scope: Scope, receive: Any, send: Any) -> Awaitable[None]:
        if scope["type"] != "lifespan":
            _tell_visitor(scope)
        return app(scope, receive, send)

    return visited


def _tell_visitor(scope: Scope) -> None:
    for name, value in reversed(scope["headers"]):
        if name == b"x-forwarded-for":
            scope["client"] = (value.decode("latin-1"), 0)
            return
        if name == b"x-forwarded-proto":
            secure = value == b"https"
            scope["scheme"] = (
                ("wss" if secure else "ws") if scope["type"] == "websocket" else value.decode("latin-1")
            )


# -- a server on a port --------------------------------------------------------------------------


class PortTarget:
    """Pumps bytes to somebody else's server; its connection lives as long as the tunnel's."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._pumps: set[_Pump] = set()

    async def start(self) -> None:
        """Nothing to do: the server may come and go, a visitor is told when it is away."""

    def protocol(self) -> asyncio.Protocol:
        return _Pump(self.port, self._pumps)

    @property
    def connections(self) -> int:
        return len(self._pumps)

    def abort(self) -> None:
        for pump in list(self._pumps):
            pump.abort()

    async def stop(self) -> None:
        self.abort()


_REFUSED: Final = (
    b"HTTP/1.1 502 Bad Gateway\r\nDoorstep-Error: app-refused\r\n"
    b"Content-Length: 0\r\nConnection: close\r\n\r\n"
)


class _Pump(asyncio.Protocol):
    """One end of a pair: the tunnel's side. The local connection is opened with the first request."""

    def __init__(self, port: int, pumps: set[_Pump]) -> None:
        self._port = port
        self._pumps = pumps
        self._local: _LocalSide | None = None
        self._early: list[bytes] = []
        self._opening: asyncio.Task[None] | None = None
        self.has_ended = False
        """The relay will send no more."""
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.set_write_buffer_limits(high=_BUFFER)
        self._pumps.add(self)

    def data_received(self, data: bytes) -> None:
        local = self._local
        if local is not None:
            local.prepare_for_more()
            local.transport.write(data)
            return
        self._early.append(data)
        self.transport.pause_reading()
        if self._opening is None:
            self._opening = asyncio.get_running_loop().create_task(self._open())

    async def _open(self) -> None:
        try:
            async with asyncio.timeout(_APP_DEADLINE):
                local = await self._connect()
        except (OSError, TimeoutError):
            self.transport.write(_REFUSED)
            self.transport.close()
            return
        if self.transport.is_closing():
            local.transport.abort()
            return
        self._local = local
        local.transport.writelines(self._early)
        self._early.clear()
        if not local.write_paused:
            self.transport.resume_reading()

    async def _connect(self) -> _LocalSide:
        """Development servers listen on one of the two loopback addresses, and seldom say on which."""
        loop = asyncio.get_running_loop()
        try:
            _, local = await loop.create_connection(lambda: _LocalSide(self), "127.0.0.1", self._port)
        except ConnectionRefusedError:
            _, local = await loop.create_connection(lambda: _LocalSide(self), "::1", self._port)
        return local

    def eof_received(self) -> bool:
        self.has_ended = True
        local = self._local
        if local is not None and not local.has_ended and local.transport.can_write_eof():
            local.transport.write_eof()
            return True
        return False  # both have ended: nobody else would close them

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        self._pumps.discard(self)
        if self._opening is not None:
            self._opening.cancel()
        if self._local is not None:
            self._local.transport.abort()  # what is on its way has no reader any more, and may never leave

    def pause_writing(self) -> None:
        if self._local is not None:
            self._local.transport.pause_reading()

    def resume_writing(self) -> None:
        if self._local is not None:
            self._local.transport.resume_reading()

    def local_lost(self, *, clean: bool) -> None:
        """The local server has ended its connection."""
        if clean:
            self.transport.close()
        elif not self.transport.is_closing():
            self.transport.set_protocol(_BrokenOff(self, self.transport))

    def abort(self) -> None:
        self.transport.abort()


class _BrokenOff(asyncio.Protocol):
    """The tunnel's side once the local server has broken off: its last words go out, then a reset.

    Often it has answered all the same, without reading the whole request. A relay that has read
    that answer ends the connection itself. One that has not must see no clean end: the end of an
    answer without a length is the end of its connection.
    """

    def __init__(self, pump: _Pump, transport: asyncio.Transport) -> None:
        self._pump = pump
        self._transport = transport
        self._timer = asyncio.get_running_loop().call_later(_LAST_WORDS, self._reset)
        transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        """The rest of a request that nobody reads."""

    def connection_lost(self, exc: Exception | None) -> None:
        self._timer.cancel()
        self._pump.connection_lost(exc)

    def _reset(self) -> None:
        sock = self._transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._transport.abort()


class _LocalSide(asyncio.Protocol):
    """The other end of the pair: the connection to the local server.

    A server that refuses an upload often answers and closes at once. When the next piece is written
    before that answer was read, the transport ends with the write's error and the answer is lost.
    So while an upload runs a second descriptor is kept, from which it can still be read.
    """

    def __init__(self, pump: _Pump) -> None:
        self._pump = pump
        self._spoke = True
        """Whether the server said something since the last piece of a request."""
        self._second: socket.socket | None = None
        self.transport: asyncio.Transport
        self.write_paused = False
        self.has_ended = False
        """The server will send no more."""

    def prepare_for_more(self) -> None:
        """Another piece of a request will be written."""
        if self._spoke:
            self._spoke = False
        elif self._second is None:
            sock = self.transport.get_extra_info("socket")
            if sock is not None and not self.transport.is_closing():
                self._second = socket.fromfd(sock.fileno(), sock.family, sock.type)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.set_write_buffer_limits(high=_BUFFER)

    def data_received(self, data: bytes) -> None:
        self._spoke = True
        if self._second is not None:
            self._forget_second()
        self._pump.transport.write(data)

    def eof_received(self) -> bool:
        self.has_ended = True
        if not self._pump.has_ended and self._pump.transport.can_write_eof():
            self._pump.transport.write_eof()
            return True
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        if self._second is not None:
            self._read_last_words(self._second)
            self._forget_second()
        self._pump.local_lost(clean=exc is None)

    def _read_last_words(self, second: socket.socket) -> None:
        second.setblocking(False)
        with contextlib.suppress(OSError):
            while data := second.recv(_BUFFER):
                self._pump.transport.write(data)

    def _forget_second(self) -> None:
        if self._second is not None:
            self._second.close()
            self._second = None

    def pause_writing(self) -> None:
        self.write_paused = True
        self._pump.transport.pause_reading()

    def resume_writing(self) -> None:
        self.write_paused = False
        self._pump.transport.resume_reading()
