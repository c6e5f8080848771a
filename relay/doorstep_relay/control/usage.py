"""Usage as it is written down and read: every few seconds what was counted is added to the day's rows.

A crash loses at most what was counted since the last time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final

from doorstep_relay.domain.months import DAY, Month, day_of
from doorstep_relay.store.database import Database
from doorstep_relay.store.usage import Sums, UsageRows
from doorstep_relay.switchboard.tally import Spent

WRITE_EVERY: Final = 10.0
"""Seconds."""
_FORGET_EVERY: Final = 3600.0


@dataclass(frozen=True, slots=True)
class MonthUse:
    """What an account's shares used in a month, all together."""

    requests: int
    bytes_in: int
    bytes_out: int


class UsageBook:
    """The service over the usage in one database. `clock` gives unix seconds."""

    def __init__(self, database: Database, clock: Callable[[], float], retention: float | None) -> None:
        self._database = database
        self._clock = clock
        self.retention = retention
        """Seconds for which usage is remembered; None for ever."""
        self._pending: list[Spent] = []
        self._forget_at = 0.0

    async def write(self, spent: Sequence[Spent]) -> None:
        """Add it to today's rows. What could not be written is written the next time."""
        self._pending = _merged([*self._pending, *spent])
        if not self._pending:
            return
        day = day_of(self._clock())
        rows = [
            {
                "share_id": one.share_id,
                "day": day,
                "account_id": one.account_id,
                "requests": one.requests,
                "bytes_in": one.bytes_in,
                "bytes_out": one.bytes_out,
            }
            for one in self._pending
        ]
        await self._database.write(lambda session: UsageRows(session).add(rows))
        self._pending = []

    async def bytes_by_account(self, month: Month) -> dict[int, int]:
        """Bytes of each account since a month began."""
        return await self._database.read(lambda session: UsageRows(session).bytes_by_account(month.first))

    async def bytes_of_share(self, share_id: int, month: Month) -> int:
        """Bytes of one share since a month began."""
        return await self._database.read(
            lambda session: UsageRows(session).bytes_of_share(share_id, month.first)
        )

    async def bytes_by_share(self, share_ids: Collection[int], month: Month) -> dict[int, int]:
        """Bytes of each of some shares since a month began; 0 where there were none."""
        none = dict.fromkeys(share_ids, 0)
        return none and none | await self._database.read(
            lambda session: UsageRows(session).bytes_by_share(share_ids, month.first)
        )

    async def of_account(self, account_id: int, month: Month) -> MonthUse:
        """One account's month."""
        return MonthUse(
            *await self._database.read(
                lambda session: UsageRows(session).of_account(account_id, month.first, month.end)
            )
        )

    async def by_share(self, account_id: int, month: Month, *, after: int, limit: int) -> list[Sums]:
        """One account's month, share by share; at most `limit` whose ids come `after` one."""
        return await self._database.read(
            lambda session: UsageRows(session).by_share(
                account_id, month.first, month.end, after=after, limit=limit
            )
        )

    async def by_account(self, month: Month, *, after: int, limit: int) -> list[Sums]:
        """Everybody's month, account by account; at most `limit` whose ids come `after` one."""
        return await self._database.read(
            lambda session: UsageRows(session).by_account(month.first, month.end, after=after, limit=limit)
        )

    async def forget(self, now: float) -> None:
        """Delete what is older than the retention. Looks once an hour."""
        if self.retention is None or now < self._forget_at:
            return
        self._forget_at = now + _FORGET_EVERY
        before = day_of(now - max(self.retention, DAY))
        await self._database.write(lambda session: UsageRows(session).forget(before))


def _merged(spent: Sequence[Spent]) -> list[Spent]:
    """Each share once: one that came back meanwhile was counted twice, in two epochs."""
    found: dict[int, Spent] = {}
    for one in spent:
        other = found.get(one.share_id)
        found[one.share_id] = one if other is None else _sum(one, other)
    return list(found.values())


def _sum(one: Spent, other: Spent) -> Spent:
    return Spent(
        one.share_id,
        one.account_id,
        one.requests + other.requests,
        one.bytes_in + other.bytes_in,
        one.bytes_out + other.bytes_out,
    )
