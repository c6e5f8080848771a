"""The shares whose sessions this process holds, by name: live facts only, nothing durable."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from doorstep_relay.domain.gate import Gate
from doorstep_relay.switchboard.absent import Absences, Missed
from doorstep_relay.switchboard.balanced import Balanced
from doorstep_relay.switchboard.meter import Meter
from doorstep_relay.switchboard.pool import Pool

_SLACK: Final = 64
"""Ends of shares that are gone, kept before the rest is looked through."""
WARNING: Final = 300.0
"""Seconds before its end that a client is reminded of it; of a short life the last tenth."""


def _nobody(_news: object) -> None:
    """Hears what nobody listens to."""


@dataclass(slots=True, eq=False)
class LiveShare:
    """A share whose client is connected; where several hold one (`front`), the part of one of them."""

    share_id: int
    name: str
    host: bytes
    epoch: int
    expires_at: float | None
    account_id: int | None
    token_id: int | None
    pool: Pool | Balanced
    """What serves its visitors."""
    tell: Callable[[str, str], None]
    """Tells the client that the share is over: code, reason."""
    owner: str = ""
    """The account's name; empty on an open relay."""
    meter: Meter | None = None
    """What it is held to; None while nothing limits it, never None again once something has."""
    policy: Mapping[str, Any] = field(default_factory=dict)
    """Who may look, as it is stored: what `gate` was made of."""
    gate: Gate | None = None
    """Judges its visitors; None lets everybody in."""
    marks: bytes = b""
    """Field lines that every answer gets."""
    requests: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    ended: tuple[str, str] | None = None
    """Code and reason, from the moment that the share ends; visitors who are cut are told."""
    balanced_from: int | None = None
    """The first of the epochs that hold the share together; None when one client alone does."""
    balanced: Balanced | None = None
    """Who holds it, where several do: then it is `pool`, too."""
    front: LiveShare | None = None
    """The whole share, of which this client holds a part."""
    paused: bool = False
    since: float = 0.0
    """When this client came, unix seconds."""
    remind: Callable[[float], None] = _nobody
    """Tells the client when the share ends."""
    tell_paused: Callable[[bool], None] = _nobody
    """Tells the client that nobody may see the share, or that visitors come again."""

    @property
    def whole(self) -> LiveShare:
        """The share itself, whoever else holds it too."""
        return self.front or self

    @property
    def own(self) -> Pool:
        """The connections of this one client. `TypeError` for a whole share that several hold."""
        if isinstance(self.pool, Balanced):
            raise TypeError(f"{self.name!r} is held by several clients: each has connections of its own")
        return self.pool

    @property
    def term(self) -> tuple[int, int]:
        """Which share, and since which epoch by the same: a later term fences an earlier one."""
        return self.share_id, self.epoch if self.balanced_from is None else self.balanced_from

    def spend(self, size: int) -> None:
        """So many bytes more of this month; when those are used up, what is under way ends."""
        meter = self.meter
        if meter is None:
            return
        for gauge in meter.gauges:
            gauge.month_used += size
        if any(gauge.is_spent for gauge in meter.gauges):
            self.cut("quota", "")

    def cut(self, code: str, reason: str) -> None:
        """End what is under way and tell why; the share lives on."""
        before, self.ended = self.ended, (code, reason)
        self.pool.cut(code, reason)
        self.ended = before

    def end(self, code: str, reason: str) -> None:
        """Cut everything at once and tell the client; the durable state is another's concern."""
        self.ended = (code, reason)
        self.pool.close(code, reason)
        self.tell(code, reason)


