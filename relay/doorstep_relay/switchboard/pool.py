"""A share's tunnel connections: some idle, some busy, some on their way. Pure bookkeeping, no I/O.

A pool belongs to exactly one share and one epoch, so a connection can never serve another's visitor.
It keeps `spares` idle ahead of need and asks the client for more (`ask`) when visitors wait.
A visitor that finds none waits in line, first come first served, until its own deadline.

Up to `PROMPT` connections it asks at once; for more when it has looked at the line (`growth`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Protocol

from doorstep_relay.switchboard.growth import LOOK, PROMPT, Growth


class Upstream(Protocol):
    """A connection that leads to the app."""

    idle_since: float

    @property
    def has_no_end(self) -> bool:
        """Whether what it carries lasts until somebody leaves: a WebSocket."""

    def discard(self) -> None:
        """End it; whatever it still carries is cut."""


class Waiter(Protocol):
    """A visitor in line."""

    def upstream_ready(self, upstream: Upstream) -> None:
        """Its turn has come: `upstream` is its own until it is given back or dropped."""

    def upstream_failed(self, code: str, reason: str) -> None:
        """There will be none; `code` says why."""


class Pool:
    """One share's connections at one epoch."""

    def __init__(
        self,
        *,
        spares: int,
        limit: int,
        max_waiting: int,
        ask: Callable[[int], None],
        most_spares: int | None = None,
        later: Callable[[float, Callable[[], None]], object] | None = None,
    ) -> None:
        """`later` calls back after so many seconds; without it, every connection is asked for at once."""
        self._spares = spares
        self._most_spares = most_spares
        self._limit = limit
        self.max_waiting = max_waiting
        self._ask = ask
        self._later = later
        self._looks = False
        """Whether it will look at the line."""
        self._growth = Growth()
        self._idle: deque[Upstream] = deque()
        self._busy: set[Upstream] = set()
        self._waiting: deque[Waiter] = deque()
        self._others: deque[Waiter] = self._waiting
        """Those who wait for any client of a share that several hold; its own line where one does."""
        self.tag = b""
        """By which visitors name this one of several clients."""
        self.cookie = b""
        """The attributes of the cookie that does."""
        self._coming = 0
        self._asked_at = 0.0
        """When `renew` first saw that connections are on their way; 0 when none are."""
        self.closed = False
        self.carried = 0
        """Connections that are streams of the session."""
        self._invited_at = 0.0
        self.unproven = 0
        """Connections that may yet be added, when their client has been heard on them."""

    @property
    def size(self) -> int:
        """Connections that exist, idle and busy."""
        return len(self._idle) + len(self._busy)

    @property
    def idle(self) -> int:
        return len(self._idle)

    @property
    def busy(self) -> int:
        return len(self._busy)

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def load(self) -> int:
        """Requests and WebSockets under way, or waiting for the app."""
        return len(self._busy) + len(self._waiting)

    def expect(self, count: int) -> None:
        """Note that the client was already told to dial `count` connections."""
        self._coming += count

    def take(self) -> Upstream | None:
        """An idle connection, the one used last: it is the likeliest to be alive and warm."""
        idle = self._idle
        if not idle:
            return None
        upstream = idle.pop()
        self._busy.add(upstream)
        if len(idle) + self._coming < self._spares:
            self._refill()
        return upstream

    def wait(self, waiter: Waiter) -> bool:
        """Stand in line for a connection; False when the line is full."""
        if self.closed or len(self._waiting) >= self.max_waiting:
            return False
        self._waiting.append(waiter)
        self._refill()
        return True

    def hurry(self) -> None:
        """Somebody waits: ask for connections if too few are on their way."""
        self._refill()

    def serve_too(self, line: deque[Waiter]) -> None:
        """Serve those in a common line as well, after those who wait for this client."""
        self._others = line

    def empty_line(self) -> list[Waiter]:
        """Those who wait for this client, who do so no longer; the common line is others' business too."""
        waiting, self._waiting = list(self._waiting), deque()
        self._others = self._waiting
        return waiting

    def leave(self, waiter: Waiter) -> None:
        """Step out of the line."""
        if waiter in self._waiting:
            self._waiting.remove(waiter)

    def add(self, upstream: Upstream, now: float) -> bool:
        """A connection that the client dialled; False when there is no room for it."""
        self._coming = max(0, self._coming - 1)
        self._asked_at = 0.0
        if self.closed or self.size >= self._limit:
            return False
        self._serve(upstream, now)
        return True

    def miss(self, code: str, reason: str) -> None:
        """One that was asked for will not come: a visitor for whom there is none now is told why."""
        self._coming = max(0, self._coming - 1)
        line = self._waiting or self._others
        if len(line) > self._coming:
            line.popleft().upstream_failed(code, reason)

    def relieve(self, kind: type[Upstream]) -> None:
        """A better connection has come: an idle one of this kind ends, if there are enough without it."""
        if len(self._idle) > self._spares:
            spent = next((upstream for upstream in self._idle if isinstance(upstream, kind)), None)
            if spent is not None:
                self._idle.remove(spent)
                spent.discard()

    def invite(self, now: float, every: float) -> None:
        """While the session carries some, its client gets a ticket, to try another way."""
        if self.carried and now - self._invited_at > every and not self.closed:
            self._invited_at = now
            self._ask(0)

    def give_back(self, upstream: Upstream, now: float) -> None:
        """A clean exchange is over: the connection may serve the next visitor."""
        if upstream in self._busy:
            self._busy.remove(upstream)
            if self._looks:
                self._growth.served += 1
            self._serve(upstream, now)

    def drop(self, upstream: Upstream) -> None:
        """The connection is gone, or in doubt."""
        if upstream in self._busy:
            self._busy.remove(upstream)
        elif upstream in self._idle:
            self._idle.remove(upstream)
        else:
            return
        self._refill()

    def keep(self, spares: int) -> None:
        """Keep so many idle from now on; surplus ones end at once, more come with the next need."""
        self._spares = spares if self._most_spares is None else min(spares, self._most_spares)
        while len(self._idle) > self._spares:
            self._idle.popleft().discard()

    def trim(self, before: float) -> None:
        """End surplus connections that nobody has needed since `before`."""
        while len(self._idle) > self._spares and self._idle[0].idle_since < before:
            self._idle.popleft().discard()

    def surplus(self) -> Iterator[Upstream]:
        """Idle connections beyond the spares, the longest idle first."""
        return islice(self._idle, max(0, len(self._idle) - self._spares))

    def renew(self, now: float, patience: float) -> None:
        """What was asked for `patience` seconds ago and never came is asked for again, if still needed."""
        if self._coming and self._asked_at and self._asked_at < now - patience:
            self._coming = 0
            self._asked_at = 0.0
            self._refill()
        elif self._coming and not self._asked_at:
            self._asked_at = now

    def cut(self, code: str, reason: str) -> None:
        """End what is under way and tell those who wait; idle connections stay."""
        self._fail_line(code, reason)
        busy = list(self._busy)
        self._busy.clear()
        for upstream in busy:
            upstream.discard()
        self._refill()

    def retire(self, code: str, reason: str) -> None:
        """Take nobody any more; what is under way goes on."""
        self.closed = True
        self._fail_line(code, reason)
        while self._idle:
            self._idle.popleft().discard()

    @property
    def under_way(self) -> int:
        """Requests that will end by themselves."""
        return sum(not upstream.has_no_end for upstream in self._busy)

    def close(self, code: str, reason: str) -> None:
        """End everything: connections are cut, and those who wait are told why."""
        self.closed = True
        self._fail_line(code, reason)
        upstreams = [*self._idle, *self._busy]
        self._idle.clear()
        self._busy.clear()
        for upstream in upstreams:
            upstream.discard()

    def _fail_line(self, code: str, reason: str) -> None:
        waiting = list(self._waiting)
        self._waiting.clear()
        for waiter in waiting:
            waiter.upstream_failed(code, reason)

    def _serve(self, upstream: Upstream, now: float) -> None:
        if self.closed:
            upstream.discard()
        elif self._waiting:
            self._busy.add(upstream)
            self._waiting.popleft().upstream_ready(upstream)
        elif self._others:
            self._busy.add(upstream)
            self._others.popleft().upstream_ready(upstream)
        else:
            upstream.idle_since = now
            self._idle.append(upstream)

    def _refill(self) -> None:
        if self.closed:
            return
        count = self._missing()
        prompt = max(0, PROMPT - self.size - self._coming)
        if count > prompt and self._can_wait:
            count = prompt
            self._look_later()
        if count > 0:
            self._dial(count)

    @property
    def _can_wait(self) -> bool:
        """Whether the line has room for those who come until the next look."""
        return self._later is not None and 2 * self._in_line <= self.max_waiting

    def _missing(self) -> int:
        """Connections that are needed beyond those that are there or on their way."""
        wanted = self._in_line + self._spares - len(self._idle) - self._coming
        return min(wanted, self._limit - self.size - self._coming)

    @property
    def _in_line(self) -> int:
        waiting = len(self._waiting)
        return waiting if self._others is self._waiting else waiting + len(self._others)

    def _dial(self, count: int) -> None:
        self._coming += count
        self._ask(count)

    def _look_later(self) -> None:
        if self._later is not None and not self._looks:
            self._looks = True
            self._growth = Growth()
            self._later(LOOK, self._look)

    def _look(self) -> None:
        missing = self._missing()
        if self.closed or self._later is None or missing <= 0:
            self._looks = False
            return
        count = self._growth.more(self._in_line, missing=missing, there=self.size, coming=self._coming)
        if count:
            self._dial(count)
        self._later(LOOK, self._look)


def fitting_spares(wanted: int, shares: int, files: int) -> int:
    """Idle connections that each of so many shares may keep ahead of need.

    As many as are wanted, while sessions and spares leave a quarter of the files to visitors; then fewer. A
    share with none is still served: its client is asked for a connection when a visitor comes.
    """
    return max(0, min(wanted, clients_files(files) // max(1, shares) - 1))


def clients_files(files: int) -> int:
    """Of so many files, those that sessions and idle connections may take; the others are for visitors."""
    return files * 3 // 4
