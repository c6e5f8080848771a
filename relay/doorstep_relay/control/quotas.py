"""What accounts and shares have used of this month: the usage table says it, this remembers it in between.

Counted is what goes through this process, second by second. Once a minute the table is read again, in which
every node adds up, and which is all that is left after a restart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from doorstep_relay.control.usage import UsageBook
from doorstep_relay.domain.months import month_of
from doorstep_relay.switchboard.meter import Gauge
from doorstep_relay.switchboard.tally import Spent

READ_EVERY: Final = 60.0
"""Seconds between two looks at what other nodes have added."""


class Quotas:
    """Bytes of the month: accounts', and shares' with a limit of their own. `clock` gives unix seconds."""

    def __init__(self, clock: Callable[[], float], usage: UsageBook) -> None:
        self._clock = clock
        self._usage = usage
        self._month = month_of(clock())
        self._read_at = 0.0
        self._accounts: dict[int, int] = {}
        self._shares: dict[int, int] = {}

    def of_account(self, account_id: int) -> int:
        """Bytes of an account, as of the last time that usage was written down."""
        return self._accounts.get(account_id, 0)

    def of_share(self, share_id: int) -> int:
        """Bytes of a share that has a limit of its own, as of then."""
        return self._shares.get(share_id, 0)

    async def load(self, shares: Iterable[int]) -> None:
        """Read everything anew: the accounts, and these shares."""
        self._read_at = self._clock() + READ_EVERY
        self._accounts = await self._usage.bytes_by_account(self._month)
        self._shares = await self._usage.bytes_by_share(list(shares), self._month)

    async def load_share(self, share_id: int) -> None:
        """Remember one more share."""
        self._shares[share_id] = await self._usage.bytes_of_share(share_id, self._month)

    def forget_share(self, share_id: int) -> None:
        """It has no limit of its own any more."""
        self._shares.pop(share_id, None)

    def count(self, spent: Sequence[Spent], gauges: Iterable[Gauge]) -> None:
        """Add what is about to be written down; a new month begins with nothing, for these gauges too."""
        gauges, month = list(gauges), month_of(self._clock())
        if month != self._month:
            self._month = month
            self._accounts.clear()
            self._shares = dict.fromkeys(self._shares, 0)
            for gauge in gauges:
                gauge.month_used = 0
        for gauge in gauges:
            gauge.month_written = gauge.month_used
        for one in spent:
            self._add(one.account_id, one.share_id, one.bytes_in + one.bytes_out)

    def _add(self, account_id: int | None, share_id: int, size: int) -> None:
        if account_id is not None:
            self._accounts[account_id] = self.of_account(account_id) + size
        if share_id in self._shares:
            self._shares[share_id] += size

    @property
    def is_due(self) -> bool:
        """Whether it is time for `renew`."""
        return self._clock() >= self._read_at

    async def renew(self, accounts: Mapping[int, Gauge], shares: Mapping[int, Gauge]) -> None:
        """Go by what is written down now, of all nodes. Call it when `count`'s was just written."""
        await self.load({*self._shares, *shares})
        for gauges, stored in ((accounts, self._accounts), (shares, self._shares)):
            for key, gauge in gauges.items():
                since, gauge.month_written = gauge.month_used - gauge.month_written, stored.get(key, 0)
                gauge.month_used = gauge.month_written + since
