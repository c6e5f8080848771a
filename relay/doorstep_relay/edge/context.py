"""What all connections of the edge share: limits, the switchboard, the clock's coarse hand.

The edge decides nothing about rights: who may open a tunnel connection (`admit`) and what a name
that is not live means (`facts`) are given to it as functions, and what a gate says it obeys.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING, Protocol

from doorstep_relay.domain.gate import Deny, Gate
from doorstep_relay.edge.forwarding import Network, Proxies
from doorstep_relay.edge.hosts import Hosts, Place
from doorstep_relay.edge.lookups import Facts, Lookups
from doorstep_relay.edge.pacing import Pacer
from doorstep_relay.edge.record import Recorder
from doorstep_relay.edge.request import RequestHead
from doorstep_relay.switchboard.local import LiveShare, Switchboard

if TYPE_CHECKING:
    from doorstep_relay.edge.apex import ApexConnection
    from doorstep_relay.edge.tunnel import TunnelConnection
    from doorstep_relay.edge.visitor import VisitorConnection

log = logging.getLogger("doorstep_relay.edge")

SWEEP = 0.5
"""Seconds between two looks at the deadlines; also how coarse `Edge.now` is."""
INVITE_EVERY = 60.0
"""Seconds after which a client whose session carries streams has a fresh ticket, to try another way."""
TEND_EVERY = 4
"""Sweeps between two looks at the shares' pools: those are many, and their times are long."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of a visitor's connection. Times are seconds, sizes bytes."""

    max_visitors: int = 4096
    """Connections of visitors at a time; those who lead to clients or the relay itself are not counted."""
    max_head: int = 64 * 1024
    max_clients: int = 1024 * 1024
    """Connections to clients, one session a share among them, before idle ones beyond the spares end."""
    head_timeout: float = 10.0
    """From a head's first byte to its last, and from a connection's start to its first request."""
    idle_timeout: float = 75.0
    """Between two requests of a connection."""
    connect_wait: float = 10.0
    """How long a visitor waits for a tunnel connection."""
    body_timeout: float = 60.0
    """Between two pieces of a request's body, while the app takes what comes."""
    app_timeout: float = 600.0
    """From the last byte of a request to the first of its answer."""
    idle_stream: float = 3600.0
    """Between two bytes of an answer or of an upgraded connection."""
    stall_timeout: float = 120.0
    """How long a visitor may take nothing of what waits for it."""
    linger_idle: float = 5.0
    """How long the next unread byte is awaited after an early answer."""
    linger_time: float = 30.0
    """How long unread bytes are taken after an early answer, all together."""
    linger_bytes: int = 256 * 1024 * 1024
    """How many of them are."""
    surplus_timeout: float = 1.0
    """How long a connection beyond `max_visitors` may take to show that it is a client's."""
    spare_idle: float = 60.0
    """How long a tunnel connection beyond the spares may lie idle."""


Tell = Callable[[Deny | None], None]
"""Takes the refusal; None when there is nothing against it."""
AskPassword = Callable[[Gate, str, str, Tell], None]


def _nobody_knows(_gate: Gate, _password: str, _address: str, tell: Tell) -> None:
    tell(Deny("password-required"))


class _Connection(Protocol):
    transport: asyncio.Transport


class _Watched(_Connection, Protocol):
    deadline: float

    def overdue(self) -> None: ...


