"""Stands between a tunnel connection and what serves it: passes everything on, and tells a conversation."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final, cast

from doorstep_client.traffic.conversation import Conversation, Data

_ITS_OWN: Final = (
    "abort", "can_write_eof", "close", "get_extra_info", "get_write_buffer_limits", "get_write_buffer_size",
    "is_closing", "is_reading", "pause_reading", "resume_reading", "set_write_buffer_limits", "write_eof",
)  # fmt: skip


class Tap(asyncio.Protocol):
    """The connection's protocol. `inner` is what serves it; an upgrade changes that."""

    def __init__(self, inner: asyncio.Protocol, conversation: Conversation) -> None:
        self.inner = inner
        self._conversation = conversation

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        tapped = _TappedTransport(cast(asyncio.Transport, transport), self, self._conversation)
        self.inner.connection_made(tapped)

    def data_received(self, data: bytes) -> None:
        self._conversation.asked(data)
        self.inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self.inner.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self._conversation.ended()
        self.inner.connection_lost(exc)

    def pause_writing(self) -> None:
        self.inner.pause_writing()

    def resume_writing(self) -> None:
        self.inner.resume_writing()


class _TappedTransport(asyncio.Transport):
    """The connection's transport, as the inner protocol sees it."""

    def __init__(self, transport: asyncio.Transport, tap: Tap, conversation: Conversation) -> None:
        super().__init__()
        self._transport = transport
        self._tap = tap
        self._conversation = conversation
        for name in _ITS_OWN:
            setattr(self, name, getattr(transport, name))

    def write(self, data: Data) -> None:
        self._conversation.answered(data)
        self._transport.write(data)

    def writelines(self, list_of_data: Iterable[Data]) -> None:
        pieces = list(list_of_data)
        for piece in pieces:
            self._conversation.answered(piece)
        self._transport.writelines(pieces)

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._tap.inner = cast(asyncio.Protocol, protocol)

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self._tap.inner
