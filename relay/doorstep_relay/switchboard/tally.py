"""What goes through live shares: counted in passing by the edge, looked at once a second here.

A look gives each share its rates and its last minute, adds to the months of those who have a limit, and
leaves what is to be written down. What a share that is gone has left is taken along once more.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from doorstep_relay.switchboard.local import LiveShare, Switchboard

MINUTE: Final = 60
"""Looks that are remembered of a share on which something happens."""
AT_ONCE: Final = 500
"""Shares that are looked at before others have their turn."""
_NOTHING: Final = (0, 0, 0)
_EMPTY: Final = array("Q", bytes(8 * MINUTE))


@dataclass(frozen=True, slots=True)
class Spent:
    """What went through one share since the last time."""

    share_id: int
    account_id: int | None
    requests: int
    bytes_in: int
    bytes_out: int


class _Client:
    """How far one client's part of a share has been counted."""

    __slots__ = ("_seen", "share")

    def __init__(self, share: LiveShare) -> None:
        self.share = share
        self._seen = (0, 0, 0)

    def take(self) -> tuple[int, int, int]:
        """Requests, bytes in and out since the last time."""
        share, before = self.share, self._seen
        now = (share.requests, share.bytes_in, share.bytes_out)
        if now == before:
            return _NOTHING
        self._seen = now
        return now[0] - before[0], now[1] - before[1], now[2] - before[2]


class Tally:
    """One live share's numbers, of all its clients. Rates are of the second before the last look."""

    __slots__ = (
        "_clients",
        "_quiet",
        "_unwritten",
        "bytes",
        "bytes_in",
        "bytes_out",
        "minute",
        "rate",
        "requests",
        "share",
    )

    def __init__(self, share: LiveShare) -> None:
        self.share = share
        self.requests = self.bytes_in = self.bytes_out = 0
        """Since the share is live."""
        self.rate = 0
        """Requests a second."""
        self.bytes = 0
        """Bytes a second."""
        self.minute: tuple[array[int], array[int]] | None = None
        """Requests and bytes of the last looks, by their number; None after a minute without any."""
        self._clients = [_Client(share)] if share.balanced is not None else []  # the edge counts on the whole
        self._unwritten = (0, 0, 0)
        self._quiet = 0

    def join(self, client: LiveShare) -> None:
        """One client holds the share from now on, maybe beside others."""
        self._clients.append(_Client(client))

    def look(self, number: int) -> tuple[int, int, int]:
        """Count what came since the last look; requests, bytes in and out."""
        new = self.take()
        if new is _NOTHING:
            self.rate = self.bytes = 0
            if self.minute is not None:
                self._remember(number)
            return new
        requests, came, went = new
        self.rate, self.bytes = requests, came + went
        self._remember(number)
        return new

    def take(self) -> tuple[int, int, int]:
        """Count what came, outside of a look."""
        requests = came = went = 0
        for client in self._clients:
            new = client.take()
            if new is _NOTHING:
                continue
            requests, came, went = requests + new[0], came + new[1], went + new[2]
        if not (requests or came or went):
            return _NOTHING
        self.requests += requests
        self.bytes_in += came
        self.bytes_out += went
        before = self._unwritten
        self._unwritten = (before[0] + requests, before[1] + came, before[2] + went)
        return requests, came, went

    def _remember(self, number: int) -> None:
        self._quiet = 0 if self.rate or self.bytes else self._quiet + 1
        if self._quiet >= MINUTE:
            self.minute = None
            return
        if self.minute is None:
            self.minute = _EMPTY[:], _EMPTY[:]
        requests, sizes = self.minute
        requests[number % MINUTE], sizes[number % MINUTE] = self.rate, self.bytes

    def last_minute(self, number: int) -> tuple[list[int], list[int]]:
        """Requests and bytes of each of the last looks, the oldest first."""
        if self.minute is None:
            return [0] * MINUTE, [0] * MINUTE
        at = (number + 1) % MINUTE
        requests, sizes = (values[at:].tolist() + values[:at].tolist() for values in self.minute)
        return requests, sizes

    def unwritten(self) -> Spent | None:
        """What the looks counted since it was last asked for; None when nothing was."""
        spent, self._unwritten = self._unwritten, _NOTHING
        if spent == _NOTHING:
            return None
        return Spent(self.share.share_id, self.share.account_id, *spent)

    def forget_gone(self) -> None:
        """Clients that left have been counted to their end."""
        balanced = self.share.balanced
        if balanced is not None:
            here = (self.share, *balanced.clients)
            self._clients = [client for client in self._clients if client.share in here]


class Tallies:
    """Those of all live shares of this process, and what all of them have seen together."""

    def __init__(self, switchboard: Switchboard) -> None:
        self._switchboard = switchboard
        self._tallies: dict[LiveShare, Tally] = {}
        self.looks = 0
        """The number of the last look."""
        self.requests = self.bytes_in = self.bytes_out = 0
        """Since the start of the process."""

    def add(self, client: LiveShare) -> None:
        """A client holds a share from now on."""
        self.of(client.whole).join(client)

    def of(self, share: LiveShare) -> Tally:
        """A whole share's numbers."""
        tally = self._tallies.get(share)
        if tally is None:
            tally = self._tallies[share] = Tally(share)
        return tally

    def look(self) -> None:
        """Count everything that came since the last look."""
        for _ in self.look_in_parts():
            pass

    def look_in_parts(self) -> Iterator[None]:
        """The same, once a second, with a break after every so many shares."""
        self.looks += 1
        for place, (share, tally) in enumerate(list(self._tallies.items()), 1):
            new = tally.look(self.looks)
            if new is not _NOTHING:
                self._count(share, new)
            if place % AT_ONCE == 0:
                yield

    def _count(self, share: LiveShare, new: tuple[int, int, int]) -> None:
        requests, came, went = new
        self.requests += requests
        self.bytes_in += came
        self.bytes_out += went
        if share.meter is not None:
            share.spend(came + went)

    def unwritten(self) -> list[Spent]:
        """What the looks found since the last time; shares that are gone are counted to their end."""
        for share, tally in self._tallies.items():
            if not self._is_live(share):
                self._count(share, tally.take())
        found = [spent for tally in self._tallies.values() if (spent := tally.unwritten()) is not None]
        for share, tally in list(self._tallies.items()):
            tally.forget_gone()
            if not self._is_live(share):
                del self._tallies[share]
        return found

    def live(self) -> list[Tally]:
        """Those of shares that are live now."""
        found = self._switchboard.by_id
        return [tally for share, tally in self._tallies.items() if found(share.share_id) is share]

    def _is_live(self, share: LiveShare) -> bool:
        return self._switchboard.by_id(share.share_id) is share
