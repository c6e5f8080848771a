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
from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from doorstep_client import wire
from doorstep_client.errors import WireError
from doorstep_client.tunnels.streams import MOST_STREAMS, Accept, Streams, queue_little
from doorstep_relay.control.arrivals import TURN, Arrivals
from doorstep_relay.control.frames import PING, PING_SIZE, PONG, PONG_FRAME, is_ping, size_of
from doorstep_relay.control.turns import Intake, Turns

MOST_WAITING: Final = 64
"""Messages that may wait for their reader before the client is asked to wait."""
_BUFFER: Final = 16 * 1024
MOST_UNREAD: Final = 1024 * 1024
"""Bytes that may wait for a client: each of WebSocket's own pings has an answer, whoever reads it."""
MOST_WORDS: Final = 1000
WORDS_EVERY: Final = 0.02
"""Messages that are not streams' bytes, and empty frames: so many at once, then one every so many seconds. A
client has a `ping` now and then, and a few for each share."""
_WORDS: Final = frozenset({Opcode.TEXT, Opcode.PING, Opcode.PONG})

Carry = tuple[Accept, Callable[[WireError], None]]
Serve = Callable[["SessionSocket", Request], Awaitable[None]]


class SessionSocket(asyncio.Protocol):
    """The relay's end of a session's WebSocket; a `Channel`. `serve(socket, request)` holds the session.

    Its first data is the head of the upgrade request, checked by the edge; it is agreed to when `arrivals`
    say. `heard` is when the client last gave a sign of life, in the loop's time.
    """

    def __init__(
        self, serve: Serve, tasks: set[asyncio.Task[None]], arrivals: Arrivals, turns: Turns
    ) -> None:
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
        """Bytes that came since the end of the last whole frame. At least: see `size_of`."""
        self._intake = Intake(turns, self._parse)
        self._is_held = False
        """Whether the client has to wait with what it says."""
        self._said_until = 0.0
        """When it may have said all that it has: see `WORDS_EVERY`."""
        self._is_refused = False
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
        self._read_on()
        return message

    async def send(self, frame: str) -> None:
        """Returns when the transport takes more. Raises `ConnectionError`."""
        self._send(frame.encode())
        if self._turn is not None:
            self._answers += 1
            if self._answers > 1:
                self._settle()
        if self._writable is not None:  # a goodbye may have to wait for it again, once this one gave up
            await asyncio.wait([self._writable])
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
            self._read_on()
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
        if len(data) == PING_SIZE and not self._unparsed and is_ping(data) and self._is_idle():
            self._count_word()
            self._transport.write(PONG_FRAME)
            return
        if self._socket.state is State.CONNECTING:
            self._arrive(data)
            return
        self._unparsed += len(data)
        self._intake.feed(data)
        if self._intake.waits:
            self._read_on()

    def _read_on(self) -> None:
        """Read from the client, unless something waits, to be parsed or for who reads it."""
        is_full = len(self._messages) >= MOST_WAITING
        if self._is_held != (is_full or self._intake.waits):
            self._is_held = not self._is_held
            (self._transport.pause_reading if self._is_held else self._transport.resume_reading)()
        self._intake.stop(stopped=is_full)

    def _parse(self, data: bytes) -> int:
        """How many frames there were."""
        if not self._is_refused:
            self._socket.receive_data(data)
        events = self._socket.events_received()
        for event in events:
            if isinstance(event, Frame):
                self._unparsed -= size_of(event)
                self._take(event)
            elif isinstance(event, Request):
                self._accept(event)
        self._flush()
        if self._unread() > MOST_UNREAD:
            self._transport.abort()
        if self._socket.state is not State.OPEN:
            self._wake()
        self._read_on()
        return len(events)

    def _count_word(self) -> None:
        self._said_until = max(self._said_until, self.heard) + WORDS_EVERY
        if self._said_until > self.heard + MOST_WORDS * WORDS_EVERY and not self._is_refused:
            self._is_refused = True
            self._refuse(WireError(f"more than {MOST_WORDS} messages in so short a time"))

    def _refuse(self, error: WireError) -> None:
        """Tell the client by its session, if it has one."""
        if self._carry is None:
            self._socket.fail(CloseCode.POLICY_VIOLATION, str(error))
            return
        failed = self._carry[1]
        self._carry = None
        failed(error)

    def _unread(self) -> int:
        return 0 if self._writable is None else self._transport.get_write_buffer_size()

    def eof_received(self) -> bool:
        self._intake.clear()
        self._socket.receive_eof()
        self._wake()
        return False

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        self._is_lost = True
        self._settle()
        self._carry = None
        self._intake.clear()
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
        if not frame.data or frame.opcode in _WORDS:
            self._count_word()
        if self._is_refused:
            return
        if frame.data == PING and self._is_idle():
            self._socket.send_text(PONG)
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
            self._take_binary(message, self._carry[0])
            return
        self._messages.append(message)
        self._wake()

    def _take_binary(self, message: bytes, accept: Accept) -> None:
        if self._streams is None:
            self._streams = Streams(self._send_binary, most=MOST_STREAMS, accept=accept)
            queue_little(self._transport)
        try:
            self._streams.received(message)
        except WireError as error:
            self._refuse(error)

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


def _choose(_socket: ServerProtocol, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    return cast(Subprotocol, wire.SUBPROTOCOL) if wire.SUBPROTOCOL in offered else None
