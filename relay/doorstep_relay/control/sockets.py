"""A session's WebSocket, straight on the connection: the protocol is websockets' own, without its I/O.

A relay holds many thousands of sessions that say nothing but `ping`. Those are answered here, where they
arrive: no task wakes up for them, no web framework stands between, and one that comes alone is not even
parsed.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final, cast

from websockets.exceptions import InvalidState
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from doorstep_client import wire
from doorstep_client.errors import WireError
from doorstep_client.streams import MOST_STREAMS, Accept, Streams, queue_little
from doorstep_relay.control.arrivals import TURN, Arrivals

MOST_WAITING: Final = 64
"""Messages that may wait for their reader before the client is asked to wait."""
_BUFFER: Final = 16 * 1024
MOST_UNREAD: Final = 1024 * 1024
"""Bytes that may wait for a client: each of WebSocket's own pings has an answer, whoever reads it."""
MOST_EMPTY: Final = 1000
"""Frames without a message's bytes that come at once: no client sends any, and many cost everybody time."""
_PING: Final = wire.encode(wire.Ping()).encode()
_PONG: Final = wire.encode(wire.Pong()).encode()
_PING_START: Final = bytes((0x81, 0x80 | len(_PING)))
"""Of a frame that is a `ping`: text, final, masked; what follows are the mask's four bytes and the text."""
_PING_NUMBER: Final = int.from_bytes(_PING)
_PING_SIZE: Final = 2 + 4 + len(_PING)
_PONG_FRAME: Final = Frame(Opcode.TEXT, _PONG).serialize(mask=False)

Carry = tuple[Accept, Callable[[WireError], None]]
Serve = Callable[["SessionSocket", Request], Awaitable[None]]


