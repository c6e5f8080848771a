"""A month's bytes are the usage table's: what a node counts is a guess until it has read the table again."""

from __future__ import annotations

from doorstep_relay.control.actors import OPERATOR, Actor
from doorstep_relay.control.limits import LimitBook
from doorstep_relay.control.quotas import READ_EVERY
from doorstep_relay.domain.limits import NOTHING
from doorstep_relay.switchboard.local import LiveShare, Switchboard
from doorstep_relay.switchboard.pool import Pool
from doorstep_relay.switchboard.tally import Tallies
from tests.relay.store.services import Services


class Node:
    """One relay process, as far as it counts bytes."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self.board = Switchboard()
        self.tallies = Tallies(self.board)
        self.book = LimitBook(services.database, services.clock, NOTHING, services.usage)

    async def start(self) -> Node:
        await self.book.load()
        return self

    def connect(self, share_id: int, owner: Actor) -> LiveShare:
        pool = Pool(spares=0, limit=8, max_waiting=8, ask=lambda _count: None)
        share = LiveShare(
            share_id=share_id,
            name=f"share-{share_id}",
            host=b"",
            epoch=1,
            expires_at=None,
            account_id=owner.account_id,
            token_id=None,
            pool=pool,
            tell=lambda _code, _reason: None,
        )
        self.board.connect(share)
        self.tallies.add(share)
        self.book.hold(share)
        return share

    def carry(self, share: LiveShare, size: int) -> None:
        share.bytes_out += size
        self.tallies.look()

    async def write(self) -> None:
        spent = self.tallies.unwritten()
        self.book.count(spent, self.board)
        await self._services.usage.write(spent)
        await self.book.renew(self.board)


def lets_in(share: LiveShare) -> bool:
    assert share.meter is not None
    refused = share.meter.enter(0.0)
    if refused is None:
        share.meter.leave()
    return refused is None


async def limited(services: Services, most: int = 100) -> Actor:
    ann = await services.account("ann")
    await services.limits.state_account("ann", {"bytes_per_month": most}, OPERATOR)
    return ann


async def test_a_month_that_is_used_up_is_so_after_a_restart(services: Services) -> None:
    ann, first = await limited(services), Node(services)
    await first.start()
    first.carry(first.connect(1, ann), 100)
    await first.write()
    again = await Node(services).start()
    assert not lets_in(again.connect(1, ann))


async def test_what_another_node_has_counted_counts_here_a_minute_later(services: Services) -> None:
    ann = await limited(services)
    here, there = await Node(services).start(), await Node(services).start()
    share, other = here.connect(1, ann), there.connect(2, ann)
    there.carry(other, 70)
    here.carry(share, 40)
    await there.write()
    await here.write()
    assert lets_in(share), "each of them saw a part"
    services.clock.advance(READ_EVERY)
    await here.write()
    assert not lets_in(share)


async def test_what_is_not_written_yet_stays_counted_when_the_table_is_read(services: Services) -> None:
    ann = await limited(services)
    node = await Node(services).start()
    share = node.connect(1, ann)
    node.carry(share, 60)
    services.clock.advance(READ_EVERY)
    spent = node.tallies.unwritten()
    node.book.count(spent, node.board)
    node.carry(share, 45)  # while the others are on their way to the table
    await services.usage.write(spent)
    await node.book.renew(node.board)
    assert not lets_in(share)


async def test_a_share_that_left_and_came_back_has_used_what_it_used(services: Services) -> None:
    ann = await limited(services)
    node = await Node(services).start()
    share = node.connect(1, ann)
    node.carry(share, 100)
    node.board.disconnect(share)
    del share
    back = node.connect(1, ann)
    services.clock.advance(READ_EVERY)
    await node.write()
    assert not lets_in(back)


async def test_limits_of_shares_that_are_over_are_dropped(services: Services) -> None:
    ann = await services.account("ann")
    for name in ("one", "two"):
        grant = await services.shares.open(ann, name=name)
        await services.limits.state_share(name, {"bytes_per_month": 5}, ann)
        last = grant
    node = await Node(services).start()
    await services.shares.close(last.share_id, last.epoch)
    services.clock.advance(READ_EVERY)
    await node.write()
    assert [node.book.of_share(key, None).bytes_per_month for key in (1, 2)] == [5, None]
