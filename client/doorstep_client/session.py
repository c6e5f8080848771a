"""The client's side of a session: keeps one share open for as long as it may live.

`Holder.run` connects, opens the share, dials tunnel connections when asked, and when the session
is lost connects again with the share's lease: after 0.5 s at first, then with full jitter up to 30 s,
for ever. Only the relay can end that, by refusing for good or by ending the share.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from doorstep_client import wire
from doorstep_client.dial import Address, dial, tls_context
from doorstep_client.errors import DoorstepError, EndedError, RefusedError, UnreachableError, WireError
from doorstep_client.settings import RelaySettings
from doorstep_client.targets import Target
from doorstep_client.tunnel import UPGRADE_DEADLINE, TunnelOpening

if TYPE_CHECKING:
    import aiohttp

log = logging.getLogger("doorstep_client")

HANDSHAKE_DEADLINE: Final = 15.0
FIRST_DELAY: Final = 0.5
LONGEST_DELAY: Final = 30.0
MAX_DIALS: Final = 64
"""Tunnel connections being opened at the same time."""
MAX_QUEUED: Final = 1024
"""Tunnel connections that may be asked for and not open yet."""
CLOSE_DEADLINE: Final = 3.0


def backoff(attempt: int, chance: Callable[[], float] = random.random) -> float:
    """Seconds to wait before attempt number `attempt` (from 0): full jitter, so that a crowd spreads out."""
    ceiling: float = min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(attempt, 10))
    return float(ceiling * chance())


class Holder:
    """Holds one share. `changed(event)` is called on the loop, with one of

    `opened`, `lost`, `waiting`, `ended`, `expiring`, whenever `opened`, `error` or the state changed.
    """

    def __init__(
        self,
        relay: RelaySettings,
        target: Target,
        *,
        name: str | None,
        expires_in: float | None,
        changed: Callable[[str], None],
    ) -> None:
        self.opened: wire.Opened | None = None
        self.expires_at: float | None = None
        self.error: DoorstepError | None = None
        self._relay = relay
        self._target = target
        self._name = name
        self._expires_in = expires_in
        self._changed = changed
        self._dials: set[asyncio.Task[None]] = set()
        self._gate = asyncio.Semaphore(MAX_DIALS)
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._closing = False
        self._live = False

    async def run(self) -> None:
        """Hold the share until it ends; `error` then says how, and stays None after `close`.

        Raises what kept the very first connection from being made: later ones are tried again.
        """
        import aiohttp

        attempt = 0
        async with aiohttp.ClientSession(trust_env=True) as http:
            while True:
                self._live = False
                try:
                    await self._session(http)
                except (RefusedError, EndedError) as error:
                    self._end(error)
                    return
                except (DoorstepError, aiohttp.ClientError, OSError, TimeoutError) as error:
                    if self.opened is None:
                        raise self._unreachable(error) from error
                    log.debug("session lost: %s", error)
                finally:
                    self._target.abort()
                if self._closing:
                    self._changed("ended")
                    return
                attempt = 0 if self._live else attempt + 1
                self._changed("lost" if self._live else "waiting")
                await asyncio.sleep(backoff(attempt))

    def _end(self, error: DoorstepError) -> None:
        self.error = error
        self._changed("ended")

    def _unreachable(self, error: Exception) -> DoorstepError:
        if isinstance(error, DoorstepError):
            return error
        why = "no answer in time" if isinstance(error, TimeoutError) else str(error) or type(error).__name__
        return UnreachableError(f"cannot reach the relay {self._relay.url}: {why}")

    async def close(self) -> None:
        """End the share: its name answers 410 from now on."""
        self._closing = True
        socket = self._socket
        if socket is not None and not socket.closed:
            await self._send(wire.Close(0))

    # -- one session ---------------------------------------------------------------------------

    async def _session(self, http: aiohttp.ClientSession) -> None:
        import aiohttp

        headers = {"Authorization": f"Bearer {self._relay.token}"} if self._relay.token else {}
        try:
            async with asyncio.timeout(HANDSHAKE_DEADLINE):
                self._socket = await http.ws_connect(
                    self._relay.url + wire.SESSION_PATH,
                    headers=headers,
                    protocols=(wire.SUBPROTOCOL,),
                    max_msg_size=wire.MAX_MESSAGE,
                    ssl=tls_context() if self._relay.tls else True,
                )
        except aiohttp.WSServerHandshakeError as error:
            raise UnreachableError(self._not_a_relay(error.status)) from error
        try:
            await self._converse()
        finally:
            for task in self._dials:
                task.cancel()
            with suppress(TimeoutError):  # what ended the session counts, not how its socket closes
                await asyncio.wait_for(self._socket.close(), CLOSE_DEADLINE)

    def _not_a_relay(self, status: int) -> str:
        url = self._relay.url
        return f"{url} does not answer as a Doorstep relay does (HTTP status {status}); is the address right?"

    async def _converse(self) -> None:
        """Read and obey until the session ends. The first message tells the heartbeat."""
        async with asyncio.timeout(HANDSHAKE_DEADLINE):
            welcome = await self._receive()
            if isinstance(welcome, wire.Error):
                raise RefusedError(welcome.code, welcome.message)
            if not isinstance(welcome, wire.Welcome):
                raise WireError(f"the relay began with {type(welcome).__name__}, not with Welcome")
        lease = self.opened.lease if self.opened else None
        await self._send(wire.Open(0, self._name, None if lease else self._expires_in, lease))
        heart = asyncio.create_task(self._beat(welcome.heartbeat))
        try:
            while True:
                async with asyncio.timeout(2 * welcome.heartbeat):
                    message = await self._receive()
                if self._obey(message):
                    return
        finally:
            heart.cancel()

    async def _beat(self, every: float) -> None:
        with suppress(OSError, TimeoutError):  # the connection is lost: the reader finds that out too
            while True:
                await asyncio.sleep(every)
                await self._send(wire.Ping())

    async def _receive(self) -> wire.FromRelay:
        import aiohttp

        assert self._socket is not None  # noqa: S101  # only called inside a session
        message = await self._socket.receive()
        if message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
            return wire.decode_from_relay(message.data)
        raise ConnectionError(f"the relay ended the session ({self._socket.close_code or 'connection lost'})")

    async def _send(self, message: wire.FromClient) -> None:
        if self._socket is not None:
            async with asyncio.timeout(CLOSE_DEADLINE):
                await self._socket.send_str(wire.encode(message))

    def _obey(self, message: wire.FromRelay) -> bool:
        """Do what the relay says; True when that ends the session."""
        match message:
            case wire.Opened():
                self._open(message)
            case wire.Dial():
                self._dial(message.count, message.ticket)
            case wire.Expiring():
                self.expires_at = message.expires_at
                self._changed("expiring")
            case wire.Ended():
                if self._closing and message.code == "closed":
                    return True
                raise EndedError(message.code, message.reason)
            case wire.Error(fatal=True):
                raise RefusedError(message.code, message.message)
            case wire.Error():
                raise UnreachableError(message.message)
            case wire.Goaway():
                return True
            case _:
                pass  # Pong: that it came is all it says
        return False

    def _open(self, opened: wire.Opened) -> None:
        self.opened = opened
        self.expires_at = opened.expires_at
        self._live = True
        self._name = opened.name
        self._dial(opened.dial, opened.ticket)
        self._changed("opened")

    # -- tunnel connections --------------------------------------------------------------------

    def _dial(self, count: int, ticket: str) -> None:
        if self.opened is None:
            raise WireError("the relay asked for tunnel connections before it opened the share")
        for _ in range(min(count, MAX_QUEUED - len(self._dials))):
            task = asyncio.create_task(self._dial_one(self.opened.host, ticket))
            self._dials.add(task)
            task.add_done_callback(self._dials.discard)

    async def _dial_one(self, host: str, ticket: str) -> None:
        """Open one tunnel connection. The relay asks again for one that failed, if it still needs it."""
        address = Address(self._relay.host, self._relay.port, host if self._relay.tls else None)
        opening = TunnelOpening(self._target, host, ticket)
        async with self._gate:
            try:
                await dial(address, lambda: opening)
                async with asyncio.timeout(UPGRADE_DEADLINE):
                    await opening.opened
            except (OSError, DoorstepError, TimeoutError) as error:
                log.debug("a tunnel connection failed: %s", error)
            finally:
                opening.give_up()
