"""Keeps a link through an SSH server open, as `holding.holder` does with a relay of our own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

from doorstep_client import wire
from doorstep_client.errors import DoorstepError, EndedError, RefusedError, UsageError
from doorstep_client.holding.standing import Standing
from doorstep_client.sessions.pace import Pace
from doorstep_client.ssh_out.address import SshServer, check_name
from doorstep_client.ssh_out.command import Ssh, arguments, find_program, is_terminal, look
from doorstep_client.ssh_out.doorway import Doorway
from doorstep_client.ssh_out.session import Session
from doorstep_client.targets import Target
from doorstep_client.wire import Naming

_LOOK_EVERY: Final = 0.05
_LAST_WORDS: Final = 1.0
"""Seconds for answers to get through ssh to visitors who keep their connections."""
STEADY: Final = 10.0
"""Seconds after which a session counts as a good one: the next attempt follows soon."""


class SshHolder(Standing):
    """Holds one link. `changed(event)` is called on the loop, with one of

    `opened`, `lost`, `waiting`, `notice`, `ended`, whenever `opened`, `error` or `notice` changed. An SSH
    server pauses nothing, carries nothing, and knows of no end: this program ends the link when it expires.
    """

    def __init__(
        self,
        relay: SshServer,
        target: Target,
        *,
        name: str | None,
        expires_in: float | None,
        naming: Naming = "random",
        balance: bool = False,
        policy: dict[str, Any] | None = None,
        changed: Callable[[str], None],
        kept: object = None,  # a lease, which an SSH server does not give
    ) -> None:
        _check(relay, naming, balance, policy)
        check_name(name)
        super().__init__()
        self._server = relay
        self._target = target
        self._door = Doorway(target)
        self._name = name
        self._expires_in = expires_in
        self._changed = changed
        self._closing = asyncio.Event()
        self._session: Session | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def run(self) -> None:
        """Hold the link until it ends; `error` then says how, and stays None after `close`.

        Raises what kept the very first session from telling a link: later ones are tried again.
        """
        ssh = await asyncio.to_thread(look, find_program(), self._server)
        await self._door.open()
        try:
            await self._hold(ssh)
        finally:
            self._door.close()
            if self._timer is not None:
                self._timer.cancel()
        self._changed("ended")

    async def _hold(self, ssh: Ssh) -> None:
        pace = Pace()
        while not self._closing.is_set():
            began = asyncio.get_running_loop().time()
            failure, was_live = await self._try(ssh)
            if self._closing.is_set():
                break
            if isinstance(failure, RefusedError) and not _may_pass(failure):
                self.error = failure
                break
            self.trouble = str(failure)
            self._changed("lost" if was_live else "waiting")
            steady = was_live and asyncio.get_running_loop().time() - began > STEADY
            await self._pause(pace.after(steady=steady, refused="refused" in str(failure)))

    async def _try(self, ssh: Ssh) -> tuple[DoorstepError, bool]:
        """One session: why it ended, and whether it ever was live. Raises before the first link.

        A question for a password is one that a user waits for: later the terminal is others'.
        """
        first = self.opened is None
        command = arguments(ssh, self._server, self._door.address, self._name, may_ask=first)
        try:
            self._session = session = await Session.open(self._server, ssh.host, command, self._told)
            try:
                self._open(await session.link())
                return await session.lasts(), True
            finally:
                await session.stop()
                self._target.abort()
        except DoorstepError as error:
            if self.opened is None and not self._closing.is_set():
                raise
            return error, False

    async def close(self, drain: float = 0.0) -> None:
        """End the link: ssh ends, and with it the forwarding.

        Nobody comes in any more; who is inside may have an answer within `drain` seconds.
        """
        self._closing.set()
        self._door.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(drain):
                await self._drain()
        if self._session is not None:
            await self._session.stop()

    async def _drain(self) -> None:
        """Requests that are under way are answered, and what ssh still has of the answers goes out.

        Of connections that are kept for later ones, visitors are told that there will be none.
        """
        await asyncio.sleep(_LOOK_EVERY)  # a request that ssh has brought is read by then
        while self._target.under_way:  # noqa: ASYNC110  # a target tells nobody
            await asyncio.sleep(_LOOK_EVERY)
        self._target.end_idle()
        async with asyncio.timeout(_LAST_WORDS):
            while self._target.connections:  # noqa: ASYNC110  # as above
                await asyncio.sleep(_LOOK_EVERY)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._closing.wait()

    # -- what a session tells --------------------------------------------------------------------

    def _open(self, link: str) -> None:
        self._tell_of_key()
        first, self.opened, self.trouble = self.opened is None, _opened(link), ""
        if first and self._expires_in is not None:
            self.expires_at = time.time() + self._expires_in
            self.countdown.set(self._expires_in, 0.0)
            self._timer = asyncio.get_running_loop().call_later(self._expires_in, self._expire)
        self._changed("opened")

    def _told(self) -> None:
        """The server has said more; services without an account give out another link now and then."""
        link = self._session.reading.link if self._session is not None else None
        if link is not None and self.opened is not None and link != self.opened.url:
            self.opened = _opened(link)
            self._notify(f"The link has moved: {link}")

    def _tell_of_key(self) -> None:
        key = self._session.reading.new_key if self._session is not None else None
        if key is not None:
            self._notify(f"The SSH server's key is new here; it was accepted and kept: {key}")

    def _notify(self, text: str) -> None:
        self.notice = text
        self._changed("notice")

    def _expire(self) -> None:
        self.error = EndedError("expired", "")
        self._ending = asyncio.get_running_loop().create_task(self.close())


def _may_pass(failure: RefusedError) -> bool:
    """Whether asking again can help.

    A server holds on to the port of a session that it does not know to be dead. And a key whose passphrase
    was typed for the first session is refused until it is in an agent.
    """
    typed = failure.code == "permission-denied" and is_terminal()
    return typed or failure.code == "forwarding-refused"


def _opened(link: str) -> wire.Opened:
    """What a relay of ours says of a share; of a lease and tickets an SSH server knows nothing."""
    host = urlsplit(link).netloc
    return wire.Opened(0, _name(link), link, host, lease="-", epoch=0, ticket="-", dial=0)


def _name(link: str) -> str:
    """The first label of the link's host; an address has no labels."""
    host = urlsplit(link).hostname or ""
    try:
        return str(ip_address(host))
    except ValueError:
        return host.split(".", 1)[0]


def _check(server: SshServer, naming: Naming, balance: bool, policy: dict[str, Any] | None) -> None:
    """What would be lost without a word is refused: a password most of all. Raises `UsageError`."""
    asked = {
        "a policy or password": policy is not None,
        "balance": balance,
        "naming": naming != "random",
    }
    for what, is_asked in asked.items():
        if is_asked:
            raise UsageError(
                f"The SSH server {server.url} knows no {what}: that is for a Doorstep relay. Leave it out"
            )
