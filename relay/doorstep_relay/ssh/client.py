"""One SSH client, as asyncssh tells of it: who it is, what it asks for, and the little that it gets.

Everything that is not answered here is refused: shells that do anything, programs, files (sftp, scp),
agents, X11, forwarding to hosts (`-L`, `-D`), of UNIX sockets and of networks.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, cast

import asyncssh
from asyncssh.packet import SSHPacket

from doorstep_relay.control.actors import Actor
from doorstep_relay.control.seats import seat_of
from doorstep_relay.edge.forwarding import peer_address
from doorstep_relay.errors import Refusal
from doorstep_relay.ssh.bridge import Bridge
from doorstep_relay.ssh.login import Login, why
from doorstep_relay.ssh.options import Options
from doorstep_relay.ssh.promise import Promise
from doorstep_relay.ssh.terminal import Terminal

if TYPE_CHECKING:
    from doorstep_relay.ssh.desk import Desk
    from doorstep_relay.ssh.tunnel import TunnelChannel

log = logging.getLogger("doorstep_relay.ssh")

MOST_SPARES: Final = 0
"""No tunnel connection ahead of need: each one connects to the app, which may serve one at a time."""
ANSWER_DEADLINE: Final = 2.0
"""Seconds in which a client has to answer that it lives, when another comes in its place."""
MOST_TRIES: Final = 20
"""Keys, tokens and user names that one connection may try: agents offer all the keys that they have."""
_PROHIBITED: Final = asyncssh.ChannelOpenError(
    asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED, "only -R is possible here"
)
_MOST_TERMINALS: Final = 8
_MOST_QUEUED: Final = 256
"""Requests that wait for the answer to one before them."""
_FULL: Final = 1024 * 1024
"""Bytes that wait for a client to read them, from which on its tunnel connections take no more."""
_MOST_WAITING: Final = 32 * 1024 * 1024
_MOST_WAITING_OUTSIDE: Final = 256 * 1024
"""Bytes of one that asks for more than it reads, or than can be done; the second until it is in."""
_TOO_OFTEN: Final = "too many connections came from this address; try again in a minute"
_CROWDED: Final = "too many wait here to be let in; try again"
_LIVES: Final = b"keepalive@openssh.com"
"""A request that no client knows, and that every client therefore answers (RFC 4254 4)."""


class Connection(asyncssh.SSHServerConnection):
    """asyncssh's connection, which tells its owner when a key is proven, and bounds what queues up.

    A channel's window is the client's choice, up to 4 GB: what bounds memory is how much of all channels
    waits in the one transport, of which asyncssh takes no notice.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, options: asyncssh.SSHServerConnectionOptions) -> None:
        super().__init__(loop, options)
        self._spelt: dict[str, str] = {}
        self.tunnels: set[TunnelChannel] = set()
        self.is_full = False
        """Whether the client is behind with reading."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._wire = cast(asyncio.Transport, transport)
        self._wire.set_write_buffer_limits(high=_FULL)

    def pause_writing(self) -> None:
        self._fill(full=True)

    def resume_writing(self) -> None:
        self._fill(full=False)

    def _fill(self, *, full: bool) -> None:
        self.is_full = full
        for tunnel in list(self.tunnels):
            tunnel.connection_filled(full=full)

    async def validate_public_key(self, username: str, key_data: bytes, msg: bytes, signature: bytes) -> bool:
        """Without a signature the client only asks whether a key would do."""
        good = await super().validate_public_key(username, key_data, msg, signature)
        owner = self.get_owner()
        if good and msg and isinstance(owner, Client):
            await owner.key_proven()
        return good

    def data_received(self, data: bytes, datatype: asyncssh.DataType = None) -> None:
        super().data_received(data, datatype)
        waiting = max(self._wire.get_write_buffer_size(), len(self._inpbuf))
        if len(self._global_request_queue) > _MOST_QUEUED or waiting > self._most_waiting():
            self.abort()

    def _most_waiting(self) -> int:
        owner = self.get_owner()
        return _MOST_WAITING if isinstance(owner, Client) and owner.is_in else _MOST_WAITING_OUTSIDE

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


class Client(asyncssh.SSHServer):
    """One connection of an SSH client, from its first byte to its last."""

    def __init__(
        self, desk: Desk, admit: Callable[[Client], bool], no_more_knocks: Callable[[Client], None]
    ) -> None:
        self._desk = desk
        self._admit = admit
        self._no_more_knocks = no_more_knocks
        self._tries = 0
        self._promise = Promise("")
        self._task: asyncio.Task[None] | None = None
        self.gone = asyncio.Event()
        """Set when its connection is lost and its shares wait for it, or are over."""
        self.is_in = False
        """Whether it has proven who it is."""
        self.address = ""
        self.conn: Connection
        self._login: Login
        self._options: Options
        self._bridge: Bridge | None = None

    # -- the connection ----------------------------------------------------------------------------

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        assert isinstance(conn, Connection)  # noqa: S101  # the door makes no others
        self.conn = conn
        self.address = peer_address(conn.get_extra_info("peername"))
        self._login = Login(self._desk, self.address)
        self._options = Options(conn.is_alive)
        if not self._admit(self):
            asyncio.get_running_loop().call_soon(self._send_away, _TOO_OFTEN)  # after SSH's first line

    def make_room(self) -> None:
        """Go, because others come who had less time to prove who they are."""
        self._send_away(_CROWDED)

    def _send_away(self, why: str) -> None:
        self.conn.disconnect(asyncssh.DISC_TOO_MANY_CONNECTIONS, why)

    def connection_lost(self, exc: Exception | None) -> None:
        self._no_more_knocks(self)
        self._desk.release(self._promise)
        if self._bridge is None:
            self.gone.set()
        else:
            self._bridge.lost()

    async def prove_alive(self) -> None:
        """Answer that it lives, or be gone."""
        if not await self.conn.is_alive():
            self.conn.abort()
            try:
                async with asyncio.timeout(ANSWER_DEADLINE):
                    await self.gone.wait()
            except TimeoutError:
                log.warning("a client that is gone still holds its shares")

    # -- who it is ---------------------------------------------------------------------------------

    async def begin_auth(self, username: str) -> bool:
        """False lets it in at once."""
        if not self._may_try():
            return True
        try:
            if await self._login.by_name(username):
                await self._welcome()
                return False
        except Refusal as refusal:
            self._say(why(refusal))
        return True

    def password_auth_supported(self) -> bool:
        return True

    async def validate_password(self, username: str, password: str) -> bool:
        if not self._may_try():
            return False
        try:
            await self._login.by_password(password)
        except Refusal as refusal:
            self._say(why(refusal))
            return False
        await self._welcome()
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    async def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        if not self._may_try():
            return False
        try:
            return await self._login.offer_key(key.get_fingerprint("sha256"))
        except Refusal as refusal:
            self._say(why(refusal))
            return False

    async def key_proven(self) -> None:
        """It holds the key that it offered."""
        await self._login.key_proven()
        await self._welcome()

    def _may_try(self) -> bool:
        self._tries += 1
        if self._tries > MOST_TRIES:
            self.conn.disconnect(asyncssh.DISC_NO_MORE_AUTH_METHODS_AVAILABLE, "too many tries")
        return self._tries <= MOST_TRIES

    def _say(self, text: str) -> None:
        if not self.is_in and not self.conn.is_closed():
            self.conn.send_auth_banner(text)

    async def _welcome(self) -> None:
        """Say, while anything can be said to a client that wants no terminal (-N), what its link will be."""
        actor = self._login.actor
        assert actor is not None  # noqa: S101  # it has just been proven
        self._desk.release(self._promise)
        self._promise = await self._desk.promise(actor, seat_of(actor, self.address, self._login.user))
        name = self._promise.next_name
        if name is not None:
            url = self._desk.settings.share_url(name)
            self._say(f"Doorstep relay, as {actor.account_name}. A link without a name of its own: {url}\n")

    def auth_completed(self) -> None:
        actor = self._login.actor
        if actor is None:  # nothing lets anybody in without setting it
            self.conn.abort()
            return
        self.is_in = True
        self._no_more_knocks(self)
        self._desk.sit(self._promise.seat, self)
        self._bridge = Bridge(self._desk, self.conn, actor, self._options, self._promise)
        self._task = asyncio.get_running_loop().create_task(self._serve(self._bridge, actor))

    async def _serve(self, bridge: Bridge, actor: Actor) -> None:
        """A session as every client has one."""
        try:
            await self._desk.hub.serve(bridge, actor, self.address, MOST_SPARES)
        except Exception:  # one client's fault is not the relay's
            log.exception("a session of an SSH client failed")
        finally:
            self._desk.leave(self._promise.seat, self)
            self.gone.set()
            bridge.part()

    # -- what it asks for --------------------------------------------------------------------------

    def session_requested(self) -> Terminal | bool:
        """A terminal to read in: it runs nothing."""
        if self._bridge is None or len(self._bridge.sessions) >= _MOST_TERMINALS:
            return False
        self._options.terminal_comes()
        terminal = Terminal(self._bridge, self._options)
        self._bridge.sessions.add(terminal)
        return terminal

    def connection_requested(self, dest_host: str, dest_port: int, orig_host: str, orig_port: int) -> bool:
        """`-L`, `-D`, `-W`: never."""
        raise _PROHIBITED

    def unix_connection_requested(self, dest_path: str) -> bool:
        """The same, to a UNIX socket."""
        raise _PROHIBITED

    async def server_requested(self, listen_host: str, listen_port: int) -> asyncssh.SSHListener | bool:
        """`-R`: a share."""
        if self._bridge is None:
            return False
        return await self._bridge.forward(self.conn.as_spelt(listen_host), listen_port) or False
