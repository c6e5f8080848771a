"""asyncssh's connection, with bounds on what queues up and without what costs time for nothing.

A channel's window is the client's choice, up to 4 GB: what bounds memory is how much of all channels waits in
the one transport, of which asyncssh takes no notice.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

import asyncssh
from asyncssh.constants import MSG_IGNORE
from asyncssh.packet import SSHPacket

from doorstep_relay.control.pace import Pace
from doorstep_relay.control.turns import Slice, Turns

if TYPE_CHECKING:
    from doorstep_relay.ssh.tunnel import TunnelChannel

ANSWER_DEADLINE: Final = 2.0
"""Seconds in which a client has to answer that it lives, when another comes in its place."""
_MOST_QUEUED: Final = 256
"""Requests that wait for the answer to one before them."""
_FULL: Final = 1024 * 1024
"""Bytes that wait for a client to read them, from which on its tunnel connections take no more."""
_MOST_WAITING: Final = 32 * 1024 * 1024
_MOST_WAITING_OUTSIDE: Final = 256 * 1024
"""Bytes of one that asks for more than it reads, or than can be done; the second until it is in."""
_MOST_UNPARSED: Final = 1024 * 1024
"""Bytes that come while what came before them takes its time, as a new key exchange does."""
KEYS_DEADLINE: Final = 120.0
"""Seconds in which a client has to exchange keys anew: it may be long behind with what was sent before."""
_KEYS_BURST: Final = 20
_KEYS_EVERY: Final = 1.0
"""Key exchanges of one client: so many at once, then one every so many seconds."""
_MOST_DEFERRED: Final = 4096
"""Packets that wait for the end of one."""
_LIVES: Final = b"keepalive@openssh.com"
"""A request that no client knows, and that every client therefore answers (RFC 4254 4)."""


class Owner(Protocol):
    """Who is told what happens on a connection."""

    is_in: bool

    async def key_proven(self) -> None:
        """The client holds the key that it offered."""


class Connection(asyncssh.SSHServerConnection):
    """One SSH connection. `turns` are those of all clients that have much to say."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        options: asyncssh.SSHServerConnectionOptions,
        turns: Turns,
    ) -> None:
        super().__init__(loop, options)
        self._turns = turns
        self._slice = Slice()
        self._is_due = False
        """Whether a turn of its own is coming, and what it has said waits for that."""
        self._has_more = False
        self._heard = 0.0
        self._spelt: dict[str, str] = {}
        self.tunnels: set[TunnelChannel] = set()
        self.is_full = False
        """Whether the client is behind with reading."""
        self._keys = Pace(_KEYS_BURST, _KEYS_EVERY)
        self._keys_due: asyncio.TimerHandle | None = None

    def _whose(self) -> Owner | None:
        return cast("Owner | None", self.get_owner())

    # -- bounds ------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._wire = cast(asyncio.Transport, transport)
        self._wire.set_write_buffer_limits(high=_FULL)
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None = None) -> None:
        self._keys_done()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        self.is_full = True
        self._look()

    def resume_writing(self) -> None:
        self.is_full = False
        self._look()

    @property
    def takes_no_more(self) -> bool:
        """Of its tunnel connections: it is full, or exchanges keys, and all the rest waits for their end."""
        return self.is_full or self._keys_due is not None

    def _look(self) -> None:
        full = self.takes_no_more
        for tunnel in list(self.tunnels):
            tunnel.connection_filled(full=full)

    def data_received(self, data: bytes, datatype: asyncssh.DataType = None) -> None:
        super().data_received(data, datatype)
        unsent = self._wire.get_write_buffer_size()
        if unsent > self._most_waiting() or len(self._inpbuf) > min(self._most_waiting(), _MOST_UNPARSED):
            self.abort()
        if len(self._global_request_queue) > _MOST_QUEUED:
            self.abort()

    def create_server_channel(
        self, encoding: str | None = "", errors: str = "", window: int = 0, max_pktsize: int = 0
    ) -> asyncssh.SSHServerChannel[Any]:
        """For a terminal. What a client says of its environment asyncssh would keep, however much it is."""
        channel = super().create_server_channel(encoding, errors, window, max_pktsize)
        channel._process_env_request = _not_kept  # type: ignore[method-assign, assignment]  # a plain function does
        return channel

    def _most_waiting(self) -> int:
        owner = self._whose()
        return _MOST_WAITING if owner is not None and owner.is_in else _MOST_WAITING_OUTSIDE

    # -- new keys, which either side may want at any time ------------------------------------------

    def _send_kexinit(self) -> None:
        super()._send_kexinit()
        owner = self._whose()
        if owner is None or not owner.is_in:  # who is not has little time, and nothing is sent to it
            return
        if self._keys.take(None, self._loop.time()) > 0:
            self.abort()
        elif self._keys_due is None:
            self._keys_due = self._loop.call_later(KEYS_DEADLINE, self.abort)
            self._look()

    def _send_deferred_packets(self) -> None:
        super()._send_deferred_packets()
        if self._kex_complete:
            self._keys_done()
            self._look()

    def _keys_done(self) -> None:
        if self._keys_due is not None:
            self._keys_due.cancel()
            self._keys_due = None

    # -- in turns with others ----------------------------------------------------------------------

    def _recv_data(self) -> None:
        """asyncssh parses all that has come; this a slice at a time."""
        if self._is_due:
            return
        if self._slice.is_dense or len(self._inpbuf) > self._slice.size:
            self._wait_for_turn()
        else:
            self._parse(len(self._inpbuf))

    def _wait_for_turn(self) -> None:
        self._is_due = True
        self._wire.pause_reading()
        self._turns.wait(self._take_turn, is_dense=self._slice.is_dense)

    def _take_turn(self) -> None:
        self._is_due = False
        if self._transport is None:
            return
        size = self._slice.size
        while not self._parse(size) and size < len(self._inpbuf):
            size *= 2  # a packet is longer than the slice
        if self._has_more:
            self._wait_for_turn()
        else:
            self._wire.resume_reading()

    def _parse(self, size: int) -> bool:
        """Parse so many bytes; whether that got anywhere."""
        whole, number = self._inpbuf, self._recv_seq
        self._inpbuf = whole[:size]
        super()._recv_data()
        left = len(self._inpbuf)
        self._has_more = size < len(whole) and left < size
        self._inpbuf += whole[size:]
        self._slice.had(self._recv_seq - number)
        return left < min(size, len(whole))

    # -- at less cost ------------------------------------------------------------------------------

    def send_packet(self, pkttype: int, *args: bytes, handler: Any = None) -> None:
        """Without the empty packet that asyncssh sends before each one.

        That hides the state of ciphers in CBC mode (RFC 4251 9.3.1). There is none here, and it would be
        twice the work, on both sides.
        """
        if pkttype != MSG_IGNORE:
            super().send_packet(pkttype, *args, handler=handler)
            if not self._kex_complete and len(self._deferred_packets) > _MOST_DEFERRED:
                self.abort()

    def _reset_keepalive_timer(self) -> None:
        """One timer runs to its end, and looks then when the client was heard: not a new one each time."""
        self._heard = self._loop.time()
        if self._keepalive_timer is None:
            super()._reset_keepalive_timer()

    def _keepalive_timer_callback(self) -> None:
        due = self._heard + float(self._keepalive_interval)
        if due > self._loop.time():
            self._keepalive_timer = self._loop.call_at(due, self._keepalive_timer_callback)
        else:
            super()._keepalive_timer_callback()

    # -- for its owner -----------------------------------------------------------------------------

    async def validate_public_key(self, username: str, key_data: bytes, msg: bytes, signature: bytes) -> bool:
        """Without a signature the client only asks whether a key would do."""
        good = await super().validate_public_key(username, key_data, msg, signature)
        owner = self._whose()
        if good and msg and owner is not None:
            await owner.key_proven()
        return good

    def _process_tcpip_forward_global_request(self, packet: SSHPacket) -> None:
        """asyncssh tells of hosts in lower case, and OpenSSH knows a forwarding only as it was spelt."""
        spelt = SSHPacket(packet.get_remaining_payload()).get_string().decode("utf-8", "replace")
        self._spelt[spelt.lower()] = spelt
        super()._process_tcpip_forward_global_request(packet)

    def as_spelt(self, host: str) -> str:
        """The host of a forwarding as the client wrote it, which it expects to be told."""
        return self._spelt.pop(host, host)

    async def is_alive(self) -> bool:
        """Whether the client answers within `ANSWER_DEADLINE`. All it sent before is read by then."""
        try:
            async with asyncio.timeout(ANSWER_DEADLINE):
                await self._make_global_request(_LIVES)
        except (TimeoutError, OSError, asyncssh.Error):
            return False
        return not self.is_closed()


def _not_kept(_packet: SSHPacket) -> bool:
    """Refuses what a client says of its environment."""
    return False
