"""One SSH client, as asyncssh tells of it: who it is, what it asks for, and the little that it gets.

Everything that is not answered here is refused: shells that do anything, programs, files (sftp, scp),
agents, X11, forwarding to hosts (`-L`, `-D`), of UNIX sockets and of networks.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import asyncssh

from doorstep_relay.control.actors import Actor
from doorstep_relay.control.channel import turn_away
from doorstep_relay.control.seats import seat_of
from doorstep_relay.edge.forwarding import peer_address
from doorstep_relay.errors import Refusal
from doorstep_relay.ssh.bridge import Bridge
from doorstep_relay.ssh.connection import ANSWER_DEADLINE, Connection
from doorstep_relay.ssh.login import Login, why
from doorstep_relay.ssh.options import Options
from doorstep_relay.ssh.promise import Promise
from doorstep_relay.ssh.terminal import Terminal

if TYPE_CHECKING:
    from doorstep_relay.ssh.desk import Desk

log = logging.getLogger("doorstep_relay.ssh")

MOST_SPARES: Final = 0
"""No tunnel connection ahead of need: each one connects to the app, which may serve one at a time."""
MOST_TRIES: Final = 20
"""Keys, tokens and user names that one connection may try: agents offer all the keys that they have."""
_PROHIBITED: Final = asyncssh.ChannelOpenError(
    asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED, "only -R is possible here"
)
_MOST_TERMINALS: Final = 8
_TOO_OFTEN: Final = "too many connections came from this address; try again in a minute"
_HOW_IN: Final = "Register it (doorstep keys add FILE.pub), or use a token as password or user name.\n"
_CROWDED: Final = "too many wait here to be let in; try again"


class Client(asyncssh.SSHServer):
    """One connection of an SSH client, from its first byte to its last."""

    def __init__(
        self, desk: Desk, admit: Callable[[Client], bool], no_more_knocks: Callable[[Client], None]
    ) -> None:
        self._desk = desk
        self._admit = admit
        self._no_more_knocks = no_more_knocks
        self._tries = 0
        self._told_of_key = False
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
                return self.conn.is_closed()  # who left meanwhile is let in no more
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
        fingerprint = key.get_fingerprint("sha256")
        try:
            is_known = await self._login.offer_key(fingerprint)
        except Refusal as refusal:
            self._say(why(refusal))
            return False
        if not is_known and not self._told_of_key:
            self._told_of_key = True  # agents offer many, and one of them may do
            self._say(f"Nobody is known here by the key {fingerprint}.\n{_HOW_IN}")
        return is_known

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
        if self.conn.is_closed():
            self._desk.release(self._promise)
        name = self._promise.next_name
        if name is not None:
            url = self._desk.settings.share_url(name)
            self._say(
                f"Doorstep relay: you are {actor.account_name}.\nYour link, unless you name one: {url}\n"
            )

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
            actor = await self._login.as_now(actor)
            await self._desk.hub.serve(bridge, actor, self.address, MOST_SPARES)
        except Refusal as refusal:
            await turn_away(bridge, refusal)
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
