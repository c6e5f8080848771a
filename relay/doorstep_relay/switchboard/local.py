"""The shares whose sessions this process holds, by name: live facts only, nothing durable."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from doorstep_relay.switchboard.meter import Meter
from doorstep_relay.switchboard.pool import Pool

_SLACK: Final = 64
"""Ends of shares that are gone, kept before the rest is looked through."""


@dataclass(slots=True, eq=False)
class LiveShare:
    """A share whose client is connected."""

    share_id: int
    name: str
    host: bytes
    epoch: int
    expires_at: float | None
    account_id: int | None
    token_id: int | None
    pool: Pool
    tell: Callable[[str, str], None]
    """Tells the client that the share is over: code, reason."""
    owner: str = ""
    """The account's name; empty on an open relay."""
    meter: Meter | None = None
    """What it is held to; None while nothing limits it, never None again once something has."""
    requests: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    ended: tuple[str, str] | None = None
    """Code and reason, from the moment that the share ends; visitors who are cut are told."""

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
        self._ends: list[tuple[float, int, int]] = []
        self.find = self._by_name.get
        """`find(name)`: the live share, or None. Called for every request."""

    def __len__(self) -> int:
        return len(self._by_name)

    def __iter__(self) -> Iterator[LiveShare]:
        return iter(list(self._by_name.values()))

    def by_id(self, share_id: int) -> LiveShare | None:
        return self._by_id.get(share_id)

    def connect(self, share: LiveShare) -> bool:
        """The share is live from now on; whatever held its name at an older epoch is fenced and cut.

        False when a newer epoch is already here: then it is this share that is fenced.
        """
        old = self._by_name.get(share.name)
        if old is not None:
            if (old.share_id, old.epoch) > (share.share_id, share.epoch):
                return False
            self.disconnect(old)
            old.end("taken-over", "the same share was opened again elsewhere")
        self._by_name[share.name] = share
        self._by_id[share.share_id] = share
        self.schedule(share)
        return True

    def disconnect(self, share: LiveShare) -> bool:
        """The share has no client any more; False when a newer epoch took its place."""
        if self._by_name.get(share.name) is not share:
            return False
        del self._by_name[share.name]
        self._by_id.pop(share.share_id, None)
        return True

    def schedule(self, share: LiveShare) -> None:
        """Watch for the share's expiry."""
        if share.expires_at is None:
            return
        if len(self._ends) > 2 * len(self._by_id) + _SLACK:  # most are of epochs that are over
            self._ends = [end for end in self._ends if self._is_current(end)]
            heapq.heapify(self._ends)
        heapq.heappush(self._ends, (share.expires_at, share.share_id, share.epoch))

    def _is_current(self, end: tuple[float, int, int]) -> bool:
        _, share_id, epoch = end
        share = self._by_id.get(share_id)
        return share is not None and share.epoch == epoch

    def due(self, now: float) -> list[LiveShare]:
        """The live shares whose expiry has passed."""
        ended = []
        while self._ends and self._ends[0][0] <= now:
            _, share_id, epoch = heapq.heappop(self._ends)
            share = self._by_id.get(share_id)
            if share is not None and share.epoch == epoch and _is_over(share, now):
                ended.append(share)
        return ended


def _is_over(share: LiveShare, now: float) -> bool:
    return share.expires_at is not None and share.expires_at <= now
