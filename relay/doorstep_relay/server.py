"""The relay as one process: puts the parts together, listens, watches the clock, stops cleanly."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import uvloop

from doorstep_relay import __version__
from doorstep_relay.apps import Apps, noted
from doorstep_relay.config import Address, Settings, changed
from doorstep_relay.control import limits
from doorstep_relay.control.apex import Apex
from doorstep_relay.control.domains import ACTIONS as DOMAINS
from doorstep_relay.control.door import SessionDoor
from doorstep_relay.control.effects import Effects
from doorstep_relay.control.gates import Gatekeeper, Gates
from doorstep_relay.control.guesses import Guesses
from doorstep_relay.control.here import Here
from doorstep_relay.control.hub import Hub
from doorstep_relay.control.rights import ACTIONS as RIGHTS
from doorstep_relay.control.rights import Rights
from doorstep_relay.control.services import Services
from doorstep_relay.control.showing import Showing
from doorstep_relay.domain.tickets import TicketKey
from doorstep_relay.draining import drain
from doorstep_relay.edge.context import Edge
from doorstep_relay.edge.listen import bind, listen
from doorstep_relay.edge.tunnel import CarriedTunnel
from doorstep_relay.edge.visitor import VisitorConnection
from doorstep_relay.errors import ConfigError
from doorstep_relay.from_settings import certificates_of, edge_limits, session_settings, warn_of_visitors
from doorstep_relay.machine import open_files, settle_memory
from doorstep_relay.notify import ready, reloading, stopping
from doorstep_relay.observing import Observers
from doorstep_relay.passed import address_of
from doorstep_relay.store.database import Database
from doorstep_relay.watches import Watches

if TYPE_CHECKING:
    from doorstep_relay.edge.certificates import Certificates
    from doorstep_relay.ssh.door import SshDoor

log = logging.getLogger("doorstep_relay")

_LOOK_EVERY = 0.1
"""Seconds between two looks whether all clients have gone elsewhere."""
_NOTICED = 3
"""Of the time to drain, the part in which balancers notice that this relay is not ready any more."""


def run(
    settings: Settings, sock: socket.socket, reread: Callable[[], Settings], *, is_followed: bool = False
) -> None:
    """Serve a listening socket until SIGTERM or SIGINT; SIGHUP takes up what `reread` gives.

    `settings` have their secret, and a database with today's schema. The next process gets the same socket
    if this one `is_followed`: who comes too late for this one is not turned away.
    """
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)  # it tells of every connection otherwise
    certificates = certificates_of(settings)
    address = address_of(sock) if is_followed else Address(settings.listen.host, sock.getsockname()[1])
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        reread_here = partial(_reread, reread, settings.listen, address)
        settings = replace(settings, listen=address)
        runner.run(_serve(settings, sock, certificates, reread_here, is_followed=is_followed))


def _reread(reread: Callable[[], Settings], asked: Address, bound: Address) -> Settings:
    """The settings anew; a port that the system chose is still the one that was asked for."""
    settings = reread()
    return replace(settings, listen=bound) if settings.listen == asked else settings


async def _serve(
    settings: Settings,
    sock: socket.socket,
    certificates: Certificates | None,
    reread: Callable[[], Settings],
    *,
    is_followed: bool,
) -> None:
    await Relay(settings, reread, is_followed=is_followed).serve(sock, certificates)


class Relay:
    """One relay process."""

    def __init__(
        self, settings: Settings, reread: Callable[[], Settings] | None = None, *, is_followed: bool = False
    ) -> None:
        self.settings = settings
        self._is_followed = is_followed
        self._reread = reread or (lambda: self.settings)
        self.database = Database.open(settings)
        self.services = Services(settings, self.database, time.time)
        self.limits = self.services.limits
        self.shares = self.services.shares
        self.tokens = self.services.tokens
        self.here = Here(settings)
        self.switchboard = self.here.switchboard
        self.switchboard.absent.patience = settings.reconnect_wait or 0.0
        self.tallies = self.here.tallies
        self.policies = self.services.policies
        self.gates = Gates(settings)
        self.guesses = Guesses(time.monotonic)
        self.gatekeeper = Gatekeeper(self.gates, self.policies, self.switchboard)
        self.hub = Hub(
            session_settings(settings, open_files()),
            self.shares,
            self.switchboard,
            TicketKey(settings.secret),
            time.time,
            self.limits,
            self.policies,
            self.gates,
            self.tallies,
        )
        self.effects = Effects(self.hub)
        self.watches = Watches(self.services, self.here, self.hub, self.effects, self.gatekeeper)
        self._obey_others()
        self.door = SessionDoor(self.hub, self.tokens, open_to_all=settings.open)
        apps = Apps(self.services, self.here, self.effects, self.gates, self.guesses)
        self.app = apps.relay
        self.apex = Apex(noted(apps.relay, "relay", lambda: self.edge))
        self.dashboard = Apex(noted(apps.dashboard, "admin", lambda: self.edge), websockets=True)

    def _obey_others(self) -> None:
        """What each service has to do on the changes that are its own."""
        rights = Rights(self.hub, self.tokens, self.services.keys)
        for action in RIGHTS:
            self.effects.on(action, rights.obey)
        for action in (limits.ACCOUNT_CHANGED, limits.SHARE_CHANGED):
            self.effects.on(action, lambda change: self.limits.obey(change, self.switchboard))
        self.effects.on("share.policy", self.gatekeeper.obey)

    async def _show_domains(self, edge: Edge) -> None:
        """Accounts' own hosts lead to their shares, from now on and as that changes."""
        showing = Showing(self.services.domains, edge)
        for action in DOMAINS:
            self.effects.on(action, showing.obey)
        await showing.begin()

    async def serve(self, sock: socket.socket, certificates: Certificates | None = None) -> None:
        """Serve a listening socket until told to stop."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        self.edge = edge = self._edge(self.apex.protocol)
        self.gatekeeper.recheck = edge.recheck
        self.hub.tunnel = lambda share: CarriedTunnel(edge, share)
        missed = await self.shares.all_offline()
        seen = await self.shares.last_change()
        await self.limits.load()
        await self._show_domains(edge)
        self.switchboard.absent.left(missed)
        server = await listen(lambda: VisitorConnection(edge), sock, certificates)
        loop.add_signal_handler(signal.SIGHUP, self.reload)
        self.observers = Observers(self.here, edge)
        await self.observers.start(self.settings)
        ssh = await self._open_ssh(edge)
        self._announce()
        ready(f"listens on {self.settings.listen}")
        settle_memory()
        async with asyncio.TaskGroup() as tasks:
            keepers = [
                tasks.create_task(edge.sweep()),
                *map(tasks.create_task, self.watches.all(seen)),
                tasks.create_task(self.apex.warm_up()),
            ]
            if certificates is not None:
                keepers.append(tasks.create_task(certificates.watch()))
            await stop.wait()
            log.info("stopping")
            stopping()
            await self._hand_over()
            if ssh is not None:
                ssh.close()
            seconds, send_away = self.settings.drain, self.hub.send_away
            if not await drain(edge, server, seconds, send_away, is_followed=self._is_followed):
                log.warning("requests under way were cut: they took longer than --drain")
            await self.hub.stop()
            for keeper in keepers:
                keeper.cancel()
        edge.close()
        self.observers.close()
        self.guesses.close()
        self.tallies.look()
        try:
            await self.watches.write_usage()
        except Exception:  # of the last minute; the rest is written down
            log.exception("what went through the shares at last could not be written down")
        await self.database.close()

    async def _hand_over(self) -> None:
        """Let the clients open their shares at the other relay before visitors are sent there.

        Who still comes here, because a balancer has not looked again yet, is served here.
        """
        instead, until = self.settings.instead, time.monotonic() + self.settings.drain
        if instead is None:
            self.here.is_draining = not self._is_followed
            return
        self.hub.send_away((instead,))
        while time.monotonic() < until and await self._any_still_here():  # noqa: ASYNC110  # it is the database that tells
            await asyncio.sleep(_LOOK_EVERY)
        self.here.is_draining = True
        await asyncio.sleep(self.settings.drain / _NOTICED)

    async def _any_still_here(self) -> bool:
        try:
            return await self.shares.any_still_here(self.switchboard)
        except Exception as error:  # noqa: BLE001  # a database that is away for a moment is asked again
            log.warning("cannot tell whose clients are at the other relay: %s", error)
            return True

    async def _open_ssh(self, edge: Edge) -> SshDoor | None:
        """The port for SSH clients, where one is asked for: only then is what speaks SSH imported."""
        if self.settings.ssh is None:
            return None
        from doorstep_relay.ssh.desk import Desk
        from doorstep_relay.ssh.door import SshDoor
        from doorstep_relay.ssh.host_key import host_key

        services = self.services
        desk = Desk(self.settings, self.hub, edge, self.tokens, services.keys, services.seats)
        door = SshDoor(desk, host_key(self.settings))
        await door.open(bind(*self.settings.ssh, "--ssh"))
        return door

    def _announce(self) -> None:
        settings = self.settings
        sys.stdout.write(f"Doorstep relay {__version__} listens on {settings.listen}\n")
        sys.stdout.write(f"Its address is {settings.relay_url}, its links are {settings.share_url('NAME')}\n")
        if settings.ssh is not None:
            sys.stdout.write(f"SSH clients come in at {settings.ssh}\n")
        sys.stdout.flush()

    def _edge(self, apex: Callable[[], asyncio.Protocol]) -> Edge:
        settings = self.settings
        warn_of_visitors(settings, self.hub.settings.files)
        return Edge(
            domain=settings.domain,
            limits=edge_limits(self.settings, self.hub.settings.files),
            switchboard=self.switchboard,
            facts=self.shares.meaning,
            admit=self.hub.admit,
            apex=apex,
            session=self.door.socket,
            trusted_proxies=settings.trusted_proxies,
            ask_password=self.guesses.ask,
            admin_host=settings.dashboard_host,
            admin=self.dashboard.protocol,
        )

    def reload(self) -> None:
        """Take up the settings that can change while the relay runs; the log names those that cannot."""
        reloading()
        try:
            new = self._reread()
        except ConfigError as error:
            log.error("the settings stay as they are: %s", error)  # noqa: TRY400  # it says all there is
        else:
            live, fixed = changed(self.settings, new)
            self._use(replace(self.settings, **{name: getattr(new, name) for name in live}))
            sys.stdout.write(f"Settings read again; changed: {', '.join(live) or 'none'}\n")
            sys.stdout.flush()
            if fixed:
                log.warning("these settings need a restart: %s", ", ".join(fixed))
        ready(f"listens on {self.settings.listen}")

    def _use(self, settings: Settings) -> None:
        self.settings = self.here.settings = settings
        self.hub.settings = replace(
            self.hub.settings,
            heartbeat=settings.heartbeat,
            spares=settings.spare_tunnels,
            max_tunnels=settings.max_tunnels,
            ticket_lifetime=settings.ticket_lifetime,
        )
        self.switchboard.absent.patience = settings.reconnect_wait or 0.0
        self.edge.limits = edge_limits(self.settings, self.hub.settings.files)
        self.observers.use(settings)
        self.shares.use(settings)
        self.services.usage.retention = settings.usage_retention
        self.limits.change_defaults(settings.limits, self.switchboard)
        self.gatekeeper.use(settings)
