"""Between an SSH client and its session: what it asks for as messages, what it is told as lines.

To the session it is a channel like a client's WebSocket; see `doorstep_client.wire` for the messages.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

import asyncssh
from sqlalchemy.exc import SQLAlchemyError

from doorstep_client import wire
from doorstep_client.errors import WireError
from doorstep_client.tunnels.streams import Accept
from doorstep_relay.control.actors import Actor
from doorstep_relay.ssh import lines
from doorstep_relay.ssh.forward import Forward, Listener, name_in, port_of
from doorstep_relay.ssh.options import Options
from doorstep_relay.ssh.promise import Promise
from doorstep_relay.ssh.tunnel import SshTunnel, TunnelChannel
from doorstep_relay.ssh.visits import Visit, Visits
from doorstep_relay.ssh.words import Words

if TYPE_CHECKING:
    from doorstep_relay.ssh.connection import Connection
    from doorstep_relay.ssh.desk import Desk
    from doorstep_relay.ssh.terminal import Terminal

log = logging.getLogger("doorstep_relay.ssh")

OPEN_DEADLINE: Final = 30.0
"""Seconds that a share may take to open."""
IDLE_DEADLINE: Final = 15.0
"""Seconds for which a client may be here without any share."""
WISH_DEADLINE: Final = 3.0
"""Seconds from a terminal to a share, for clients that ask for both in this order."""
_LINGER: Final = 2.0
"""Seconds in which a client may take the reason why it is sent away."""
_REFUSED, _OVER, _QUIT = 1, 3, 0
"""Exit statuses: nothing was opened; the relay ended it; the user did."""


class Bridge:
    """One client's channel. `terminals` are those that show what happens."""

    def __init__(
        self, desk: Desk, conn: Connection, actor: Actor, options: Options, promise: Promise
    ) -> None:
        self._desk = desk
        self._conn = conn
        self._actor = actor
        self._options = options
        self._promise = promise
        self._loop = asyncio.get_running_loop()
        self._frames: asyncio.Queue[str | None] = asyncio.Queue()
        self._forwards: dict[int, Forward] = {}
        self._count = 0
        self._dials: set[asyncio.Task[None]] = set()
        self._lost = False
        self._parting = ""
        self._status = _REFUSED
        self._visits = Visits(self._show_visits)
        self.terminals: list[Terminal] = []
        self.sessions: set[Terminal] = set()
        """Those that are open, also without a wish for a shell or a command."""
        self._idle = self._loop.call_later(IDLE_DEADLINE, self._check_idle)

    # -- as the session's channel ------------------------------------------------------------------

    @property
    def heard(self) -> float:
        """Now: SSH's own keepalive finds out who is gone."""
        return self._loop.time()

    async def receive(self) -> str | None:
        return await self._frames.get()

    async def send(self, frame: str) -> None:
        match wire.decode_from_relay(frame):
            case wire.Opened() | wire.Error(share=int()) as answer if answer.share in self._forwards:
                self._answered(self._forwards[answer.share], answer)
            case wire.Opened() as late:
                self._say(wire.Close(late.share))  # nobody waits for it any more, and nobody would serve it
            case wire.Dial() as dial if dial.share in self._forwards:
                self._dial(self._forwards[dial.share], dial)
            case wire.Expiring() as notice:
                self._notice(notice.share, lines.ending(notice.expires_at, time.time()))
            case wire.Paused() as notice:
                self._notice(notice.share, lines.PAUSED if notice.paused else lines.RESUMED)
            case wire.Ended() as notice:
                self._ended(notice)
            case wire.Error() as error:
                self._parting, self._status = error.message, _OVER
            case wire.Goaway():
                self._parting = "the relay stops; connect again in a moment"
            case _:
                pass

    async def close(self, code: int, reason: str) -> None:
        self.part()

    def carry(self, accept: Accept, failed: Callable[[WireError], None]) -> None:
        """SSH has channels of its own: nothing else opens streams here."""

    # -- what the client asks for ------------------------------------------------------------------

    async def forward(self, host: str, port: int) -> Listener | None:
        """A share for one `-R`; None refuses it, and its reason has been told."""
        words = await self._options.known()
        if words is None:
            return None  # the terminal tells of it, and ends
        port = port_of(port, self._forwards.values())
        if any((host, port) == (other.host, other.port) for other in self._forwards.values()):
            await self._refuse(f"-R {host}:{port} is asked for twice: use another port for another app")
            return None
        self._count += 1
        forward = Forward(self._count, host, port, self._loop.create_future())
        self._forwards[forward.number] = forward
        self._say(self._wish(forward, words))
        try:
            async with asyncio.timeout(OPEN_DEADLINE):
                answer = await forward.answer
        except TimeoutError:
            answer = wire.Error("timeout", "the relay took too long to open the link")
        if isinstance(answer, wire.Error):
            self._forwards.pop(forward.number, None)  # gone already where the link ended while it was opened
            await self._refuse(answer.message)
            return None
        await self._opened(forward, answer)
        return Listener(forward.port, partial(self._cancel, forward))

    def _wish(self, forward: Forward, words: Words) -> wire.Open:
        """The message that opens a share: its name is asked for, or promised before, or made up now."""
        name = name_in(forward.host, self._desk.settings.domain)
        if name is None and words.name is not None:
            name, words.name = words.name, None  # of several, the first without a name of its own gets it
        forward.made_up = name is None
        if name is not None or not words.readable:
            name, lease = self._promise.take(name)
        else:
            lease = None
        policy = dict(words.policy)
        if "key" in policy and name is not None and not words.own_key:
            policy["key"] = self._desk.link_key(name, self._actor, self._promise.seat)
        forward.key = str(policy.get("key", ""))
        return wire.Open(
            share=forward.number,
            name=name,
            expires_in=words.expires_in,
            lease=lease,
            naming="readable" if words.readable else "random",
            balance=words.balance,
            policy=policy or None,
        )

    async def _refuse(self, reason: str) -> None:
        """Tell why there is no share. A client without a terminal reads that only if it is sent away."""
        for terminal in self.terminals:
            terminal.complain(f"{reason}\n")
        self._conn.send_debug(reason, always_display=True)
        if self.terminals:
            await asyncio.sleep(0.2)  # else OpenSSH may end at the failure before it has printed the reason
            self._end_soon_without_shares()
        elif not self._forwards:
            self._parting = reason
            self.part()

    def _end_soon_without_shares(self) -> None:
        def look() -> None:
            if not self._forwards and not self._lost:
                self._status = _REFUSED
                self.part()

        self._loop.call_later(_LINGER, look)

    async def _opened(self, forward: Forward, opened: wire.Opened) -> None:
        share = self._desk.hub.admit(opened.name, opened.ticket.encode())
        if share is not None and (forward.made_up or self._actor.account_id is None):
            await self._keep(share.share_id, made_up=forward.made_up)
        for terminal in self.terminals:
            self._introduce(terminal, forward, opened)
        if not self.terminals:
            self._conn.send_debug(lines.url(forward, opened), always_display=True)

    async def _keep(self, share_id: int, *, made_up: bool) -> None:
        """The link is given back when its client comes again; if that fails it works all the same."""
        try:
            await self._desk.seats.take(self._promise.seat, share_id, made_up=made_up)
        except (SQLAlchemyError, OSError) as error:
            log.error("a link cannot be kept for its client: %s", error)  # noqa: TRY400  # it says all there is

    def _cancel(self, forward: Forward) -> None:
        """`cancel-tcpip-forward`. The end of the connection closes listeners too, and is no such wish."""

        def close() -> None:
            if not self._lost and self._forwards.pop(forward.number, None) is not None:
                self._say(wire.Close(forward.number))
                self._check_idle_in(IDLE_DEADLINE)

        self._loop.call_soon(close)

    def quit(self) -> None:
        """The user wants it to end: the links are over, and do not wait for anybody."""
        for number in list(self._forwards):
            self._say(wire.Close(number))
        self._forwards.clear()
        self._status = _QUIT
        self._loop.call_later(0.1, self.part)

    def _say(self, message: wire.FromClient) -> None:
        self._frames.put_nowait(wire.encode(message))

    # -- what the relay says -----------------------------------------------------------------------

    def _answered(self, forward: Forward, answer: wire.Opened | wire.Error) -> None:
        if isinstance(answer, wire.Opened):
            forward.opened = answer
        if not forward.answer.done():
            forward.answer.set_result(answer)

    def _notice(self, number: int, text: str) -> None:
        forward = self._forwards.get(number)
        if forward is not None and forward.opened is not None:
            self._show(f"{forward.opened.name}: {text}\n")

    def _ended(self, ended: wire.Ended) -> None:
        forward = self._forwards.pop(ended.share, None)
        if forward is None:
            return
        if not forward.answer.done():
            forward.answer.set_result(wire.Error(ended.code, lines.over(ended)))
            return
        name = "" if forward.opened is None else forward.opened.name
        if self._forwards:
            self._show(f"{name}: {lines.over(ended)}\n")
        else:
            self._parting, self._status = f"{name}: {lines.over(ended)}", _OVER
            self.part()

    def _dial(self, forward: Forward, dial: wire.Dial) -> None:
        room = self._desk.hub.settings.max_tunnels - len(self._dials)
        for _ in range(min(dial.count, room)):
            task = self._loop.create_task(self._connect(forward, dial.ticket))
            self._dials.add(task)
            task.add_done_callback(self._dials.discard)

    async def _connect(self, forward: Forward, ticket: str) -> None:
        """A tunnel connection: the client connects to the app for it."""
        opened = forward.opened
        share = None if opened is None else self._desk.hub.admit(opened.name, ticket.encode())
        if share is None:
            return
        tunnel = SshTunnel(self._desk.edge, share, partial(self._visited, forward))
        try:
            await self._conn.create_connection(
                lambda: TunnelChannel(tunnel, self._conn), forward.host, forward.port
            )
        except (asyncssh.Error, OSError) as error:
            reason = wire.readable(getattr(error, "reason", "") or str(error), 100)
            share.own.miss("app-refused", "")
            self._notice(forward.number, f"your computer could not connect to the app: {reason}")

    def _visited(self, forward: Forward, visit: Visit) -> None:
        words = self._options.words
        if words is not None and not words.quiet and self.terminals and forward.opened is not None:
            self._visits.add(forward.opened.name, visit)

    def _show_visits(self, visits: list[tuple[str, Visit]], more: int) -> None:
        several = len(self._forwards) > 1
        said = [f"{name} {lines.visit(visit)}" if several else lines.visit(visit) for name, visit in visits]
        if more:
            said.append(f"… and {more} more")
        self._show("\n".join(said) + "\n")

    @property
    def is_full(self) -> bool:
        """Whether the client is behind with reading."""
        return self._conn.is_full

    # -- terminals ---------------------------------------------------------------------------------

    def attach(self, terminal: Terminal) -> None:
        """A terminal is ready to show what happens, and what has."""
        self.terminals.append(terminal)
        if not self._forwards:
            self._check_idle_in(WISH_DEADLINE)
        for forward in self._forwards.values():
            if forward.opened is not None:
                self._introduce(terminal, forward, forward.opened)

    def detach(self, terminal: Terminal) -> None:
        """It is gone."""
        self.sessions.discard(terminal)
        if terminal in self.terminals:
            self.terminals.remove(terminal)

    def _introduce(self, terminal: Terminal, forward: Forward, opened: wire.Opened) -> None:
        words = self._options.words or Words()
        terminal.show(lines.introduction(forward, opened, time.time(), columns=terminal.columns, qr=words.qr))

    def _show(self, text: str) -> None:
        for terminal in self.terminals:
            terminal.show(text)

    # -- the end -----------------------------------------------------------------------------------

    def lost(self) -> None:
        """The connection is gone: the shares wait for the client."""
        self._lost = True
        self._idle.cancel()
        self._visits.stop()
        for task in self._dials:
            task.cancel()
        for forward in self._forwards.values():
            forward.answer.cancel()
        self._frames.put_nowait(None)

    def part(self) -> None:
        """Send the client away, with the reason: in its terminal, or where it has none as SSH's own word."""
        if self._lost or self._conn.is_closed():
            return
        reason = wire.readable(self._parting)
        if not self.terminals:
            self._conn.disconnect(asyncssh.DISC_BY_APPLICATION, reason or "no link is open")
            return
        for terminal in list(self.terminals):
            if reason:
                terminal.complain(f"{reason}\n")
            terminal.end(self._status)
        self._loop.call_later(_LINGER, self._conn.close)

    def _check_idle_in(self, seconds: float) -> None:
        self._idle.cancel()
        self._idle = self._loop.call_later(seconds, self._check_idle)

    def _check_idle(self) -> None:
        """Who shares nothing has no business here."""
        if self._lost or self._forwards:
            return
        self._parting = self._parting or lines.USAGE
        self.part()
