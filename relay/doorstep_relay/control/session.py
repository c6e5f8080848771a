"""The relay's side of sessions: what a client asks for, what it is told, and what ends it.

A session task reads and obeys one message at a time; everything that the client is told goes
through its `Outbox`, which is bounded and never blocks who speaks. When the session ends, by
whatever cause, its shares go offline; their epochs fence whatever is late.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final

from doorstep_client import wire
from doorstep_client.errors import WireError
from doorstep_client.tunnels.streams import MOST_STREAMS
from doorstep_relay.control.actors import Actor
from doorstep_relay.control.channel import GOODBYE_DEADLINE, Channel
from doorstep_relay.control.holdings import Holdings
from doorstep_relay.control.silence import Silence
from doorstep_relay.domain.scopes import Scope
from doorstep_relay.errors import Forbidden, NameForbidden, Refusal

if TYPE_CHECKING:
    from doorstep_relay.control.hub import Hub

log = logging.getLogger("doorstep_relay.session")

SEND_DEADLINE: Final = 10.0


class Session:
    """One client's session."""

    def __init__(
        self, hub: Hub, channel: Channel, actor: Actor, who: str, most_spares: int | None = None
    ) -> None:
        self.actor = actor
        self._heartbeat = hub.heartbeat()
        self.ended = asyncio.Event()
        self._hub = hub
        self._channel = channel
        self._shares = Holdings(hub, self, who, most_spares)
        self._outbox = self._shares.outbox
        self._task: asyncio.Task[None] | None = None
        self._parting: wire.Error | None = None
        self._obeying = asyncio.Lock()
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._silence = Silence(channel, self._heartbeat, self._end)

    def cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    @property
    def is_parting(self) -> bool:
        """Whether it ends for good."""
        return self._parting is not None

    def adopt(self, actor: Actor) -> None:
        """Do as the actor may from now on. What it may no more ends the session."""
        self.actor = actor
        self._shares.rename_owner(actor)
        self.check_rights()

    def check_rights(self) -> None:
        """End the session if its shares are more than its actor may have."""
        if self._parting is not None:
            return
        if not self.actor.may(Scope.share):
            refusal: Refusal = Forbidden(Scope.share)
        elif not self._shares.all_allowed(self.actor.names):
            refusal = NameForbidden(self.actor.names)
        else:
            return
        self.refuse(refusal.code, refusal.message)

    def refuse(self, code: str, message: str) -> None:
        """End the session for good: its shares are cut now, the client is told not to come back."""
        self._parting = wire.Error(code, message, fatal=True)
        self._shares.cut()
        self._end()

    def send_away(self, instead: tuple[str, ...]) -> None:
        """Ask the client to open its shares elsewhere; it stays here until this relay ends the session."""
        self._outbox.tell(wire.Goaway(instead))

    def _end(self) -> None:
        if not self._over.done():
            self._over.set_result(None)

    async def run(self) -> None:
        self._task = asyncio.current_task()
        self._silence.watch()
        self._outbox.tell(self._welcome())
        jobs: list[asyncio.Future[Any]] = [
            asyncio.ensure_future(self._read()),
            asyncio.ensure_future(self._write()),
        ]
        try:
            done, _ = await asyncio.wait([*jobs, self._over], return_when=asyncio.FIRST_COMPLETED)
            self._report(done)
        except asyncio.CancelledError:
            if not self._hub.stopping:
                raise
        finally:
            self._silence.stop()
            async with self._obeying:  # a share that is being opened is opened first, to be taken offline
                for job in jobs:
                    job.cancel()
            await asyncio.gather(*jobs, return_exceptions=True)
            await self._part()

    def _welcome(self) -> wire.Welcome:
        streams = 0
        if self._hub.tunnel is not None:
            self._channel.carry(self._tunnel, lambda error: self.refuse("bad-message", str(error)))
            streams = MOST_STREAMS
        return wire.Welcome(self._heartbeat, self._hub.settings.version, streams, pings=True)

    def _tunnel(self, number: int) -> asyncio.Protocol | None:
        """What serves a stream that the client opens for one of its shares; None when there is no such."""
        share = self._shares.get(number)
        if share is None or self._hub.tunnel is None or self._parting is not None:
            return None
        return self._hub.tunnel(share)

    def _report(self, done: set[asyncio.Future[Any]]) -> None:
        for job in done:
            error = job.exception()
            client_gone = isinstance(error, OSError | TimeoutError)
            if error is not None and not client_gone:
                log.error("a session of %s failed", self.actor.account_name, exc_info=error)

    async def _part(self) -> None:
        """Visitors first, then the record, then manners: a client that reads nothing holds up nobody."""
        gone = self._shares.disconnect()
        await self._shares.record(gone)
        await self._say_goodbye()

    async def _say_goodbye(self) -> None:
        try:
            async with asyncio.timeout(GOODBYE_DEADLINE):
                if self._parting is not None:
                    await self._channel.send(wire.encode(self._parting))
                    await self._channel.close(1008, self._parting.code)
                elif self._hub.stopping:
                    await self._channel.send(wire.encode(wire.Goaway()))
                    await self._channel.close(1012, "")
                else:
                    await self._channel.close(1000, "")
        except (TimeoutError, OSError):
            pass  # the client is gone: nothing to be polite about

    # -- reading and writing -------------------------------------------------------------------

    async def _read(self) -> None:
        while True:
            frame = await self._channel.receive()
            if frame is None:
                return
            try:
                message = wire.decode_from_client(frame)
                async with self._obeying:
                    if self._parting is None:
                        await self._obey(message)
            except WireError as error:
                self.refuse("bad-message", str(error))
                return

    async def _write(self) -> None:
        while not self._outbox.overflown:
            messages = await self._outbox.next()
            for message in messages:
                async with asyncio.timeout(SEND_DEADLINE):
                    await self._channel.send(wire.encode(message))

    async def _obey(self, message: wire.FromClient) -> None:
        match message:
            case wire.Ping():
                self._outbox.tell(wire.Pong())
            case wire.Open():
                await self._shares.open(message)
            case wire.Close():
                await self._shares.close(message.share, message.drain)
