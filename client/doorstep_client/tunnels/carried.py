"""One stream of `streams`, as a transport: whatever serves a tunnel connection serves it without a change.

Its peer may send `WINDOW` bytes ahead of who reads them, and no more: what is read is granted anew. What is
written waits here until the peer grants room and the session takes it; beyond its limits the writer is asked
to wait, as by every transport. It ends as a TCP connection does: `close` sends what was written and the end,
`abort` resets, an end of the peer's leaves this direction open if the protocol wants that.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final, cast

from doorstep_client.errors import WireError

if TYPE_CHECKING:
    from doorstep_client.tunnels.streams import Streams

log = logging.getLogger("doorstep_client")

WINDOW: Final = 256 * 1024
"""Bytes that one direction of a stream may be ahead of its reader."""
CHUNK: Final = 16 * 1024
"""Bytes in one message: others have their turn after each."""
_GRANT: Final = WINDOW // 2
_HIGH: Final = 64 * 1024

Data = bytes | bytearray | memoryview


class CarriedTransport(asyncio.Transport):
    """One end of a stream. `number` is its name in the session."""

    def __init__(self, streams: Streams, number: int, protocol: asyncio.Protocol) -> None:
        super().__init__()
        self.number = number
        self._streams = streams
        self._protocol = protocol
        self._loop = asyncio.get_running_loop()
        self._out = bytearray()
        self._room = WINDOW
        """Bytes that the peer still takes."""
        self._high, self._low = _HIGH, _HIGH // 4
        self._full = False
        self._ending = self._ended = False
        """Whether our end is to be sent, and was."""
        self._inbox = bytearray()
        self._ahead = 0
        """Bytes that came and were not granted anew."""
        self._owed = 0
        """Of these, what has been read."""
        self._reading = True
        self._peer_ended = self._end_told = False
        self._deaf = False
        """The peer reads no more."""
        self._closing = self._lost = False

    # -- reading -----------------------------------------------------------------------------------

    def arrived(self, data: bytes) -> None:
        """The peer sent bytes. Raises `WireError` for more than it was granted, or after its end."""
        self._ahead += len(data)
        if self._ahead > WINDOW or self._peer_ended:
            raise WireError(f"stream {self.number} sent more than it may")
        if self._closing:
            self._owed += len(data)  # what we have to say goes out first; then the peer hears that we left
        elif self._reading and not self._inbox:
            self._read(data)
        else:
            self._inbox += data

    def _read(self, data: bytes) -> None:
        self._call(self._protocol.data_received, data)
        self._owed += len(data)
        if self._owed >= _GRANT and not self._peer_ended:
            self._streams.ready(self)

    def peer_ended(self) -> None:
        """The peer will send no more."""
        self._peer_ended = True
        self._look()

    def _look(self) -> None:
        """Hand on what waits, as far as it is wanted, and the end after it."""
        if self._inbox and self._reading and not self._closing:
            data = bytes(self._inbox)
            self._inbox.clear()
            self._read(data)
        if self._peer_ended and self._reading and not (self._inbox or self._closing or self._end_told):
            self._end_told = True
            if not self._call(self._protocol.eof_received):
                self.close()
            elif self._deaf:
                self.lost(_reset())

    def peer_reset(self) -> None:
        """The peer is gone. What it said before it ended in order is read all the same."""
        if not (self._peer_ended and self._inbox):
            self.lost(_reset())
            return
        self._deaf = True
        self._out.clear()

    def pause_reading(self) -> None:
        self._reading = False

    def resume_reading(self) -> None:
        if not self._reading:
            self._reading = True
            self._loop.call_soon(self._look)

    def is_reading(self) -> bool:
        return self._reading and not self._closing

    # -- writing -----------------------------------------------------------------------------------

    def write(self, data: Data) -> None:
        if self._closing or self._deaf or not data:
            return
        if self._ending:
            raise RuntimeError("Cannot call write() after write_eof()")
        self._out += data
        self._streams.ready(self)
        if len(self._out) > self._high and not (self._full or self._closing):
            self._full = True
            self._call(self._protocol.pause_writing)

    def writelines(self, list_of_data: Iterable[Data]) -> None:
        self.write(b"".join(list_of_data))

    def write_eof(self) -> None:
        if not (self._ending or self._closing):
            self._ending = True
            self._streams.ready(self)

    def can_write_eof(self) -> bool:
        return True

    def granted(self, size: int) -> None:
        """The peer takes more. Raises `WireError` for more than a stream may be ahead."""
        self._room += size
        if self._room > WINDOW:
            raise WireError(f"stream {self.number} was granted more than it may have")
        self._streams.ready(self)

    # -- the session's turn ------------------------------------------------------------------------

    def take_grant(self) -> int:
        """Bytes that the peer may be told to send now."""
        if self._owed < _GRANT and not self._closing:
            return 0
        owed, self._owed = self._owed, 0
        self._ahead -= owed
        return owed

    def take(self) -> bytes:
        """The next piece to send; empty when there is none, or no room for it."""
        size = min(len(self._out), self._room, CHUNK)
        piece = bytes(self._out[:size])
        del self._out[:size]
        self._room -= size
        return piece

    def taken(self) -> None:
        """A piece was sent: whoever was asked to wait may go on."""
        if self._full and len(self._out) <= self._low and not self._closing:
            self._full = False
            self._call(self._protocol.resume_writing)

    @property
    def has_more(self) -> bool:
        """Whether it wants another turn at once."""
        return bool(self._out) and self._room > 0

    def take_end(self) -> bool:
        """Whether it is time to send the end."""
        if self._out or self._ended or not self._ending:
            return False
        self._ended = True
        return True

    @property
    def is_over(self) -> bool:
        """Closed, and everything that was written has been sent."""
        return self._closing and self._ended

    @property
    def awaits_end(self) -> bool:
        """Whether the peer may still send."""
        return not self._peer_ended

    # -- the end -----------------------------------------------------------------------------------

    def close(self) -> None:
        if self._closing:
            return
        self._closing = self._ending = True
        self._owed += len(self._inbox)  # a peer with more to say finds out that nobody listens
        self._inbox.clear()
        self._streams.ready(self)

    def abort(self) -> None:
        if not self._lost:
            self._streams.reset(self.number)
            self.lost(None)

    def is_closing(self) -> bool:
        return self._closing

    def lost(self, exc: Exception | None) -> None:
        """The stream is over; its protocol is told soon."""
        if self._lost:
            return
        self._lost = self._closing = True
        self._out.clear()
        self._inbox.clear()
        self._streams.forget(self)
        self._loop.call_soon(self._tell_end, exc)

    def _tell_end(self, exc: Exception | None) -> None:
        self._call(self._protocol.connection_lost, exc)

    def _call(self, callback: Callable[..., Any], *args: object) -> Any:
        """What a protocol does wrong ends its own stream, not the session with all others."""
        try:
            return callback(*args)
        except Exception:  # what an app's protocol raises ends its stream, not the session
            log.exception("a protocol failed on stream %d", self.number)
            self.abort()
            return None

    # -- what every transport has ------------------------------------------------------------------

    def get_write_buffer_size(self) -> int:
        return len(self._out)

    def get_write_buffer_limits(self) -> tuple[int, int]:
        return self._low, self._high

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._high = (_HIGH if low is None else 4 * low) if high is None else high
        self._low = self._high // 4 if low is None else low

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._protocol = cast(asyncio.Protocol, protocol)

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self._protocol


def _reset() -> ConnectionResetError:
    return ConnectionResetError("the peer reset the stream")
