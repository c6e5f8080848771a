"""A WebSocket over a connection that we dialled: the protocol is websockets' own, without its I/O.

So a session goes the same way as tunnel connections (`dial`: proxies, certificates, transports), and costs
neither another HTTP client nor the modules of one. No redirect is followed, because it could change to whom
the token is shown.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import Final, cast

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidState
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import State
from websockets.uri import WebSocketURI

from doorstep_client import wire
from doorstep_client.errors import WireError
from doorstep_client.network.dial import address_of, dial
from doorstep_client.settings import RelaySettings
from doorstep_client.tunnels.streams import Streams, queue_little

_MOST_WAITING: Final = 64
"""Messages that may wait for their reader before the peer is asked to wait."""
_MOST_PINGS: Final = 64
"""That the peer may send while it takes nothing of what is written: each has an answer, which waits."""


async def connect(relay: RelaySettings) -> WebSocket:
    """The WebSocket of a new session, agreed to by the relay.

    Raises `InvalidHandshake` for an answer that is none, and what `dial` raises.
    """
    made: list[WebSocket] = []

    def make() -> WebSocket:
        """Not before there is a connection: while a relay restarts, most attempts are refused."""
        made.append(WebSocket(relay))
        return made[-1]

    transport = await dial(address_of(relay), make)
    socket = made[-1]
    try:
        await socket.agreed
    except BaseException:  # also when cancelled: nobody else has it
        transport.abort()
        raise
    return socket


class WebSocket(asyncio.Protocol):
    """The client's end. One task receives; any may send."""

    def __init__(self, relay: RelaySettings) -> None:
        loop = asyncio.get_running_loop()
        self.agreed: asyncio.Future[None] = loop.create_future()
        self._token = relay.token
        self._socket = ClientProtocol(
            WebSocketURI(relay.tls, relay.host, relay.port, wire.SESSION_PATH, ""),
            subprotocols=[wire.SUBPROTOCOL],  # type: ignore[list-item]  # a NewType of str
            max_size=wire.MAX_MESSAGE,
        )
        self.heard = 0.0
        """When the relay last sent anything, in the loop's time."""
        self.streams: Streams | None = None
        """What the session carries besides its messages."""
        self._fault: WireError | None = None
        self._messages: deque[bytes] = deque()
        self._parts = bytearray()
        """Of a message in fragments. They are many or few, its size is bounded by websockets."""
        self._is_binary = False
        self._pings = 0
        """That came while nothing could be written."""
        self._arrived: asyncio.Future[None] | None = None
        self._writable: asyncio.Future[None] | None = None
        self._lost = loop.create_future()
        self._transport: asyncio.Transport

    async def receive(self) -> bytes:
        """The next message. Raises `ConnectionError` when there is none any more, or `WireError`."""
        while not self._messages:
            if self._fault is not None:
                raise self._fault
            if self._lost.done() or self._socket.state is not State.OPEN:
                raise ConnectionError(f"the relay ended the session ({self._how_it_ended()})")
            self._arrived = asyncio.get_running_loop().create_future()
            await self._arrived
        message = self._messages.popleft()
        self._resume_reading()
        return message

    async def send(self, text: str) -> None:
        """Send one message; returns when the transport takes more. Raises `ConnectionError`."""
        try:
            self._socket.send_text(text.encode())
        except InvalidState as error:
            raise ConnectionError("the session has ended") from error
        self._flush()
        if self._writable is not None:  # others wait for it, too: who gives up must not cancel it
            await asyncio.wait([self._writable])

    def carry(self, most: int) -> Streams:
        """Streams of this session, so many at the most."""
        self.streams = Streams(self._send_binary, most=most)
        queue_little(self._transport)
        return self.streams

    def _send_binary(self, message: bytes) -> None:
        with suppress(InvalidState):  # the session has ended: its streams are told
            self._socket.send_binary(message)
            self._flush()

    def abort(self) -> None:
        """End the connection: nobody is there to say goodbye to."""
        self._transport.abort()

    async def close(self) -> None:
        """Say goodbye and wait for the relay's. The connection is over afterwards, also when cancelled."""
        try:
            with suppress(InvalidState):
                self._socket.send_close(1000)
                self._flush()
            self._resume_reading()
            await asyncio.shield(self._lost)
        finally:
            self._transport.abort()

    @property
    def ends(self) -> tuple[str, str] | None:
        """The addresses of this end and of the other; None when that cannot be told."""
        near, far = (self._transport.get_extra_info(name) for name in ("sockname", "peername"))
        return (near[0], far[0]) if isinstance(near, tuple) and isinstance(far, tuple) else None

    @property
    def was_cut(self) -> bool:
        """Whether it is over, if it is, without a goodbye of the relay's."""
        return self._socket.close_rcvd is None

    def _resume_reading(self) -> None:
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def _how_it_ended(self) -> str:
        received = self._socket.close_rcvd
        return str(received.code) if received is not None else "connection lost"

    # -- the transport's ---------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        request = self._socket.connect()
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token}"
        self._socket.send_request(request)
        self._flush()

    def data_received(self, data: bytes) -> None:
        self.heard = asyncio.get_running_loop().time()
        self._socket.receive_data(data)
        self._take_events()
        self._flush()
        if self._socket.close_rcvd is not None or self._socket.parser_exc is not None:
            self._transport.close()  # there is nothing more to say; who ends the connection does not matter

    def eof_received(self) -> bool:
        self._socket.receive_eof()
        self._take_events()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.agreed.done():
            self.agreed.set_exception(exc or ConnectionError("it closed the connection"))
            self.agreed.exception()  # whoever dialled may have given up
        if not self._lost.done():
            self._lost.set_result(None)
        self._wake()
        if self.streams is not None:
            self.streams.lost()
        self._let_write()

    def pause_writing(self) -> None:
        self._writable = asyncio.get_running_loop().create_future()
        if self.streams is not None:
            self.streams.pause()

    def resume_writing(self) -> None:
        self._let_write()
        if self.streams is not None:
            self.streams.resume()

    def _let_write(self) -> None:
        writable, self._writable = self._writable, None
        self._pings = 0
        if writable is not None and not writable.done():
            writable.set_result(None)

    # ----------------------------------------------------------------------------------------------

    def _take_events(self) -> None:
        for event in self._socket.events_received():
            if isinstance(event, Response):
                self._agree()
            elif isinstance(event, Frame):
                self._take(event)
        if not self.agreed.done() and self._socket.handshake_exc is not None:
            self._agree()
        if len(self._messages) >= _MOST_WAITING:
            self._transport.pause_reading()
        self._wake()

    def _agree(self) -> None:
        error = self._socket.handshake_exc
        if self.agreed.done():
            return
        if error is None:
            self.agreed.set_result(None)
        else:
            self.agreed.set_exception(error)

    def _take(self, frame: Frame) -> None:
        if frame.opcode is Opcode.PING:
            self._count_ping()
        if frame.opcode not in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            return
        if frame.opcode is not Opcode.CONT:
            self._is_binary = frame.opcode is Opcode.BINARY
        self._parts += frame.data
        if not frame.fin:
            return
        message = bytes(self._parts)
        self._parts.clear()
        if self._is_binary and self.streams is not None:
            self._take_binary(self.streams, message)
        else:
            self._messages.append(message)

    def _count_ping(self) -> None:
        if self._writable is None:
            return
        self._pings += 1
        if self._pings > _MOST_PINGS:
            self._fail(WireError("the relay sends pings without end, and takes no answers"))

    def _take_binary(self, streams: Streams, message: bytes) -> None:
        try:
            streams.received(message)
        except WireError as error:
            self._fail(error)

    def _fail(self, error: WireError) -> None:
        self._fault = error
        self._transport.abort()

    def _wake(self) -> None:
        arrived, self._arrived = self._arrived, None
        if arrived is not None and not arrived.done():
            arrived.set_result(None)

    def _flush(self) -> None:
        for data in self._socket.data_to_send():
            if self._transport.is_closing():
                return
            if data:
                self._transport.write(data)
            else:
                self._transport.close()
