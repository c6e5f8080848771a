"""Several clients that hold a share together: their pools, as one.

Each client keeps a pool of its own, so a connection still belongs to one client and its epoch. A visitor gets
one from the client with the fewest requests under way; who was with a client before stays with it for as long
as that is there (`take_from`). When every client is busy, visitors stand in one line that all of them serve.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

from doorstep_relay.switchboard.pool import Pool, Upstream, Waiter

if TYPE_CHECKING:
    from doorstep_relay.switchboard.local import LiveShare


class Balanced:
    """Stands where a share has its pool. `clients` are what each of them holds, in turn."""

    def __init__(self, *, max_waiting: int) -> None:
        self.clients: list[LiveShare] = []
        self._max_waiting = max_waiting
        self._line: deque[Waiter] = deque()
        self._turn = 0
        self.closed = False

    # -- who holds it ------------------------------------------------------------------------------

    def join(self, client: LiveShare) -> None:
        """One client more."""
        self.clients.append(client)
        client.own.serve_too(self._line)

    def leave_client(self, client: LiveShare) -> None:
        """One client less: what it carried is cut, who waited for it waits for the others."""
        if client not in self.clients:
            return
        self.clients.remove(client)
        waiting = client.own.empty_line()
        client.own.close("offline", "")
        self._wait_again(waiting)

    def retire_client(self, client: LiveShare, code: str) -> None:
        """It takes nobody any more: what it carries goes on, who waited for it waits for the others."""
        waiting = client.own.empty_line()
        client.own.retire(code, "")
        self._wait_again(waiting)

    def tell(self, code: str, reason: str) -> None:
        """The share is over: every client hears it."""
        for client in list(self.clients):
            client.tell(code, reason)

    def remind(self, expires_at: float) -> None:
        """The share ends then: every client hears it."""
        for client in list(self.clients):
            client.remind(expires_at)

    def tell_paused(self, paused: bool) -> None:
        """The share is paused, or goes on: every client hears it."""
        for client in list(self.clients):
            client.tell_paused(paused)

    # -- for visitors ------------------------------------------------------------------------------

    def take(self) -> Upstream | None:
        """An idle connection, of the client with the least to do; those with as little take turns."""
        self._turn += 1
        pools = self._pools
        free = [pools[(self._turn + place) % len(pools)] for place in range(len(pools))]
        free = [pool for pool in free if pool.idle]
        return min(free, key=lambda pool: pool.busy).take() if free else None

    def pool_of(self, tag: bytes) -> Pool | None:
        """The pool of the client that this tag names, while it takes visitors."""
        named = (pool for pool in self._pools if pool.tag == tag and not pool.closed)
        return next(named, None) if tag else None

    def wait(self, waiter: Waiter) -> bool:
        """Stand in line for whichever client is free first; False when the line is full."""
        if self.closed or len(self._line) >= self._max_waiting:
            return False
        self._line.append(waiter)
        for pool in self._pools:
            pool.hurry()
        return True

    def leave(self, waiter: Waiter) -> None:
        """Step out of whichever line."""
        if waiter in self._line:
            self._line.remove(waiter)
        for pool in self._pools:
            pool.leave(waiter)

    # -- as a pool ---------------------------------------------------------------------------------

    @property
    def size(self) -> int:
        """Connections that exist, idle and busy."""
        return sum(pool.size for pool in self._pools)

    @property
    def idle(self) -> int:
        return sum(pool.idle for pool in self._pools)

    @property
    def busy(self) -> int:
        return sum(pool.busy for pool in self._pools)

    @property
    def waiting(self) -> int:
        return len(self._line) + sum(pool.waiting for pool in self._pools)

    @property
    def load(self) -> int:
        """Requests and WebSockets under way, or waiting for the app."""
        return len(self._line) + sum(pool.load for pool in self._pools)

    def drop(self, upstream: Upstream) -> None:
        """The connection is gone, or in doubt."""
        for pool in self._pools:
            pool.drop(upstream)

    def keep(self, spares: int) -> None:
        """Each client keeps so many idle from now on."""
        for pool in self._pools:
            pool.keep(spares)

    def trim(self, before: float) -> None:
        """End surplus connections that nobody has needed since `before`."""
        for pool in self._pools:
            pool.trim(before)

    def surplus(self) -> Iterator[Upstream]:
        """Idle connections beyond the spares."""
        return chain.from_iterable(pool.surplus() for pool in self._pools)

    def renew(self, now: float, patience: float) -> None:
        """What was asked for and never came is asked for again, if still needed."""
        for pool in self._pools:
            pool.renew(now, patience)

    def invite(self, now: float, every: float) -> None:
        """Each client whose session carries some gets a ticket, to try another way."""
        for pool in self._pools:
            pool.invite(now, every)

    def cut(self, code: str, reason: str) -> None:
        """End what is under way and tell those who wait; idle connections stay."""
        self._fail_line(code, reason)
        for pool in self._pools:
            pool.cut(code, reason)

    def close(self, code: str, reason: str) -> None:
        """End everything."""
        self.closed = True
        self._fail_line(code, reason)
        for pool in self._pools:
            pool.close(code, reason)

    @property
    def _pools(self) -> list[Pool]:
        return [client.own for client in self.clients]

    def _wait_again(self, waiting: list[Waiter]) -> None:
        for waiter in waiting:
            if not self.wait(waiter):
                waiter.upstream_failed("offline", "")

    def _fail_line(self, code: str, reason: str) -> None:
        waiting = list(self._line)
        self._line.clear()  # the pools share this very deque
        for waiter in waiting:
            waiter.upstream_failed(code, reason)
