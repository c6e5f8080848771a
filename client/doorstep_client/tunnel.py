"""The client's end of a tunnel connection: ask for the upgrade, then let the target serve."""

from __future__ import annotations

import asyncio
import re
from typing import Final, cast

from doorstep_client import wire
from doorstep_client.errors import UnreachableError, WireError
from doorstep_client.targets import Target

UPGRADE_DEADLINE: Final = 10.0
_MAX_HEAD: Final = 16 * 1024
_STATUS: Final = re.compile(rb"HTTP/1\.1 ([0-9]{3})")


class TunnelOpening(asyncio.Protocol):
    """Sends the upgrade request and hands the connection to the target after `101`."""

    def __init__(self, target: Target, host: str, ticket: str) -> None:
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport | None = None
        self._target = target
        self._request = (
            f"GET {wire.TUNNEL_PATH} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\n"
            f"Upgrade: {wire.TUNNEL_UPGRADE}\r\nAuthorization: {wire.TICKET_SCHEME} {ticket}\r\n\r\n"
        ).encode()
        self._head = b""
        self._handed_over = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._head += data
        end = self._head.find(b"\r\n\r\n")
        if end < 0:
            if len(self._head) > _MAX_HEAD:
                self._refuse(WireError("the relay's answer to a tunnel connection has no end"))
            return
        status = _STATUS.match(self._head)
        if status is None or status[1] != b"101":
            told = self._head.split(b"\r\n", 1)[0].decode("latin-1")
            self._refuse(UnreachableError(f"the relay refused a tunnel connection: {told}"))
            return
        self._hand_over(self._head[end + 4 :])

    def _hand_over(self, rest: bytes) -> None:
        assert self.transport is not None  # noqa: S101  # data came on it
        self._handed_over = True
        protocol = self._target.protocol()
        self.transport.set_protocol(protocol)
        protocol.connection_made(self.transport)
        if not self.opened.done():
            self.opened.set_result(None)
        if rest:
            protocol.data_received(rest)

    def _refuse(self, error: Exception) -> None:
        if not self.opened.done():
            self.opened.set_exception(error)
        self.give_up()

    def give_up(self) -> None:
        """End the connection unless the target has it."""
        if self.transport is not None and not self._handed_over:
            self.transport.abort()
        self.opened.cancel()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.opened.done():
            self.opened.set_exception(exc or ConnectionError("the relay closed a tunnel connection at once"))
