"""The client's side of a session: keeps one share open for as long as it may live.

`Holder.run` connects, opens the share, dials tunnel connections when asked, and when the session is lost
connects again with the share's lease, for ever (`pace` says when). Only the relay can end that, by refusing
for good or by ending the share.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from doorstep_client import wire
from doorstep_client.errors import DoorstepError, EndedError, RefusedError, UnreachableError, WireError
from doorstep_client.pace import Pace
from doorstep_client.policy import check_guarded
from doorstep_client.settings import RelaySettings
from doorstep_client.targets import Target
from doorstep_client.tunnel import Tunnels
from doorstep_client.wire import Naming

if TYPE_CHECKING:
    from doorstep_client.websocket import WebSocket

log = logging.getLogger("doorstep_client")

WELCOME_DEADLINE: Final = 15.0
CLOSE_DEADLINE: Final = 3.0
STEADY: Final = 10.0
"""Seconds after which a session counts as a good one: the next attempt follows soon."""
_SHARE: Final = 0
"""The share's number in its session; there is one."""


class Holder:
    """Holds one share. `changed(event)` is called on the loop, with one of

    `opened`, `lost`, `waiting`, `failing`, `ended`, `expiring`, `extended`, `paused`, whenever `opened`,
    `error`, `failure`, `expires_at`, `paused` or the state changed.
    """

    def __init__(
        self,
        relay: RelaySettings,
        target: Target,
        *,
        name: str | None,
        expires_in: float | None,
        naming: Naming = "random",
        balance: bool = False,
        policy: dict[str, Any] | None = None,
        changed: Callable[[str], None],
    ) -> None:
        self.opened: wire.Opened | None = None
        self.expires_at: float | None = None
        self.paused = False
        """Whether nobody may see the share, although it is open."""
        self.error: DoorstepError | None = None
        self.failure = ""
        """Why visitors cannot be served although the share is open."""
        self._relay = relay
        self._target = target
        self._name = name
        self._expires_in = expires_in
        self._naming = naming
        self._balance = balance
        self._policy = policy
        self._changed = changed
        self._closing = asyncio.Event()
        self._attempt: asyncio.Task[None] | None = None
        self._socket: WebSocket
        self._tunnels: Tunnels
        self._live = False
        self._failure: Exception | None = None
        """Why the last session ended."""

    async def run(self) -> None:
        """Hold the share until it ends; `error` then says how, and stays None after `close`.

        Raises what kept the very first connection from being made: later ones are tried again.
        """
        pace = Pace()
        while not self._closing.is_set():
            began = asyncio.get_running_loop().time()
            try:
                was_live = await self._try()
            except (RefusedError, EndedError) as error:
                self.error = error
                break
            if self._closing.is_set():
                break
            steady = was_live and asyncio.get_running_loop().time() - began > STEADY
            self._changed("lost" if was_live else "waiting")
            wait = pace.after(steady=steady, refused=_is_refusal(self._failure))
            await self._pause(max(wait, getattr(self._failure, "retry_after", 0.0)))
        self._changed("ended")

    async def _try(self) -> bool:
        """One session, as a task of its own, so that `close` can end an attempt. Whether it ever was live."""
        self._attempt = asyncio.create_task(self._session())
        self._failure = None
        try:
            await self._attempt
        except (UnreachableError, WireError, OSError, TimeoutError) as error:
            if self.opened is None:
                raise self._unreachable(error) from error
            self._failure = error
            log.debug("session lost: %s", error)
        except asyncio.CancelledError:
            if not self._closing.is_set():
                raise
        finally:
            was_live, self._live = self._live, False
            self._target.abort()
        return was_live

    def _unreachable(self, error: Exception) -> DoorstepError:
        from doorstep_client.handshake import unreachable

        return error if isinstance(error, DoorstepError) else unreachable(self._relay, error)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._closing.wait()

    async def close(self) -> None:
        """End the share: its name answers 410 from now on, if the relay can be told."""
        self._closing.set()
        if self._live:
            await self._send(wire.Close(_SHARE))
        elif self._attempt is not None:
            self._attempt.cancel()

    # -- one session ---------------------------------------------------------------------------

    async def _session(self) -> None:
        from doorstep_client.handshake import connect

        self._socket = await connect(self._relay)
        self._tunnels = Tunnels(self._relay, self._target, self._fail)
        try:
            await self._converse()
        finally:
            self._tunnels.cancel()
            with suppress(OSError, TimeoutError):  # how it ended is known; a goodbye changes nothing
                async with asyncio.timeout(CLOSE_DEADLINE):
                    await self._socket.close()

    async def _converse(self) -> None:
        """Read and obey until the session ends. The first message tells the heartbeat."""
        from doorstep_client.handshake import welcomed

        async with asyncio.timeout(WELCOME_DEADLINE):
            welcome = await welcomed(self._socket, self._relay)
        await self._ask()
        heart = asyncio.create_task(self._beat(welcome.heartbeat))
        try:
            await self._obey_all(2 * welcome.heartbeat)
        finally:
            heart.cancel()

    async def _ask(self) -> None:
        """Ask for the share. A relay that has hung up by now has said why: that is read next."""
        lease = self.opened.lease if self.opened else None
        fresh = lease is None  # by its lease a share comes back as it was, with what was changed meanwhile
        ask = wire.Open(
            _SHARE,
            self._name,
            self._expires_in if fresh else None,
            lease,
            naming=self._naming,
            balance=self._balance,
            policy=self._policy if fresh else None,
        )
        with suppress(ConnectionError):
            await self._send(ask)

    async def _obey_all(self, patience: float) -> None:
        from doorstep_client.handshake import receive

        while True:
            async with asyncio.timeout(patience):
                message = await receive(self._socket)
            if self._obey(message):
                return

    async def _beat(self, every: float) -> None:
        with suppress(OSError, TimeoutError):  # whoever reads notices by itself
            while True:
                await asyncio.sleep(every)
                await self._send(wire.Ping())

    async def _send(self, message: wire.FromClient) -> None:
        async with asyncio.timeout(CLOSE_DEADLINE):
            await self._socket.send(wire.encode(message))

    def _obey(self, message: wire.FromRelay) -> bool:
        """Do what the relay says; True when that ends the session."""
        if getattr(message, "share", None) not in (None, _SHARE):
            return False
        match message:
            case wire.Opened():
                self._open(message)
            case wire.Dial():
                self._dial(message.count, message.ticket)
            case wire.Expiring():
                moved, self.expires_at = self.expires_at != message.expires_at, message.expires_at
                self._changed("extended" if moved else "expiring")
            case wire.Paused():
                self.paused = message.paused
                self._changed("paused")
            case wire.Ended():
                if self._closing.is_set() and message.code == "closed":
                    return True
                raise EndedError(wire.readable(message.code), wire.readable(message.reason))
            case wire.Error():
                raise _refusal(message, self._relay)
            case wire.Goaway():
                return True
            case _:
                pass  # Pong: that it came is all it says
        return False

    def _open(self, opened: wire.Opened) -> None:
        if self._live:
            raise WireError("The relay opened the share twice in one session")
        if self.opened is None:
            check_guarded(self._policy, opened.guarded)
        self.opened = opened
        self.expires_at = opened.expires_at
        self._live = True
        self._name = opened.name
        self._dial(opened.dial, opened.ticket)
        self._changed("opened")
        if opened.paused is not self.paused:
            self.paused = opened.paused
            self._changed("paused")

    def _dial(self, count: int, ticket: str) -> None:
        if self.opened is None or not self._live:
            raise WireError("The relay asked for tunnel connections before it opened the share")
        self._tunnels.dial(count, self.opened.host, ticket)

    def _fail(self, why: str) -> None:
        self.failure = why
        self._changed("failing")


def _is_refusal(error: Exception | None) -> bool:
    """Whether nobody listened: as it is while a relay starts, and as cheap for it as for us."""
    return isinstance(error, ConnectionRefusedError) or isinstance(
        getattr(error, "__cause__", None), ConnectionRefusedError
    )


def _refusal(error: wire.Error, relay: RelaySettings) -> DoorstepError:
    from doorstep_client.handshake import refusal

    return refusal(error, relay)
