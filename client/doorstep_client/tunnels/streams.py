"""Tunnel connections without connections: streams in the binary messages of a session's WebSocket.

For networks in which a proxy lets the session through, and nothing else. Both sides import this module. Each
message is `kind`, one byte, the stream's number, four, and what the kind says:

    OPEN    client    share number, four bytes: a tunnel connection of that share
    DATA    both      bytes, as many as were granted
    END     both      no more bytes will come; the other direction stays open
    RESET   both      the stream is over, at once; also the answer to an OPEN that cannot be
    GRANT   both      four bytes: so many bytes more may be sent

A client opens streams with ever higher numbers, at most `Welcome.streams` at a time; a relay that does not
say that field knows no streams. Each direction begins with a grant of `WINDOW` bytes, so a slow visitor holds
up nobody else and what waits is bounded. What comes late for a stream that is over is passed over; what was
never opened, or exceeds a grant, is a `WireError` and ends the session.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from collections.abc import Callable
from enum import IntEnum
from typing import Final

from doorstep_client.errors import WireError
from doorstep_client.tunnels.carried import CarriedTransport

MOST_STREAMS: Final = 256
"""That a relay of this version carries in one session."""
MOST_RESETS: Final = 4 * MOST_STREAMS
"""That may wait for a peer that opens streams without end, and reads nothing."""
_UNSENT: Final = 64 * 1024
_HEAD: Final = struct.Struct("!BI")
_NUMBER: Final = struct.Struct("!I")


class Kind(IntEnum):
    """What a message is about."""

    OPEN = 1
    DATA = 2
    END = 3
    RESET = 4
    GRANT = 5


Accept = Callable[[int], asyncio.Protocol | None]


class Streams:
    """One session's streams, on either side.

    `send` takes one binary message; `accept(share)` gives the protocol for a stream that the peer opens, or
    None for a share that is not there. A client's has no `accept`.
    """

    def __init__(self, send: Callable[[bytes], None], *, most: int, accept: Accept | None = None) -> None:
        self._send = send
        self._most = most
        self._accept = accept
        self._open: dict[int, CarriedTransport] = {}
        self._half: dict[int, None] = {}
        """Closed here, with a peer that may still send; the oldest first."""
        self._last = 0
        self._full = self._sending = False
        self._ready: dict[CarriedTransport, None] = {}
        """Those that want to send, in turn."""
        self._resets: deque[int] = deque()

    def __len__(self) -> int:
        return len(self._open) + len(self._half)

    @property
    def room(self) -> int:
        """Streams that may be opened now."""
        return self._most - len(self._open)

    def open(self, share: int, protocol: asyncio.Protocol) -> CarriedTransport:
        """A new stream to a share, with `protocol` on it."""
        self._make_room()
        self._last += 1
        self._send(_HEAD.pack(Kind.OPEN, self._last) + _NUMBER.pack(share))
        return self._connect(self._last, protocol)

    def received(self, message: bytes) -> None:
        """What the peer sent. Raises `WireError` for what is none of this protocol."""
        if len(message) < _HEAD.size:
            raise WireError("a binary message without a head")
        kind, number = _HEAD.unpack_from(message)
        rest = message[_HEAD.size :]
        if kind == Kind.OPEN:
            self._accepted(number, _read_number(rest))
        elif not 0 < number <= self._last:
            raise WireError(f"stream {number} was never opened")
        elif (stream := self._open.get(number)) is None:
            self._late(kind, number)
        else:
            self._obey(stream, kind, rest)

    def pause(self) -> None:
        """The session takes no more for now."""
        self._full = True

    def resume(self) -> None:
        """The session takes more."""
        self._full = False
        self._pump()

    def lost(self) -> None:
        """The session is over, and every stream with it."""
        self._full = True
        for stream in list(self._open.values()):
            stream.lost(ConnectionResetError("the session has ended"))
        self._half.clear()
        self._resets.clear()

    # -- from the peer -----------------------------------------------------------------------------

    def _accepted(self, number: int, share: int) -> None:
        if self._accept is None:
            raise WireError("a relay opens no streams")
        if number <= self._last:
            raise WireError(f"stream {number} was opened after stream {self._last}")
        self._last = number
        self._make_room()
        protocol = self._accept(share) if self.room > 0 else None
        if protocol is None:
            self.reset(number)
        else:
            self._connect(number, protocol)
        if len(self._resets) > MOST_RESETS:
            raise WireError("streams are opened without end")

    def _make_room(self) -> None:
        """Those that are closed here count, too; one more ends the oldest of them."""
        if self._half and len(self) >= self._most:
            oldest = next(iter(self._half))
            del self._half[oldest]
            self.reset(oldest)

    def _connect(self, number: int, protocol: asyncio.Protocol) -> CarriedTransport:
        stream = self._open[number] = CarriedTransport(self, number, protocol)
        protocol.connection_made(stream)
        return stream

    def _obey(self, stream: CarriedTransport, kind: int, rest: bytes) -> None:
        match kind:
            case Kind.DATA:
                stream.arrived(rest)
            case Kind.END:
                stream.peer_ended()
            case Kind.RESET:
                stream.peer_reset()
            case Kind.GRANT:
                stream.granted(_read_number(rest))
            case _:
                raise WireError(f"a binary message of the kind {kind}")

    def _late(self, kind: int, number: int) -> None:
        """Sent before the peer knew of the end; data is answered as TCP does, so that it knows now."""
        if number in self._half and kind in (Kind.DATA, Kind.END, Kind.RESET):
            del self._half[number]
            if kind == Kind.DATA:
                self.reset(number)

    # -- to the peer -------------------------------------------------------------------------------

    def ready(self, stream: CarriedTransport) -> None:
        """The stream has something to send."""
        self._ready[stream] = None
        self._pump()

    def reset(self, number: int) -> None:
        """Tell the peer that a stream is over."""
        self._resets.append(number)
        self._pump()

    def forget(self, stream: CarriedTransport) -> None:
        """The stream is over."""
        self._open.pop(stream.number, None)
        self._ready.pop(stream, None)

    def _pump(self) -> None:
        """Send as long as the session takes it: one piece of each stream, in turn."""
        if self._sending:
            return
        self._sending = True
        try:
            while self._resets and not self._full:
                self._tell(Kind.RESET, self._resets.popleft())
            while self._ready and not self._full:
                stream = next(iter(self._ready))
                del self._ready[stream]
                self._serve(stream)
        finally:
            self._sending = False

    def _serve(self, stream: CarriedTransport) -> None:
        if grant := stream.take_grant():
            self._tell(Kind.GRANT, stream.number, _NUMBER.pack(grant))
        if piece := stream.take():
            self._tell(Kind.DATA, stream.number, piece)
            stream.taken()
        if stream.take_end():
            self._tell(Kind.END, stream.number)
        if stream.is_over:
            self._close(stream)
        elif stream.has_more:
            self._ready[stream] = None

    def _close(self, stream: CarriedTransport) -> None:
        if stream.number not in self._open:
            return
        if stream.awaits_end:
            self._half[stream.number] = None
        stream.lost(None)

    def _tell(self, kind: Kind, number: int, rest: bytes = b"") -> None:
        self._send(_HEAD.pack(kind, number) + rest)


def queue_little(transport: asyncio.BaseTransport) -> None:
    """Let the system queue little of what one stream sends: the next one's turn, and `ping`, come soon."""
    sock = transport.get_extra_info("socket")
    option = getattr(socket, "TCP_NOTSENT_LOWAT", None)
    if sock is not None and option is not None and sock.family in (socket.AF_INET, socket.AF_INET6):
        sock.setsockopt(socket.IPPROTO_TCP, option, _UNSENT)


def _read_number(data: bytes) -> int:
    if len(data) != _NUMBER.size:
        raise WireError("a binary message without its number")
    (number,) = _NUMBER.unpack(data)
    return int(number)
