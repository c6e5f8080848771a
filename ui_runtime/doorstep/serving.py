"""uvicorn on an event loop of its own, in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import sys
import threading
from typing import TYPE_CHECKING, Any, Final

import uvicorn

from doorstep.messages import MAX_FRAME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.types import ASGIApp

FIRST_PORT: Final = 7860
PORTS: Final = 100
START_DEADLINE: Final = 30.0
STOP_DEADLINE: Final = 3.0


def bind(host: str, port: int | None) -> socket.socket:
    """A listening socket: on `port` (0: any), or on the first free one from 7860. Raises `OSError`."""
    if port is not None:
        return _bound(host, port)
    for candidate in range(FIRST_PORT, FIRST_PORT + PORTS):
        try:
            return _bound(host, candidate)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
    raise OSError(errno.EADDRINUSE, f"no free port from {FIRST_PORT} to {FIRST_PORT + PORTS - 1}")


def _bound(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, protocol)
    try:
        if sys.platform != "win32":  # there it would let two programs share the port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(2048)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise OSError(error.errno, f"port {port} of {host} is taken") from None
        raise
    return listener


class ServerThread:
    """Serves `app` on `listener` until `stop`."""

    def __init__(self, app: ASGIApp, listener: socket.socket) -> None:
        config = uvicorn.Config(
            app,
            http="httptools",
            ws="websockets-sansio",
            ws_max_size=MAX_FRAME,
            ws_per_message_deflate=False,  # small frames: it costs more than it saves
            lifespan="off",
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        self._server = _Server(config)
        self._listener = listener
        self._thread = threading.Thread(target=self._run, name="doorstep-server", daemon=True)
        self._error: BaseException | None = None
        self._ended = threading.Event()
        """Waited for instead of `Thread.join`: that takes a thread for dead once a signal interrupted it."""
        self._at_end: list[Callable[[], None]] = []

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop that serves: the link runs on it too."""
        return self._server.loop

    def start(self) -> None:
        """Returns when requests are answered. Raises what kept the server from starting."""
        self._thread.start()
        if not self._server.is_up.wait(START_DEADLINE) or self._error is not None:
            raise RuntimeError("the server did not start") from self._error

    def when_ended(self, call: Callable[[], None]) -> None:
        """Calls at the server's end, on its thread; at once when it has ended."""
        self._at_end.append(call)
        if self._ended.is_set():
            call()

    def stop(self) -> None:
        """Connections get a second to finish, then they are cut."""
        self._server.end()
        if threading.current_thread() is not self._thread:
            self._ended.wait(STOP_DEADLINE)

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=_loop_factory()) as runner:
                runner.run(self._server.serve(sockets=[self._listener]))
        except BaseException as error:  # noqa: BLE001  # it belongs to the thread that waits in `start`
            self._error = error
        finally:
            self._server.is_up.set()
            self._ended.set()
            for call in self._at_end:
                call()


class _Server(uvicorn.Server):
    """Says when it is up, sleeps while nothing happens, and leaves signals to the main thread."""

    loop: asyncio.AbstractEventLoop

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self.loop = asyncio.get_running_loop()
        self._ending = asyncio.Event()
        await super().startup(sockets)
        self.is_up.set()

    async def main_loop(self) -> None:
        """One tick a second, for the `Date` header, instead of uvicorn's ten."""
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), 1.0)

    def end(self) -> None:
        """From any thread."""
        self.should_exit = True
        with contextlib.suppress(RuntimeError):  # it ended by itself meanwhile
            self.loop.call_soon_threadsafe(self._ending.set)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _loop_factory() -> Any:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