class Edge:
    """The context of every connection."""

    def __init__(
        self,
        *,
        domain: str,
        limits: Limits,
        switchboard: Switchboard,
        facts: Facts,
        admit: Callable[[str, bytes], LiveShare | None],
        apex: Callable[[], asyncio.Protocol],
        session: Callable[[], asyncio.Protocol] | None = None,
        trusted_proxies: Sequence[Network] = (),
        ask_password: AskPassword | None = None,
        admin_host: str | None = None,
        admin: Callable[[], asyncio.Protocol] | None = None,
    ) -> None:
        self.limits = limits
        self.switchboard = switchboard
        self.hosts = Hosts(domain, admin_host)
        self.apex = apex
        self.session = session or apex
        """What serves the relay's own host, and a client's session there."""
        self.admin = admin or apex
        """What serves `admin_host`: the dashboard."""
        self.visitors: set[VisitorConnection] = set()
        self.at_apex: set[ApexConnection] = set()
        self.tunnels: set[TunnelConnection] = set()
        self.pacer = Pacer()
        self.recorder: Recorder | None = None
        """Notes every request, if anybody wants to know of them."""
        self.is_draining = False
        """Nobody new is let in but clients: the process ends when what is under way has ended."""
        self.is_last_call = False
        """Every visitor has one more request: the next process takes over the listening socket."""
        self._shed_at = 0.0
        self._tick()
        self.look_up = Lookups(facts, asyncio.get_running_loop().time).look_up
        """`look_up(name, tell)`: what a name that is not live means."""
        self._admit = admit
        self.proxies = Proxies(trusted_proxies)
        self.ask_password = ask_password or _nobody_knows
        """`ask_password(gate, password, address, tell)`: whether it is the share's."""

    def admit(self, head: RequestHead, place: Place) -> LiveShare | None:
        """The share that a tunnel connection's ticket opens, if it opens the one it was sent to."""
        scheme, _, ticket = head.authorization.partition(b" ")
        if scheme.lower() != b"doorstep":
            return None
        return self._admit(place.label, ticket.strip())

    def recheck(self, share: LiveShare) -> None:
        """The share's gate has changed: end what it would not let in any more."""
        for visitor in list(self.visitors):
            try:
                visitor.recheck(share)
            except Exception:  # one visitor must not keep all others inside
                log.exception("could not ask the gate of %r again", share.name)
                visitor.transport.abort()

    def show(self, host: str, label: str, owner: int) -> None:
        """An account's own host shows this share of its from now on."""
        self.hosts.show(host, label, owner)

    def forget(self, host: str) -> None:
        """It shows nothing any more, and what is under way there is cut."""
        self.hosts.forget(host)
        for visitor in list(self.visitors):
            visitor.leave_host(host.encode("ascii"))

    def last_call(self) -> None:
        """From now on every connection ends after its next answer, and the answer says so."""
        self.is_last_call = True
        for visitor in self.visitors:
            visitor.last_call()

    def is_full(self) -> bool:
        """Whether one visitor more would be too many, also when those who ask for nothing have left."""
        if self.is_draining or self.is_last_call:
            return True
        if len(self.visitors) + len(self.at_apex) < self.limits.max_visitors:
            return False
        self._make_room()
        return len(self.visitors) + len(self.at_apex) >= self.limits.max_visitors

    def _make_room(self) -> None:
        """End some connections without a whole request, those with the least time left first.

        Some at a time, so that a flood pays a look at all of them once for many.
        """
        some = max(1, self.limits.max_visitors // 16)
        idle = (visitor for visitor in self.visitors if visitor.is_between_requests)
        for visitor in heapq.nsmallest(some, idle, key=lambda visitor: visitor.deadline):
            self.visitors.discard(visitor)
            visitor.transport.abort()

    def make_room_for(self, tunnel: TunnelConnection) -> None:
        """A client dialled one more. A visitor to each of many shares would leave one idle at each."""
        self.tunnels.add(tunnel)
        too_many = len(self.tunnels) + len(self.switchboard) > self.limits.max_clients
        if too_many and self._shed_at != self.now:  # a look at all of them, at most once a tick
            self._shed_at = self.now
            self._shed(self.limits.max_clients // 16 + 1)

    def _shed(self, count: int) -> None:
        """End idle tunnel connections beyond the spares, the longest idle first."""
        pools = [share.pool for share in self.switchboard]
        surplus = ((upstream, pool) for pool in pools for upstream in pool.surplus())
        for upstream, pool in heapq.nsmallest(count, surplus, key=lambda one: one[0].idle_since):
            pool.drop(upstream)
            upstream.discard()

    def _tick(self) -> None:
        self.now = asyncio.get_running_loop().time()
        self.date = f"Date: {formatdate(usegmt=True)}\r\n".encode()
        """A field line for answers whose app gave none; as coarse as `now`."""

    async def sweep(self) -> None:
        """Look at every deadline, for ever."""
        for turn in itertools.count(1):
            await asyncio.sleep(SWEEP)
            try:
                self._look(turn)
            except Exception:  # the next one repairs what this one has missed
                log.exception("a look at the deadlines failed")

    def _look(self, turn: int) -> None:
        self._tick()
        self._end_overdue(self.now)
        if turn % TEND_EVERY == 0:
            self._tend_pools(self.now)

    def _end_overdue(self, now: float) -> None:
        watched: list[_Watched] = [*self.visitors, *self.at_apex]
        for connection in watched:
            if connection.deadline >= now:
                continue
            try:
                connection.overdue()
            except Exception:  # one connection must not end the watch over all others
                log.exception("could not end an overdue connection in order")
                connection.transport.abort()

    def _tend_pools(self, now: float) -> None:
        """Not inline in `sweep`: a frame that sleeps would keep the last share, and its session, alive."""
        self.switchboard.absent.tidy()
        for share in self.switchboard:
            try:
                share.pool.trim(now - self.limits.spare_idle)
                share.pool.renew(now, self.limits.connect_wait / 2)
                share.pool.invite(now, INVITE_EVERY)
            except Exception:  # one share must not end the watch over all others
                log.exception("could not tend the connections of %r", share.name)

    def close(self) -> None:
        """Cut every connection."""
        connections: list[_Connection] = [*self.visitors, *self.at_apex, *self.tunnels]
        for connection in connections:
            connection.transport.abort()