class Switchboard:
    """Finds the live share of a name, and the ones whose time is up."""

    def __init__(self) -> None:
        self._by_name: dict[str, LiveShare] = {}
        self._by_id: dict[int, LiveShare] = {}
        self._seen: dict[str, LiveShare] = {}
        """Those that are not paused."""
        self._ends: list[tuple[float, int, int]] = []
        self._warnings: list[tuple[float, int, int]] = []
        self._more = 0
        """Clients beyond the first of each share."""
        self.absent = Absences()
        """Those whose clients were here a moment ago."""
        self.find = self._seen.get
        """`find(name)`: the live share that visitors may see, or None. Called for every request."""

    def __len__(self) -> int:
        """How many clients hold something."""
        return len(self._by_name) + self._more

    def __iter__(self) -> Iterator[LiveShare]:
        return iter(list(self._by_name.values()))

    def by_id(self, share_id: int) -> LiveShare | None:
        return self._by_id.get(share_id)

    def by_name(self, name: str) -> LiveShare | None:
        """The live share of this name, also while it is paused."""
        return self._by_name.get(name)

    def held(self, name: str, share_id: int, epoch: int) -> LiveShare | None:
        """What the client of this epoch holds, paused or not."""
        share = self._by_name.get(name)
        if share is None or share.share_id != share_id:
            return None
        clients = [share] if share.balanced is None else share.balanced.clients
        return next((client for client in clients if client.epoch == epoch), None)

    # -- coming and going --------------------------------------------------------------------------

    def connect(self, share: LiveShare) -> bool:
        """The share is live from now on; whatever held its name in an earlier term is fenced and cut.

        False when a later term is already here: then it is this share that is fenced.
        """
        old = self._by_name.get(share.name)
        if old is not None:
            if share.balanced_from is not None and old.term == share.term:
                self._join(old, share)
                return True
            if old.term > share.term:
                return False
            self.disconnect(old)
            if old.share_id == share.share_id:
                self.absent.left(
                    [Missed(old.share_id, old.name)]
                )  # who stands in line is served by the new one
            old.end("taken-over", "the same share was opened again elsewhere")
        self._place(share if share.balanced_from is None else _fronted(share))
        return True

    def _place(self, share: LiveShare) -> None:
        self._by_name[share.name] = share
        self._by_id[share.share_id] = share
        if not share.paused:
            self._seen[share.name] = share
        self.schedule(share)

    def _join(self, front: LiveShare, share: LiveShare) -> None:
        assert front.balanced is not None  # noqa: S101  # terms are equal only among those who hold together
        self._more += 1
        share.front = front
        front.epoch = max(front.epoch, share.epoch)
        front.balanced.join(share)

    def missed(self, share: LiveShare) -> bool:
        """Somebody who would have joined never came; whether others hold the share without it."""
        front = self._by_name.get(share.name)
        if front is None or share.balanced_from is None or front.term != share.term:
            return False
        front.epoch = max(front.epoch, share.epoch)
        return True

    def leave(self, share: LiveShare) -> bool:
        """A client is gone, and what it carried is cut. Whether nobody holds the share now."""
        front = share.front
        if front is None or front.balanced is None:
            return self.disconnect(share)
        if share not in front.balanced.clients:
            return False
        front.balanced.leave_client(share)
        if front.balanced.clients:
            self._more -= 1
            return False
        return self.disconnect(front)

    def disconnect(self, share: LiveShare) -> bool:
        """Nobody holds the share any more; False when a newer epoch took its place."""
        if self._by_name.get(share.name) is not share:
            return False
        del self._by_name[share.name]
        self._seen.pop(share.name, None)
        self._by_id.pop(share.share_id, None)
        if share.balanced is not None:
            self._more -= max(0, len(share.balanced.clients) - 1)
        return True

    # -- while it lives ----------------------------------------------------------------------------

    def pause(self, share: LiveShare) -> None:
        """Nobody sees the share from now on; what is under way is cut, its client stays."""
        if share.paused:
            return
        share.paused = True
        self._seen.pop(share.name, None)
        share.cut("paused", "")
        share.tell_paused(True)

    def unpause(self, share: LiveShare) -> None:
        """Visitors come again."""
        if not share.paused:
            return
        share.paused = False
        if self._by_name.get(share.name) is share:
            self._seen[share.name] = share
        share.tell_paused(False)

    def extend(self, share: LiveShare, expires_at: float) -> None:
        """The share has another end, of which its client is told."""
        if share.expires_at == expires_at:
            return
        share.expires_at = expires_at
        self.schedule(share)
        share.remind(expires_at)

    # -- time --------------------------------------------------------------------------------------

    def schedule(self, share: LiveShare) -> None:
        """Watch for the share's expiry."""
        if share.expires_at is None:
            return
        if len(self._ends) > 2 * len(self._by_id) + _SLACK:  # most are of epochs that are over
            self._ends = [end for end in self._ends if self._is_current(end)]
            self._warnings = [end for end in self._warnings if self._is_current(end)]
            heapq.heapify(self._ends)
            heapq.heapify(self._warnings)
        heapq.heappush(self._ends, (share.expires_at, *share.term))
        heapq.heappush(self._warnings, (_warn_at(share, share.expires_at), *share.term))

    def _is_current(self, end: tuple[float, int, int]) -> bool:
        _, *term = end
        share = self._by_id.get(term[0])
        return share is not None and share.term == tuple(term)

    def due(self, now: float) -> list[LiveShare]:
        """The live shares whose expiry has passed."""
        found = _until(self._ends, now, self._by_id)
        return [share for share in found if share.expires_at is not None and share.expires_at <= now]

    def warn(self, now: float) -> None:
        """Remind the clients of the live shares that end soon; each once."""
        for share in _until(self._warnings, now, self._by_id):
            if share.expires_at is not None and _warn_at(share, share.expires_at) <= now < share.expires_at:
                share.remind(share.expires_at)


def _until(heap: list[tuple[float, int, int]], now: float, shares: dict[int, LiveShare]) -> list[LiveShare]:
    """Take out what is up to `now`; the shares that it is about, each once."""
    found: dict[int, LiveShare] = {}
    while heap and heap[0][0] <= now:
        _, share_id, _ = heapq.heappop(heap)
        if share_id in shares:
            found[share_id] = shares[share_id]
    return list(found.values())


def _warn_at(share: LiveShare, expires_at: float) -> float:
    return expires_at - min(WARNING, (expires_at - share.since) / 10)


def _fronted(share: LiveShare) -> LiveShare:
    """The whole that others may join, with its first client."""
    balanced = Balanced(max_waiting=share.own.max_waiting)
    front = replace(
        share,
        token_id=None,
        pool=balanced,
        balanced=balanced,
        tell=balanced.tell,
        remind=balanced.remind,
        tell_paused=balanced.tell_paused,
    )
    share.front = front
    balanced.join(share)
    return front