class SessionSocket(asyncio.Protocol):
    """The relay's end of a session's WebSocket; a `Channel`. `serve(socket, request)` holds the session.

    Its first data is the head of the upgrade request, checked by the edge; it is agreed to when `arrivals`
    say. `heard` is when the client last gave a sign of life, in the loop's time.
    """

    def __init__(self, serve: Serve, tasks: set[asyncio.Task[None]], arrivals: Arrivals) -> None:
        self._loop = asyncio.get_running_loop()
        self.heard = self._loop.time()
        self._serve = serve
        self._tasks = tasks
        self._arrivals = arrivals
        self._head = b""
        """Of the upgrade request, until it is this client's turn."""
        self._turn: asyncio.TimerHandle | None = None
        """Ends it; None before and after."""
        self._answers = 0
        """Sent during its turn: `welcome`, then the answer to its first wish."""
        self._socket = ServerProtocol(
            subprotocols=[cast(Subprotocol, wire.SUBPROTOCOL)],
            select_subprotocol=_choose,
            max_size=wire.MAX_MESSAGE,
        )
        self._unparsed = 0
        """Bytes that came since the end of the last whole frame. At least: see `_size`."""
        self._streams: Streams | None = None
        """What the client has opened; nothing before the first binary message."""
        self._carry: Carry | None = None
        self._messages: deque[bytes] = deque()
        self._parts: list[bytes] = []
        self._is_binary = False
        self._arrived: asyncio.Future[None] | None = None
        self._writable: asyncio.Future[None] | None = None
        self._lost: asyncio.Future[None] | None = None
        self._is_lost = False
        self._transport: asyncio.Transport

    # -- the channel -------------------------------------------------------------------------------

    async def receive(self) -> bytes | None:
        """The next message; None when the client is gone."""
        while not self._messages:
            if self._is_lost or self._socket.state is not State.OPEN:
                return None
            self._arrived = self._loop.create_future()
            await self._arrived
        message = self._messages.popleft()
        self._transport.resume_reading()
        return message

    async def send(self, frame: str) -> None:
        """Returns when the transport takes more. Raises `ConnectionError`."""
        self._send(frame.encode())
        if self._turn is not None:
            self._answers += 1
            if self._answers > 1:
                self._settle()
        if self._writable is not None:
            await self._writable
        if self._is_lost:
            raise ConnectionError("the client is gone")

    def carry(self, accept: Accept, failed: Callable[[WireError], None]) -> None:
        """Carry the streams that the client opens. `failed` hears what is none of their protocol."""
        self._carry = accept, failed

    async def close(self, code: int, reason: str) -> None:
        """Say goodbye and wait for the client's. The connection is over afterwards, also when cancelled."""
        self._settle()
        try:
            if self._is_lost:
                return
            if self._socket.state is State.OPEN:
                self._socket.send_close(code, reason[:120])
                self._flush()
            self._messages.clear()
            self._transport.resume_reading()
            self._lost = self._loop.create_future()
            await self._lost
        finally:
            self._transport.abort()

    # -- the transport's ---------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=_BUFFER)

    def data_received(self, data: bytes) -> None:
        self.heard = self._loop.time()
        if len(data) == _PING_SIZE and not self._unparsed and _is_ping(data) and self._is_idle():
            self._transport.write(_PONG_FRAME)
            return
        if self._socket.state is State.CONNECTING:
            self._arrive(data)
            return
        self._unparsed += len(data)
        self._parse(data)

    def _parse(self, data: bytes) -> None:
        self._socket.receive_data(data)
        empty = 0
        for event in self._socket.events_received():
            if isinstance(event, Frame):
                self._unparsed -= _size(event)
                empty += not event.data or event.opcode in (Opcode.PING, Opcode.PONG)
                self._take(event)
            elif isinstance(event, Request):
                self._accept(event)
        self._flush()
        if empty > MOST_EMPTY or self._unread() > MOST_UNREAD:
            self._transport.abort()
        if self._socket.state is not State.OPEN:
            self._wake()

    def _unread(self) -> int:
        return 0 if self._writable is None else self._transport.get_write_buffer_size()

    def eof_received(self) -> bool:
        self._socket.receive_eof()
        self._wake()
        return False

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        self._is_lost = True
        self._settle()
        self._carry = None
        if self._streams is not None:
            self._streams.lost()
            self._streams = None
        self._transport = _GONE  # a TLS transport has 260 KB of buffers, and with its protocol makes a circle
        self._wake()
        self._let_write()
        if self._lost is not None and not self._lost.done():
            self._lost.set_result(None)

    def pause_writing(self) -> None:
        self._writable = self._loop.create_future()
        if self._streams is not None:
            self._streams.pause()

    def resume_writing(self) -> None:
        self._let_write()
        if self._streams is not None:
            self._streams.resume()

    def _let_write(self) -> None:
        writable, self._writable = self._writable, None
        if writable is not None and not writable.done():
            writable.set_result(None)

    # -- the way in --------------------------------------------------------------------------------

    def _arrive(self, head: bytes) -> None:
        if self._head:
            self._transport.abort()  # nothing may follow the upgrade request before the answer to it
            return
        self._head = head
        self._arrivals.come(self._enter)

    def _enter(self) -> bool:
        """It is this client's turn; False when it has left."""
        if self._is_lost or self._transport.is_closing():
            return False
        self._turn = self._loop.call_later(TURN, self._settle)
        self._parse(self._head)
        return True

    def _settle(self) -> None:
        """The next may come."""
        turn, self._turn = self._turn, None
        if turn is not None:
            turn.cancel()
            self._arrivals.settled()

    def _accept(self, request: Request) -> None:
        if request.headers.get("Origin") is not None:
            self._socket.send_response(self._socket.reject(403, "Sessions are not for browsers.\n"))
            return
        response = self._socket.accept(request)
        self._socket.send_response(response)
        if response.status_code == 101:
            task = self._loop.create_task(self._hold(request))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _hold(self, request: Request) -> None:
        try:
            await self._serve(self, request)
        finally:
            self._transport.abort()

    def _take(self, frame: Frame) -> None:
        if frame.data == _PING and self._is_idle():
            self._socket.send_text(_PONG)
            return
        if frame.opcode not in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            return
        if frame.opcode is not Opcode.CONT:
            self._is_binary = frame.opcode is Opcode.BINARY
        if frame.data:  # of empty parts a message may have any number
            self._parts.append(bytes(frame.data))
        if not frame.fin:
            return
        message = b"".join(self._parts)
        self._parts.clear()
        if self._is_binary and self._carry is not None:
            self._take_binary(message, *self._carry)
            return
        self._messages.append(message)
        if len(self._messages) >= MOST_WAITING:
            self._transport.pause_reading()
        self._wake()

    def _take_binary(self, message: bytes, accept: Accept, failed: Callable[[WireError], None]) -> None:
        if self._streams is None:
            self._streams = Streams(self._send_binary, most=MOST_STREAMS, accept=accept)
            queue_little(self._transport)
        try:
            self._streams.received(message)
        except WireError as error:
            self._carry = None
            failed(error)

    def _is_idle(self) -> bool:
        """Nothing waits, to be read or to be written, that an answer would overtake or add to."""
        waits = self._messages or self._parts or self._writable
        return not waits and self._socket.state is State.OPEN

    def _wake(self) -> None:
        arrived, self._arrived = self._arrived, None
        if arrived is not None and not arrived.done():
            arrived.set_result(None)

    def _send(self, data: bytes) -> None:
        try:
            self._socket.send_text(data)
        except InvalidState as error:
            raise ConnectionError("the client is gone") from error
        self._flush()

    def _send_binary(self, message: bytes) -> None:
        with suppress(InvalidState):  # the client is gone: its streams are told
            self._socket.send_binary(message)
            self._flush()

    def _flush(self) -> None:
        for data in self._socket.data_to_send():
            if self._transport.is_closing():
                return
            if data:
                self._transport.write(data)
            else:
                self._transport.close()


class _Gone(asyncio.Transport):
    """What a connection that was lost is written to."""

    def is_closing(self) -> bool:
        return True

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def abort(self) -> None: ...


_GONE: Final = _Gone()


def _is_ping(data: bytes) -> bool:
    """Whether these bytes, which start a frame, are a whole `ping`."""
    if data[:2] != _PING_START:
        return False
    mask = data[2:6] * (len(_PING) // 4 + 1)
    text = int.from_bytes(data[6:]) ^ int.from_bytes(mask[: len(_PING)])
    return text == _PING_NUMBER


def _size(frame: Frame) -> int:
    """Bytes that a client's frame took in its shortest form; a longer one costs pings their short cut."""
    size = len(frame.data)
    return size + 6 + (0 if size < 126 else 2 if size < 65536 else 8)


def _choose(_socket: ServerProtocol, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    return cast(Subprotocol, wire.SUBPROTOCOL) if wire.SUBPROTOCOL in offered else None
