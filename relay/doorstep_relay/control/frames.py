"""`ping` and `pong` as WebSocket frames: nearly all that sessions say, so they are known by their bytes."""

from __future__ import annotations

from typing import Final

from websockets.frames import Frame, Opcode

from doorstep_client import wire

PING: Final = wire.encode(wire.Ping()).encode()
PONG: Final = wire.encode(wire.Pong()).encode()
_PING_START: Final = bytes((0x81, 0x80 | len(PING)))
"""Of a frame that is a `ping`: text, final, masked; what follows are the mask's four bytes and the text."""
_PING_NUMBER: Final = int.from_bytes(PING)
PING_SIZE: Final = 2 + 4 + len(PING)
PONG_FRAME: Final = Frame(Opcode.TEXT, PONG).serialize(mask=False)


def is_ping(data: bytes) -> bool:
    """Whether these bytes, which start a frame, are a whole `ping`."""
    if data[:2] != _PING_START:
        return False
    mask = data[2:6] * (len(PING) // 4 + 1)
    text = int.from_bytes(data[6:]) ^ int.from_bytes(mask[: len(PING)])
    return text == _PING_NUMBER


def size_of(frame: Frame) -> int:
    """Bytes that a client's frame took in its shortest form; a longer one costs pings their short cut."""
    size = len(frame.data)
    return size + 6 + (0 if size < 126 else 2 if size < 65536 else 8)
