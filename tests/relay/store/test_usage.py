"""Usage is written down a row a day, summed by month, and forgotten when its time is over."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from doorstep_relay.control.usage import UsageBook
from doorstep_relay.domain.months import Month, month_of, seconds_left
from doorstep_relay.store.database import Database
from doorstep_relay.switchboard.tally import Spent
from tests.relay.store.services import DAY, Services

pytestmark = pytest.mark.usefixtures("each_database")


async def test_what_went_through_adds_up_by_share_and_account(services: Services) -> None:
    ann, bob = await services.account("ann"), await services.account("bob")
    assert ann.account_id is not None
    assert bob.account_id is not None
    one = await services.shares.open(ann, name="one")
    usage, month = services.usage, month_of(services.clock())
    twice = [Spent(one.share_id, ann.account_id, 1, *sizes) for sizes in ((10, 100), (0, 5))]
    await usage.write(twice)
    await usage.write([Spent(one.share_id, ann.account_id, 2, 20, 200), Spent(99, bob.account_id, 1, 1, 1)])
    services.clock.advance(DAY)
    await usage.write([Spent(one.share_id, ann.account_id, 1, 0, 1)])
    (line,) = await usage.by_share(ann.account_id, month, after=0, limit=10)
    assert line == (one.share_id, "one", 5, 30, 306)
    assert [line.name for line in await usage.by_account(month, after=0, limit=10)] == ["ann", "bob"]
    assert [line.name for line in await usage.by_account(month, after=ann.account_id, limit=10)] == ["bob"]
    assert await usage.bytes_by_account(month) == {ann.account_id: 336, bob.account_id: 2}
    assert await usage.bytes_of_share(one.share_id, month) == 336
    assert await usage.bytes_of_share(one.share_id, month.following) == 0
    total = await usage.of_account(bob.account_id, month)
    assert (total.requests, total.bytes_in, total.bytes_out) == (1, 1, 1)


class Broken:
    """A database whose first write fails."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._failed = False

    async def write(self, work: Callable[[Session], None]) -> None:
        if not self._failed:
            self._failed = True
            raise OSError("the database is away")
        await self._database.write(work)


async def test_what_could_not_be_written_is_written_the_next_time(services: Services) -> None:
    usage = UsageBook(Broken(services.database), services.clock, None)  # type: ignore[arg-type]  # a fake
    with pytest.raises(OSError, match="away"):
        await usage.write([Spent(1, 2, 3, 4, 5)])
    await usage.write([Spent(1, 2, 1, 1, 1)])
    assert await services.usage.bytes_of_share(1, month_of(services.clock())) == 11


async def test_old_days_are_forgotten(services: Services) -> None:
    usage, began = UsageBook(services.database, services.clock, 40 * DAY), services.clock()
    await usage.write([Spent(1, 2, 1, 1, 1)])
    services.clock.advance(39 * DAY)
    await usage.forget(services.clock())
    assert await usage.bytes_of_share(1, month_of(began)) == 2
    services.clock.advance(2 * DAY)
    await usage.forget(services.clock())
    assert await usage.bytes_of_share(1, month_of(began)) == 0


def test_a_month_ends_where_the_next_begins() -> None:
    december = month_of(1_798_761_599.0)
    assert december == Month(2026, 12)
    assert december.following == Month(2027, 1)
    assert seconds_left(1_798_761_599.0) == 1.0
    assert december.end - december.first == 31
